//! Who gets in: every route, every way of not being allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_contract::card_office::Card;
use warifu_office::StaffRole;
use warifu_pki::security_event::Event;
use warifu_pki::{FileKey, KeyAlgorithm, Purpose, Ticket, TicketIssuer};

use crate::bed::{Bed, CLERK, Call, application, refusal};
use crate::federation::{Engine, engines};
use crate::register::applicant;

const ID: &str = "0000-0000";
const CLERKS: &[StaffRole] = &[StaffRole::Clerk];
const OFFICE: &[StaffRole] = &[StaffRole::Clerk, StaffRole::Approver];

/// Every route for staff, by its path in the OpenAPI document, and who may use it.
struct Route {
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    roles: &'static [StaffRole],
}

fn route(
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    roles: &'static [StaffRole],
) -> Route {
    Route { method, path, body, roles }
}

fn routes() -> Vec<Route> {
    let caller = json!({ "items": applicant("上野 太郎"), "second": "0000" });
    vec![
        route("post", "/cards", Some(application("上野 太郎")), CLERKS),
        route("get", "/cards", None, OFFICE),
        route("get", "/cards/ending", None, OFFICE),
        route("post", "/cards/search", Some(json!({ "id": ID })), OFFICE),
        route("get", "/cards/{id}", None, OFFICE),
        route("get", "/cards/{id}/history", None, OFFICE),
        route("post", "/cards/{id}/actions", Some(json!({ "action": "prove" })), CLERKS),
        route("post", "/cards/{id}/person-ended", Some(json!({ "why": "deceased" })), OFFICE),
        route("get", "/cards/{id}/face.pdf", None, CLERKS),
        route("get", "/cards/{id}/letter.pdf", None, OFFICE),
        route("get", "/cards/{id}/cover.pdf", None, CLERKS),
        route("post", "/calls/identify", Some(caller), &[StaffRole::CallCentre]),
        route("post", "/batches", Some(json!({})), CLERKS),
        route("get", "/batches/{id}", None, CLERKS),
        route("get", "/batches/{id}/faces.pdf", None, CLERKS),
        route("post", "/wards", Some(json!(applicant("上野 太郎"))), OFFICE),
    ]
}

impl Route {
    fn call<'a>(&self, path: &'a str) -> Call<'a> {
        let call = match &self.body {
            Some(body) => Call::post(path, body.clone()),
            None => Call::get(path),
        };
        call.with("if-match", "\"1\"").with("idempotency-key", "0123456789abcdef")
    }

    fn path_of(&self, id: &str) -> String {
        self.path.replace("{id}", id)
    }
}

#[test]
fn the_table_has_every_route() {
    let document = serde_json::to_value(warifu_office::openapi::document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert(format!("{method} {path}"));
        }
    }
    assert!(described.remove("post /events"), "for identity providers");
    assert!(described.remove("post /vouchers"), "for the relay");
    let listed = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(described, listed);
}

#[tokio::test]
async fn without_a_good_ticket_no_route_opens() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let forged = forged(&bed);
    let bad = bad_tickets(&bed);
    for route in routes() {
        let path = route.path_of(ID);
        let call = || route.call(&path);
        let none = bed.call(&bed.portal, call(), None).await;
        assert_eq!(refusal(none).await, (401, "ticket.missing".into()), "{path}");
        for garbage in ["x", "a.b.c.d.e", forged.as_str()] {
            let answer = bed.call(&bed.portal, call(), Some(garbage)).await;
            assert_eq!(refusal(answer).await, (401, "ticket.invalid".into()), "{path}");
        }
        for (ticket, status, code) in &bad {
            let sealed = bed.tickets.issue(ticket).unwrap();
            let answer = bed.call(&bed.portal, call(), Some(&sealed)).await;
            assert_eq!(refusal(answer).await, (*status, (*code).to_owned()), "{path}");
        }
    }
}

/// By somebody whom nobody trusts, sealed to us.
fn forged(bed: &Bed) -> String {
    let own = FileKey::load(&bed.federation.path("ticket.key")).unwrap();
    let stranger = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let forger = TicketIssuer::new(Arc::new(stranger), own.public_key()).unwrap();
    forger.issue(&bed.ticket(CLERK, &[StaffRole::Clerk.urn()])).unwrap()
}

