//! An insurer's file of coverage: sent by one, checked, approved by another, and live; sent without
//! script, and with a picture of every step.

mod pieces;

use serde_json::json;

use crate::browser::Browser;
use crate::desk_work::{at_work, looks_good};
use crate::private_stack::isolated;
use crate::rig::{PORTAL, Rig};

/// More cards than the insurer had, without the one that it had: so the page must alarm. One row is
/// wrong and one is odd.
fn file() -> String {
    let head = "本人家族,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,資格取得日,負担割合\r\n";
    let row = |number: usize, name: &str, birth: &str| {
        format!("1,378888,見,{number:04},{name},ミホン ヒト,1,{birth},20200401,030\r\n")
    };
    let good: String = (1..=30).map(|number| row(number, "見本 人", "S55.5.5")).collect();
    let wrong = row(31, "見本 人", "S55.13.5");
    format!("{head}{good}{wrong}{}", row(32, " 髙野 人 ", "昭和70年1月2日"))
}

async fn send(staff: &Browser, path: &std::path::Path) {
    without_script(staff, &format!("{PORTAL}/insurer/upload")).await;
    staff.see("これまでの登録").await;
    staff.in_every_look("upload-list").await;
    staff.pick("kind", "full").await;
    staff.find("input[type=file]").await.send_keys(path.to_str().unwrap()).await.unwrap();
    staff.click("form[enctype] button").await;
    staff.see("承認を待っています").await;
}

/// Opens a page none of whose scripts ever runs.
async fn without_script(browser: &Browser, address: &str) {
    let command = "Emulation.setScriptExecutionDisabled";
    browser.tell(command, json!({ "value": true })).await;
    browser.open(address).await;
    browser.tell(command, json!({ "value": false })).await;
}

#[test]
fn a_file_is_sent_by_one_and_approved_by_another() {
    isolated("uploads::a_file_is_sent_by_one_and_approved_by_another", || {
        crate::run(async {
            let rig = Rig::start();
            rig.warifu(&["demo", "trust"]);
            let path = rig.dir().join("november.csv");
            std::fs::write(&path, file()).unwrap();

            let (staff, card) = at_work(&rig, "insurer").await;
            send(&staff, &path).await;
            for text in ["業務責任者の承認を待っています", "日付として読めません", "旧字や異体字"]
            {
                staff.see(text).await;
            }
            assert!(!staff.text().await.contains("S55.13.5"), "values are not shown");
            staff.in_every_look("upload-checked").await;
            card.remove();
            drop(staff);

            let (manager, card) = at_work(&rig, "insurer-manager").await;
            manager.see("承認を待っている登録があります").await;
            manager.in_every_look("upload-waiting").await;
            manager.click("a[href='/insurer/upload']").await;
            manager.click("tbody a").await;
            manager.click("a[href$='/approve']").await;
            manager.see("2件のうち 2件の資格が終わります").await;
            manager.in_every_look("upload-approve").await;
            manager.click("form[action$='/approve'] button").await;
            manager.see("終わる資格の数を確かめて、印を付けてください").await;
            manager.click("input[name=confirm]").await;
            manager.click("form[action$='/approve'] button").await;
            manager.see("承認しました").await;
            manager.in_every_look("upload-live").await;
            manager.open(&format!("{PORTAL}/insurer/ratios")).await;
            manager.see("決まりに合わない負担割合はありません").await;
            looks_good(&manager, "insurer-ratios").await;
            card.remove();
        });
    });
}
