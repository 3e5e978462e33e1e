//! A resident's whole visit by keyboard alone: from the card to the way out, with nothing but Tab,
//! Shift+Tab, Enter, Space and the arrows. At every stop the focus is to be seen, whole and not
//! covered, and nothing jumps the order of the page.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use serde::Deserialize;
use serde_json::json;

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

const TAB: char = '\u{E004}';
pub const ENTER: char = '\u{E007}';
const SHIFT: char = '\u{E008}';
const DOWN: char = '\u{E015}';
pub const SPACE: char = ' ';

/// Stops on the way to anything at most.
const STOPS: usize = 120;

/// Where the focus is, and whether a person can tell.
const STOP: &str = "
    const at = document.activeElement, line = getComputedStyle(at);
    if (at === document.body) return { what: 'body', body: true };
    const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const over = document.elementFromPoint(x, y);
    return {
        what: at.outerHTML.slice(0, 160), body: false, there: at.matches(arguments[0]),
        outlined: line.outlineStyle !== 'none' && parseFloat(line.outlineWidth) >= 2,
        inside: box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth,
        covered: !over || !(at.contains(over) || over.contains(at)),
    };";

/// One stop of the focus.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen in the page by itself")]
pub struct Stop {
    what: String,
    body: bool,
    pub there: bool,
    outlined: bool,
    inside: bool,
    covered: bool,
}

/// Somebody who uses no mouse.
pub struct Hands<'a>(pub &'a Browser);

impl Hands<'_> {
    /// Presses a key and lets it go.
    pub async fn key(&self, value: char) {
        let keys = KeyActions::new("keyboard".into());
        let keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.0.page.perform_actions(keys).await.unwrap();
    }

    /// Shift+Tab.
    pub async fn back(&self) {
        let keys = KeyActions::new("keyboard".into());
        let keys = keys
            .then(KeyAction::Down { value: SHIFT })
            .then(KeyAction::Down { value: TAB })
            .then(KeyAction::Up { value: TAB })
            .then(KeyAction::Up { value: SHIFT });
        self.0.page.perform_actions(keys).await.unwrap();
    }

    /// Where the focus is; `there` where that is at `css`.
    pub async fn stop(&self, css: &str) -> Stop {
        let stop = self.0.page.execute(STOP, vec![json!(css)]).await.unwrap();
        serde_json::from_value(stop).unwrap()
    }

    /// Goes on by Tab as far as `css`.
    pub async fn reach(&self, css: &str) {
        let mut passed = Vec::new();
        for _ in 0..STOPS {
            self.key(TAB).await;
            let stop = self.stop(css).await;
            assert!(stop.body || stop.outlined, "the focus is not to be seen: {stop:?}");
            assert!(stop.body || (stop.inside && !stop.covered), "the focus is hidden: {stop:?}");
            if stop.there {
                return;
            }
            passed.push(stop.what);
        }
        panic!("Tab does not lead to {css}, but to\n{}", passed.join("\n"));
    }

    /// Goes there, presses Enter and waits for what follows.
    pub async fn follow(&self, css: &str, shown: &str) {
        self.reach(css).await;
        self.key(ENTER).await;
        self.0.see(shown).await;
        self.in_order().await;
    }

    /// Goes to another page by the menu.
    pub async fn turn_to(&self, path: &str, shown: &str) {
        self.follow(&format!(".site-nav a[href='{path}']"), shown).await;
    }

    /// Nothing takes the focus out of the order in which the page is read.
    async fn in_order(&self) {
        let script = "return [...document.querySelectorAll('[tabindex]')]\
                      .filter(one => one.tabIndex > 0).length";
        let jumping = self.0.page.execute(script, Vec::new()).await.unwrap();
        assert_eq!(jumping, json!(0));
    }
}

