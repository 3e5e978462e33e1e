# サービスの登録の画面の文。.person はサービスを登録する担当者へ、.engineer は技術者へ。

## 信頼できない理由

provider-unreachable = メタデータを取得できません
    .person = サービスのサーバーかファイルが、正しく答えていません。前に読んだものを、その期限まで使います。
    .engineer = 取得に失敗しました。原因は下にあります。転送には従いません。1件は1 MiBまで、一覧は32 MiBまでです。
provider-unread = メタデータをまだ読んでいません
    .person = いま取得しています。少し待って、もう一度ご覧ください。
    .engineer = データベースに控えがなく、最初の取得が終わっていません。
provider-expired = メタデータの期限が過ぎました
    .person = サービスの運営者に、新しいメタデータを求めてください。
    .engineer = 文書、その上位の一覧、または役割の validUntil を過ぎています。
provider-endless = メタデータに期限がないか、長すぎます
    .person = サービスの運営者に、期限のあるメタデータを求めてください。
    .engineer = ネットワークから来たもの、署名されたものには、400日以内の validUntil が要ります。
provider-signature = 決められた署名者の署名がありません
    .person = サービスの運営者から説明があるまで、先に進まないでください。
    .engineer = 署名がないか、正しくないか、登録した署名者とは別の鍵によるものです。
provider-described-twice = 同じサービスが、2回書かれています
    .person = このメタデータの発行元に知らせてください。
    .engineer = 同じ entityID の EntityDescriptor が2つあるか、同じ種類の役割が2つあります。文書全体を採りません。
provider-unreadable = メタデータを読めません
    .person = サービスのSAMLメタデータであることを確かめてください。
    .engineer = 検査か文法で止まりました。原因は下にあります。
provider-address = メタデータのアドレスが安全ではありません
    .person = httpsで始まるアドレスを使ってください。
    .engineer = http は、署名者の証明書を登録したときだけ読みます。
provider-older = 前より古いメタデータが出ています
    .person = 前に読んだものを使い続けます。運営者が古いほうで正しいと言うときは、「いま読み直す」を押してください。
    .engineer = validUntil が、まだ有効な前の文書より早い日時です。
provider-signer = メタデータの署名者の証明書を使えません
    .person = 正しい署名者の証明書を登録してください。
    .engineer = PEMの証明書（RSA 2048ビット以上、P-256、P-384）ではないか、アドレスから読む一覧に署名者がありません。
provider-certificate = 登録した証明書を使えません
    .person = 正しい証明書を登録してください。
    .engineer = 設定のファイルを読めないか、クライアント証明書がPEMではありません。
provider-not-one = 1つのサービスのメタデータではありません
    .person = ログインの側や連携全体のものではなく、サービスのメタデータであることを確かめてください。
    .engineer = SAML 2.0の SPSSODescriptor を持つ EntityDescriptor が、ちょうど1つ要ります。
provider-another = 別のサービスのメタデータです
    .person = 別のサービスは、別に登録してください。
    .engineer = entityID が登録と違います。
provider-not-in-aggregates = 連携の一覧に、このサービスがありません
    .person = 連携の運営者に尋ねてください。
    .engineer = 信頼している一覧のどれにも、この entityID がありません。
provider-no-encryption-key = サービスに、暗号化のための鍵がありません
    .person = 鍵のあるメタデータを求めるか、暗号化しないで送ることを選んでください。
    .engineer = encryption が "required" ですが、暗号化用のRSA証明書がありません。
provider-twice = このサービスは、すでに登録されています
    .person = 一覧で探してください。
    .engineer = 同じ entityID の登録があります。設定ファイルのものを先に、最初の1つを使います。

registry-no-such = その登録はありません
    .person = 一覧に戻ってください。
    .engineer = この id の登録がありません。
registry-in-configuration = このサービスは、設定ファイルで登録されています
    .person = 変えるときは、サーバーの運用担当者が設定ファイルを直します。
    .engineer = [[service_providers]] を直して、起動し直してください。
registry-overtaken = ほかの担当者が、先に変えました
    .person = 戻って、いまの状態を確かめてください。
    .engineer = 登録の revision が違います。
