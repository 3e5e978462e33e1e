//! `POST /token`, and what holds for every use of a token.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_log::{Action, Outcome, Series};
use warifu_pki::{Confirmation, FileKey, Ticket, TicketIssuer};

use crate::bed::{Bed, Client, TARO, engines, refusal, stranger};

#[tokio::test]
async fn a_ticket_gives_one_token_and_is_in_the_log() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let sealed = bed.idp.issue(&bed.ticket()).unwrap();
        let answer: Value = bed.exchange(&bed.portal, &sealed).await.json().await.unwrap();
        assert_eq!(answer["access_token"].as_str().map(str::len), Some(43));
        assert_eq!(answer["expires_in"], 1_800);
        assert_eq!(answer["token_type"], "Bearer");
        assert_eq!(answer["scope"], "records history");

        let again = bed.exchange(&bed.portal, &sealed).await;
        assert_eq!(again.status(), 400);
        let again: Value = again.json().await.unwrap();
        assert_eq!(
            (&again["error"], &again["code"]),
            (&json!("invalid_grant"), &json!("ticket.used"))
        );

        let series = bed.relay.log().history(TARO, Series::Administration, None, 2).await.unwrap();
        assert_eq!(series[0].entry.as_ref().unwrap().action, Action::TokenRefused);
        assert_eq!(
            series[0].entry.as_ref().unwrap().outcome,
            Outcome::Refused("ticket.used".into())
        );
        assert_eq!(series[1].entry.as_ref().unwrap().action, Action::TokenIssued);
    }
}

#[tokio::test]
async fn a_used_ticket_stays_used_after_a_restart() {
    let mut bed = Bed::new().await;
    let sealed = bed.idp.issue(&bed.ticket()).unwrap();
    assert_eq!(bed.exchange(&bed.portal, &sealed).await.status(), 200);
    bed.restart().await;
    let again = bed.exchange(&bed.portal, &sealed).await;
    assert_eq!(refusal(again).await, (400, "ticket.used".into()));
}

async fn refused(bed: &Bed, issuer: &TicketIssuer, ticket: Ticket) -> String {
    let before = bed.relay.log().checkpoint().await.unwrap().size;
    let (status, code) =
        refusal(bed.exchange(&bed.portal, &issuer.issue(&ticket).unwrap()).await).await;
    assert_eq!(status, 400);
    let after = bed.relay.log().checkpoint().await.unwrap().size;
    assert_eq!(after, before + 1, "{code} is not in the log");
    code
}

#[tokio::test]
async fn tickets_for_others_or_by_others_are_refused() {
    let bed = Bed::new().await;
    let elsewhere = Ticket { aud: "urn:warifu:relay2".into(), ..bed.ticket() };
    assert_eq!(refused(&bed, &bed.idp, elsewhere).await, "ticket.audience");

    let of_another = Ticket { iss: "https://idp.example".into(), ..bed.ticket() };
    assert_eq!(refused(&bed, &bed.idp, of_another).await, "ticket.issuer");

    let foreign = Confirmation { x5t_s256: bed.hospital.certificate.clone() };
    let foreign = Ticket { cnf: foreign, ..bed.ticket() };
    assert_eq!(refused(&bed, &bed.idp, foreign).await, "ticket.binding");

    let relay = FileKey::load(&bed.federation.path("ticket.key")).unwrap();
    let forger = TicketIssuer::new(Arc::new(stranger()), relay.public_key()).unwrap();
    assert_eq!(refused(&bed, &forger, bed.ticket()).await, "ticket.issuer");

    let idp = FileKey::load(&bed.federation.path("idp-ticket.key")).unwrap();
    let astray = TicketIssuer::new(Arc::new(idp), stranger().public_key()).unwrap();
    let code = refused(&bed, &astray, bed.ticket()).await;
    assert_eq!(code, "ticket.issuer", "sealed to another key");
}

#[tokio::test]
async fn tickets_out_of_their_time_are_refused() {
    let bed = Bed::new().await;
    let (ticket, early) = (bed.ticket(), bed.ticket());
    bed.pass(SignedDuration::from_mins(5));
    assert_eq!(refused(&bed, &bed.idp, ticket).await, "ticket.expired");
    bed.pass(SignedDuration::from_mins(-6));
    assert_eq!(refused(&bed, &bed.idp, early).await, "ticket.early");
}

