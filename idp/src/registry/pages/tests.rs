//! The pages, as an administrator of the federation walks through them.

use axum::http::StatusCode;

use crate::config::{AttributeName, MetadataSource};
use crate::person::Role;
use crate::testing::{Answer, Card, CardKind, Provider, Rig, Tab, days};

async fn administrator(rig: &Rig) -> Card {
    let holder = "d".repeat(32);
    rig.enrol('d', "運営 三郎", Role::FederationAdmin, None, &holder).await;
    Card::new(&rig.pki, CardKind::Staff, &holder)
}

async fn signed_in<'a>(rig: &'a Rig, card: &Card) -> Tab<'a> {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), card).await;
    tab
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Brings metadata, and is led to what was read.
async fn bring(tab: &mut Tab<'_>, path: &str, xml: &str) -> (String, Answer) {
    let led = tab.post_form(path, &format!("document={}", encoded(xml))).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.body);
    let draft = led.location();
    let page = tab.get(&draft).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (draft, page)
}

#[tokio::test]
async fn a_service_is_registered_changed_stopped_and_removed() {
    let rig = Rig::new().await;
    let card = administrator(&rig).await;
    let mut tab = signed_in(&rig, &card).await;
    tab.language = "en";
    let provider = Provider::new(&rig.pki, "sp.example");
    let xml = provider.metadata(rig.now() + days(60));
    let may_ask = || rig.centre().providers().find(&provider.entity_id).is_some();

    let (draft, page) = bring(&mut tab, "/admin/providers/new", &xml).await;
    for shown in ["Warifu portal", &provider.entity_id, &provider.acs, "RSA 3072", "not signed"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!may_ask(), "it was only shown");
    let form = "pairwise-id=on&consent=on&encryption=required&signing=rsa&name=transient";
    let added = tab.post_form(&draft, form).await.location();
    let (path, news) = added.split_once('?').unwrap();
    assert_eq!((news, may_ask()), ("added", true));
    let knows =
        |attribute| rig.centre().providers().find(&provider.entity_id).unwrap().may_know(attribute);
    assert!(knows(AttributeName::PairwiseId) && !knows(AttributeName::Roles));

    let page = tab.get(&added).await;
    assert!(page.body.contains("The service is registered"), "{}", page.body);
    let revision = page.field("revision").unwrap();
    let form = format!("revision={revision}&roles=on&encryption=never&signing=rsa&name=persistent");
    assert!(tab.post_form(path, &form).await.location().ends_with("?changed"));
    assert!(knows(AttributeName::Roles) && !knows(AttributeName::PairwiseId));
    let late = tab.post_form(path, &form.replace("roles=on&", "")).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "made from what is no more");
    assert!(late.body.contains("registry.overtaken"), "{}", late.body);

    let ask = tab.get(&format!("{path}/disable")).await;
    assert!(may_ask() && ask.body.contains("Stop Warifu portal?"), "{}", ask.body);
    let form = format!("revision={}", ask.field("revision").unwrap());
    tab.post_form(&format!("{path}/disable"), &form).await;
    assert!(!may_ask());
    let page = tab.get(path).await;
    let form = format!("revision={}", page.field("revision").unwrap());
    tab.post_form(&format!("{path}/enable"), &form).await;
    assert!(may_ask());

    let renewed = provider.metadata(rig.now() + days(90));
    let (draft, _) = bring(&mut tab, &format!("{path}/metadata"), &renewed).await;
    assert!(tab.post_form(&draft, "").await.location().ends_with("?changed"));

    let ask = tab.get(&format!("{path}/remove")).await;
    let form = format!("revision={}", ask.field("revision").unwrap());
    tab.post_form(&format!("{path}/remove"), &form).await;
    assert!(!may_ask());
    let list = tab.get("/admin/providers").await;
    assert!(!list.body.contains(path) && list.body.contains("removed"), "{}", list.body);
    assert!(!list.body.contains("運営"), "the history names nobody");
}

