# ログアウトと、ログイン中の端末の画面の文。
# 見出しは言い切り、一文に一つのことだけ。.person は画面の前の人へ、.engineer は技術者へ。

## ログアウト

logout-title = ログアウト
logout-signed-in = この認証センターに、カードでログインしています
logout-signed-in-lead = ログアウトすると、ログイン中のサービスもすべて終わります。
logout-submit = すべてログアウトする
logout-signed-out = ログインしていません
logout-signed-out-lead = 入りたいサービスのページから、カードでログインできます。

## サービスごとの結果

logout-all = ログアウトしました
    .person = カードをカードリーダーから取ってください。
logout-telling = ログアウトしました
    .person = カードをカードリーダーから取ってください。サービスにも、終わったことを伝えています。
logout-more = ほかのサービスからもログアウトします
    .person = 「つづける」を押すと、残りのサービスから順にログアウトします。途中で画面が止まったときは、ブラウザーの「戻る」でこのページに戻り、もう一度「つづける」を押してください。
logout-partly = ログアウトしましたが、確認できないサービスがあります
    .person = 念のため、ブラウザーの窓をすべて閉じてください。カードはカードリーダーから取ってください。
logout-services = サービスごとのようす
logout-service-confirmed = ログアウトしました
logout-service-waiting = これからです
logout-service-telling = 伝えています
logout-service-unsure = 確認できませんでした
logout-look-again = もう一度ようすを見る
logout-continue = つづける
logout-return = { $provider }に戻る
logout-goes-on = このブラウザーでは、別のログインが続いています

## ログイン中の端末

sessions-title = ログイン中の端末
sessions-lead = あなたのカードで、いまログインしているところです。覚えのないものがあるときは、ログアウトしてください。
sessions-here = このブラウザー
sessions-elsewhere = ほかの端末やブラウザー
sessions-since = ログインした時
sessions-used = 最後に使った時
sessions-until = ログインが終わる時
sessions-until-moment = { $moment }（使わないままでいると、{ $n }分で終わります）
sessions-card = カード
sessions-level = 確かめ方
sessions-services = 入っているサービス
sessions-no-services = ありません
sessions-level-high = カードと暗証番号（確かさ 高い）
sessions-level-substantial = カードと暗証番号（確かさ 中くらい）
sessions-moment = { $date } { $hour }時{ $minute }分
sessions-end = この端末をログアウトする
sessions-end-here = このブラウザーをログアウトする
sessions-end-others = ほかの端末をすべてログアウトする
sessions-none-else = ほかにログインしている端末はありません。
sessions-end-heading = この端末をログアウトしますか
sessions-end-others-heading = ほかの端末をすべてログアウトしますか
sessions-end-lead = ログアウトすると、その端末で入っているサービスも終わります。書きかけのものは、残らないことがあります。
sessions-end-submit = ログアウトする
sessions-end-back = やめる

## うけつけなかったとき

session-none-such = そのログインは、もう終わっています
    .person = 「ログイン中の端末」のページを開きなおしてください。
    .engineer = この person の続いているセッションに、この番号のものがないか、このブラウザー自身のものです。
slo-unreadable = ログアウトの依頼を読めませんでした
    .person = この認証センターのページからも、すべてログアウトできます。
    .engineer = SAMLRequest または SAMLResponse が、HTTP-Redirect の LogoutRequest、LogoutResponse として読めません。署名は XML の中ではなくクエリに要ります。
slo-unknown-provider = このサービスは、登録されていません
    .person = この認証センターのページからも、すべてログアウトできます。
    .engineer = Issuer に当たる service_providers のメタデータがありません。
slo-metadata-expired = このサービスの登録の期限が切れています
    .person = この認証センターのページからも、すべてログアウトできます。続くときは、サービスの運営者にお知らせください。
    .engineer = service_providers のメタデータの validUntil を過ぎています。
slo-signature = ログアウトの依頼が、本物だと確かめられませんでした
    .person = この認証センターのページからも、すべてログアウトできます。
    .engineer = クエリの署名がないか、メタデータの鍵と合いません。署名は必ず要ります。
slo-stale = ログアウトの依頼が古くなっています
    .person = この認証センターのページからも、すべてログアウトできます。
    .engineer = IssueInstant か NotOnOrAfter が許す範囲の外か、Destination がないか違います。時計のずれも確かめてください。
slo-no-address = ログアウトの結果の送り先が、登録されていません
    .person = この認証センターのページから、すべてログアウトしてください。
    .engineer = メタデータに HTTP-Redirect の SingleLogoutService がありません。
slo-replayed = このログアウトの依頼は、もう使われています
    .person = ログアウトできているかは、この認証センターのページで確かめられます。
    .engineer = 同じ Issuer と ID の依頼を、前に受け取っています。
slo-unasked = 頼んでいないログアウトの返事が届きました
    .person = ログアウトできているかは、この認証センターのページで確かめられます。
    .engineer = InResponseTo に当たる、返事を待っている LogoutRequest がありません。
slo-other-browser = 別のブラウザーで始めたログアウトです
    .person = ログアウトを始めたブラウザーで、つづけてください。
    .engineer = ログインの cookie が、このログアウトを始めたブラウザーのものと違います。