registry-full = これ以上は登録できません
    .person = 使わなくなったサービスの登録をはずしてください。
    .engineer = 登録は10,000件までです。一覧（aggregate）を使ってください。
registry-nothing = 読むものがありません
    .person = メタデータ、アドレス、entity ID のどれか1つを入れてください。
    .engineer = metadata、url、entity のちょうど1つが要ります。

## 許されるが、望ましくないこと

provider-warning-unsigned = メタデータに署名がありません。届いた道すじだけを頼りに信頼します。
provider-warning-endless = メタデータに期限が書かれていません。
provider-warning-ends-soon = メタデータの期限が30日以内に来ます。自動では新しくなりません。
provider-warning-short-key = 3072ビットより短いRSAの鍵があります。
provider-warning-certificate-ends = 証明書の期限が30日以内に来るか、過ぎています。
provider-warning-no-encryption-key = 暗号化のための鍵がありません。サービスに伝えることが、ブラウザーの中で読めてしまいます。
provider-warning-no-signing-key = 署名の鍵がありません。このサービスからの依頼やログアウトが本物か、確かめられません。
provider-warning-no-logout = ログアウトしたことを、このサービスに知らせられません。
provider-warning-plain-address = httpsではないアドレスがあります。
provider-warning-no-name = 画面に出す名前が、メタデータにありません。

## 登録の状態

provider-state-good = 使用中
provider-state-trouble = 使用中（更新できていません）
provider-state-disabled = 停止中
provider-state-not-believed = 信頼できません
provider-state-expired = 期限切れ

deed-added = 登録
deed-changed = 条件の変更
deed-metadata = メタデータの差し替え
deed-enabled = 再開
deed-disabled = 停止
deed-removed = 登録をはずした

## サービスに伝えること

attribute-pairwise-id = このサービスだけの識別子
    .person = ログインのたびに同じです。ほかのサービスの識別子とは結びつけられません。
attribute-subject-id = どのサービスでも同じ識別子
    .person = これを持つサービスどうしは、同じ人のことを結びつけられます。どうしても要るときだけ選んでください。
attribute-display-name = 氏名
    .person = サービスの画面に表示するために伝えます。
attribute-roles = 役割
    .person = 住民としてか、どの仕事のためにログインしたかを伝えます。
attribute-organization = 所属
    .person = 職員が、どの機関のために働いているか（番号と名前）を伝えます。
attribute-relay-ticket = 記録のための札
    .person = 本人が同意した記録を、サービスが受け取れるようになります。ポータルだけに渡します。
attribute-office-ticket = カード窓口のための札
    .person = 職員が、サービスの画面でカードの仕事をできるようになります。カード窓口の画面だけに渡します。
attribute-card-until = カードの期限（近いときだけ）
    .person = 期限の90日前から、その日付だけを伝えます。サービスの画面で、本人に更新をお知らせできます。

## 画面

registry-title = 登録されたサービス
registry-lead = カードでログインできるサービスと、それぞれに伝えることです。
registry-empty = まだ、サービスは登録されていません
    .person = サービスのSAMLメタデータで、最初の1つを登録してください。
registry-found-none = この言葉に合うサービスはありません
registry-search = 名前か entity ID で探す
registry-search-submit = 探す
registry-add = サービスを登録する
registry-count = { $n }件
registry-column-name = サービス
registry-column-state = 状態
registry-column-source = メタデータ
registry-column-until = 期限
registry-aggregates = 連携の一覧
registry-aggregate-count = { $n }件のサービス
registry-changes = 最近の変更
registry-no-changes = まだ変更はありません。
registry-in-file = 設定ファイル
registry-back = すべてのサービス

registry-new-title = サービスを登録する
registry-new-lead = サービスのSAMLメタデータを入れてください。読んだ内容を、先にお見せします。
registry-replace-title = メタデータを差し替える
registry-replace-lead = { $provider }の新しいメタデータを入れてください。読んだ内容を、先にお見せします。条件は変わりません。
registry-new-which = メタデータ（どれか1つを入れてください）
registry-new-document = メタデータそのもの
    .person = サービスの運営者から、安全な方法で受け取ったXMLです。
registry-new-url = アドレス
    .person = httpsで始まるもの。1時間ごとに読み直します。
