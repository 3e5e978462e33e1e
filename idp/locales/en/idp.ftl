# Sentences of the card authentication centre (IdP).
# Headings state what is; one sentence, one fact. .person speaks to the person before the screen,
# .engineer to the engineer.

site-name = Warifu login
site-tagline = Card authentication centre

## The login page

login-title = Sign in with your card
login-lead = You are entering { $provider }. No password is needed.
login-title-desk = Checking the patient's card
login-lead-desk = { $provider } is told only that the card is here. No PIN is needed.
login-title-activate = Start using your card
login-lead-activate = With the code from the letter you choose the PIN of this card. It takes about five minutes.
login-title-add = Add another card
login-lead-add = Once added, you can sign in with that card, too.
own-pages = your card page
card-desk = Warifu card desk
login-steps = Steps of signing in

step-software = Card software
step-software-todo = Connects to the card software on this computer
step-software-done = Running
step-card = Card
step-card-todo = Goes on the card reader
step-card-done = The card was read
step-card-desk = Patient's card
step-card-desk-todo = Goes on the reception's card reader
step-card-desk-done = The card was read
step-pin = PIN
step-pin-todo = Entered in the other window, "Warifu Card"
step-pin-done = It matched the card
step-pin-activate = PIN
step-pin-activate-todo = Enter the code from the letter and choose a PIN
step-pin-activate-done = The PIN is set
step-card-add = The card to add
step-card-add-todo = Goes on the card reader
step-card-add-done = The card was read
step-finish = Done
step-finish-todo = Back to { $provider }
step-finish-done = Back to { $provider }

step-finish-activate = Done
step-finish-activate-todo = On to { $provider }
step-finish-activate-done = On to { $provider }

login-cancel = Cancel
login-forgot = If you forgot the PIN
login-proceed = Continue
login-retry = Try again
login-new-card = If your card is new
login-activate = Start using the card
login-restart = Start again
login-open-pin = Open the "Warifu Card" window
login-download = Get the card software
login-code = Code
login-no-script = This page uses JavaScript to talk to the card software. Please switch JavaScript on in your browser and open the page again.

help-title = If something goes wrong
help-window = I cannot see the other window
    .answer = It may be behind another window. Choose "Warifu Card" in the bar of open programs. If this page shows a button to open the window, press it.
help-permission = The browser asks about access to the local network
    .answer = Press "Allow". It is used only to talk to the card software on this computer. No other device is contacted.
help-reader = The card reader is not found
    .answer = Unplug the card reader and plug it in again. This page then goes on by itself.
help-letter = I cannot find the code
    .answer = It is the eight digits under the flap of the letter that came apart from the card. If you cannot find the letter, call the call centre.
help-forgot = I forgot the PIN
    .answer = After three wrong PINs in a row the card locks itself for safety. If you do not remember it, stop here and visit the card desk. Bring the card and something that shows who you are.

owner-card-desk = The card desk can do this. Bring the card and something that shows who you are.
owner-call-centre = The call centre will help you. Phone 0120-000-000 (sample), weekdays 9:00 to 17:00
owner-centre = The authentication centre will put this right. It is not because of your card or your PIN.

## 1 Card software

checking = Connecting to the card software
    .person = This takes a few seconds.
permission = Your browser will now ask about access to the local network
    .person = Press "Allow". It is used only to talk to the card software on this computer.
permission-wait = Waiting for the browser
    .person = If the browser asks about access to the local network, press "Allow".
lna-denied = The browser is blocking the card software
    .person = Press the sign at the left of the address and change "Local network access" to "Allow". Then press "Try again".
    .engineer = The permission loopback-network (formerly local-network-access) is denied for this origin. On managed desks allow it by LocalNetworkAccessAllowedForUrls (Chromium) or LocalNetworkAccess.SkipDomains (Firefox).
agent-none = The card software is not running
    .person = Start the card software "Warifu Card". This page then goes on by itself.
    .engineer = Nothing answers /v1/ping at the configured loopback addresses. Run warifu-agent doctor.
agent-busy = The card software is busy with another sign-in
    .person = Finish or cancel the other sign-in, then press "Try again".
    .engineer = The card software answered 409: it serves one sign-in at a time.
agent-refused = The card software did not accept this page
    .person = Press "Try again". If it goes on, check that this computer's clock is right.
    .engineer = The card software answered 403. Compare the origin, the request key and the clocks.
agent-lost = The connection to the card software was lost
    .person = Check that the card software is running, then press "Try again".
    .engineer = The answer to /v1/authenticate broke off or held a line that cannot be read.
