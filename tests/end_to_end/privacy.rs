//! A stolen copy of any one database tells nothing about who is who elsewhere: after a day with
//! sign-ins, records and checks, no party's files hold what only another party may know.

mod databases;
mod known;

use databases::Databases;
use known::Known;

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, RECEPTION, Rig};
use crate::walker::{Page, Walker};

/// What everybody types: a card whose 番号 is long enough to be looked for.
const TYPED: [(&str, &str); 6] = [
    ("insurer", "111111"),
    ("symbol", "仮－２７"),
    ("number", "２７０００００１"),
    ("branch", "01"),
    ("birth", "1980-01-21"),
    ("target", ""),
];

/// What stands in the application that the card office takes on that day. Nobody in the clear.
pub const APPLIED: [(&str, &str); 6] = [
    ("name of an applicant", "窓口 見本子"),
    ("name of an applicant in kana", "マドグチ ミホンコ"),
    ("address of an applicant", "香川県高松市郵便町9丁目9番9号"),
    ("telephone number of an applicant", "087-839-2011"),
    ("name of a proxy", "代理 見本夫"),
    ("note on an application", "住民登録のない方のため、お断りしました。"),
];

#[test]
fn no_database_holds_another_partys_identifiers() {
    isolated("privacy::no_database_holds_another_partys_identifiers", || {
        crate::run(async {
            let mut rig = Rig::start();
            an_application(&rig);
            let seen = a_day(&rig).await;
            rig.kill_demo();
            let databases = Databases::read(&rig.dir());
            let known = Known::collect(&rig, &seen).await;
            known.are_at_home_only(&databases);
        });
    });
}

/// Somebody applies by a proxy for a card and is refused.
fn an_application(rig: &Rig) {
    let [name, kana, address, phone, proxy, note] = APPLIED.map(|(_, value)| value);
    let file = rig.dir().join("application.toml");
    let text = format!(
        "channel = 'paper'\nphone = '{phone}'\nconsent = true\n\
         [applicant]\nname = '{name}'\nkana = '{kana}'\naddress = '{address}'\n\
         birth_date = '1971-02-03'\nsex = 'female'\n\
         [proxy]\nname = '{proxy}'\nrelation = '夫'\npower_of_attorney_seen = true\n"
    );
    std::fs::write(&file, text).unwrap();
    let card = rig.office(&["apply", file.to_str().unwrap()]);
    let id = card["id"].as_str().unwrap();
    assert_eq!(rig.office(&["prove", id])["stage"], "doubtful");
    assert_eq!(rig.office(&["reject", id, "--note", note])["stage"], "rejected");
}

/// A resident looks at every record; a receptionist checks people by number and by card. Who the
/// portal said they are.
async fn a_day(rig: &Rig) -> Vec<String> {
    let mut subjects = Vec::new();
    for name in ["ueno-taro", "ueno-ichiko"] {
        let card = rig.insert(name, FRONT);
        let mut resident = Walker::new(&rig.dir());
        resident.sign_in().await;
        for path in ["/home", "/insurance", "/expenses", "/checkups", "/pension", "/history"] {
            let page = resident.get(&format!("{PORTAL}{path}")).await;
            assert_eq!(page.status, 200, "{path}");
        }
        subjects.push(subject(&mut resident).await);
        card.remove();
    }
    let _reception = rig.insert("reception", RECEPTION);
    let mut desk = Walker::new(&rig.dir());
    let page = desk.sign_in().await;
    subjects.push(subject(&mut desk).await);
    let result = check_number(&mut desk, &page).await;
    assert!(result.body.contains("有効な保険資格です"), "{}", result.body);
    let _patient = rig.insert("ueno-taro", FRONT);
    let result = check_card(&mut desk).await;
    assert!(result.body.contains("有効な保険資格です"), "{}", result.body);
    subjects
}

async fn subject(walker: &mut Walker) -> String {
    walker.session().await["subject"].as_str().unwrap().to_owned()
}

async fn check_number(desk: &mut Walker, page: &Page) -> Page {
    let key = page.field("key").unwrap();
    let form = [TYPED.as_slice(), &[("key", key.as_str())]].concat();
    desk.post_form(&format!("{PORTAL}/desk/check"), PORTAL, &form).await
}

async fn check_card(desk: &mut Walker) -> Page {
    let tap = desk.post_form(&format!("{PORTAL}/desk/tap"), PORTAL, &[("target", "")]).await;
    let tap = desk.follow(tap).await;
    let answer = desk.pass_login(tap).await.expect("the card is there");
    let page = desk.deliver(&answer).await;
    desk.follow(page).await
}