#[tokio::test]
async fn nobody_else_gets_in_and_nothing_of_theirs_is_read() {
    let rig = Rig::new().await;
    let somebody = "config-1";
    let pages = [
        "/admin/providers",
        "/admin/providers/new",
        &format!("/admin/providers/{somebody}"),
        &format!("/admin/providers/{somebody}/disable"),
        &format!("/admin/providers/{somebody}/remove"),
        &format!("/admin/providers/{somebody}/metadata"),
        "/admin/providers/draft/x",
    ];
    let acts = [
        "/admin/providers/new",
        &format!("/admin/providers/{somebody}"),
        &format!("/admin/providers/{somebody}/enable"),
        &format!("/admin/providers/{somebody}/disable"),
        &format!("/admin/providers/{somebody}/remove"),
        &format!("/admin/providers/{somebody}/refresh"),
        &format!("/admin/providers/{somebody}/metadata"),
        "/admin/providers/draft/x",
    ];
    let clerk = rig.clerk().await;
    for card in [&rig.card, &clerk] {
        let mut tab = signed_in(&rig, card).await;
        for page in pages {
            assert_eq!(tab.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
        }
        for act in acts {
            assert_eq!(tab.post_form(act, "").await.status, StatusCode::FORBIDDEN, "{act}");
        }
    }
    for act in acts {
        let refused = rig.tab().post_form(act, &"x".repeat(100_000)).await.status;
        assert!([StatusCode::FORBIDDEN, StatusCode::PAYLOAD_TOO_LARGE].contains(&refused), "{act}");
    }
    let asked = rig.tab().get("/admin/providers").await;
    assert!(asked.location().starts_with("/login?tx="), "who is not signed in signs in first");
}

#[tokio::test]
async fn those_of_the_configuration_are_shown_and_not_changed() {
    let rig = Rig::with(|config, _| {
        let nowhere = MetadataSource::File("/nowhere.xml".into());
        config.service_providers.push(crate::config::ServiceProviderConfig::of(nowhere));
    })
    .await;
    let card = administrator(&rig).await;
    for (language, not_believed) in [("ja", "信頼できません"), ("en", "Not believed")] {
        let mut tab = signed_in(&rig, &card).await;
        tab.language = language;
        let list = tab.get("/admin/providers").await;
        assert!(list.body.contains(not_believed), "{}", list.body);
        let page = tab.get("/admin/providers/config-2").await;
        assert!(page.body.contains("/nowhere.xml"), "{}", page.body);
        let page = tab.get("/admin/providers/config-1").await;
        assert!(page.body.contains("disabled") && !page.body.contains("id=\"save\""));
        for act in ["enable", "disable", "remove"] {
            let refused = tab.post_form(&format!("/admin/providers/config-1/{act}"), "").await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{act}");
        }
        assert!(tab.get("/cards").await.body.contains("/admin/providers"), "the way there");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_why() {
    let rig = Rig::new().await;
    let card = administrator(&rig).await;
    let mut tab = signed_in(&rig, &card).await;
    let portal = encoded(&rig.portal.metadata(rig.now() + days(7)));
    for (form, code) in [
        ("", "registry.nothing"),
        ("document=x&url=https%3A%2F%2Fsp.example", "registry.nothing"),
        ("document=x", "provider.unreadable"),
        ("url=http%3A%2F%2Fsp.example", "provider.address"),
        ("entity=x", "provider.not-in-aggregates"),
        (&format!("signer=x&document={portal}"), "provider.signer"),
    ] {
        let refused = tab.post_form("/admin/providers/new", form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(refused.body.contains(code), "{code}: {}", refused.body);
    }
    let (draft, _) =
        bring(&mut tab, "/admin/providers/new", &rig.portal.metadata(rig.now() + days(7))).await;
    let twice = tab.post_form(&draft, "encryption=required").await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.body.contains("provider.twice"), "{}", twice.body);
}

#[tokio::test]
async fn one_is_found_among_many_by_name_or_entity_id() {
    let rig = Rig::at_with("2026-11-20T01:15:00Z".parse().unwrap(), |config, pki, folder| {
        for number in 0..9 {
            let path = folder.join(format!("{number}.xml"));
            let provider = Provider::new(pki, &format!("sp{number}.example"));
            provider.write_metadata(&path, pki.now + days(7));
            let file = MetadataSource::File(path);
            config.service_providers.push(crate::config::ServiceProviderConfig::of(file));
        }
    })
    .await;
    let card = administrator(&rig).await;
    let mut tab = signed_in(&rig, &card).await;
    let all = tab.get("/admin/providers").await;
    assert!(all.body.contains("sp3.example") && all.body.contains("role=\"search\""));
    let found = tab.get("/admin/providers?q=SP3.example").await;
    assert!(found.body.contains("sp3.example") && !found.body.contains("sp4.example"));
    let none = tab.get("/admin/providers?q=nothing").await;
    assert!(none.body.contains("この言葉に合うサービスはありません"), "{}", none.body);
}