agent-closing = The card software was closed
    .person = Start the card software "Warifu Card" again, then press "Try again".
    .engineer = The card software began to shut down during the sign-in.

## 2 Card

no-reader = Please connect a card reader
    .person = The page goes on by itself when it is found.
insert-card = Please put your card on the card reader
    .person = The page goes on by itself when it is found.
insert-card-desk = Please put the patient's card on the reception's card reader
    .person = The page goes on by itself when it is found.
wrong-card = You cannot sign in with this card
    .person = Please use your Warifu card, not a transport or bank card.
wrong-card-desk = This is not a Warifu card
    .person = Ask the patient for the Warifu card. Without it you can check by the symbol and number of the insurance card.
wrong-card-add = This card cannot be added
    .person = Only the kinds of cards that this authentication centre accepts can be added.
choose-card = There are several cards
    .person = Choose the one to use in the card software's window, or take the others out.
card-timeout = Stopped after a while
    .person = Have your card ready and press "Try again".
    .engineer = The card software's patience_seconds ran out.
card-removed = The card was taken away meanwhile
    .person = Leave the card on the reader and press "Try again".
    .engineer = The card was removed while it was being used.
card-changed = Another card came in meanwhile
    .person = Leave one card on the reader and press "Try again".
    .engineer = The card's certificate differs before and after.
card-failed = The card could not be read
    .person = Put the card on the reader again and press "Try again". If it goes on, ask the card desk.
    .engineer = The card gave an answer outside the standard. Look at the APDU results in warifu-agent doctor.
reader-failed = The card reader is not working
    .person = Plug the card reader in again and press "Try again".
    .engineer = PC/SC failed. Check that pcscd runs, and the reader's driver.

card-unknown = This card is not registered here
    .person = The card is genuine, but this authentication centre has no entry for it.
    .engineer = The certificate is good, but no row of cards has its holder reference.
card-unknown-desk = The patient's card is not registered here
    .person = Please check by the symbol and number of the insurance card.
card-not-activated = This card is not in use yet
    .person = Have the letter at hand and press the button. Once you have chosen a PIN you can use the card at once.
    .engineer = The state in cards is issued. Activation at /activate makes it active.
card-not-activated-desk = The patient's card is not in use yet
    .person = Please check by the symbol and number of the insurance card. The patient can start using the card at home.
card-not-enrolled = This card has not been added yet
    .person = Sign in with your Warifu card first and add this card on your card page.
    .engineer = The certificate is good under cards.schemes, but no row of cards has its holder.
card-not-enrolled-desk = The patient's card is not registered here
    .person = Please check by the symbol and number of the insurance card.
card-level = You cannot enter this service with this card
    .person = This service needs a Warifu card and its PIN. Put the Warifu card on the reader and press "Try again".
    .engineer = The level in cards.schemes is below what the AuthnRequest asks for.
card-own = This is a Warifu card
    .person = A Warifu card works without being added. Put the card you want to add on the reader and press "Try again".
    .engineer = The certificate is of a card that this authentication centre's own office issued.
card-foreign = This is not a Warifu card
    .person = Put the Warifu card you want to start using on the reader and press "Try again".
    .engineer = A card of cards.schemes. Only cards of the card office can be activated.
card-taken = This card cannot be added
    .person = It is registered for somebody else.
    .engineer = A row of cards with the same holder belongs to another person.
card-suspended = This card was suspended on request
    .person = If you found it and want to use it again, call the call centre.
    .engineer = certificateHold in the revocation list, or the state suspended in cards.
card-suspended-desk = The patient's card was suspended on request
    .person = Please check by the symbol and number of the insurance card.
card-revoked = This card can no longer be used
    .person = If your new card has arrived, use that one. If not, the card desk can make one.
    .engineer = The certificate is in the revocation list, or the state is ended in cards.
card-revoked-desk = The patient's card can no longer be used
    .person = Ask the patient for a newer card. Without one you can check by the symbol and number of the insurance card.
cert-expired = Your card's certificate has ended
    .person = You can keep the card; only the certificate is renewed.
    .engineer = The certificate's notAfter has passed.
cert-expired-desk = The patient's card has ended
    .person = Please check by the symbol and number of the insurance card. The card desk renews cards.
cert-notyet = The first day of this card has not come yet
    .person = The letter that came with the card names its first day.
    .engineer = It is before the certificate's notBefore. Check the server's clock too.
cert-untrusted = This card was not issued for this authentication centre
    .person = Put your Warifu card on the reader and press "Try again".
    .engineer = The certificate's issuer is none of cards.issuers, or the signature does not fit.
