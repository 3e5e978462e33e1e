//! Files of checks at the desk, by keyboard alone: chosen, looked over, started, stopped for a while,
//! given up, taken home, and what changed since the last one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use warifu_files::Encoding;

use crate::browser::Browser;
use crate::desk_work::at_work;
use crate::private_stack::isolated;
use crate::rig::{PORTAL, Rig};

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
/// Of somebody insured, whose insurer is asked as it stands on this day.
const DAY: &str = "2005-07-08";
const HEADER: &str = "患者番号,保険者番号,記号,番号,枝番,生年月日,本人家族\r\n";
/// More than are answered before somebody presses a button.
const MANY: usize = 40_000;

/// 本人 and 家族, one unknown, one that cannot be read; `more` at the end.
fn few(more: &str) -> String {
    format!(
        "{HEADER}①髙,00000001,東京,001,00,S30.5.5,本人\r\nP-2,00000001,東京,001,01,S35.1.2,家族\r\n\
         P-3,00000001,東京,999,00,S30.5.5,本人\r\nP-4,00000001,東京,001,00,1955-13-05,本人\r\n{more}"
    )
}

fn many() -> String {
    let mut file = HEADER.to_owned();
    for line in 0..MANY {
        write!(file, "P-{line},00000001,東京,{line},00,S30.5.5,本人\r\n").unwrap();
    }
    file
}

/// A file on the person's disk, as an office program of Japan writes it.
fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    Encoding::Cp932.encode(text, &mut bytes).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Presses Tab until the focus is on what `script` says of the element `e`.
pub async fn tab_to(desk: &Browser, is_it: &str) {
    for _ in 0..80 {
        let script = format!("const e = document.activeElement; return Boolean({is_it})");
        if desk.page.execute(&script, Vec::new()).await.unwrap_or_default() == true {
            return;
        }
        // Not to the element with the focus: a field for files takes what is sent to it for a path.
        for kind in ["keyDown", "keyUp"] {
            let key = json!({ "type": kind, "key": "Tab", "code": "Tab",
                              "windowsVirtualKeyCode": 9 });
            desk.tell("Input.dispatchKeyEvent", key).await;
        }
    }
    panic!("Tab does not lead to {is_it}:\n{}", desk.text().await);
}

pub async fn press_button(desk: &Browser, says: &str) {
    tab_to(desk, &format!("e.matches('button, a') && e.innerText.includes('{says}')")).await;
    desk.press(ENTER).await;
}

/// Chooses the file and sends it, for the day.
async fn send(desk: &Browser, file: &Path) {
    desk.open(&format!("{PORTAL}/desk/batch")).await;
    desk.see("ファイルを送る").await;
    tab_to(desk, "e.id === 'target'").await;
    desk.page.execute("document.activeElement.select()", Vec::new()).await.unwrap();
    desk.press(&format!("{DAY}{TAB}")).await;
    // What the browser's own window for files does in the end.
    desk.press(file.to_str().unwrap()).await;
    press_button(desk, "送って、中身を見る").await;
    desk.see("始める前です").await;
}

/// What the browser saves under that name of the job on whose page it is.
async fn taken(rig: &Rig, desk: &Browser, button: &str, what: &str) -> String {
    let address = desk.page.current_url().await.unwrap();
    let id = address.path_segments().unwrap().next_back().unwrap().to_owned();
    press_button(desk, button).await;
    let saved = rig.saved(&format!("checks-{DAY}-{}-{what}.csv", &id[..8])).await;
    let mut text = String::new();
    Encoding::Cp932.decode(&std::fs::read(saved).unwrap(), &mut text).unwrap();
    text
}

#[test]
fn a_file_is_looked_over_started_and_taken_home_by_keyboard() {
    isolated("batches::a_file_is_looked_over_started_and_taken_home_by_keyboard", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (desk, _card) = at_work(&rig, "manager").await;
            let first = written(&rig.dir(), "11月.csv", &few(""));
            send(&desk, &first).await;
            for said in ["Shift_JIS", "CSV", "＊＊1", "1955＊＊＊＊＊＊", "読めない行が 1 行"]
            {
                desk.see(said).await;
            }
            desk.check_accessibility().await;
            desk.in_every_look("batch-preview").await;
            press_button(&desk, "この内容で始める").await;
            desk.see("終わりました").await;
            desk.check_accessibility().await;
            desk.in_every_look("batch-done").await;
            let result = taken(&rig, &desk, "すべての行", "result").await;
            assert_eq!(result.lines().count(), 5, "{result}");
            for said in ["①髙", "有効な保険資格です", "該当する記号・番号がありません"]
            {
                assert!(result.contains(said), "{said}: {result}");
            }

            let more = "P-5,00000001,東京,002,00,S30.5.5,本人\r\n";
            let second = written(&rig.dir(), "12月.csv", &few(more));
            send(&desk, &second).await;
            press_button(&desk, "この内容で始める").await;
            desk.see("終わりました").await;
            let changes = taken(&rig, &desk, "前回と違う行だけ", "changes").await;
            assert!(changes.contains("P-5") && !changes.contains("P-2"), "{changes}");
        });
    });
}

#[test]
fn a_large_file_is_stopped_for_a_while_goes_on_and_is_given_up() {
    isolated("batches::a_large_file_is_stopped_for_a_while_goes_on_and_is_given_up", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let (desk, _card) = at_work(&rig, "manager").await;
            let file = written(&rig.dir(), "全員.csv", &many());
            send(&desk, &file).await;
            desk.see("40,000").await;
            press_button(&desk, "この内容で始める").await;
            desk.see("進みぐあい").await;
            desk.check_accessibility().await;
            desk.picture("batch-running").await;
            press_button(&desk, "いったん止める").await;
            desk.see("止めてあります").await;
            desk.check_accessibility().await;
            desk.picture("batch-paused").await;
            press_button(&desk, "続ける").await;
            desk.see("進みぐあい").await;
            press_button(&desk, "取りやめる").await;
            desk.see("もとには戻せません").await;
            desk.check_accessibility().await;
            press_button(&desk, "取りやめる").await;
            desk.see("取りやめました").await;
            desk.check_accessibility().await;
            desk.picture("batch-cancelled").await;
        });
    });
}
