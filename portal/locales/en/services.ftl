# Declared services.

nav-services = Other records
services-title = Other records
services-lead = What other organisations hold about you, and what you can ask of them from here.
services-wait = Waiting for the list. It appears here.
services-none = No organisation offers anything here yet.
services-entry = { $holder }: { $purpose }
services-not-linked = Not linked yet

services-care = Care
services-health = Staying well
services-insurance = Insurance and long-term care
services-family = Children
services-school = School
services-city = City hall
services-living = Daily life
services-elsewhere = Other sites
services-other = More

services-level = { $source } asks for a surer sign-in
services-level-text = Sign in once more with a card that checks its PIN itself; then this page opens.
services-step-up = Sign in with the IC card
services-refused = This cannot be opened with this sign-in
services-refused-text = The organisation has said who may open it. Please ask it if you think you should.
services-link = Search for your records
services-retry = Ask again
services-broken = What { $source } sent cannot be shown
services-broken-text = The trouble is on the organisation's side. Please try again later; your card and computer are fine.
services-go = Go on to the site

services-faults = Some values are left out
services-fault-kind = Not of the agreed form: { $fields }
services-fault-unit = In another unit: { $fields }
services-fault-implausible = Cannot be that great or small: { $fields }
services-fault-future = On a day that has not come: { $fields }
services-hidden = Left out
services-hidden-kind = form
services-hidden-unit = unit
services-hidden-implausible = not plausible
services-hidden-future = day to come
services-more = Also sent
services-untitled = Without a heading
services-no-day = Without a day
services-yes = Yes
services-no = No
services-place = { $north } north, { $east } east
services-band = within range
services-chart = { $item }: { $series }
services-map = The places of the list, by their numbers; north is up

services-required = needed
services-optional = may stay empty
services-next = Go on to check
services-check = Check before you send
services-back = Go back
services-not-taken = It could not be sent. Please wait a little and press the button again; it is not taken twice.
services-error = { $field }: { $what }
services-entry-empty = Please fill this in.
services-entry-kind = This cannot be read. Please check it.
services-entry-bounds = The number cannot be so small or so great.
services-entry-future = Please choose today or an earlier day.
services-entry-text = Please make it shorter, without special signs.
services-entry-unknown = This cannot be entered here.
services-recorded = Recorded
services-applied = Sent. Its number is { $reference }
services-sent = What you sent
services-reference = Number

services-unknown = There is no such service
    .person = The organisation may have ended it. See the list of other records.
    .engineer = No manifest in force declares it for this person.
services-no-access = Please sign in again
    .person = Your sign-in cannot open records any more. Sign in with your card again.
    .engineer = The session has no access to the relay, or the relay refuses its token.
services-no-relay = The records cannot be had just now
    .person = Please wait a moment and try again.
    .engineer = The relay does not answer or fails: see its log.

history-what-declared = { $name }
history-what-other = another record
history-own-did-form = You sent something: { $what }
history-own-tried-form = You tried to send something: { $what }
history-result-sent = Taken
history-purpose-procedure = for a procedure
consent-purpose-procedure = A procedure at the city hall
consent-whom-procedure = A procedure at a city hall
consent-fact-number = Number of the consent
services-share = Let somebody see this record

wrong-role-readings = This page does not open with the card of { $name }. It needs the card of a clinic's or a city hall's staff.
services-open = Open the other records
services-as-guardian = What is kept under your own name as guardian stands among your own other records.
services-lead-acting = Records that other organisations hold, and that you may see as a proxy.
services-not-linked-other = It can be seen once the person has confirmed it under linked records. If the person has no card, please come to the card office.