cert-purpose = This card cannot do this
    .person = Put your Warifu card on the reader and press "Try again".
    .engineer = The certificate is of a trusted issuer, but its purpose (EKU, policy, kind of key) is another.
revocation-unavailable = We cannot tell now whether the card may be used
    .person = Please wait a moment and press "Try again".
    .engineer = No revocation list is in force. Check the fetching of cards.issuers.lists and its nextUpdate.
token-format = The card software's answer could not be read
    .person = Update the card software and press "Try again".
    .engineer = Not of the web-eid:1 form, or too large.
token-signature = The card's answer could not be confirmed
    .person = Put the card on the reader again and press "Try again".
    .engineer = The signature over H(origin)||H(nonce) does not fit the certificate's key. Compare the card software's origin with this IdP's public_url.

## 3 PIN

pin = Please enter the card's PIN in the other window, "Warifu Card"
    .person = It has 6 to 8 digits.
pin-wrong = That did not match the card
    .person = After more wrong PINs the card locks itself. If you do not remember the PIN, it is fine to stop here.
pin-last = The next wrong PIN locks the card
    .person = If you are not sure, it is fine to stop here. The card desk can set a new PIN. To go on, answer in the "Warifu Card" window.
pin-wrong-last = That did not match the card
    .person = The next wrong PIN locks the card. If you are not sure, it is fine to stop here. The card desk can set a new PIN.
code = Please enter the code from the letter in the other window, "Warifu Card"
    .person = It has 8 digits.
code-wrong = That did not match the card's code
    .person = Check that letter and card belong together. After more wrong codes this card can no longer be used.
code-last = The next wrong code makes this card unusable
    .person = If you are not sure that letter and card belong together, it is fine to stop here. Please call the call centre.
code-wrong-last = That did not match the card's code
    .person = The next wrong code makes this card unusable. It is fine to stop here. Please call the call centre.
code-blocked = For safety this card can no longer be used
    .person = The code was wrong several times in a row. A new card will be made for you.
    .engineer = The PUK has no tries left (SW 6983). Reissue the card.
new-pin = Please choose a new PIN in the other window, "Warifu Card"
    .person = It has 6 to 8 digits. Avoid what others could guess, such as a birthday or a phone number.
pin-refused = The card did not accept that PIN
    .person = Press "Try again" and choose another one.
    .engineer = RESET RETRY COUNTER was refused because of the new PIN.
pin-tries = You have { $n } tries left
pin-tries-one = You have one try left
pin-note = This page has no place for the PIN. It is checked inside the card only and sent to nobody.
pin-terminal = Enter it in the terminal in which the card software was started.
pin-blocked = Your card is locked for safety
    .person = The PIN was wrong several times in a row. The card desk can unlock it. Clinics can still check your insurance.
    .engineer = The PIN has no tries left (SW 6983). Unblock it with the PUK, or reissue the card.
cancelled = You stopped signing in
    .person = To go on, press "Try again".
    .engineer = The person cancelled in the PIN window.
cancelled-desk = You stopped checking the card
    .person = To go on, press "Try again".
cancelled-activate = You stopped
    .person = The card is not in use yet. To go on, press "Try again".
cancelled-add = You stopped adding the card
    .person = To go on, press "Try again".
prompt-failed = The PIN window could not be opened
    .person = Start the card software again and press "Try again".
    .engineer = The card software's prompt (pinentry, terminal or page) cannot be used.

## 4 Done

verifying = Checking the card's answer
    .person = This takes about a second.
done = Confirmed
    .person = The page goes on by itself.

## Refusals around the sign-in

login-stale = This sign-in has ended after a while
    .person = Go back to the first page of the service and start again.
    .engineer = No such tx, or it is over, or the cookie __Host-login is not the one of this tx.
login-replayed = This sign-in was used already
    .person = A sign-in page works once. Start again from the first page of the service.
    .engineer = The nonce was taken out before, or the same AuthnRequest was answered before.
login-throttled = There were many tries in a row, so there is a short pause
    .person = Please wait about a minute and try again.
    .engineer = This address is over limits.attempts_per_address.
card-throttled = This card was used very often just now
    .person = Please wait about a minute and try again. If it was not you, call the card desk.
    .engineer = This card is over limits.sign_ins_per_card.
sso-throttled = This service has asked for very many sign-ins just now
    .person = Please wait about a minute and try again.
    .engineer = Requests in the name of this service provider are over limits.requests_per_provider.
session-over = It is a while since you signed in
    .person = Please sign in again with your Warifu card.
    .engineer = This needs an IdP session of at most 10 minutes, opened with a card of the card office.
