# The pages that ask what may be told to whom, and their list.
# told-… names a thing that is told; .about explains it.

consent-title = May { $provider } be told this?
consent-lead = To sign in, { $provider } is told what stands below. Please check it before anything is sent.
consent-host = Sent to
consent-purpose = What for
consent-purpose-sign-in = So that you can sign in to { $provider }
consent-privacy = Privacy
consent-privacy-link = What this service does with it (new window)
consent-told = What is told
consent-once = Tell it this once
consent-always = Tell it, and do not ask again
consent-never = Do not send it
consent-note = If you choose not to be asked again, you can change that later in the list of what is told. When something else would be told, you are asked again. If you choose not to send it, you go back to the service and nothing is told.

told-name-id = Your number (at this service alone)
    .about = By this number the service knows that it is you. At other services it is a different one.
told-pairwise-id = Your number (at this service alone)
    .about = By this number the service knows that it is you. At other services it is a different one.
told-subject-id = Your number (the same at every service)
    .about = Services that have this number can join what they know about you.
told-display-name = Your name
told-roles = What you may do
told-organization = Your organisation
told-relay-ticket = A ticket for getting your records
    .about = A sealed ticket with which your records can be fetched. The service cannot read it. It ends after five minutes.
told-office-ticket = A ticket for working at the card office
    .about = A sealed ticket for the card office's staff alone. The service cannot read it.
told-card-until = The last day of your card (only when it is near)
    .about = So that the service's pages can tell you too that your card ends soon.
role-resident = See your own records

consents-title = What is told without asking
consents-lead = The services about which you chose not to be asked again.
consents-none = There is no service about which you chose not to be asked again.
consents-told = What is told
consents-given = Since
consents-withdraw = Stop this
consents-news-withdrawn = You will be asked again
    .person = When you next sign in to that service, you are asked before anything is told.
withdraw-title = Ask me again
withdraw-heading = Stop telling { $provider } without asking?
withdraw-lead = From your next sign-in on you are asked before anything is told. What the service was told before stays there.
withdraw-submit = Stop this
withdraw-back = Leave it as it is

consent-none-such = That service is not on your list
    .person = Go back to the list of what is told, and try again.
    .engineer = The person of this session has no row in consents for this provider.

sso-unsolicited = You cannot sign in to this service from here
    .person = Start from the first page of the service.
    .engineer = idp_initiated is not true for this service provider.

login-lead-step-up = { $provider } needs a stronger sign-in, with a card that checks the PIN itself. Please use the card of the person who is signed in. You stay signed in to your other services.
login-other-person = This is not the card of the person who is signed in
    .person = Use the card of the person who is signed in, and press "Try again". If somebody else wants to sign in, sign out first.
    .engineer = While a higher level was asked for, a card of another person than the session's answered.
