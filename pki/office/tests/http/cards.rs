//! A card's life over HTTP.

use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_contract::card_office::{Card, CardEvent, CardList, Stage};

use crate::bed::{Bed, Call, application, refusal};
use crate::federation::{Engine, engines};
use crate::register::applicant;

#[tokio::test]
async fn an_application_becomes_an_order_through_two_people() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let (clerk, approver) = (bed.clerk(), bed.approver());
        let answer = clerk.apply("山﨑 髙志").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["etag"]),
            (201, &"\"1\"".parse().unwrap())
        );
        let place = answer.headers()["location"].to_str().unwrap().to_owned();
        let card: Card = answer.json().await.unwrap();
        assert_eq!(place, format!("/cards/{}", card.id));
        assert_eq!(card.stage, Stage::Applied);

        let card = clerk.does(&card, "prove").await;
        assert_eq!(card.stage, Stage::Proved);
        let own = clerk.act(&card, json!({ "action": "approve" })).await;
        assert_eq!(refusal(own).await, (403, "office.role".into()));
        let card = approver.does(&card, "approve").await;
        assert_eq!(card.stage, Stage::Ordered);

        let read = clerk.get(&place).await;
        assert_eq!(read.headers()["etag"], format!("\"{}\"", card.version).as_str());
        let list: CardList = clerk.get("/cards?stage=ordered").await.json().await.unwrap();
        assert_eq!(list.cards.len(), 1);
        let history: Vec<CardEvent> =
            clerk.get(&format!("{place}/history")).await.json().await.unwrap();
        let kinds: Vec<&str> = history.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["card.applied", "card.proved", "card.approved"]);
    }
}

#[tokio::test]
async fn nobody_does_both_halves() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let roles = ["urn:warifu:role:card-clerk", "urn:warifu:role:card-approver"];
    let both = bed.staff(&bed.ticket("bothroles", &roles));
    let card: Card = both.apply("上野 太郎").await.json().await.unwrap();
    let card = both.does(&card, "prove").await;
    let own = both.act(&card, json!({ "action": "approve" })).await;
    assert_eq!(refusal(own).await, (403, "office.same-person".into()));
    assert_eq!(bed.approver().does(&card, "approve").await.stage, Stage::Ordered);
}

#[tokio::test]
async fn whoever_is_slower_learns_the_version() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let clerk = bed.clerk();
        let card: Card = clerk.apply("上野 太郎").await.json().await.unwrap();
        let proved = clerk.does(&card, "prove").await;
        let late = clerk.act(&card, json!({ "action": "withdraw" })).await;
        let tag = late.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(refusal(late).await, (409, "office.moved-on".into()));
        assert_eq!(tag, format!("\"{}\"", proved.version));

        let path = format!("/cards/{}/actions", card.id);
        for tag in ["*", "7", "\"x\""] {
            let call = Call::post(&path, json!({ "action": "withdraw" })).with("if-match", tag);
            let answer = clerk.call(call).await;
            assert_eq!(refusal(answer).await, (428, "office.version-needed".into()), "{tag}");
        }
        let answer = clerk.call(Call::post(&path, json!({ "action": "withdraw" }))).await;
        assert_eq!(refusal(answer).await, (428, "office.version-needed".into()));
    }
}

#[tokio::test]
async fn two_at_once_do_it_once() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let clerk = bed.clerk();
        let card: Card = clerk.apply("上野 太郎").await.json().await.unwrap();
        let withdraw = || clerk.act(&card, json!({ "action": "withdraw" }));
        let (one, two) = tokio::join!(withdraw(), withdraw());
        let mut statuses = [one.status().as_u16(), two.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}

#[tokio::test]
async fn the_same_application_is_taken_once() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let clerk = bed.clerk();
        let apply = |name: &str, key: &str| {
            let call = Call::post("/cards", application(name)).with("idempotency-key", key);
            (call, key.to_owned())
        };
        let key = "one-and-the-same";
        let first: Card = clerk.call(apply("上野 太郎", key).0).await.json().await.unwrap();
        let again = clerk.call(apply("上野 太郎", key).0).await;
        assert_eq!(again.status(), 201);
        assert_eq!(again.json::<Card>().await.unwrap().id, first.id);
        let other = clerk.call(apply("山﨑 髙志", key).0).await;
        assert_eq!(refusal(other).await, (409, "office.repeat".into()));
        for bad in ["short", "with blanks in the key", &"x".repeat(65)] {
            let answer = clerk.call(apply("上野 太郎", bad).0).await;
            assert_eq!(refusal(answer).await, (422, "idempotency.key".into()), "{bad}");
        }
        let none = clerk.call(Call::post("/cards", application("上野 太郎"))).await;
        assert_eq!(refusal(none).await, (422, "idempotency.key".into()));
    }
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused_with_the_application() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    let answer = clerk.apply("上\u{E123} 太郎").await;
    assert_eq!(refusal(answer).await, (422, "office.unprintable".into()));
    let mut long = application("上野 太郎");
    long["applicant"]["kana"] = "ア".repeat(100).into();
    let call = Call::post("/cards", long).with("idempotency-key", "0123456789abcdef");
    assert_eq!(refusal(clerk.call(call).await).await, (422, "office.too-long".into()));
    assert_eq!(clerk.apply("𠮷野 花子").await.status(), 201);
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_our_words() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    let card: Card = clerk.apply("上野 太郎").await.json().await.unwrap();
    let wordy = json!({ "action": "reject", "note": "not ours", "x": 1 });
    for action in [json!({}), json!({ "action": "fly" }), wordy] {
        let (status, code) = refusal(clerk.act(&card, action.clone()).await).await;
        assert!((400..=422).contains(&status) && code == "request.unreadable", "{action}: {code}");
    }
    let impossible = clerk.act(&card, json!({ "action": "deliver" })).await;
    assert_eq!(refusal(impossible).await, (422, "office.impossible".into()));
    for id in ["x", "A7K2-9QXX", "5021443896120387", "%20"] {
        let answer = clerk.get(&format!("/cards/{id}")).await;
        assert_eq!(refusal(answer).await, (404, "office.key".into()), "{id}");
    }
    assert_eq!(refusal(clerk.get("/cards/0000-0000").await).await, (404, "office.none".into()));
    assert_eq!(refusal(clerk.get("/cards?stage=flown").await).await.0, 400);
    assert_eq!(refusal(clerk.get("/cards?cursor=x").await).await, (422, "office.invalid".into()));
    let huge = json!({ "id": "x".repeat(20_000) });
    let answer = clerk.call(Call::post("/cards/search", huge)).await;
    assert_eq!(refusal(answer).await, (413, "request.too-large".into()));
}

