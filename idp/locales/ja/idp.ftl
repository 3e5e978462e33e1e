# カード認証センター（IdP）の画面の文。
# 見出しは言い切り、一文に一つのことだけ。.person は画面の前の人へ、.engineer は技術者へ。

site-name = 割符ログイン
site-tagline = カード認証センター

## ログインの画面

login-title = カードでログイン
login-lead = { $provider }に入ります。パスワードは要りません。
login-title-desk = 患者さんのカードを確かめます
login-lead-desk = { $provider }に、カードがここにあることだけを伝えます。暗証番号は要りません。
login-title-activate = カードを使いはじめます
login-lead-activate = 手紙で届いた初期化コードを使って、このカードの暗証番号を決めます。5分ほどで終わります。
login-title-add = ほかのカードを加えます
login-lead-add = 加えると、そのカードでもログインできます。
own-pages = カードのページ
card-desk = 割符カード窓口
login-steps = ログインの流れ

step-software = カードソフト
step-software-todo = このパソコンのカードソフトにつなぎます
step-software-done = 動いています
step-card = カード
step-card-todo = カードリーダーに置きます
step-card-done = カードを読みました
step-card-desk = 患者さんのカード
step-card-desk-todo = 受付のカードリーダーに置きます
step-card-desk-done = カードを読みました
step-pin = 暗証番号
step-pin-todo = 別の窓「割符カード」で入力します
step-pin-done = カードの番号と合いました
step-pin-activate = 暗証番号
step-pin-activate-todo = 初期化コードを入れて、暗証番号を決めます
step-pin-activate-done = 暗証番号が決まりました
step-card-add = 加えるカード
step-card-add-todo = カードリーダーに置きます
step-card-add-done = カードを読みました
step-finish = 完了
step-finish-todo = { $provider }へ戻ります
step-finish-done = { $provider }へ戻ります

step-finish-activate = 完了
step-finish-activate-todo = { $provider }へ進みます
step-finish-activate-done = { $provider }へ進みます

login-cancel = やめる
login-forgot = 暗証番号を忘れたとき
login-proceed = 進む
login-retry = もう一度
login-new-card = 新しいカードが届いたとき
login-activate = カードを使いはじめる
login-restart = 最初からやりなおす
login-open-pin = 「割符カード」の窓を開く
login-download = カードソフトを入れる
login-code = 番号
login-no-script = このページは、カードソフトと話すためにJavaScriptを使います。ブラウザーの設定でJavaScriptを使えるようにして、もう一度開いてください。

help-title = うまくいかないとき
help-window = 別の窓が見えません
    .answer = ほかの窓のうしろに隠れていることがあります。画面の下の並びから「割符カード」を選んでください。このページに「窓を開く」ボタンが出ているときは、それを押してください。
help-permission = ブラウザーが「ローカルネットワークへのアクセス」をたずねています
    .answer = 「許可する」を押してください。このパソコンの中のカードソフトと話すためだけに使います。ほかの機器には、つなぎません。
help-reader = カードリーダーが見つかりません
    .answer = カードリーダーをパソコンからいったん抜いて、差しなおしてください。差しなおすと、このページは自動で先へ進みます。
help-letter = 初期化コードが見つかりません
    .answer = カードとは別に届いた手紙の、めくる紙の下にある8けたの数字です。手紙が見つからないときは、コールセンターに電話してください。
help-forgot = 暗証番号を忘れました
    .answer = 続けて3回違うと、カードは安全のために止まります。思い出せないときは入力をやめて、カードの窓口においでください。カードと、本人だと分かるものをお持ちください。

owner-card-desk = カードの窓口で手続きできます。カードと、本人だと分かるものをお持ちください。
owner-call-centre = コールセンターがお手伝いします。電話 0120-000-000（見本） 平日 9時から17時
owner-centre = 認証センターが直します。カードや暗証番号のせいではありません。

## 1 カードソフト

checking = カードソフトにつないでいます
    .person = 数秒で終わります。
