# ブラウザーに入れた証明書でのログイン。

certificate-go = 証明書でログイン（ブラウザーに入れた証明書を使う）
certificate-go-hint = カードの証明書がブラウザーに入っている、職場などのパソコンで使えます。カードソフトは要りません。
certificate-title = 証明書でログイン
certificate-steps = 証明書を選びなおすには
certificate-step-card = カードをカードリーダーに置きます。
certificate-step-browser = このパソコンのブラウザーから、カードの証明書が見えるようにしてあるかを確かめます。
certificate-step-close = ブラウザーの窓を、いちどすべて閉じます。ブラウザーは、さきほどの選び方を閉じるまで覚えています。
certificate-step-choose = 入りたいサービスの最初のページからもう一度進み、割符のカードの証明書を選んで、暗証番号を入れます。
certificate-step-help = 分からないときは、このパソコンを用意した係の方におたずねください。カードソフトがあれば、そちらでもログインできます。
certificate-back = カードソフトでログインする

certificate-none = ブラウザーから、証明書が届きませんでした
    .person = 証明書が選ばれなかったか、カードの証明書がブラウザーに入っていません。
    .engineer = TLS のハンドシェイクに、クライアント証明書がありませんでした。ブラウザーの PKCS#11 モジュール（OpenSC など）、カードリーダー、ポリシー AutoSelectCertificateForUrls を確かめてください。途中のロードバランサーで TLS を終端していると、証明書は届きません。
certificate-off = 証明書でのログインは、ここでは使えません
    .person = 「カードソフトでログインする」に進んでください。
    .engineer = 設定に [card_host] がないか、このログインが sign-in でないか、求める水準が presence です。
certificate-staff = お仕事のログインには、証明書でのログインは使えません
    .person = カードソフトのあるパソコンで、カードを置いてログインしてください。
    .engineer = 職員のセッションは、カードを抜くと終わるようにカードソフトで開きます。card_host.staff = true で許せますが、その場合はカードを抜いても終わりません。
cert-untrusted-browser = この認証センターが出したカードの証明書ではありません
    .person = 別の証明書が選ばれています。割符のカードの証明書を選んでください。
cert-purpose-browser = この証明書では、ログインできません
    .person = 割符のカードの証明書のうち、ログイン用（暗証番号を使うほう）を選んでください。
token-format-browser = 証明書を読めませんでした
    .person = 割符のカードの証明書を選んでください。
card-level-browser = このカードの証明書では、このサービスに入れません
    .person = このサービスには、割符のカードが要ります。割符のカードの証明書を選んでください。
card-not-activated-browser = このカードは、まだ使いはじめていません
    .person = 届いた手紙を用意して、「カードソフトでログインする」に進んでください。そこで使いはじめられます。
