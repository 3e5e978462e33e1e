# Sign-in with a certificate that the browser reaches.

certificate-go = Sign in with a certificate (one that your browser has)
certificate-go-hint = For computers, at work for example, whose browser reaches the card's certificate. No card software is needed.
certificate-title = Sign in with a certificate
certificate-steps = To choose a certificate anew
certificate-step-card = Put your card on the card reader.
certificate-step-browser = Check that this computer's browser can see the card's certificate.
certificate-step-close = Close all windows of the browser once. Until then it remembers what was chosen before.
certificate-step-choose = Start again from the first page of the service, choose the certificate of your Warifu card, and enter its PIN.
certificate-step-help = If in doubt, ask whoever set up this computer. If it has the card software, you can sign in with that, too.
certificate-back = Sign in with the card software

certificate-none = No certificate came from your browser
    .person = None was chosen, or your browser does not have the card's certificate.
    .engineer = There was no client certificate in the TLS handshake. Check the browser's PKCS#11 module (such as OpenSC), the card reader, and the policy AutoSelectCertificateForUrls. Where a load balancer ends TLS on the way, no certificate arrives.
certificate-off = You cannot sign in with a certificate here
    .person = Please go on with "Sign in with the card software".
    .engineer = There is no section [card_host] in the configuration, or this is no sign-in, or its level is presence.
certificate-staff = A certificate does not sign you in to work
    .person = Please put your card on the reader of a computer that has the card software.
    .engineer = Sessions of staff are opened by the card software, so that they end when the card leaves. card_host.staff = true allows it; those sessions do not end when the card leaves.
cert-untrusted-browser = This certificate is not of a card for this authentication centre
    .person = Another certificate was chosen. Please choose the one of your Warifu card.
cert-purpose-browser = You cannot sign in with this certificate
    .person = Of the certificates of your Warifu card, please choose the one for signing in (which asks for the PIN).
token-format-browser = The certificate could not be read
    .person = Please choose the certificate of your Warifu card.
card-level-browser = You cannot enter this service with this card's certificate
    .person = This service needs a Warifu card. Please choose the certificate of your Warifu card.
card-not-activated-browser = This card is not in use yet
    .person = Have the letter at hand and go on with "Sign in with the card software". There you can start using the card.