permission = 次に、ブラウザーが「ローカルネットワークへのアクセス」をたずねます
    .person = 「許可する」を押してください。このパソコンの中のカードソフトと話すためだけに使います。
permission-wait = ブラウザーの返事を待っています
    .person = ブラウザーが「ローカルネットワークへのアクセス」をたずねていたら、「許可する」を押してください。
lna-denied = ブラウザーがカードソフトとの通信を止めています
    .person = アドレスの左の印を押し、「ローカルネットワークへのアクセス」を「許可」に変えてください。そのあと「もう一度」を押してください。
    .engineer = この origin の loopback-network（旧 local-network-access）が拒否されています。管理端末では LocalNetworkAccessAllowedForUrls（Chromium）または LocalNetworkAccess.SkipDomains（Firefox）で許可できます。
agent-none = カードソフトが動いていません
    .person = カードソフト「割符カード」を起動してください。起動すると、このページは自動で先へ進みます。
    .engineer = 設定したループバックのアドレスで /v1/ping に答えがありません。warifu-agent doctor を実行してください。
agent-busy = カードソフトは、ほかのログインの途中です
    .person = ほかの画面のログインを終えるか、やめてから、「もう一度」を押してください。
    .engineer = カードソフトが 409 を返しました。同時に扱うのは一件だけです。
agent-refused = カードソフトが、このページを受け付けませんでした
    .person = 「もう一度」を押してください。続くときは、パソコンの時計が合っているかを確かめてください。
    .engineer = カードソフトが 403 を返しました。origin、要求の署名鍵、時計のずれを確かめてください。
agent-lost = カードソフトとの通信が切れました
    .person = カードソフトが動いているか確かめて、「もう一度」を押してください。
    .engineer = /v1/authenticate の応答が途中で終わったか、読めない行がありました。
agent-closing = カードソフトが終了しました
    .person = カードソフト「割符カード」をもう一度起動してから、「もう一度」を押してください。
    .engineer = 利用中にカードソフトの終了処理が始まりました。

## 2 カード

no-reader = カードリーダーをつないでください
    .person = 見つかると、自動で先へ進みます。
insert-card = カードをカードリーダーに置いてください
    .person = 見つかると、自動で先へ進みます。
insert-card-desk = 患者さんのカードを、受付のカードリーダーに置いてください
    .person = 見つかると、自動で先へ進みます。
wrong-card = このカードではログインできません
    .person = 交通カードや銀行のカードではなく、割符のカードを置いてください。
wrong-card-desk = 割符のカードではありません
    .person = 患者さんに、割符のカードをお持ちかたずねてください。お持ちでなければ、保険証の記号・番号で確認できます。
wrong-card-add = このカードは加えられません
    .person = 加えられるのは、この認証センターが受け付けている種類のカードだけです。
choose-card = カードが2枚以上入っています
    .person = 使うカードを、別の窓「割符カード」で選んでください。使うカードだけを残しても、先へ進みます。
card-timeout = 時間がたったので、いったん止めました
    .person = カードを用意して、「もう一度」を押してください。
    .engineer = カードソフトの待ち時間（patience_seconds）が過ぎました。
card-removed = 途中でカードが離れました
    .person = カードを置いたまま、「もう一度」を押してください。
    .engineer = 処理中にカードが取り外されました。
card-changed = 途中で別のカードに変わりました
    .person = 一枚のカードを置いたまま、「もう一度」を押してください。
    .engineer = 処理の前後でカードの証明書が違います。
card-failed = カードを読めませんでした
    .person = カードを置きなおして、「もう一度」を押してください。続くときは、カードの窓口にご相談ください。
    .engineer = カードが規格にない応答をしました。warifu-agent doctor で APDU の結果を確かめてください。
reader-failed = カードリーダーが動いていません
    .person = カードリーダーを差しなおして、「もう一度」を押してください。
    .engineer = PC/SC が失敗しました。pcscd の稼働とリーダーのドライバーを確かめてください。

