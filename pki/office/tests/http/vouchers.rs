//! `POST /vouchers`: the relay asks the office to vouch for whoever signed in.

use jiff::SignedDuration;
use reqwest::Response;
use serde_json::{Value, json};
use warifu_contract::card_office::{Card, CardEvent, Stage};
use warifu_contract::connector_token::audience;
use warifu_contract::identity::FourItems;
use warifu_contract::linking::{Attributes, ProvedWard, Vouchers};
use warifu_pki::security_event::Event;
use warifu_pki::voucher::errand;
use warifu_pki::{CardHolder, Voucher, VoucherOpener};
use warifu_service::Surroundings;

use crate::bed::{Bed, CONNECTORS, Call, ISSUER, Staff, refusal};
use crate::federation::{Engine, engines};
use crate::register::applicant;

const OFFICE: &str = "urn:warifu:ca";
const CEREMONY: &str = "00112233445566778899aabbccddeeff";

fn claims(bed: &Bed, holder: &str) -> CardHolder {
    let iat = bed.now().as_second();
    CardHolder {
        iss: ISSUER.into(),
        aud: OFFICE.into(),
        sub: holder.into(),
        jti: Surroundings::system().hex(16),
        iat,
        exp: iat + 1800,
    }
}

async fn ask(bed: &Bed, sealed: &str, ceremony: &str) -> Response {
    let body = json!({ "holder": sealed, "ceremony": ceremony });
    bed.call(&bed.relay, Call::post("/vouchers", body), None).await
}

async fn ask_for(bed: &Bed, holder: &str) -> Response {
    ask(bed, &bed.holders.issue(&claims(bed, holder)).unwrap(), CEREMONY).await
}

fn opened(bed: &Bed, vouchers: &Vouchers, connector: &str) -> Voucher<Attributes> {
    let key = &bed.connectors[connector];
    let opener =
        VoucherOpener::new(key, bed.voucher_key.clone(), OFFICE, audience(connector)).unwrap();
    opener.open(&vouchers.vouchers[connector], bed.now()).unwrap()
}

async fn in_use(bed: &Bed, name: &str) -> (Card, String) {
    let (card, holder) = bed.delivered(name).await;
    assert_eq!(bed.told(&bed.event(&holder, Event::CardActivated)).await, 202);
    let card: Card = bed.clerk().get(&format!("/cards/{}", card.id)).await.json().await.unwrap();
    assert_eq!(card.stage, Stage::Active);
    (card, holder)
}

#[tokio::test]
async fn every_connector_gets_a_voucher_that_it_alone_can_read() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let (card, holder) = in_use(&bed, "上野 太郎").await;
        let answer = ask_for(&bed, &holder).await;
        assert_eq!(answer.status(), 200);
        let vouchers: Vouchers = answer.json().await.unwrap();
        assert_eq!(vouchers.vouchers.keys().collect::<Vec<_>>(), CONNECTORS);
        for connector in CONNECTORS {
            let voucher = opened(&bed, &vouchers, connector);
            assert_eq!(voucher.sub, errand(CEREMONY, connector));
            assert_eq!(voucher.attributes.items, applicant("上野 太郎"));
            assert_eq!(voucher.exp - voucher.iat, 300);
        }
        let other = VoucherOpener::new(
            &bed.connectors["insurer"],
            bed.voucher_key.clone(),
            OFFICE,
            audience("checkup"),
        );
        let stolen = &vouchers.vouchers["checkup"];
        assert!(other.unwrap().open::<Attributes>(stolen, bed.now()).is_err());

        let history = bed.clerk().get(&format!("/cards/{}/history", card.id)).await;
        let history: Vec<CardEvent> = history.json().await.unwrap();
        let last = history.last().unwrap();
        assert_eq!(last.kind, "card.vouched-for");
        assert!(!serde_json::to_string(last).unwrap().contains("上野"));
        assert!(bed.office.audit().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn only_whoever_holds_a_card_in_use_is_vouched_for() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let refused = (403, "voucher.card".to_owned());
        assert_eq!(refusal(ask_for(&bed, &"0".repeat(32)).await).await, refused);
        let (_, waiting) = bed.delivered("𠮷野 花子").await;
        assert_eq!(refusal(ask_for(&bed, &waiting).await).await, refused);
        let (card, holder) = in_use(&bed, "上野 太郎").await;
        let stop = json!({ "action": "suspend", "reason": "lost" });
        assert_eq!(bed.clerk().act(&card, stop).await.status(), 200);
        assert_eq!(refusal(ask_for(&bed, &holder).await).await, refused);
    }
}

