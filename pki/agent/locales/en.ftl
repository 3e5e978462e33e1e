# The agent's pages and prompts.
app-name = Warifu Card
app-note = Card software on this computer
skip = Skip to content
other-language = 日本語
day = { $day } { $month } { $year }
day-plain = { $day } { $month } { $year }
cancel = Cancel
go-on = Continue
go-back = Back

tries-left = You have { $tries ->
    [one] 1 try left
   *[other] { $tries } tries left
}
tries-unknown = After several wrong tries the card can no longer be used. Take your time and check each digit.
pin-wrong = That did not match the card.
pin-format = The PIN is 6 to 8 digits.
pin-format-jpki = The PIN of the user authentication certificate is 4 digits.
pin-trivial = A number such as 000000 or 123456 is the first anybody would try. Please choose another.
pin-same-as-code = The code from the letter cannot be your PIN. Please choose another number.
pin-unchanged = That is the PIN you have now. Please choose another number.
pin-different = The two numbers were not the same. Please enter your new PIN again from the start.
code-wrong = That did not match the card. Please check the letter once more.
code-format = The activation code is 8 digits.
last-try = You have one try left. If it is wrong, the card is locked for safety.
last-try-code = You have one try left. If it is wrong, this card can no longer be used and a new one must be made.
last-try-go-on = I know the number, continue
last-try-type-yes = Type yes to continue, or press only Enter to stop

lead-sign-in = You are signing in to “{ $name }”.
lead-activate = You are making your new card ready for use.
lead-change-pin = You are changing the PIN of your card.
label-pin = PIN of the card
label-pin-jpki = PIN of the user authentication certificate (4 digits)
label-code = Activation code
label-old-pin = Your PIN now
label-new-pin = New PIN
label-again = New PIN once more
help-pin = 6 to 8 digits. Only the card checks it; it is not sent to anyone.
help-pin-jpki = The 4 digits that you chose when you got your My Number Card, not the long password for signatures (6 to 16 characters). Only the card checks it; it is not sent to anyone.
help-code = The 8 digits in the letter that came apart from the card. Only the card checks them; they are not sent to anyone.
help-new-pin = Choose 6 to 8 digits of your own. Better no birthday and no telephone number. Only the card keeps it.
help-again = Enter the same number once more, so that no slip goes unnoticed.

prompt-title = Warifu Card: PIN
prompt-title-code = Warifu Card: activation code
prompt-origin = Asked by: { $origin }
prompt-reader = Card reader: { $reader }
prompt-certificate = The card's certificate is good until { $day }.

kind-piv = Warifu chip card
kind-jpki = My Number Card
kind-felica = FeliCa card

choose-title = Warifu Card: choose a card
choose-heading = Which card do you want to use?
choose-lead = There is more than one card that can be used. Please choose one.
choose-card-in = Use this card: { $card }?
choose-card-in-short = { $kind } in { $reader }
choose-this = Use this card
choose-next = See another card
choose-type-number = Type the number of the card, or press only Enter to stop

pin-page = Enter your PIN
pin-heading = The PIN of your card
pin-heading-jpki = The 4-digit PIN of your My Number Card
code-heading = The activation code from the letter
old-pin-heading = Your PIN now
new-pin-heading = Choose a new PIN
pin-asker = Asked by
pin-reader = Card reader
pin-certificate = Certificate ends
pin-stop-is-fine = If you do not remember the PIN, it is fine to stop here.
pin-until-blocked = After { $tries ->
    [one] one wrong try
   *[other] { $tries } wrong tries
} the card is locked.
code-stop-is-fine = If you do not have the letter at hand, it is fine to stop here. You can begin again later.
code-until-lost = After { $tries ->
    [one] one wrong try
   *[other] { $tries } wrong tries
} this card can no longer be used and a new one must be made.
consent-heading = You have one try left
consent-lead = If it is wrong, the card is locked for safety. The card desk can unlock it.
consent-lead-jpki = If it is wrong, the card is locked for safety. The office of your municipality can unlock it.
consent-lead-code = If it is wrong, this card can no longer be used and a new one must be made. If you are not sure, stop here and call the card desk.

steps = Steps
step-done = done
step-software = Card software
step-software-note = Running
step-card = Card
step-card-note = The card was read
step-pin = PIN
step-code = Activation code
step-code-note = The code from the letter was entered
step-old-pin = Your PIN now
step-old-pin-note = It was entered
step-new-pin = New PIN
step-new-pin-note = You choose it and enter it twice
step-end = Done
step-end-note = Back to the page you came from

status-nothing = Waiting
status-checking = Checking
status-withdrawn = Finished
status-done = Done
status-blocked = The card is locked
status-lost = This card can no longer be used
status-card-gone = The card was removed
status-cancelled = Cancelled
status-failed = That did not work
explain-nothing = There is nothing to answer now. When you sign in with your card, you are asked for the PIN here.
explain-checking = The card is checking the PIN. Please leave it in the reader.
explain-close = You can close this page and go back to the one you came from.
explain-blocked = Your card is locked for safety. The card desk can unlock it. You can close this page.
explain-blocked-jpki = Your card is locked for safety. The office of your municipality can unlock it. You can close this page.
explain-lost = The activation code was wrong too often, so for safety this card can no longer be used. The card desk will make you a new one. You can close this page.