card-unknown = このカードは、ここに登録されていません
    .person = 本物のカードですが、この認証センターの登録がありません。
    .engineer = 証明書は有効ですが、holder reference に当たる cards の行がありません。
card-unknown-desk = 患者さんのカードは、ここに登録されていません
    .person = 保険証の記号・番号で確認してください。
card-not-activated = このカードは、まだ使いはじめていません
    .person = 届いた手紙を用意して、ボタンを押してください。暗証番号を決めると、すぐに使えます。
    .engineer = cards の状態が issued です。/activate で有効化すると active になります。
card-not-activated-desk = 患者さんのカードは、まだ使いはじめていません
    .person = 保険証の記号・番号で確認してください。使いはじめる手続きは、患者さんがご自宅でできます。
card-not-enrolled = このカードは、まだ加えられていません
    .person = 先に割符のカードでログインして、「カードのページ」でこのカードを加えてください。
    .engineer = 証明書は cards.schemes のものとして有効ですが、holder に当たる cards の行がありません。
card-not-enrolled-desk = 患者さんのカードは、ここに登録されていません
    .person = 保険証の記号・番号で確認してください。
card-level = このカードでは、このサービスに入れません
    .person = このサービスには、割符のカードと暗証番号が要ります。割符のカードを置いて、「もう一度」を押してください。
    .engineer = cards.schemes の level が、AuthnRequest の求める水準より低くなっています。
card-own = これは割符のカードです
    .person = 割符のカードは、加えなくても使えます。加えたいカードを置いて、「もう一度」を押してください。
    .engineer = この認証センターが出したカードの証明書です。
card-foreign = これは割符のカードではありません
    .person = 使いはじめたい割符のカードを置いて、「もう一度」を押してください。
    .engineer = cards.schemes のカードです。有効化できるのは、カード窓口が出したカードだけです。
card-taken = このカードは、加えられません
    .person = 別の方の登録に使われています。
    .engineer = 同じ holder の cards の行が、別の person のものです。
card-suspended = このカードは、届け出により止めてあります
    .person = 見つかったなどで、また使いたいときは、コールセンターに電話してください。
    .engineer = 失効リストの certificateHold、または cards の状態が suspended です。
card-suspended-desk = 患者さんのカードは、届け出により止めてあります
    .person = 保険証の記号・番号で確認してください。
card-revoked = このカードは、もう使えません
    .person = 新しいカードが届いているときは、そちらを使ってください。届いていないときは、カードの窓口で作れます。
    .engineer = 証明書が失効リストにあるか、cards の状態が ended です。
card-revoked-desk = 患者さんのカードは、もう使えません
    .person = 新しいカードをお持ちかたずねてください。なければ、保険証の記号・番号で確認できます。
cert-expired = カードの電子証明書の期限が切れています
    .person = カードはそのままで、電子証明書を新しくできます。
    .engineer = 証明書の notAfter を過ぎています。
cert-expired-desk = 患者さんのカードの期限が切れています
    .person = 保険証の記号・番号で確認してください。カードの更新は、カードの窓口でできます。
cert-notyet = このカードは、まだ使いはじめの日になっていません
    .person = カードに同封の案内で、使いはじめの日を確かめてください。
    .engineer = 証明書の notBefore より前です。サーバーの時計も確かめてください。
cert-untrusted = この認証センターが出したカードではありません
    .person = 割符のカードを置いて、「もう一度」を押してください。
    .engineer = 証明書の発行者が、設定した cards.issuers のどれでもないか、署名が合いません。
cert-purpose = このカードでは、この手続きができません
    .person = 割符のカードを置いて、「もう一度」を押してください。
    .engineer = 信頼する発行者の証明書ですが、用途（EKU、ポリシー、鍵の種類）が求めるものと違います。
revocation-unavailable = カードが使えるかどうかを、いま確かめられません
    .person = 少し待ってから、「もう一度」を押してください。
    .engineer = 有効な失効リストがありません。cards.issuers.lists の取得と nextUpdate を確かめてください。
