//! Logout messages that must not be acted upon. Each is a page with its code, sent nowhere, and ends
//! nothing.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use jiff::SignedDuration;
use warifu_saml::{
    Login, LogoutRequest, LogoutResponse, RedirectParameter, Status, XmlSigner, redirect,
};

use super::bed::{Bed, carry};
use crate::testing::{Provider, Tab, days, logout_path};

const REQUEST: RedirectParameter = RedirectParameter::Request;
const RESPONSE: RedirectParameter = RedirectParameter::Response;

async fn refused(tab: &mut Tab<'_>, path: &str, status: StatusCode, code: &str) {
    let page = tab.get(path).await;
    assert_eq!(page.status, status, "{code}: {}", page.body);
    assert!(page.body.contains(code), "no {code} in {}", page.body);
    assert!(!page.headers.contains_key(LOCATION), "{code}: sent somewhere");
}

/// A bed, a browser signed in to `records`, and what it was told.
async fn start(bed: &Bed) -> (Tab<'_>, Login) {
    let (tab, mut logins) = bed.signed_in(&[&bed.records]).await;
    (tab, logins.remove(0))
}

fn signed(xml: &str, by: &Provider) -> String {
    logout_path(REQUEST, xml, None, Some(&by.signer))
}

#[tokio::test]
async fn what_is_not_signed_by_its_issuer_ends_nothing() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let xml = bed.records.logout_request(&login, bed.rig.now()).to_xml().unwrap();
    let good = logout_path(REQUEST, &xml, Some("state"), Some(&bed.records.signer));
    let unsigned = logout_path(REQUEST, &xml, None, None);
    let forged = signed(&xml, &bed.doctors);
    let altered = good.replace("RelayState=state", "RelayState=other");
    let cut = good.replace("&RelayState=state", "");
    let weak = good.replace("ecdsa-sha256", "ecdsa-sha1");
    assert!(altered != good && cut != good && weak != good);
    for path in [&unsigned, &forged, &altered, &cut] {
        refused(&mut tab, path, StatusCode::BAD_REQUEST, "slo.signature").await;
    }
    refused(&mut tab, &weak, StatusCode::BAD_REQUEST, "slo.unreadable").await;
    assert!(bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn what_is_not_for_here_and_now_ends_nothing() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let now = bed.rig.now();
    let good = bed.records.logout_request(&login, now);
    let wrong = [
        LogoutRequest {
            destination: Some("https://other.example/saml/slo".into()),
            ..good.clone()
        },
        LogoutRequest { destination: None, ..good.clone() },
        LogoutRequest { not_on_or_after: Some(now - SignedDuration::from_mins(4)), ..good.clone() },
        LogoutRequest { issue_instant: now - SignedDuration::from_mins(30), ..good.clone() },
        LogoutRequest { issue_instant: now + SignedDuration::from_mins(30), ..good.clone() },
    ];
    for request in wrong {
        let path = carry(&bed.records, &request);
        refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.stale").await;
    }
    assert!(bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn a_request_counts_once() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let path = bed.ask(&bed.records, &login);
    assert!(tab.get(&path).await.status.is_redirection());
    refused(&mut tab, &path, StatusCode::CONFLICT, "slo.replayed").await;
    let (mut other, _) = start(&bed).await;
    refused(&mut other, &path, StatusCode::CONFLICT, "slo.replayed").await;
    assert!(bed.is_signed_in(&mut other).await);
}

#[tokio::test]
async fn what_is_wrapped_or_doubly_signed_ends_nothing() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let request = bed.records.logout_request(&login, bed.rig.now());
    let xml = request.to_xml().unwrap();
    let inside = request.to_signed_xml(&bed.records.signer).unwrap();
    let extra = LogoutRequest { id: "_extra".into(), ..request.clone() }.to_xml().unwrap();
    let wrapped = xml.replace("</samlp:LogoutRequest>", &format!("{extra}</samlp:LogoutRequest>"));
    let in_extensions = xml.replace(
        "<saml:NameID",
        &format!("<samlp:Extensions>{inside}</samlp:Extensions><saml:NameID"),
    );
    let two_names =
        xml.replace("<samlp:SessionIndex", "<saml:NameID>_x</saml:NameID><samlp:SessionIndex");
    let doctype = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{xml}");
    let comment = xml.replace("</saml:NameID>", "<!-- -->x</saml:NameID>");
    for wrong in [inside, wrapped, in_extensions, two_names, doctype, comment] {
        assert_ne!(wrong, xml);
        let path = signed(&wrong, &bed.records);
        refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.unreadable").await;
    }
    assert!(bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn rubbish_is_refused() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let good = bed.ask(&bed.records, &login);
    let both = format!("{good}&SAMLResponse=AAAA");
    let twice = format!("{good}&SAMLRequest=AAAA");
    for path in
        ["/saml/slo", "/saml/slo?SAMLRequest=", "/saml/slo?SAMLResponse=AAAA", &both, &twice]
    {
        refused(&mut tab, path, StatusCode::BAD_REQUEST, "slo.unreadable").await;
    }
    assert!(bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn strangers_and_those_whose_registration_is_over_end_nothing() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let stranger = Provider::new(&bed.rig.pki, "stranger.example");
    let path = bed.ask(&stranger, &login);
    refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.unknown-provider").await;
    bed.rig.clock.advance(days(8));
    let path = bed.ask(&bed.records, &login);
    refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.metadata-expired").await;
}

#[tokio::test]
async fn without_an_address_in_the_metadata_nobody_is_sent_anywhere() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.rig.portal]).await;
    let path = bed.ask(&bed.rig.portal, &logins[0]);
    refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.no-address").await;
    assert!(bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn a_relay_state_comes_back_as_it_came_and_leads_nowhere() {
    let bed = Bed::new().await;
    for (length, taken) in [(80, true), (81, true), (1024, true), (1025, false)] {
        let (mut tab, login) = start(&bed).await;
        let state: String = "https://evil.example/".chars().cycle().take(length).collect();
        let xml = bed.records.logout_request(&login, bed.rig.now()).to_xml().unwrap();
        if taken {
            let path = logout_path(REQUEST, &xml, Some(&state), Some(&bed.records.signer));
            let location = tab.get(&path).await.location();
            let (address, query) = location.split_once('?').unwrap();
            assert_eq!(address, bed.records.slo);
            let received = redirect::receive(query, RESPONSE).unwrap();
            assert_eq!(received.relay_state, Some(state));
        } else {
            let path = logout_path(REQUEST, &xml, None, Some(&bed.records.signer));
            let path = format!("{path}&RelayState={state}");
            refused(&mut tab, &path, StatusCode::BAD_REQUEST, "slo.unreadable").await;
        }
    }
}

fn answer(answer: &LogoutResponse, signer: Option<&dyn XmlSigner>) -> String {
    logout_path(RESPONSE, &answer.to_xml().unwrap(), None, signer)
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_refused() {
    let bed = Bed::new().await;
    let (mut tab, _) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
    let unasked = bed.reply(&bed.records, "_nobody-asked", Status::Success);
    refused(&mut tab, &unasked, StatusCode::BAD_REQUEST, "slo.unasked").await;
    assert!(bed.is_signed_in(&mut tab).await);

    tab.post_form("/logout", "").await;
    let sent = tab.get("/logout/next").await;
    let (asked, other) = if sent.location().starts_with(&bed.records.slo) {
        (&bed.records, &bed.doctors)
    } else {
        (&bed.doctors, &bed.records)
    };
    let id = bed.asked(asked, &sent).id;
    let of_another = bed.reply(other, &id, Status::Success);
    refused(&mut tab, &of_another, StatusCode::BAD_REQUEST, "slo.unasked").await;
    let now = bed.rig.now();
    let good = asked.logout_answer(&id, now);
    let unsigned = answer(&good, None);
    refused(&mut tab, &unsigned, StatusCode::BAD_REQUEST, "slo.signature").await;
    let forged = answer(&good, Some(&other.signer));
    refused(&mut tab, &forged, StatusCode::BAD_REQUEST, "slo.signature").await;
    let elsewhere =
        LogoutResponse { destination: Some("https://x.example".into()), ..good.clone() };
    let elsewhere = answer(&elsewhere, Some(&asked.signer));
    refused(&mut tab, &elsewhere, StatusCode::BAD_REQUEST, "slo.stale").await;
    let good = answer(&good, Some(&asked.signer));
    refused(&mut bed.rig.tab(), &good, StatusCode::FORBIDDEN, "slo.other-browser").await;
    assert!(tab.get(&good).await.status.is_redirection());
    refused(&mut tab, &good, StatusCode::BAD_REQUEST, "slo.unasked").await;
}

/// What is refused costs neither time nor a step: measured over many, since a test machine is busy.
#[tokio::test]
async fn a_refusal_is_quick() {
    let bed = Bed::new().await;
    let (mut tab, login) = start(&bed).await;
    let xml = bed.records.logout_request(&login, bed.rig.now()).to_xml().unwrap();
    let forged = signed(&xml, &bed.doctors);
    let mut times = Vec::new();
    for _ in 0..21 {
        let begun = std::time::Instant::now();
        refused(&mut tab, &forged, StatusCode::BAD_REQUEST, "slo.signature").await;
        times.push(begun.elapsed());
    }
    times.sort();
    assert!(times[10] < std::time::Duration::from_millis(50), "{:?}", times[10]);
}
