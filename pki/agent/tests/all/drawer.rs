//! The card drawer over HTTP: for the page and for programs, and for nobody else's page.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use warifu_agent::drawer::{Bay, Drawer, DrawerCard, Text, Tone};
use warifu_agent::{Agent, AgentConfig, CardKind, Surroundings};
use warifu_card::Readers;
use warifu_card::drawer::VirtualReaders;

use crate::idp::{Idp, ORIGIN, now};
use crate::maker::{Maker, PIN};
use crate::wire::Wire;

/// An agent with one card in its drawer, and the readers it can go into.
async fn open() -> (SocketAddr, VirtualReaders) {
    let readers = VirtualReaders::new(["one", "two"]);
    let bay = |name: &str| Bay { reader: name.into(), label: Text::new(name, name) };
    let card = DrawerCard {
        id: "ueno-taro".into(),
        kind: CardKind::Piv,
        name: Text::new("上野太郎", "Ueno Taro"),
        note: Text::new("見本", "sample"),
        hint: PIN.into(),
        tone: Tone::Resident,
        card: Maker::new(1).shared(),
    };
    let drawer = Drawer::new(readers.clone(), vec![bay("one"), bay("two")], vec![card]);
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    let idp = Idp::at(ORIGIN).trusted();
    let config = AgentConfig { listen, ..AgentConfig::serving(vec![idp]) };
    let surroundings = Surroundings::new(now, |bytes| bytes.fill(1));
    let agent = Agent::bind(config, Arc::new(readers.clone()), surroundings).await.unwrap();
    let address = agent.addresses()[0];
    tokio::spawn(agent.with_drawer(drawer).serve(std::future::pending()));
    (address, readers)
}

fn present(readers: &VirtualReaders) -> Vec<bool> {
    readers.list().unwrap().iter().map(|state| state.card_present).collect()
}

fn wish(address: SocketAddr, path: &str, wish: &Value) -> Wire {
    Wire::new(address, "POST", path).with("content-type", "application/json").body(wish.to_string())
}

#[tokio::test]
async fn a_program_moves_cards_by_json() {
    let (address, readers) = open().await;
    let insert = json!({"card": "ueno-taro", "reader": 2});
    let answer = wish(address, "/drawer/insert", &insert).send().await;
    assert_eq!((answer.status, present(&readers)), (200, vec![false, true]));
    let listing: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(listing["cards"][0], json!({"card": "ueno-taro", "name": "上野太郎", "reader": 2}));
    let answer = wish(address, "/drawer/remove", &json!({"reader": 2})).send().await;
    assert_eq!((answer.status, present(&readers)), (200, vec![false, false]));
    let unknown = json!({"card": "nobody", "reader": 1});
    assert_eq!(wish(address, "/drawer/insert", &unknown).send().await.status, 404);
}

#[tokio::test]
async fn the_page_moves_cards_by_its_forms() {
    let (address, readers) = open().await;
    let form = Wire::new(address, "POST", "/drawer/insert?lang=en")
        .with("origin", &format!("http://{address}"))
        .with("content-type", "application/x-www-form-urlencoded")
        .body("card=ueno-taro&reader=1");
    let answer = form.send().await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/?lang=en")));
    assert_eq!(present(&readers), [true, false]);
    let page = Wire::new(address, "GET", "/?lang=en").send().await;
    assert!(page.body.contains("Ueno Taro") && page.body.contains(PIN));
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn other_pages_cannot_touch_the_drawer() {
    let (address, readers) = open().await;
    let insert = || wish(address, "/drawer/insert", &json!({"card": "ueno-taro", "reader": 1}));
    for request in [
        insert().with("origin", "https://evil.example"),
        insert().with("origin", ORIGIN),
        insert().with("origin", "null"),
        insert().with("sec-fetch-site", "cross-site"),
        insert().only("host", "evil.example"),
        Wire::new(address, "GET", "/drawer/insert?card=ueno-taro&reader=1"),
    ] {
        let answer = request.send().await;
        assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    }
    assert_eq!(present(&readers), [false, false]);
}