token-format = カードソフトの返事を読めませんでした
    .person = カードソフトを新しくしてから、「もう一度」を押してください。
    .engineer = web-eid:1 の形ではないか、大きすぎます。
token-signature = カードの返事を確かめられませんでした
    .person = カードを置きなおして、「もう一度」を押してください。
    .engineer = H(origin)||H(nonce) への署名が証明書の鍵と合いません。カードソフトの origin と、この IdP の public_url を比べてください。

## 3 暗証番号

pin = 別の窓「割符カード」に、カードの暗証番号を入力してください
    .person = 6けたから8けたの数字です。
pin-wrong = さきほどの番号は、カードの番号と違いました
    .person = 続けて違うと、カードが止まります。番号を思い出せないときは、ここでやめても大丈夫です。
pin-last = 次に違うと、カードが止まります
    .person = 番号に自信がないときは、ここでやめても大丈夫です。カードの窓口で、番号を決めなおせます。続けるときは、「割符カード」の窓で答えてください。
pin-wrong-last = さきほどの番号は、カードの番号と違いました
    .person = 次に違うと、カードが止まります。番号に自信がないときは、ここでやめても大丈夫です。カードの窓口で、番号を決めなおせます。
code = 別の窓「割符カード」に、手紙の初期化コードを入力してください
    .person = 8けたの数字です。
code-wrong = さきほどの初期化コードは、カードのものと違いました
    .person = 手紙とカードの組み合わせを確かめてください。続けて違うと、このカードは使えなくなります。
code-last = 次に違うと、このカードは使えなくなります
    .person = 手紙とカードの組み合わせに自信がないときは、ここでやめても大丈夫です。コールセンターに電話してください。
code-wrong-last = さきほどの初期化コードは、カードのものと違いました
    .person = 次に違うと、このカードは使えなくなります。ここでやめても大丈夫です。コールセンターに電話してください。
code-blocked = 安全のため、このカードは使えなくなりました
    .person = 初期化コードが続けて違ったためです。新しいカードをお作りします。
    .engineer = PUK の残り回数が 0 です（SW 6983）。再発行してください。
new-pin = 別の窓「割符カード」で、新しい暗証番号を決めてください
    .person = 6けたから8けたの数字です。誕生日や電話番号など、人に分かる番号は避けてください。
pin-refused = カードが、その暗証番号を受け付けませんでした
    .person = 「もう一度」を押して、別の番号をお試しください。
    .engineer = RESET RETRY COUNTER が、新しい PIN のために断られました。
pin-tries = あと{ $n }回 入力できます
pin-tries-one = あと1回 入力できます
pin-note = このページに暗証番号を入れる場所はありません。番号はカードの中だけで確かめ、だれにも送りません。
pin-terminal = カードソフトを起動した端末に入力します。
pin-blocked = 安全のため、カードを止めました
    .person = 暗証番号が続けて違ったためです。カードの窓口で、また使えるようになります。保険の資格は、医療機関で確かめてもらえます。
    .engineer = PIN の残り回数が 0 です（SW 6983）。PUK で解除するか、再発行してください。
cancelled = ログインをやめました
    .person = 続けるときは、「もう一度」を押してください。
    .engineer = 利用者が PIN の窓で取り消しました。
cancelled-desk = カードの確認をやめました
    .person = 続けるときは、「もう一度」を押してください。
cancelled-activate = 途中でやめました
    .person = カードは、まだ使いはじめていません。続けるときは、「もう一度」を押してください。
cancelled-add = カードを加えるのをやめました
    .person = 続けるときは、「もう一度」を押してください。
prompt-failed = 暗証番号の窓を開けませんでした
    .person = カードソフトを起動しなおして、「もう一度」を押してください。
    .engineer = カードソフトの prompt（pinentry、terminal、page）が使えません。

## 4 完了

