//! What a resident's pages ask of the browser and of whom, and that the home shows what has come
//! while a connector is still silent.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::parties::Parties;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};

/// Bytes that a page may weigh: HTML, styles, pictures and script.
const HEAVIEST: u64 = 150_000;
/// Requests that a page may make.
const MOST: usize = 12;
/// The resident's pages, and what each shows when it is whole.
const PAGES: [(&str, &str); 8] = [
    ("/home", "8月分まで届いています"),
    ("/insurance", "この割合になるわけ"),
    ("/expenses", "支払った額"),
    ("/checkups", "腹囲"),
    ("/pension", "年金の加入記録"),
    ("/services", "その他の記録"),
    ("/history", "あなた自身の閲覧"),
    ("/consents", "同意"),
];
/// How long the relay waits for the silent connector here: far longer than anything else takes.
const WAIT_MS: &str = "deadline_ms = 20000";

/// Every request of the page: its address, the bytes that came, and the bytes unpacked.
const REQUESTS: &str = "
    const all = ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind));
    return all.map(one => [one.name, one.transferSize, one.decodedBodySize]);";

/// Opens the home in the other window and tells in which state the first tile was seen there.
const RACE: &str = "
    const [done, other] = [arguments[1], window.other];
    other.location = arguments[0];
    const seen = slot => other.document.querySelector(`.home > [slot='${slot}']`);
    const shown = one => one?.assignedSlot && one.getClientRects().length > 0;
    const look = () => {
        if (!['insurance', 'expenses', 'pension'].every(slot => shown(seen(slot)))) return;
        clearInterval(looking);
        const waiting = other.document.querySelector('.home').shadowRoot
            .querySelector(\"slot[name='checkup']\");
        done([other.document.readyState, seen('checkup') === null, waiting.textContent]);
    };
    const looking = setInterval(look, 20);";

/// Sends a first visit's requests and adds up what came.
async fn weigh(browser: &Browser, path: &str, shown: &str) {
    browser.tell("Network.clearBrowserCache", json!({})).await;
    browser.open(&format!("{PORTAL}{path}")).await;
    browser.see(shown).await;
    let requests = browser.page.execute(REQUESTS, Vec::new()).await.unwrap();
    let requests: Vec<(String, u64, u64)> = serde_json::from_value(requests).unwrap();
    let own = format!("{PORTAL}/");
    assert!(requests.iter().all(|(address, ..)| address.starts_with(&own)), "{requests:?}");
    let sent: u64 = requests.iter().map(|(_, sent, _)| sent).sum();
    let unpacked: u64 = requests.iter().map(|(.., unpacked)| unpacked).sum();
    println!("{path}: {} requests, {sent} bytes sent, {unpacked} unpacked", requests.len());
    assert!(requests.len() <= MOST, "{requests:?}");
    assert!(sent > 10_000, "the cache was empty: {requests:?}");
    assert!(sent <= HEAVIEST && unpacked <= HEAVIEST, "{path} is too heavy: {requests:?}");
}

/// The home without script, in a second window which the first one looks into.
async fn race(browser: &Browser) -> (String, bool, String) {
    let open = "window.other = window.open('about:blank'); return true";
    browser.page.execute(open, Vec::new()).await.unwrap();
    let windows = browser.page.windows().await.unwrap();
    browser.page.switch_to_window(windows[1].clone()).await.unwrap();
    browser.tell("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.page.switch_to_window(windows[0].clone()).await.unwrap();
    let found: Value =
        browser.page.execute_async(RACE, vec![json!(format!("{PORTAL}/home"))]).await.unwrap();
    serde_json::from_value(found).unwrap()
}

#[test]
fn pages_are_light_ask_nobody_else_and_do_not_wait_for_the_slowest() {
    let name = "pages_are_light_ask_nobody_else_and_do_not_wait_for_the_slowest";
    isolated(&format!("home::{name}"), || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            rig.kill_demo();
            let relay = rig.dir().join("relay/config.toml");
            let patient = std::fs::read_to_string(&relay).unwrap();
            std::fs::write(&relay, patient.replace("deadline_ms = 3000", WAIT_MS)).unwrap();
            let parties = Parties::all_of(&rig).await;
            let (taro, _card) = rig.signed_in("ueno-taro", FRONT).await;
            for (path, shown) in PAGES {
                weigh(&taro, path, shown).await;
            }
            parties.freeze("connector-checkup");
            let (state, is_waited_for, said) = race(&taro).await;
            assert_eq!(state, "loading", "the page is not at its end");
            assert!(is_waited_for, "the silent one's tile has not come");
            assert!(said.contains("健診") && said.contains("待っています"), "{said}");
        });
    });
}
