# The site: its name, menus, entrance, help.

site-name = Warifu Portal
site-tagline = Your insurance, health and pension records

nav-label = Main pages
nav-menu = Menu
nav-home = Home
nav-insurance = Insurance
nav-expenses = Medical expenses
nav-checkups = Check-ups
nav-pension = Pension
nav-history = Who saw my records
nav-desk = Check one
nav-help = Help

account-resident = { $name }
account-staff = { $organization }, { $name }
account-logout = Sign out
account-away = Away

foot-help = How to use
foot-contact = Contact
foot-privacy = Privacy
foot-accessibility = Accessibility

top-heading = Your insurance, health and pension records, with one card
top-lead = See your insurance card, check-up results and pension on one screen, and who looked at your records.
top-login = Sign in with card
top-login-note = No password. Your card and its PIN are enough.
top-continue = Go on to your page
top-needs = What you need
top-need-card = IC card
top-need-card-text = A card that holds your electronic certificate.
top-need-reader = Card reader
top-need-reader-text = Connect it to your computer.
top-need-software = Card software
top-need-software-text = A small program that connects this computer and the card.
top-kept = Shown to you, never collected
top-kept-apart = Kept apart
top-kept-apart-text = Each insurer and clinic keeps its own records. None of them stays in this portal.
top-kept-tally = Only you can join them
top-kept-tally-text = Each organisation knows you by a different number. Nobody but you can put the records together.
top-kept-seen = You see who looked
top-kept-seen-text = Who looked and what for is always kept. You can check it at any time.
top-desk = For clinic desks
top-desk-text = Enter by the same button with your staff card. You can check a patient's insurance on the spot.

choose-title = Choose where to sign in
choose-text = Choose who issued your card.

session-title = Your sign-in
session-none = You are not signed in.
session-name = Name
session-level = How we checked
session-since = Signed in at
session-records = Reading records
session-records-yes = Possible
session-records-no = Not possible. Please sign in again.
session-subject = Your number in this portal only
session-subject-note = Other organisations know you by other numbers.

level-high = Checked by card and PIN
level-substantial = Checked by card and a PIN kept at the centre
level-other = Checked in another way

no-records-title = To see records, please sign in again
no-records-ticket = This sign-in only told us your name. To see records, sign in again with your card.
no-records-relay = We could not reach the record relay. Please wait a little and sign in again.
no-records-ended = The time for reading records is over. Please sign in again with your card.
no-records-level = This card only told us your name. To see records, sign in again with your IC card and its PIN.
no-records-again = Sign in again

stopped-title = The sign-in was not completed
stopped-text = It was given up, or the card could not be checked. Your records were not opened.
stopped-again = Sign in again

signed-out-title = You are signed out
signed-out-text = Please take your card out of the reader. No records stay in this browser.
signed-out-again = Sign in again

signed-out-partly-title = You are signed out here, but not every other service could confirm it
signed-out-partly-text = You are signed out of this portal. To be safe, close all windows of your browser, and take your card out of the reader.
signed-out-partly-again = Sign in again

covered-title = The screen is closed
covered-text = The card was taken out, or somebody pressed Away. What was shown is gone.
covered-again = Sign in with a staff card

covered-partly-title = The screen is closed
covered-partly-text = Nothing that was shown is left. Not every other service could confirm that you are signed out there: to be safe, close all windows of the browser.
covered-partly-again = Sign in with a staff card

wrong-role-title = This page opens with another card
wrong-role-resident = You are signed in with the staff card of { $name }. Please open your own records with your own card.
wrong-role-desk = You are signed in with the card of { $name }. Please open the desk with a staff card.
wrong-role-switch = Sign out and change cards
wrong-role-back = Back to my page

help-title = How to use
help-login = Signing in
help-login-text = Put your card on the reader and press "Sign in with card". Type your card's PIN, and your home page opens.
help-card = When your card ends soon
help-card-text = From ninety days before its end, your first page tells you. Where you received the card, you get a new one: the card office for Warifu cards, your city hall for My Number cards.
help-card-bring = Please bring
    .text = Your card, and a proof of identity such as your driving licence. If you cannot go there, please call the call centre first.
help-card-after = Before its end, and after
    .text = Until its last day the card goes on working. After that, neither it nor a FeliCa card registered with it opens anything. Your records and links are not lost: the new card simply goes on with them.
help-desk = The clinic desk
help-desk-text = Put the patient's card on the desk's reader and press "Check by card". Without a card, type the numbers of the insurance card and the birth date, then press "Check".
help-keys = Keys at the desk
help-key-f2 = Next patient (clears the fields and goes to the first)
help-key-f8 = Away (closes the screen and signs out)
help-contact = Contact
help-contact-text = About your card, ask where you received it: the card office, or your city hall. The call centre's number is in the papers that came with your card. About what is in a record, ask whoever holds it.
help-contact-text-call = Call the call centre, { $call }. About what is in a record, ask whoever holds it.
help-privacy = Privacy
help-privacy-text = This portal keeps no records. It handles them only while they are shown. See "Who saw my records" for every look.
help-accessibility = Accessibility
help-accessibility-text = Everything works with the keyboard alone. Make the text larger with your browser's zoom. Colour alone never carries a meaning. We aim at level AA of JIS X 8341-3:2016.