verifying = カードの返事を確かめています
    .person = 一秒ほどで終わります。
done = 確かめました
    .person = 自動で先へ進みます。

## ログインの外側の断り

login-stale = このログインは、時間がたったので終わりました
    .person = 入りたいサービスの最初のページに戻って、もう一度お進みください。
    .engineer = tx がないか期限切れ、または __Host-login の Cookie がこの tx のものではありません。
login-replayed = このログインは、もう使われています
    .person = 同じ画面は一度しか使えません。入りたいサービスの最初のページから、もう一度お進みください。
    .engineer = nonce は取り出し済み、または同じ AuthnRequest に回答済みです。
login-throttled = 続けて何度も試されたので、少し間をおきます
    .person = 一分ほど待ってから、もう一度お試しください。
    .engineer = このアドレスの回数が limits.attempts_per_address を超えました。
card-throttled = このカードは、短い間に何度も使われました
    .person = 一分ほど待ってから、もう一度お試しください。お心当たりがないときは、カード窓口にお電話ください。
    .engineer = このカードの回数が limits.sign_ins_per_card を超えました。
sso-throttled = このサービスから、とても多くのログイン要求が来ています
    .person = 一分ほど待ってから、もう一度お試しください。
    .engineer = このサービスプロバイダの要求が limits.requests_per_provider を超えました。
session-over = ログインしてから、時間がたちました
    .person = 割符のカードで、もう一度ログインしてください。
    .engineer = この操作には、カード窓口のカードによる10分以内の IdP セッションが要ります。
card-none-such = そのカードは見つかりません
    .person = 「カードのページ」に戻って、もう一度お試しください。
    .engineer = このセッションの person に、この番号の cards.schemes のカードがありません。
event-early = まだ知らないカードについての知らせです
    .person = 少し待ってから、もう一度送られます。
    .engineer = card-issued より先に届きました。送り手は、少し後でもう一度送ってください。
desk-signed-out = 受付の職員のログインが終わっています
    .person = 職員のカードで、もう一度ログインしてください。
    .engineer = 職員の IdP セッションがないか、役割 clinic-desk がありません。
temporary = うまくいきませんでした
    .person = 少し待ってから、「もう一度」を押してください。
    .engineer = 通信またはサーバーの一時的な失敗です。要求の番号で記録を調べてください。

sso-unreadable = ログインの依頼を読めませんでした
    .person = 入りたいサービスの最初のページに戻って、もう一度お進みください。
    .engineer = SAMLRequest が HTTP-Redirect の AuthnRequest として読めません。原因は記録にあります。
sso-unknown-provider = このサービスは、登録されていません
    .person = アドレスが正しいか確かめてください。登録されたサービスの最初のページからお進みください。
    .engineer = Issuer に当たる service_providers のメタデータがありません。
sso-metadata-expired = このサービスの登録の期限が切れています
    .person = 少し待ってから、もう一度お試しください。続くときは、サービスの運営者にお知らせください。
    .engineer = service_providers のメタデータの validUntil を過ぎています。
sso-signature = ログインの依頼が、本物だと確かめられませんでした
    .person = 入りたいサービスの最初のページに戻って、もう一度お進みください。
    .engineer = AuthnRequest の署名がないか、メタデータの鍵と合いません。
sso-acs = ログインの結果の送り先が、登録と違います
    .person = 入りたいサービスの最初のページに戻って、もう一度お進みください。続くときは、サービスの運営者にお知らせください。
    .engineer = AssertionConsumerServiceURL または Index が、メタデータの HTTP-POST の ACS と一致しません。
sso-stale = ログインの依頼が古くなっています
    .person = 入りたいサービスの最初のページに戻って、もう一度お進みください。
    .engineer = IssueInstant が許す範囲の外か、Destination が違います。時計のずれも確かめてください。
request-foreign-origin = ほかのサイトからの操作は受け付けません
    .person = このサイトのページから、もう一度操作してください。
    .engineer = Origin ヘッダーがこの IdP の origin と違います。