fn bad_tickets(bed: &Bed) -> Vec<(Ticket, u16, &'static str)> {
    let good = || bed.ticket(CLERK, &StaffRole::ALL.map(StaffRole::urn));
    let late = good().iat - 3601;
    vec![
        (Ticket { aud: "urn:warifu:relay".into(), ..good() }, 401, "ticket.audience"),
        (Ticket { iss: "https://idp.example".into(), ..good() }, 401, "ticket.invalid"),
        (Ticket { iat: late, exp: late + 3600, ..good() }, 401, "ticket.expired"),
        (Ticket { sub: "machine:clerk".into(), ..good() }, 401, "ticket.invalid"),
        (Ticket { acr: "urn:warifu:ac:presence".into(), ..good() }, 403, "level.low"),
        (Ticket { roles: vec!["urn:warifu:role:resident".into()], ..good() }, 403, "office.role"),
        (
            Ticket { purpose: Purpose::Records, exp: good().iat + 300, ..good() },
            401,
            "ticket.invalid",
        ),
    ]
}

#[tokio::test]
async fn only_portals_get_in_and_only_with_their_own_tickets() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    for route in routes() {
        let path = route.path_of(ID);
        for client in [&bed.stranger, &bed.provider] {
            let answer = bed.call(client, route.call(&path), Some(&clerk.ticket)).await;
            assert_eq!(refusal(answer).await, (403, "peer.unknown".into()), "{path}");
        }
        let answer = bed.call(&bed.other_portal, route.call(&path), Some(&clerk.ticket)).await;
        assert_eq!(refusal(answer).await, (403, "ticket.binding".into()), "{path}");
    }
}

#[tokio::test]
async fn every_route_is_for_its_roles_alone() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let made = bed.made("上野 太郎").await;
    for route in routes() {
        for role in StaffRole::ALL {
            let path = route.path_of(&match route.path {
                "/cards/{id}/actions" => applied(&bed).await.id,
                _ => made.id.clone(),
            });
            let name = format!("a{}", role.name().replace('-', ""));
            let staff = bed.staff(&bed.ticket(&name, &[role.urn()]));
            let answer = staff.call(route.call(&path)).await;
            let status = answer.status().as_u16();
            if route.roles.contains(&role) {
                assert_ne!(status, 403, "{role:?} {} {path}", route.method);
                continue;
            }
            let (status, code) = refusal(answer).await;
            assert_eq!(status, 403, "{role:?} {} {path}: {code}", route.method);
            assert!(["office.role", "office.not-identified"].contains(&code.as_str()), "{code}");
        }
    }
}

async fn applied(bed: &Bed) -> Card {
    bed.clerk().apply("山﨑 髙志").await.json().await.unwrap()
}

#[tokio::test]
async fn a_ticket_ends_with_its_time() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = bed.clerk();
    assert_eq!(clerk.get("/cards").await.status(), 200);
    bed.pass(SignedDuration::from_secs(3599));
    assert_eq!(clerk.get("/cards").await.status(), 200);
    bed.pass(SignedDuration::from_secs(1));
    assert_eq!(refusal(clerk.get("/cards").await).await, (401, "ticket.expired".into()));
}

#[tokio::test]
async fn an_ended_sign_in_opens_nothing_at_any_office() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let (_, elsewhere) = bed.colleague().await;
        let (clerk, approver) = (bed.clerk(), bed.approver());
        let there =
            || bed.call_at(&elsewhere, &bed.portal, Call::get("/cards"), Some(&clerk.ticket));
        assert_eq!(clerk.get("/cards").await.status(), 200);
        assert_eq!(there().await.status(), 200);

        let event_timestamp = bed.now().as_second();
        let ended = bed.event(CLERK, Event::SessionRevoked { event_timestamp });
        assert_eq!(bed.told(&ended).await, 202);
        for route in routes() {
            let path = route.path_of(ID);
            let answer = clerk.call(route.call(&path)).await;
            assert_eq!(refusal(answer).await, (401, "ticket.ended".into()), "{path}");
        }
        bed.pass(SignedDuration::from_secs(1));
        assert_eq!(refusal(there().await).await, (401, "ticket.ended".into()));
        assert_eq!(approver.get("/cards").await.status(), 200, "another person");
        assert_eq!(bed.clerk().get("/cards").await.status(), 200, "a new sign-in");

        // The same, late: it ends no sign-in that is newer.
        assert_eq!(bed.told(&ended).await, 202);
        assert_eq!(bed.clerk().get("/cards").await.status(), 200);
    }
}

#[tokio::test]
async fn answers_are_not_kept_by_anybody_on_the_way() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let answer = bed.clerk().get("/cards").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer = bed.call(&bed.portal, Call::get("/cards"), None).await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["advice"]["person"].as_str().unwrap().contains("ログイン"));
    assert!(problem["advice"]["engineer"].as_str().unwrap().contains("office-ticket"));
}