#[tokio::test]
async fn what_is_no_ticket_or_no_exchange_is_refused() {
    let bed = Bed::new().await;
    for garbage in ["", "a.b.c.d.e", "x"] {
        let answer = bed.exchange(&bed.portal, garbage).await;
        assert_eq!(refusal(answer).await.0, 400, "{garbage:?}");
    }
    let form = [("grant_type", "password"), ("subject_token", ""), ("subject_token_type", "")];
    let answer: Value = bed.post_form("/token", &form).await.json().await.unwrap();
    assert_eq!(answer["error"], "unsupported_grant_type");
    let answer: Value = bed.post_form("/token", &[("a", "b")]).await.json().await.unwrap();
    assert_eq!(answer["error"], "invalid_request");
}

#[tokio::test]
async fn a_party_that_is_not_registered_gets_nothing() {
    let bed = Bed::new().await;
    let stranger = Client::new(&bed.federation, "connector-stranger");
    let sealed = bed.idp.issue(&bed.ticket()).unwrap();
    assert_eq!(refusal(bed.exchange(&stranger, &sealed).await).await, (403, "peer.unknown".into()));
    for path in [
        "/history",
        "/history/export",
        "/log/checkpoint",
        "/log/cosigned",
        "/log/consistency?old=0",
        "/log/tile/0/000",
        "/log/key",
        "/log/proof?index=0",
    ] {
        let answer = bed.get(&stranger, path, None).await;
        assert_eq!(refusal(answer).await, (403, "peer.unknown".into()), "{path}");
    }
    assert_eq!(bed.get(&stranger, "/healthz", None).await.status(), 200);
}

#[tokio::test]
async fn a_token_works_only_over_the_certificate_it_was_given_to() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.ticket()).await;
    assert_eq!(bed.get(&bed.portal, "/history", Some(&token)).await.status(), 200);
    let stolen = bed.get(&bed.hospital, "/history", Some(&token)).await;
    assert_eq!(refusal(stolen).await, (403, "token.binding".into()));
}

#[tokio::test]
async fn without_a_good_token_every_route_that_needs_one_refuses() {
    let bed = Bed::new().await;
    let wrong = "A".repeat(43);
    for (token, code) in [("short", "token.unknown"), (wrong.as_str(), "token.unknown")] {
        for path in ["/records", "/eligibility"] {
            let answer = bed.post(&bed.portal, path, token, &json!({})).await;
            assert_eq!(refusal(answer).await, (401, code.into()), "{path}");
        }
        for path in ["/history", "/history/proof?index=0"] {
            let answer = bed.get(&bed.portal, path, Some(token)).await;
            assert_eq!(refusal(answer).await, (401, code.into()), "{path}");
        }
    }
    let answer = bed.get(&bed.portal, "/history", None).await;
    assert_eq!(refusal(answer).await, (401, "token.missing".into()));
}

#[tokio::test]
async fn tokens_end_the_short_one_sooner() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let (long, short) =
            (bed.token(&bed.ticket()).await, bed.token(&bed.presence_ticket()).await);
        let check = json!({ "subject": { "by": "card" }, "target_date": null,
                            "idempotency_key": "0123456789abcdef" });
        bed.pass(SignedDuration::from_secs(121));
        let answer = bed.post(&bed.portal, "/eligibility", &short, &check).await;
        assert_eq!(refusal(answer).await, (401, "token.expired".into()));
        assert_eq!(bed.get(&bed.portal, "/history", Some(&long)).await.status(), 200);
        bed.pass(SignedDuration::from_mins(29));
        let answer = bed.get(&bed.portal, "/history", Some(&long)).await;
        assert_eq!(refusal(answer).await, (401, "token.expired".into()));
    }
}

#[tokio::test]
async fn a_refusal_has_words_for_both_the_person_and_the_engineer() {
    let bed = Bed::new().await;
    let answer = bed.get(&bed.portal, "/history", None).await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "urn:warifu:problem:token.missing");
    assert!(problem["advice"]["person"].as_str().unwrap().contains("ログイン"));
    assert!(problem["advice"]["engineer"].as_str().unwrap().contains("POST /token"));
}