## 結果を返す画面

answer-title = { $provider }へ戻ります
answer-lead = 自動で先へ進みます。進まないときは、ボタンを押してください。
answer-lead-notice = ログインできました。お知らせを読んでから、ボタンを押してください。
answer-continue = { $provider }へ進む

## ログアウト

logout-title = ログアウト
logout-signed-in = この認証センターに、カードでログインしています
logout-signed-in-lead = ログアウトすると、ログイン中のサービスもすべて終わります。
logout-submit = すべてログアウトする
logout-signed-out = ログインしていません
logout-signed-out-lead = 入りたいサービスのページから、カードでログインできます。
logout-done = ログアウトしました
logout-done-lead = カードをカードリーダーから取ってください。ログイン中だったサービスにも、終わったことを伝えています。

## 自分のカードの画面

own-title = あなたのカード
own-lead = ログインに使えるカードです。
own-card = 割符のカード
own-others = ほかの発行者
own-in-hand = いま使っているカード
own-state-issued = まだ使いはじめていません
    .person = 届いた手紙を用意して、使いはじめる手続きをしてください。
own-state-active = 使えます
own-state-suspended = 止めてあります
    .person = 見つかったなどで、また使いたいときは、コールセンターに電話してください。
own-state-ended = もう使えません
own-issued-by = 発行
own-used = 最後の利用
own-never = まだ使っていません
own-end = 期限
own-date = { $year }年{ $month }月{ $day }日
own-remove = このカードを外す
own-services = このカードで使えるサービス
own-add-title = ほかのカードを加える
own-add-lead = ほかの発行者のカードを、あなたのものとして加えられます。加えたカードでもログインできます。
own-add = カードを加える
own-news-activated = カードが使えるようになりました
    .person = これからは、このカードと、いま決めた暗証番号でログインできます。手紙は、番号を忘れたときのために、カードと別のところにしまってください。
own-news-added = カードを加えました
    .person = これからは、このカードでもログインできます。
own-news-removed = カードを外しました
    .person = そのカードでは、もうログインできません。
cert-expiring = あと{ $n }日（{ $date }まで）で、カードの電子証明書の期限が切れます
    .person = カードの窓口で更新できます。更新の案内が届いたら、お早めにお手続きください。
remove-title = カードを外す
remove-heading = 「{ $card }」を外しますか
remove-lead = 外すと、そのカードではすぐにログインできなくなります。カードそのものは、これまでどおり使えます。また加えることもできます。
remove-submit = 外す
remove-back = 外さない
scheme-jpki = マイナンバーカード
month-1 = 1
month-2 = 2
month-3 = 3
month-4 = 4
month-5 = 5
month-6 = 6
month-7 = 7
month-8 = 8
month-9 = 9
month-10 = 10
month-11 = 11
month-12 = 12

## 不正アクセスログ（運営者の画面）

refusals-title = 断ったログインの記録
refusals-lead = 認証センターが断った試みを、分ごとに数えています。同じアドレスやカードから急に増えたときは、攻撃かもしれません。
refusals-span = 期間
refusals-span-1 = 1時間
refusals-span-24 = 24時間
refusals-span-168 = 7日
refusals-span-720 = 30日
refusals-code = コード
refusals-search = しぼり込む
refusals-none = この期間に断った試みはありません。
refusals-list = 断った試み
refusals-cut = 新しいものから500行までを表示しています。期間を短くするか、コードでしぼり込んでください。
refusals-at = 日時
refusals-what = 理由
refusals-count = 回数
refusals-address = アドレス
refusals-many = 多数
refusals-service = サービス
refusals-card = カード（照合用の番号）
admin-only = この画面は、連携基盤の運営者だけが開けます
    .person = 運営者のカードでログインしてください。お心当たりがないときは、前の画面にお戻りください。
    .engineer = 役割 urn:warifu:role:federation-admin がないか、カードと暗証番号でのログイン（high）ではありません。
