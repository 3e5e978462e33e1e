# The frame around every page of every server.
frame-skip = 本文へ進む
frame-switch = English
frame-furigana-on = ふりがなをつける
frame-furigana-off = ふりがなをはずす
frame-phone = 困ったとき: コールセンター 0120-000-000（見本） 平日 9時から17時
frame-back = もどる
frame-error-code = 番号
frame-request-id = 受付番号
