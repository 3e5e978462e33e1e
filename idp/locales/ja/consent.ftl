# 何をどこへ伝えるかをたずねる画面と、その一覧の文。
# told-… は伝えるものの名前、.about はその説明。

consent-title = { $provider }に、次のことを伝えますか
consent-lead = { $provider }に入るには、下のことを伝えます。伝えるまえに、確かめてください。
consent-host = 送り先
consent-purpose = 何のため
consent-purpose-sign-in = あなたが{ $provider }に入るため
consent-privacy = 個人情報の扱い
consent-privacy-link = このサービスの説明を読む（新しい窓）
consent-told = 伝えること
consent-once = 今回だけ伝える
consent-always = 伝えて、次回から確認しない
consent-never = 送らない
consent-note = 「次回から確認しない」は、あとで「伝えることの一覧」でやめられます。伝えることが変わるときは、また確かめます。「送らない」を押すと、何も伝えずにサービスへ戻ります。

told-name-id = あなたの番号（このサービスだけ）
    .about = このサービスの中で、あなただと分かるための番号です。ほかのサービスの番号とは違います。
told-pairwise-id = あなたの番号（このサービスだけ）
    .about = このサービスの中で、あなただと分かるための番号です。ほかのサービスの番号とは違います。
told-subject-id = あなたの番号（どのサービスでも同じ）
    .about = この番号を受け取ったサービスどうしは、あなたについて知っていることを、つなげられます。
told-display-name = お名前
told-roles = できること
told-organization = 所属
told-relay-ticket = 記録を受け取るための券
    .about = あなたの記録を取り寄せるための、封をした券です。このサービスは中を読めません。5分で使えなくなります。
told-office-ticket = カード窓口の仕事をするための券
    .about = カード窓口の職員だけの、封をした券です。このサービスは中を読めません。
told-card-until = カードの期限（近いときだけ）
    .about = カードの期限が近いことを、このサービスの画面でもお知らせするためです。
role-resident = 自分の記録を見る

consents-title = 伝えることの一覧
consents-lead = 次回から確認しないことにしたサービスです。
consents-none = 次回から確認しないことにしたサービスは、ありません。
consents-told = 伝えること
consents-given = 決めた日
consents-withdraw = やめる
consents-news-withdrawn = 次から、また確かめます
    .person = そのサービスに入るときは、伝えるまえに画面でおたずねします。
withdraw-title = 確認しないのをやめる
withdraw-heading = { $provider }に、確認なしで伝えるのをやめますか
withdraw-lead = やめると、次に入るときから、伝えるまえにまたおたずねします。これまでに伝えたことは、サービスに残ります。
withdraw-submit = やめる
withdraw-back = そのままにする

consent-none-such = そのサービスは、一覧にありません
    .person = 「伝えることの一覧」に戻って、もう一度お試しください。
    .engineer = このセッションの person に、この provider の consents の行がありません。

sso-unsolicited = このサービスには、ここから入れません
    .person = サービスの最初のページからお進みください。
    .engineer = service_providers の idp_initiated が true ではありません。

login-lead-step-up = { $provider }には、カードが暗証番号を確かめる、より確かなログインが要ります。いまログインしている方のカードを置いてください。ほかのサービスのログインは、そのまま続きます。
login-other-person = いまログインしている方のカードではありません
    .person = いまログインしている方のカードを置いて、「もう一度」を押してください。別の方がお使いになるときは、先にログアウトしてください。
    .engineer = より高い水準を求められた途中で、IdP セッションとは別の person のカードが答えました。