# The card drawer of the demonstration.
drawer-page = Card drawer
drawer-lead = Put sample cards into sample card readers and take them out again. None of the people exist.
drawer-readers = Card readers
drawer-empty = No card inside
drawer-holds = Holds { $name }'s card
drawer-cards = Cards
drawer-insert = Put into { $reader }
drawer-remove = Take out
drawer-whose = { $name }'s card
drawer-in = In { $reader }
drawer-hint = Sample PIN
drawer-hint-note = The PINs are printed here because the cards are samples. Never show anyone the PIN of a real card.

# warifu-agent doctor.
doctor-good = Cards can be used.
doctor-problem = Please fix the lines marked ✗, from the top.
doctor-config-ok = The configuration was read.
doctor-config-bad = The configuration cannot be used. Show this to your administrator: { $reason }
doctor-ca-system = The identity provider's certificate is checked against those this computer trusts.
doctor-ca-ok = { $count ->
    [one] One certificate authority is
   *[other] { $count } certificate authorities are
} there to check the identity provider.
doctor-ca-bad = The certificate authorities cannot be read. Show this to your administrator: { $reason }
doctor-prompt-pinentry = The PIN is asked for by { $program }.
doctor-prompt-page = The PIN is asked for on a page in the browser.
doctor-prompt-terminal = The PIN is asked for in the terminal where the agent was started.
doctor-prompt-missing = There is no { $program } to ask for the PIN. Install a pinentry (such as: apt install pinentry-gnome3).
doctor-agent-running = The card software is running at { $address }.
doctor-agent-stopped = The card software is not running. Start it with “warifu-agent run”.
doctor-service-ok = The smart-card service (pcscd) is running.
doctor-service-down = The smart-card service (pcscd) is not running. Start it (such as: systemctl start pcscd.socket).
doctor-reader-ok = { $count ->
    [one] There is one card reader.
   *[other] There are { $count } card readers.
}
doctor-reader-none = No card reader found. Unplug it and plug it in again.
doctor-card-none = There is no card inside. Put your card on the reader and check again.
doctor-card-ok = { $reader }: the card is of a kind that can be used.
doctor-card-unknown = { $reader }: this is another kind of card. Insert your Warifu card.
doctor-card-failed = { $reader }: the card cannot be read ({ $reason }). Check which way round it is and insert it again.
doctor-card-jpki = { $reader }: this is a My Number Card. Whether it can be used depends on where you sign in.
doctor-card-felica = { $reader }: this is a FeliCa card. Whether it can be used depends on where you sign in.
doctor-certificate-ok = { $reader }: the certificate is good until { $day }.
doctor-certificate-ending = { $reader }: the certificate ends in { $days ->
    [one] one day
   *[other] { $days } days
} ({ $day }). Please renew it.
doctor-certificate-expired = { $reader }: the certificate ended on { $day }. The card desk can renew it.
doctor-certificate-not-yet = { $reader }: the certificate is good from { $day } on. Check this computer's clock, too.
doctor-certificate-none = { $reader }: the card has no certificate. Tell the card desk.
doctor-certificate-unreadable = { $reader }: the certificate cannot be read. Tell the card desk.
doctor-presence-none = { $reader }: the card has no certificate for tapping at a clinic desk.
doctor-pin-ok = { $reader }: the PIN can be tried { $tries } times.
doctor-pin-few = { $reader }: the PIN can be tried only { $tries ->
    [one] once
   *[other] { $tries } times
} more.
doctor-pin-blocked = { $reader }: the card is locked. The card desk can unlock it.
doctor-pin-blocked-jpki = { $reader }: the card is locked. The office of your municipality can unlock it.
doctor-browser-allowed = { $origin }: the browser is allowed to talk to the card software.
doctor-browser-asks = { $origin }: the browser may ask for “local network access”. Press “Allow”. Administrators can allow it beforehand by LocalNetworkAccessAllowedForUrls (Chromium, Chrome, Edge) or SkipDomains of LocalNetworkAccess (Firefox).

# warifu-agent log, warifu-agent autostart.
log-agree = Write this out? Type yes if so: { $what }
log-written = Written to { $what }.
log-not-written = Nothing was written to { $what }. Once you have looked at it, add --yes.
autostart-switched-on = The card software starts by itself from your next login on. { $what } was written.
autostart-switched-off = The card software no longer starts by itself. { $what } is gone.
autostart-on = The card software starts by itself ({ $what }).
autostart-off = The card software does not start by itself ({ $what } is not there or switched off).
system-not-yet = Not on this system yet ({ $what }).