/// Signs in with the card that is in the reader, as far as the first page, which shows `shown`.
pub async fn sign_in(browser: &Browser, shown: &str) {
    let hands = Hands(browser);
    browser.open(PORTAL).await;
    hands.reach("a[href='/login']").await;
    hands.key(ENTER).await;
    browser.find("#open-pin[href]").await;
    hands.reach("#open-pin").await;
    hands.key(ENTER).await;
    browser.in_pin_window("#pin").await;
    browser.press(PIN).await;
    hands.reach("button[value='pin']").await;
    hands.key(ENTER).await;
    browser.leave_pin_window().await;
    browser.see(shown).await;
}

/// Past the menu at once, and back to it.
async fn skip(hands: &Hands<'_>) {
    hands.key(TAB).await;
    assert!(hands.stop(".skip").await.there, "the first stop is the way past the menu");
    hands.key(ENTER).await;
    assert!(hands.stop("main").await.there, "the focus is at the content");
    hands.key(TAB).await;
    assert!(hands.stop("main *").await.there, "and goes on in it");
    hands.back().await;
    assert!(!hands.stop("main *").await.there, "and back out of it");
}

async fn read_records(rig: &Rig, hands: &Hands<'_>) {
    hands.follow("main a[href='/insurance']", "この割合になるわけ").await;
    hands.turn_to("/expenses", "支払った額").await;
    hands.follow("a[href^='/expenses?year=']", "支払った額").await;
    hands.turn_to("/checkups", "腹囲").await;
    hands.turn_to("/pension", "年金の加入記録").await;
    hands.turn_to("/history", "あなた自身の閲覧").await;
    hands.reach("[slot='history'] .entries summary").await;
    hands.key(ENTER).await;
    hands.reach("a[href^='/history/proof']").await;
    let script = "return new URL(document.activeElement.href).searchParams.get('index')";
    let index = hands.0.page.execute(script, Vec::new()).await.unwrap();
    hands.key(ENTER).await;
    rig.saved(&format!("warifu-{}.tlog-proof", index.as_str().unwrap())).await;
}

async fn consent(hands: &Hands<'_>) {
    hands.turn_to("/consents", "まだだれにも見せていません").await;
    hands.reach("#insurance").await;
    hands.key(SPACE).await;
    hands.reach("input[name='whom']").await;
    hands.key(DOWN).await;
    assert!(hands.0.has("input[value='health-guidance']:checked").await, "the arrow chooses");
    hands.reach("#code").await;
    hands.0.press("3719999999").await;
    hands.reach("#name").await;
    hands.0.press("見本医院").await;
    hands.reach("input[name='time']").await;
    hands.key(DOWN).await;
    hands.follow("form[action='/consents/check'] button", "見本医院").await;
    hands.follow("form[action='/consents'] button", "同意を受け付けました").await;
    hands.reach(".consent summary").await;
    hands.key(ENTER).await;
    hands.follow("form[action='/consents/withdraw'] button", "同意を取り消しました").await;
}

#[test]
fn a_resident_comes_reads_consents_and_leaves_without_a_mouse() {
    isolated("keyboard::a_resident_comes_reads_consents_and_leaves_without_a_mouse", || {
        crate::run(async {
            let rig = Rig::start();
            let _card = rig.insert("ueno-taro", FRONT);
            let taro = rig.browser().await;
            let hands = Hands(&taro);
            sign_in(&taro, "あなたの記録").await;
            skip(&hands).await;
            read_records(&rig, &hands).await;
            consent(&hands).await;
            hands.turn_to("/settings", "文字の大きさ").await;
            hands.reach("input[name='size']").await;
            hands.key(DOWN).await;
            hands.follow("form[action='/settings/display'] button", "設定を変えました").await;
            hands.reach("form[action='/logout'] button").await;
            hands.key(ENTER).await;
            taro.find("a[href='/login']").await;
            assert!(!hands.0.has("form[action='/logout']").await, "nobody is signed in");
        });
    });
}
