# The frame around every page of every server.
frame-skip = 本文へ進む
frame-switch = English
frame-furigana-on = ふりがなをつける
frame-furigana-off = ふりがなをはずす
frame-phone = 困ったとき: コールセンターの電話番号は、カードと一緒に届いた案内にあります。カードを受け取った窓口でも、たずねられます。
frame-phone-call = 困ったとき: コールセンター { $call }
frame-back = もどる
frame-error-code = 番号
frame-request-id = 受付番号