#[tokio::test]
async fn a_caller_who_knows_the_answers_can_have_the_card_stopped() {
    let bed = Bed::on(Engine::Sqlite).await;
    let (card, _) = bed.delivered("上野 太郎").await;
    let calls = bed.calls();
    let path = format!("/cards/{}", card.id);
    assert_eq!(refusal(calls.get(&path).await).await, (403, "office.not-identified".into()));

    let answers = |second: &str| json!({ "items": applicant("上野 太郎"), "second": second });
    let wrong = calls.call(Call::post("/calls/identify", answers("0000"))).await;
    assert_eq!(wrong.json::<CardList>().await.unwrap().cards, []);
    let right = calls.call(Call::post("/calls/identify", answers("087-000-1234"))).await;
    let found: CardList = right.json().await.unwrap();
    assert_eq!(found.cards.len(), 1);
    assert_eq!(found.cards[0].id, card.id);

    let card: Card = calls.get(&path).await.json().await.unwrap();
    let stopped = calls.act(&card, json!({ "action": "suspend", "reason": "lost" })).await;
    let stopped: Card = stopped.json().await.unwrap();
    assert_eq!(stopped.stage, Stage::Suspended);
    let released = calls.act(&stopped, json!({ "action": "release" })).await;
    assert_eq!(refusal(released).await, (403, "office.role".into()));
    bed.pass(SignedDuration::from_mins(16));
    assert_eq!(refusal(calls.get(&path).await).await, (403, "office.not-identified".into()));
}

#[tokio::test]
async fn guessing_at_the_phone_is_stopped() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let calls = bed.calls();
    let guess = json!({ "items": applicant("上野 太郎"), "second": "0000" });
    for _ in 0..5 {
        let answer = calls.call(Call::post("/calls/identify", guess.clone())).await;
        assert_eq!(answer.status(), 200);
    }
    let answer = calls.call(Call::post("/calls/identify", guess)).await;
    assert_eq!(answer.headers()["retry-after"], "900");
    assert_eq!(refusal(answer).await, (429, "office.too-many-calls".into()));
}

#[tokio::test]
async fn a_death_is_said_by_one_and_confirmed_by_another() {
    let bed = Bed::on(Engine::Sqlite).await;
    let (card, _) = bed.delivered("上野 太郎").await;
    let path = format!("/cards/{}/person-ended", card.id);
    let died = || Call::post(&path, json!({ "why": "deceased" }));
    let said: Card = bed.clerk().call(died()).await.json().await.unwrap();
    assert_eq!(said.stage, Stage::Suspended);
    let confirmed: Card = bed.approver().call(died()).await.json().await.unwrap();
    assert_eq!(confirmed.stage, Stage::Revoked);
}

#[tokio::test]
async fn a_silent_register_is_said_so() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    let mut config = bed.config.clone();
    if let Some(register) = &mut config.office.register {
        register.url = "https://localhost:1".into();
    }
    let office = warifu_office::CardOffice::open(
        &config.office,
        bed.federation.ca.clone(),
        bed.federation.surroundings(),
    );
    let api = warifu_office::OfficeApi::open(&config, office.await.unwrap()).unwrap();
    let server = warifu_service::http::Server::bind(&config.api.listen).await.unwrap();
    let base = format!("https://localhost:{}", server.address().port());
    tokio::spawn(server.serve(api.router(), tokio_util::sync::CancellationToken::new()));
    let card: Card = clerk.apply("上野 太郎").await.json().await.unwrap();
    let path = format!("/cards/{}/actions", card.id);
    let prove = Call::post(&path, json!({ "action": "prove" })).with("if-match", "\"1\"");
    let answer = bed.call_at(&base, &bed.portal, prove, Some(&clerk.ticket)).await;
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(refusal(answer).await, (503, "office.register-silent".into()));
    let unchanged: Value = clerk.get(&format!("/cards/{}", card.id)).await.json().await.unwrap();
    assert_eq!(unchanged["version"], 1);
}