card-none-such = There is no such card
    .person = Go back to your card page and try again.
    .engineer = The person of this session has no card of cards.schemes under this reference.
event-early = This is about a card that is not known yet
    .person = It will be sent again in a moment.
    .engineer = It came before its card-issued. The sender should try again a little later.
desk-signed-out = The reception's sign-in has ended
    .person = Sign in again with the staff card.
    .engineer = There is no IdP session of staff in this browser, or the role clinic-desk is missing.
temporary = That did not work
    .person = Please wait a moment and press "Try again".
    .engineer = A passing failure of the network or the server. Look up the request's number in the log.

sso-unreadable = The request to sign in could not be read
    .person = Go back to the first page of the service and start again.
    .engineer = SAMLRequest is not an AuthnRequest by HTTP-Redirect. The cause is in the log.
sso-unknown-provider = This service is not registered
    .person = Check the address. Start from the first page of a registered service.
    .engineer = No metadata among service_providers has this Issuer.
sso-metadata-expired = The registration of this service has run out
    .person = Please wait a moment and try again. If it goes on, tell the operator of the service.
    .engineer = The validUntil of the metadata in service_providers has passed.
sso-signature = The request to sign in could not be confirmed as genuine
    .person = Go back to the first page of the service and start again.
    .engineer = The AuthnRequest has no signature, or not one by a key in the metadata.
sso-acs = The result would go to an address that is not registered
    .person = Go back to the first page of the service and start again. If it goes on, tell the operator of the service.
    .engineer = AssertionConsumerServiceURL or Index matches no HTTP-POST endpoint of the metadata.
sso-stale = The request to sign in is too old
    .person = Go back to the first page of the service and start again.
    .engineer = IssueInstant is out of bounds, or Destination is another. Compare the clocks.
request-foreign-origin = Requests from other sites are not accepted
    .person = Please do this from a page of this site.
    .engineer = The Origin header is not this IdP's origin.

## The page that returns the result

answer-title = Back to { $provider }
answer-lead = The page goes on by itself. If it does not, press the button.
answer-lead-notice = You are signed in. Please read the notice, then press the button.
answer-continue = Go on to { $provider }

## One's own cards

own-title = Your cards
own-lead = The cards you can sign in with.
own-card = Warifu card
own-others = Another issuer
own-in-hand = The card you signed in with
own-state-issued = Not in use yet
    .person = Have the letter at hand, then start using it.
own-state-active = In use
own-state-suspended = Suspended
    .person = If you found it and want to use it again, call the call centre.
own-state-ended = No longer usable
own-issued-by = Issued by
own-used = Last used
own-never = Not used yet
own-end = Ends
own-date = { $day } { $month } { $year }
own-remove = Remove this card
own-services = Services that your card opens
own-add-title = Add another card
own-add-lead = You can add a card of another issuer as yours. You can sign in with it as well.
own-add = Add a card
own-news-activated = Your card is ready
    .person = From now on you sign in with this card and the PIN you have just chosen. Keep the letter apart from the card, in case you forget the PIN.
own-news-added = The card was added
    .person = From now on you can sign in with this card as well.
own-news-removed = The card was removed
    .person = You can no longer sign in with it.
cert-expiring = Your card's certificate ends in { $n } days, on { $date }
    .person = The card desk renews it. When the notice of renewal arrives, please do not wait long.
remove-title = Remove a card
remove-heading = Remove "{ $card }"?
remove-lead = Once removed, that card no longer signs you in here. The card itself goes on working elsewhere, and you can add it again.
remove-submit = Remove
remove-back = Keep it
scheme-jpki = Individual Number Card
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

## Refused attempts, for who runs the federation

refusals-title = Refused sign-ins
refusals-lead = What the authentication centre has refused, counted by the minute. A sudden rise from one address or card may be an attack.
refusals-span = Span
refusals-span-1 = 1 hour
refusals-span-24 = 24 hours
refusals-span-168 = 7 days
refusals-span-720 = 30 days
refusals-code = Code
refusals-search = Filter
refusals-none = Nothing was refused in this span.
refusals-list = Refused attempts
refusals-cut = The newest 500 lines are shown. Choose a shorter span, or filter by code.
refusals-at = When
refusals-what = Why
refusals-count = Times
refusals-address = Address
refusals-many = many
refusals-service = Service
refusals-card = Card (a number to compare)
admin-only = Only those who run the federation can open this page
    .person = Please sign in with an administrator's card. If you did not expect this page, go back.
    .engineer = The role urn:warifu:role:federation-admin is missing, or the sign-in was not by card and PIN (high).
