//! Every screen of staff, in both languages, by day and by night, on a telephone and on a desk: as
//! it stands when there is nothing to do, and when the relay or the card office does not answer.

use crate::browser::Browser;
use crate::desk_work::at_work;
use crate::parties::{Parties, at_rest};
use crate::private_stack::isolated;
use crate::rig::{PORTAL, Rig};

/// What somebody of staff works with.
struct Desk {
    /// The card that opens it.
    card: &'static str,
    /// Whom it asks.
    asked: &'static str,
    /// Name, path, what is shown when there is nothing to do, and when who is asked is silent.
    screens: &'static [(&'static str, &'static str, Shown, Shown)],
}

/// None where the screen is no other than it was.
type Shown = Option<&'static str>;

const NO_RELAY: Shown = Some("記録の中継に、いまはつながりません");
const NO_HOLDER: Shown = Some("この機関のサーバーに、いまはつながりません");
const NO_OFFICE: Shown = Some("カード発行の窓口に、いまはつながりません");

const CLINIC: Desk = Desk {
    card: "manager",
    asked: "relay",
    screens: &[
        ("desk", "/desk", Some("個別認証"), None),
        ("desk-history", "/desk/history", Some("確認は、まだありません"), NO_RELAY),
        ("desk-disputes", "/desk/disputes", Some("問い合わせはありません"), NO_RELAY),
        ("desk-batches", "/desk/batch", Some("まだファイルはありません"), NO_RELAY),
        ("desk-records", "/desk/records", Some("同意による記録の閲覧"), None),
    ],
};
const INSURER: Desk = Desk {
    card: "insurer-manager",
    asked: "relay",
    screens: &[
        ("insurer", "/insurer", Some("返事を待っている問い合わせはありません"), NO_RELAY),
        (
            "insurer-ratios",
            "/insurer/ratios",
            Some("決まりに合わない負担割合はありません"),
            NO_RELAY,
        ),
        ("insurer-answers", "/insurer/answers", Some("確認は、まだありません"), NO_RELAY),
        (
            "insurer-disputes",
            "/insurer/disputes",
            Some("返事を待っている問い合わせはありません"),
            NO_RELAY,
        ),
        ("insurer-upload", "/insurer/upload", Some("これまでの登録"), NO_RELAY),
    ],
};
const CONSORTIUM: Desk = Desk {
    card: "consortium",
    asked: "relay",
    screens: &[
        ("doubts", "/staff/links", Some("確認を待っているものはありません"), NO_RELAY),
        ("guardians", "/staff/guardians", None, NO_RELAY),
        ("announcements", "/staff/announcements", Some("書いたお知らせは、まだありません"), None),
        ("announcement-new", "/staff/announcements/new", Some("お知らせを書く"), None),
    ],
};
const CITY_HALL: Desk = Desk {
    card: "city-hall",
    asked: "relay",
    screens: &[
        ("applications", "/staff/applications", Some("いま、ここに出る申請はありません"), NO_RELAY),
        (
            "application",
            "/staff/applications/city/A1B2C3",
            Some("その申請はありません"),
            Some("いまは記録を取り出せません"),
        ),
        ("city-records", "/desk/records", Some("同意による記録の閲覧"), None),
    ],
};
/// The same where the relay works and the city hall's own server does not.
const CITY_HALL_BEHIND: Desk = Desk {
    card: "city-hall",
    asked: "connector-city",
    screens: &[
        ("applications-behind", "/staff/applications", None, NO_HOLDER),
        ("application-behind", "/staff/applications/city/A1B2C3", None, NO_HOLDER),
    ],
};
const CARD_OFFICE: Desk = Desk {
    card: "clerk",
    asked: "ca",
    screens: &[
        ("office", "/office", Some("いまは、1枚もありません"), NO_OFFICE),
        ("office-new", "/office/new", Some("新しい申請"), None),
        ("office-search", "/office/search", Some("カードをさがす"), None),
        (
            "office-batches",
            "/office/batches",
            Some("発券を待っているカードは、ありません"),
            NO_OFFICE,
        ),
    ],
};

/// Goes through all the screens, twice.
async fn look(rig: &Rig, parties: &mut Parties<'_>, desk: &Desk) {
    let (browser, card) = at_work(rig, desk.card).await;
    for (name, path, shown, _) in desk.screens {
        see(&browser, &format!("staff-{name}-empty"), path, *shown).await;
    }
    parties.kill(desk.asked);
    for (name, path, _, shown) in desk.screens {
        see(&browser, &format!("staff-{name}-error"), path, *shown).await;
    }
    parties.start(desk.asked);
    card.remove();
}

async fn see(browser: &Browser, name: &str, path: &str, shown: Shown) {
    let Some(shown) = shown else { return };
    browser.open(&format!("{PORTAL}{path}")).await;
    browser.see(shown).await;
    browser.in_every_look(name).await;
}

/// Looks at the screens of all `desks`, one after the other.
async fn look_at(desks: &[Desk]) {
    let rig = at_rest();
    let mut parties = Parties::all_of(&rig).await;
    for desk in desks {
        look(&rig, &mut parties, desk).await;
    }
}

#[test]
fn every_screen_of_a_clinic_with_nothing_to_do_and_without_the_relay() {
    let name = "every_screen_of_a_clinic_with_nothing_to_do_and_without_the_relay";
    isolated(&format!("staff::{name}"), || crate::run(look_at(&[CLINIC])));
}

#[test]
fn every_screen_of_an_insurer_with_nothing_to_do_and_without_the_relay() {
    let name = "every_screen_of_an_insurer_with_nothing_to_do_and_without_the_relay";
    isolated(&format!("staff::{name}"), || crate::run(look_at(&[INSURER])));
}

#[test]
fn every_screen_of_consortium_and_city_with_nothing_to_do_and_without_the_relay() {
    let name = "every_screen_of_consortium_and_city_with_nothing_to_do_and_without_the_relay";
    isolated(&format!("staff::{name}"), || {
        crate::run(look_at(&[CONSORTIUM, CITY_HALL, CITY_HALL_BEHIND]));
    });
}

#[test]
fn every_screen_of_the_card_office_with_nothing_to_do_and_without_the_office() {
    let name = "every_screen_of_the_card_office_with_nothing_to_do_and_without_the_office";
    isolated(&format!("staff::{name}"), || crate::run(look_at(&[CARD_OFFICE])));
}