#[tokio::test]
async fn only_the_relay_asks_and_only_for_whom_the_identity_provider_saw() {
    let bed = Bed::on(Engine::Sqlite).await;
    let (_, holder) = in_use(&bed, "上野 太郎").await;
    let good = bed.holders.issue(&claims(&bed, &holder)).unwrap();
    let body = json!({ "holder": good, "ceremony": CEREMONY });
    for client in [&bed.portal, &bed.provider, &bed.stranger] {
        let answer = bed.call(client, Call::post("/vouchers", body.clone()), None).await;
        assert_eq!(refusal(answer).await, (403, "peer.unknown".into()));
    }
    for broken in ["", "a.b.c.d.e", &good[1..], &"x".repeat(9000)] {
        assert_eq!(
            refusal(ask(&bed, broken, CEREMONY).await).await,
            (403, "voucher.holder".into())
        );
    }
    let elsewhere = CardHolder { aud: "urn:warifu:relay".into(), ..claims(&bed, &holder) };
    let elsewhere = bed.holders.issue(&elsewhere).unwrap();
    assert_eq!(refusal(ask(&bed, &elsewhere, CEREMONY).await).await.1, "voucher.holder");
    for ceremony in ["", "00112233445566778899AABBCCDDEEFF", &"0".repeat(33)] {
        let answer = ask(&bed, &good, ceremony).await;
        assert_eq!(refusal(answer).await, (422, "voucher.ceremony".into()));
    }
    bed.pass(SignedDuration::from_mins(31));
    assert_eq!(refusal(ask(&bed, &good, CEREMONY).await).await, (403, "voucher.expired".into()));
}

#[tokio::test]
async fn whoever_looks_all_day_waits_a_day() {
    let bed = Bed::on(Engine::Sqlite).await;
    let (_, holder) = in_use(&bed, "上野 太郎").await;
    for _ in 0..20 {
        assert_eq!(ask_for(&bed, &holder).await.status(), 200);
    }
    let answer = ask_for(&bed, &holder).await;
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "voucher.too-many");
    bed.pass(SignedDuration::from_hours(25));
    assert_eq!(ask_for(&bed, &holder).await.status(), 200);
}

async fn proved(staff: &Staff<'_>, items: &FourItems) -> Response {
    staff.call(Call::post("/wards", json!(items))).await
}

#[tokio::test]
async fn a_ward_whom_the_register_has_is_vouched_for_like_a_cards_holder() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let ward = applicant("𠮷野 花子");
        for staff in [bed.clerk(), bed.approver()] {
            let answer = proved(&staff, &ward).await;
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
            let ProvedWard { holder } = answer.json().await.unwrap();
            let answer = ask(&bed, &holder, CEREMONY).await;
            assert_eq!(answer.status(), 200);
            let vouchers: Vouchers = answer.json().await.unwrap();
            for connector in CONNECTORS {
                let voucher = opened(&bed, &vouchers, connector);
                assert_eq!(voucher.sub, errand(CEREMONY, connector));
                assert_eq!(voucher.attributes.items, ward);
            }
        }
    }
}

#[tokio::test]
async fn the_office_alone_reads_whom_it_proved_and_only_for_minutes() {
    let bed = Bed::on(Engine::Sqlite).await;
    let ProvedWard { holder } =
        proved(&bed.clerk(), &applicant("上野 太郎")).await.json().await.unwrap();
    for connector in CONNECTORS {
        let (key, office) = (&bed.connectors[connector], bed.voucher_key.clone());
        for name in [OFFICE, &audience(connector)] {
            let opener = VoucherOpener::new(key, office.clone(), OFFICE, name).unwrap();
            assert!(opener.open::<Attributes>(&holder, bed.now()).is_err(), "{connector}");
        }
    }
    let vouchers: Vouchers = ask(&bed, &holder, CEREMONY).await.json().await.unwrap();
    let another = &vouchers.vouchers["insurer"];
    assert_eq!(refusal(ask(&bed, another, CEREMONY).await).await.1, "voucher.holder");
    bed.pass(SignedDuration::from_mins(11));
    assert_eq!(refusal(ask(&bed, &holder, CEREMONY).await).await, (403, "voucher.expired".into()));
}

#[tokio::test]
async fn only_staff_with_papers_prove_a_ward_and_only_one_whom_the_register_has() {
    let bed = Bed::on(Engine::Sqlite).await;
    let ward = applicant("上野 太郎");
    let calls = refusal(proved(&bed.calls(), &ward).await).await;
    assert_eq!(calls, (403, "office.role".into()));
    let nobody = bed.call(&bed.portal, Call::post("/wards", json!(ward)), None).await;
    assert_eq!(refusal(nobody).await, (401, "ticket.missing".into()));
    for other in [
        FourItems { name: "上野 次郎".into(), ..ward.clone() },
        // A folded character is a doubt, and nobody resolves it here.
        FourItems { name: "山崎 高志".into(), ..ward.clone() },
    ] {
        let refused = refusal(proved(&bed.clerk(), &other).await).await;
        assert_eq!(refused, (422, "office.no-person".into()));
    }
    let empty = FourItems { name: String::new(), ..ward };
    assert_eq!(refusal(proved(&bed.clerk(), &empty).await).await, (422, "office.invalid".into()));
}