registry-new-entity = 連携の一覧の中の entity ID
registry-new-certificates = 証明書（あるとき）
registry-new-signer = メタデータに署名する人の証明書
    .person = PEM形式。入れると、この署名のないものは信頼しません。
registry-new-client = 中継とカード窓口に向けた、サービスの証明書
    .person = PEM形式。札を渡すときだけ要ります。
registry-new-submit = 読む

registry-draft-title = このサービスで間違いありませんか
registry-draft-lead = まだ登録していません。別の方法で運営者から聞いた指紋と、下の指紋を見比べてください。
registry-draft-submit = はい、登録する
registry-draft-replace = はい、差し替える
registry-draft-cancel = いいえ、戻る

registry-warnings = 気をつけること
registry-keys = 鍵
registry-key-purpose = 使いみち
registry-key-kind = 種類
registry-key-fingerprint = 指紋（SHA-256）
registry-key-ends = 証明書の期限
registry-key-signing = 署名
registry-key-encryption = 暗号化
registry-addresses = アドレス
registry-address-answers = 答えを受け取る
registry-address-logout = ログアウトを受け取る
registry-facts = サービスについて
registry-entity = entity ID
registry-source = メタデータの場所
registry-pasted = 手で入れたもの
registry-aggregate = 連携の一覧
registry-signer = 署名者
registry-signer-none = 決めていません
registry-read-at = 最後に読んだ日時
registry-until = 期限
registry-until-none = 期限なし
registry-requests = サービスからの依頼
registry-requests-signed = かならず署名つき
registry-requests-unsigned = 署名がなくてもよい
registry-cause = 詳しい原因

registry-terms = 条件
registry-terms-attributes = サービスに伝える、本人のこと
registry-terms-none = ありません
registry-terms-how = 伝え方
registry-terms-consent = 伝える前に、本人に確かめる
registry-terms-idp-initiated = ここから始まるログインを受け取る（ふつうは使いません）
registry-terms-identification = 受付で読んだFeliCaカードの番号から、だれらしいかを尋ねる（確かめたことにはなりません）
registry-terms-encryption = 暗号化
registry-encryption-required = かならずする
registry-encryption-if-possible = サービスに鍵があればする
registry-encryption-never = しない
registry-terms-signing = 署名（メタデータに書かれていないとき）
registry-signing-rsa = RSA
registry-signing-p256 = P-256
registry-terms-name = 答えの中の、本人の名前
registry-name-transient = ログインのたびに新しいもの
registry-name-persistent = いつも同じもの
registry-terms-session-absolute = カードを確かめてから、あらためて求めるまでの時間（分）
registry-terms-session-idle = 使わないままのとき、カードをあらためて求めるまでの時間（分）
registry-terms-limit-hint = 空欄なら、認証センターの決まりのままです。それより長くはなりません。
registry-terms-submit = 条件を保存する
registry-yes = はい
registry-no = いいえ

registry-acts = できること
registry-refresh = いま読み直す
    .person = 前に読んだものより古くても、いまそこにあるものを使います。
registry-replace = メタデータを差し替える
registry-disable = 停止する
registry-enable = 再開する
registry-remove = 登録をはずす
registry-history = 変更の記録
registry-by-command = コマンド

registry-disable-title = { $provider }を停止しますか
registry-disable-lead = 再開するまで、どのサーバーでも、だれもログインできなくなります。いまログインしている人は、ログアウトするまでそのままです。
registry-disable-submit = 停止する
registry-remove-title = { $provider }の登録をはずしますか
registry-remove-lead = だれもログインできなくなり、決めた条件も消えます。変更の記録は残ります。
registry-remove-submit = 登録をはずす
registry-keep = いいえ、このままにする

registry-news-added = サービスを登録しました
    .person = これから、カードでログインできます。
registry-news-changed = 変更を保存しました
    .person = 数秒のうちに、すべてのサーバーで有効になります。
registry-news-removed = サービスの登録をはずしました
    .person = もう、だれもログインできません。

## ほかのサービスの画面で、この認証センターを紹介する文

idp-description = カードで、健康・医療・年金などのサービスにログインするための窓口です。
