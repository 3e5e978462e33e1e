# 機関の職員が、届いた申請を進める画面。

nav-applications = 届いた申請
applications-title = 届いた申請
applications-lead = この機関に届いた申請です。開いたことと決めたことは、申請した人に分かります。
applications-which = どの申請を見るか
applications-open = これから決めるもの
applications-closed = 終わったもの
applications-none = いま、ここに出る申請はありません。
applications-count-open = これから決めるもの { $n }件（古い順）
applications-count-closed = 終わったもの { $n }件（新しい順）
applications-cut = 画面に出ているのは、そのうちの100件です。
applications-missing = 次の申請は、いまここに出ていません。それを預かるサーバーにつながらないためです
applications-what = 申請
applications-at = 届いた日時
applications-status = いまの状態
applications-today = 今日
applications-days = { $n }日前
applications-says = 申請の内容
applications-next = 次に進める
applications-told = 進めると、申請した人の画面にすぐに出ます。
applications-final = ここまで進めると、あとから変えられません。
applications-reason = 理由
applications-reason-hint = 申請した人が読みます。次にどうすればよいかも書いてください
applications-do = 決める：
applications-said-done = 進めました。申請した人の画面にも出ています
applications-said-changed = ほかの人が先に進めていました。いまの状態を確かめてください
applications-said-reason = 理由を400字までで書いてください。特別な文字は使えません
applications-said-own = 自分の申請は、自分では進められません。ほかの職員に頼んでください
applications-said-silent = 進められませんでした。少し待って、もう一度ボタンを押してください。二重に進むことはありません

applications-silent = この機関のサーバーに、いまはつながりません
    .person = 申請は、この機関のところに残っています。割符の中継や、あなたのパソコンの故障ではありません。少し待ってもつながらないときは、この機関のシステムの担当者に知らせてください。進めたばかりの申請は、つながってから状態を確かめてください。
    .engineer = 申請を持つ機関のコネクターが、中継DBに答えません（application.silent）。そのコネクターを見てください。中継DBは動いています。
applications-unknown = その申請はありません
    .person = 受付番号を確かめて、一覧から開いてください。
    .engineer = その機関の職員が決める申請に、その番号のものがありません。

services-steps = これまでの経過
history-result-moved = 申請を進めました
history-other-did-moved = { $who }が、あなたの申請（{ $what }）を進めました
wrong-role-applications = { $name }さんのカードでは、この画面を開けません。申請を受ける機関の職員のカードが要ります。
