//! A file in pieces, by script and by keyboard alone: the connection breaks, the tab is closed, another
//! file is chosen by mistake, and what has come once is never sent again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk_work::{at_work, looks_good};
use crate::keyboard::{ENTER, Hands, SPACE};
use crate::private_stack::isolated;
use crate::rig::{PORTAL, Rig};

/// Bytes that the script sends at once.
const PIECE: u64 = 4 << 20;
/// Bytes a second while something is to break in the middle: pieces take so long that it does.
const SLOW: i64 = 1 << 19;
/// Rows of a file that goes in five pieces.
const ROWS: usize = 280;
/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
/// The list of files, and what a file is chosen and sent with.
const LIST: &str = "/insurer/upload";
const FILE: &str = "form[data-upload] input[type=file]";
const SEND: &str = "form[data-upload] button";

/// Puts down what the script asks for and what it says to those who hear the page, so that it is
/// there after the page has gone.
const LISTEN: &str = "
    const keep = (key, one) => sessionStorage.setItem(
        key, JSON.stringify([...JSON.parse(sessionStorage.getItem(key) ?? '[]'), one]));
    const send = window.fetch;
    window.fetch = (url, options) => { keep('asked', String(url)); return send(url, options); };
    const said = document.querySelector('#upload-spoken[role=status]');
    new MutationObserver(() => keep('said', said.textContent)).observe(said, { childList: true });";

/// So large that it goes in pieces, and of so few records that it is soon read: there are blanks
/// around the first one's name and everybody else's.
fn write(rig: &Rig, name: &str, first: &str) -> PathBuf {
    let blanks = " ".repeat(60_000);
    let mut text =
        "本人家族,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,資格取得日\r\n".to_owned();
    for number in 0..ROWS {
        let name = if number == 0 { first } else { "見本 人" };
        let row =
            format!("1,378888,見,{number:04},{name}{blanks},ミホン ヒト,1,S55.5.5,20200401\r\n");
        text.push_str(&row);
    }
    let path = rig.dir().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A member of the insurer's staff who sends a file, and uses no mouse.
struct Staff<'a> {
    browser: &'a Browser,
    hands: Hands<'a>,
}

