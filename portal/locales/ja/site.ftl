# The site: its name, menus, entrance, help.

site-name = 割符ポータル
site-tagline = 医療・健康・年金の記録

nav-label = おもな画面
nav-menu = メニュー
nav-home = ホーム
nav-insurance = 保険証
nav-expenses = 医療費
nav-checkups = 健診
nav-pension = 年金
nav-history = 見られた記録
nav-desk = 個別認証
nav-help = 使い方

account-resident = { $name } さん
account-staff = { $organization }　{ $name }
account-logout = ログアウト
account-away = 離席

foot-help = 使い方
foot-contact = お問い合わせ
foot-privacy = 個人情報の扱い
foot-accessibility = ウェブアクセシビリティ

top-heading = 医療・健康・年金の記録を、1枚のカードで
top-lead = 保険証、健診の結果、年金の記録を、ひとつの画面で見られます。だれがあなたの記録を見たかも、ここで分かります。
top-login = カードでログイン
top-login-note = パスワードは要りません。カードと暗証番号で入ります。
top-continue = あなたのページへ進む
top-needs = 要るもの
top-need-card = ICカード
top-need-card-text = あなたの電子証明書が入ったカードです。
top-need-reader = カードリーダー
top-need-reader-text = パソコンにつないでください。
top-need-software = カードソフト
top-need-software-text = このパソコンとカードをつなぐ、小さなソフトです。
top-kept = 記録は、集めずにお見せします
top-kept-apart = 別々に持つ
top-kept-apart-text = 記録は、保険者や健診機関が、それぞれ持ったままです。このポータルには残りません。
top-kept-tally = つなげるのは、あなただけ
top-kept-tally-text = 機関ごとに別の番号を使います。あなたのほかには、だれも記録をつなぎ合わせられません。
top-kept-seen = 見た人が分かる
top-kept-seen-text = だれが、何のために見たかを、すべて残します。いつでも確かめられます。
top-desk = 医療機関の受付の方へ
top-desk-text = 受付のカードで、同じボタンからお入りください。患者さんの保険の資格を、その場で確かめられます。

choose-title = ログインする場所を選ぶ
choose-text = あなたのカードを発行したところを選んでください。

session-title = ログインの状態
session-none = いまは、ログインしていません。
session-name = お名前
session-level = 確かめ方
session-since = ログインした時刻
session-records = 記録を見ること
session-records-yes = できます
session-records-no = できません。もう一度のログインが要ります。
session-subject = このポータルだけの番号
session-subject-note = ほかの機関には、別の番号でつながります。

level-high = カードと暗証番号で確かめました
level-substantial = カードと、預けた暗証番号で確かめました
level-other = ほかの方法で確かめました

no-records-title = 記録を見るには、もう一度ログインが要ります
no-records-ticket = このログインでは、お名前だけを確かめました。記録を見るときは、カードでログインし直してください。
no-records-relay = 記録の中継につながりませんでした。少し待って、ログインし直してください。
no-records-ended = 記録を見られる時間が終わりました。カードでログインし直してください。
no-records-level = このカードでは、お名前だけを確かめました。記録を見るときは、ICカードと暗証番号でログインし直してください。
no-records-again = もう一度ログインする

stopped-title = ログインを終えませんでした
stopped-text = 途中でやめたか、カードを確かめられませんでした。あなたの記録は開いていません。
stopped-again = もう一度ログインする

signed-out-title = ログアウトしました
signed-out-text = カードをリーダーから抜いてください。このブラウザーに、記録は残っていません。
signed-out-again = もう一度ログインする

signed-out-partly-title = ログアウトしましたが、ほかのサービスは確認できませんでした
signed-out-partly-text = このポータルからは、ログアウトしています。念のため、ブラウザーの窓をすべて閉じてください。カードはリーダーから抜いてください。
signed-out-partly-again = もう一度ログインする

covered-title = 画面を閉じました
covered-text = カードが抜かれたか、離席の操作がありました。表示していた内容は、もう残っていません。
covered-again = 受付のカードでログインする

covered-partly-title = 画面を閉じました
covered-partly-text = 表示していた内容は、もう残っていません。ほかのサービスからのログアウトは、確認できませんでした。念のため、ブラウザーの窓をすべて閉じてください。
covered-partly-again = 受付のカードでログインする

wrong-role-title = この画面は、別のカードで開きます
wrong-role-resident = いまは { $name } さんの受付のカードでログインしています。ご自分の記録は、ご自分のカードで開いてください。
wrong-role-desk = いまは { $name } さんのカードでログインしています。窓口の画面は、受付のカードで開いてください。
wrong-role-switch = ログアウトして、カードを替える
wrong-role-back = 自分の画面へもどる

help-title = 使い方
help-login = ログインのしかた
help-login-text = カードリーダーにカードを置き、「カードでログイン」を押します。カードの暗証番号を入れると、ホームが開きます。
help-card = カードの期限が近いとき
help-card-text = 期限の90日前から、最初の画面でお知らせします。カードを受け取った窓口で、新しくできます。割符のカードは割符カード窓口、マイナンバーカードはお住まいの市区町村の窓口です。
help-card-bring = お持ちいただくもの
    .text = いまのカードと、本人確認の書類（運転免許証など）です。窓口に行けないときは、先にコールセンターにお電話ください。
help-card-after = 期限の前と後
    .text = 期限までは、いまのカードを使えます。過ぎると、そのカードと、いっしょに登録したFeliCaカードではログインできません。記録やつながりは、なくなりません。新しいカードで、そのまま続けられます。
help-desk = 窓口の使い方
help-desk-text = 患者さんのカードを受付のリーダーに置き、「カードで確認」を押します。カードがないときは、保険証の番号と生年月日を入れて「実行」を押します。
help-keys = 窓口のキー
help-key-f2 = 次の患者（入力欄を空にして、最初の欄へ）
help-key-f8 = 離席（画面を閉じて、ログアウト）
help-contact = お問い合わせ
help-contact-text = カードのことは、カードを受け取った窓口（割符カード窓口か、お住まいの市区町村）でおたずねください。コールセンターの電話番号は、カードと一緒に届いた案内にあります。記録の中身は、その記録を持つ機関でおたずねください。
help-contact-text-call = コールセンター { $call } にお電話ください。記録の中身は、その記録を持つ機関でおたずねください。
help-privacy = 個人情報の扱い
help-privacy-text = このポータルは、記録を保存しません。表示のあいだだけ扱い、画面を閉じると消えます。だれが見たかの記録は「見られた記録」で確かめられます。
help-accessibility = ウェブアクセシビリティ
help-accessibility-text = キーボードだけで操作できます。文字の大きさは、ブラウザーの拡大で変えられます。色だけで意味を伝えることはありません。JIS X 8341-3:2016 の適合レベル AA を目標にしています。
