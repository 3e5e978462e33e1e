# Sentences of the pages for signing out and for one's own sessions.
# .person speaks to the person before the screen, .engineer to the engineer.

## Signing out

logout-title = Sign out
logout-signed-in = You are signed in here with your card
logout-signed-in-lead = Signing out ends every service you are signed in to.
logout-submit = Sign out of everything
logout-signed-out = You are not signed in
logout-signed-out-lead = You can sign in with your card from the page of a service.

## How it went at each service

logout-all = You are signed out
    .person = Please take your card from the reader.
logout-telling = You are signed out
    .person = Please take your card from the reader. The services are being told.
logout-more = Signing out of your other services
    .person = Press "Continue" to sign out of the remaining services, one after the other. If a page gets stuck, go back to this page with your browser's Back button and press "Continue" again.
logout-partly = You are signed out, but not every service could confirm it
    .person = To be safe, close all windows of your browser. Take your card from the reader.
logout-services = Service by service
logout-service-confirmed = Signed out
logout-service-waiting = Not yet
logout-service-telling = Being told
logout-service-unsure = Could not be confirmed
logout-look-again = Look again
logout-continue = Continue
logout-return = Back to { $provider }
logout-goes-on = Another sign-in goes on in this browser

## One's own sessions

sessions-title = Where you are signed in
sessions-lead = These are signed in with your cards now. If there is one you do not know, sign it out.
sessions-here = This browser
sessions-elsewhere = Another device or browser
sessions-since = Signed in
sessions-used = Last used
sessions-until = Ends
sessions-until-moment = { $moment }, or earlier when unused for { $n } minutes
sessions-card = Card
sessions-level = Proven by
sessions-services = Services
sessions-no-services = None
sessions-level-high = Card and PIN (high assurance)
sessions-level-substantial = Card and PIN (substantial assurance)
sessions-moment = { $date }, { $hour }:{ $minute }
sessions-end = Sign this one out
sessions-end-here = Sign out of this browser
sessions-end-others = Sign out everywhere else
sessions-none-else = You are signed in nowhere else.
sessions-end-heading = Sign this one out?
sessions-end-others-heading = Sign out everywhere else?
sessions-end-lead = This also ends the services that are open there. What was being written there may be lost.
sessions-end-submit = Sign out
sessions-end-back = Keep it

## Refusals

session-none-such = That sign-in is over already
    .person = Please open the page "Where you are signed in" anew.
    .engineer = No session of this person that goes on has this number, or it is the browser's own.
slo-unreadable = The request to sign out could not be read
    .person = You can sign out of everything on the pages of this sign-in centre as well.
    .engineer = SAMLRequest or SAMLResponse is no LogoutRequest or LogoutResponse of the HTTP-Redirect binding. The signature belongs into the query, not into the XML.
slo-unknown-provider = This service is not registered
    .person = You can sign out of everything on the pages of this sign-in centre as well.
    .engineer = No metadata among service_providers has this Issuer.
slo-metadata-expired = The registration of this service has run out
    .person = You can sign out of everything on the pages of this sign-in centre as well. If it goes on, tell the operator of the service.
    .engineer = The validUntil of the metadata in service_providers has passed.
slo-signature = The request to sign out could not be confirmed as genuine
    .person = You can sign out of everything on the pages of this sign-in centre as well.
    .engineer = The query has no signature, or not one by a key in the metadata. A signature is always needed.
slo-stale = The request to sign out is too old
    .person = You can sign out of everything on the pages of this sign-in centre as well.
    .engineer = IssueInstant or NotOnOrAfter is out of bounds, or Destination is missing or another. Compare the clocks.
slo-no-address = There is no registered address for the result of signing out
    .person = Please sign out of everything on the pages of this sign-in centre.
    .engineer = The metadata has no SingleLogoutService by HTTP-Redirect.
slo-replayed = This request to sign out was used before
    .person = The pages of this sign-in centre say whether you are signed out.
    .engineer = A request of the same Issuer and ID came before.
slo-unasked = An answer came that nobody had asked for
    .person = The pages of this sign-in centre say whether you are signed out.
    .engineer = No LogoutRequest that waits for an answer has the ID in InResponseTo.
slo-other-browser = Another browser began to sign out
    .person = Please go on in the browser in which you began.
    .engineer = The login cookie is not that of the browser in which this logout began.
