# The pages on which a holder's staff move applications on.

nav-applications = Applications
applications-title = Applications
applications-lead = What was applied for at your organisation. Applicants can see that you opened it, and what you decided.
applications-which = Which applications
applications-open = To be decided
applications-closed = Over
applications-none = There are no applications here now.
applications-count-open = { $n } to be decided, oldest first
applications-count-closed = { $n } over, newest first
applications-cut = The page shows 100 of them.
applications-missing = These applications are missing here: the server that holds them cannot be reached now
applications-what = Application
applications-at = Sent
applications-status = Where it stands
applications-today = today
applications-days = { $n ->
    [one] a day ago
   *[other] { $n } days ago
}
applications-says = What it says
applications-next = Move it on
applications-told = The applicant's page shows it at once.
applications-final = Nothing can be changed after this.
applications-reason = Why
applications-reason-hint = The applicant reads it. Say what to do next, too
applications-do = Decide:
applications-said-done = Done. The applicant's page shows it, too
applications-said-changed = A colleague was quicker. Look where it stands now
applications-said-reason = Write a reason of at most 400 characters, without special ones
applications-said-own = Nobody decides about an own application. Please ask a colleague
applications-said-silent = It was not moved on. Wait a little and press the button again: nothing happens twice

applications-silent = Your organisation's server cannot be reached now
    .person = The applications are safe there. Neither the record relay nor your computer is at fault. If it takes longer than a little while, tell whoever looks after your organisation's systems. Once it answers, check an application that you have just moved on.
    .engineer = The connector of the organisation that holds the applications gives the relay no answer (application.silent). Look at that connector; the relay works.
applications-unknown = There is no such application
    .person = Check the number, and open it from the list.
    .engineer = No application of that number is for the staff of that organisation to decide.

services-steps = What happened since
history-result-moved = Moved on
history-other-did-moved = { $who } moved your application ({ $what }) on
wrong-role-applications = The card of { $name } does not open this page. It needs the card of staff of the organisation that receives applications.