impl Staff<'_> {
    /// Chooses a file in the field that has the focus: the window for it is the system's own.
    async fn choose(&self, file: &Path) {
        let field = self.browser.page.active_element().await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
        self.hands.reach(SEND).await;
        self.hands.key(ENTER).await;
    }

    /// Waits until `script` gives true.
    async fn wait(&self, what: &str, script: &str, arguments: Vec<Value>) {
        for _ in 0..PATIENCE.as_millis() / 100 {
            let found = self.browser.page.execute(script, arguments.clone()).await;
            if found.is_ok_and(|found| found == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{what}: {}\n{}", self.kept("said").await, self.browser.text().await);
    }

    /// Waits until so many bytes are shown to be sent.
    async fn shows(&self, bytes: u64) {
        let script = "return document.querySelector('#upload-sending progress').value \
                      >= arguments[0]";
        self.wait("the bar", script, vec![json!(bytes)]).await;
    }

    /// Waits until the page shows something, however long the relay takes with the file.
    async fn sees(&self, text: &str) {
        let script = "return document.body.innerText.includes(arguments[0])";
        self.wait(text, script, vec![json!(text)]).await;
    }

    /// Waits until something was said.
    async fn hears(&self, text: &str) {
        let script = "return (sessionStorage.getItem('said') ?? '').includes(arguments[0])";
        self.wait(text, script, vec![json!(text)]).await;
    }

    async fn listen(&self) {
        self.browser.page.execute(LISTEN, Vec::new()).await.unwrap();
    }

    async fn kept(&self, key: &str) -> Value {
        let script = "return JSON.parse(sessionStorage.getItem(arguments[0]) ?? '[]')";
        self.browser.page.execute(script, vec![json!(key)]).await.unwrap()
    }

    /// With which bytes the pieces began that were sent in this window.
    async fn offsets(&self) -> Vec<u64> {
        let asked: Vec<String> = serde_json::from_value(self.kept("asked").await).unwrap();
        let offset = |url: &String| {
            let (_, rest) = url.split_once("offset=")?;
            rest.split('&').next()?.parse().ok()
        };
        asked.iter().filter_map(offset).collect()
    }

    /// How much of the file is there once nothing more comes of what was under way.
    async fn settled(&self, deposit: &str) -> u64 {
        let mut before = None;
        for _ in 0..PATIENCE.as_secs() {
            let now = self.there(deposit).await;
            if before.replace(now) == Some(now) {
                return now;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("it grows and grows: {before:?}");
    }

    /// How much of the file is there, as the portal says.
    async fn there(&self, deposit: &str) -> u64 {
        let script = "const [url, done] = arguments; fetch(url).then(answer => answer.json())\
                      .then(soFar => done(soFar.bytes), error => done(String(error)))";
        let url = json!(format!("{deposit}/file"));
        let bytes = self.browser.page.execute_async(script, vec![url]).await.unwrap();
        bytes.as_u64().unwrap_or_else(|| panic!("{bytes}"))
    }

    async fn network(&self, is_offline: bool, bytes_a_second: i64) {
        self.browser.tell("Network.enable", json!({})).await;
        let conditions = json!({
            "offline": is_offline, "latency": 0,
            "downloadThroughput": -1, "uploadThroughput": bytes_a_second,
        });
        self.browser.tell("Network.emulateNetworkConditions", conditions).await;
    }

    /// Begins to send, on a slow line.
    async fn begin(&self, file: &Path) {
        self.browser.open(&format!("{PORTAL}{LIST}")).await;
        self.browser.see("これまでの登録").await;
        self.listen().await;
        self.network(false, SLOW).await;
        self.hands.reach("input[name='kind']").await;
        self.hands.key(SPACE).await;
        self.hands.reach(FILE).await;
        self.choose(file).await;
        self.shows(PIECE).await;
        self.hears("を送りました").await;
        assert!(self.hands.stop(SEND).await.there, "the focus stays where it was");
        self.hands.reach("#upload-pause").await;
        looks_good(self.browser, "upload-sending").await;
    }

    /// The line breaks, and comes back: it goes on by itself.
    async fn lose_the_line(&self) {
        self.network(true, SLOW).await;
        self.hears("つながりが切れました").await;
        looks_good(self.browser, "upload-broken").await;
        let before = self.offsets().await.len();
        self.network(false, SLOW).await;
        self.hears("届いています。続きから送ります").await;
        self.shows(2 * PIECE).await;
        let offsets = self.offsets().await;
        assert!(offsets.is_sorted(), "{offsets:?}");
        assert!(offsets[before..].iter().all(|at| *at >= PIECE), "{offsets:?}, of them {before}");
    }

    /// The window closes in the middle; there is another.
    async fn close_the_window(&self) {
        let page = &self.browser.page;
        let other = page.new_window(true).await.unwrap().handle;
        page.close_window().await.unwrap();
        page.switch_to_window(other).await.unwrap();
    }

    /// Finds the file that was begun, and gives its address.
    async fn come_back(&self) -> String {
        self.browser.open(&format!("{PORTAL}{LIST}")).await;
        self.browser.see("進んでいる登録があります").await;
        self.hands.follow("a.primary[href^='/insurer/upload/']", "続きから送る").await;
        self.listen().await;
        self.browser.page.current_url().await.unwrap().path().to_owned()
    }
}

#[test]
fn a_file_in_pieces_goes_on_where_it_broke_off() {
    isolated("uploads::pieces::a_file_in_pieces_goes_on_where_it_broke_off", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let meant = write(&rig, "november.csv", "見本 人");
            let other = write(&rig, "october.csv", "見本 母");
            let length = std::fs::metadata(&meant).unwrap().len();
            let (browser, card) = at_work(&rig, "insurer").await;
            let staff = Staff { browser: &browser, hands: Hands(&browser) };
            staff.begin(&meant).await;
            staff.lose_the_line().await;
            staff.close_the_window().await;

            let deposit = staff.come_back().await;
            let there = staff.settled(&deposit).await;
            assert!((2 * PIECE..length).contains(&there), "{there} of {length}");
            looks_good(&browser, "upload-go-on").await;
            staff.hands.reach(FILE).await;
            staff.choose(&other).await;
            staff.hears("前に送りはじめたファイルと中身が違います").await;
            looks_good(&browser, "upload-other").await;
            assert_eq!(staff.there(&deposit).await, there, "nothing of another file is taken");

            staff.hands.back().await;
            assert!(staff.hands.stop(FILE).await.there, "the field is before the button");
            staff.choose(&meant).await;
            staff.sees("承認を待っています").await;
            let offsets = staff.offsets().await;
            assert_eq!(offsets.first(), Some(&there), "it goes on where it broke off");
            assert!(offsets.is_sorted(), "{offsets:?}");
            let said = staff.kept("said").await.to_string();
            assert!(said.contains("続きから送ります"), "{said}");
            assert_eq!(fact(&browser, "大きさ（バイト）").await, length);
            assert_eq!(fact(&browser, "読んだ行").await, u64::try_from(ROWS).unwrap());
            card.remove();
        });
    });
}

/// A number that the page tells.
async fn fact(browser: &Browser, label: &str) -> u64 {
    let script = "return [...document.querySelectorAll('dt')]\
                  .find(one => one.textContent === arguments[0])?.nextElementSibling.textContent";
    let text = browser.page.execute(script, vec![json!(label)]).await.unwrap();
    let digits: String = text.to_string().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{label}: {text}"))
}
