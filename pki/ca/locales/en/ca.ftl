# What the card office says over HTTP.

ca-no-list = There is no revocation list yet
    .person = Please wait a moment and try again.
    .engineer = The office has not published a list: check its key, its database and its log.
