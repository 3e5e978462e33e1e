# 機関が届け出たサービス。

nav-services = その他の記録
services-title = その他の記録
services-lead = ほかの機関が持つあなたの記録と、ここからできる申請です。
services-wait = 一覧を待っています。届くと、ここに出ます。
services-none = まだ、ここで使えるサービスはありません。
services-entry = { $holder }：{ $purpose }
services-not-linked = まだつながっていません

services-care = 受診
services-health = 健康づくり
services-insurance = 保険・介護
services-family = 子育て
services-school = 学校
services-city = 市役所
services-living = くらし
services-elsewhere = ほかのサイト
services-other = そのほか

services-level = { $source }の記録には、より確かなログインが必要です
services-level-text = カードの中で暗証番号を確かめるICカードで、もう一度ログインすると開きます。
services-step-up = ICカードでログインする
services-refused = このログインでは開けません
services-refused-text = だれが開けるかは、機関が決めています。心当たりがあるときは、機関にお問い合わせください。
services-link = 自分の記録をさがす
services-retry = もう一度たずねる
services-broken = { $source }から届いたものを表示できません
services-broken-text = 機関の側の問題です。カードとパソコンは大丈夫です。しばらくして、もう一度お試しください。
services-go = サイトへ進む

services-faults = 表示していない値があります
services-fault-kind = 決められた形と違うもの：{ $fields }
services-fault-unit = 単位が違うもの：{ $fields }
services-fault-implausible = ありえない大きさのもの：{ $fields }
services-fault-future = まだ来ていない日のもの：{ $fields }
services-hidden = 表示していません
services-hidden-kind = 形が違います
services-hidden-unit = 単位が違います
services-hidden-implausible = ありえない値です
services-hidden-future = 先の日付です
services-more = ほかに届いたもの
services-untitled = 件名なし
services-no-day = 日付なし
services-yes = はい
services-no = いいえ
services-place = 北緯{ $north }、東経{ $east }
services-band = 基準の中
services-chart = { $item }：{ $series }
services-map = 一覧の場所を番号で示した図。上が北です

services-required = 必要
services-optional = 空でもかまいません
services-next = 確認へ進む
services-check = 送る前に確かめてください
services-back = もどる
services-not-taken = 送れませんでした。少し待って、もう一度ボタンを押してください。二重に受け付けることはありません。
services-error = { $field }：{ $what }
services-entry-empty = 入力してください。
services-entry-kind = 読み取れません。確かめてください。
services-entry-bounds = 数が小さすぎるか、大きすぎます。
services-entry-future = 今日か、それより前の日を選んでください。
services-entry-text = 特別な文字を使わず、短くしてください。
services-entry-unknown = ここには入力できません。
services-recorded = 記録しました
services-applied = 送りました。受付番号は { $reference } です
services-sent = 送ったもの
services-reference = 受付番号

services-unknown = そのサービスはありません
    .person = 機関がやめたのかもしれません。「その他の記録」の一覧をご覧ください。
    .engineer = この人に向けて届け出た、有効な manifest がありません。
services-no-access = もう一度ログインしてください
    .person = このログインでは、もう記録を開けません。カードでもう一度ログインしてください。
    .engineer = セッションに中継DBへの権利がないか、中継DBがトークンを断りました。
services-no-relay = いまは記録を取り出せません
    .person = しばらく待って、もう一度お試しください。
    .engineer = 中継DBが答えないか、失敗しています。中継DBのログを見てください。

history-what-declared = { $name }
history-what-other = ほかの記録
history-own-did-form = あなたが、{ $what }に入力しました
history-own-tried-form = あなたが、{ $what }に入力しようとしました
history-result-sent = 受け付けました
history-purpose-procedure = 手続きのため
consent-purpose-procedure = 市役所の手続き
consent-whom-procedure = 市役所の手続きのため
consent-fact-number = 同意の番号
services-share = この記録を見せる相手を決める

wrong-role-readings = { $name }さんのカードでは、この画面を開けません。医療機関か市役所の職員のカードが要ります。
services-open = その他の記録を開く
services-as-guardian = 親や後見人のあなたの名前で届けてあるものは、ご自分の「その他の記録」にあります。
services-lead-acting = ほかの機関が持つ記録のうち、代理で見られるものです。
services-not-linked-other = ご本人が「記録のつながり」で確かめると、見られるようになります。ご本人にカードがないときは、カードの窓口へお越しください。
