use super::*;
use crate::Role;
use crate::testing::{Card, CardKind, Provider, Rig};
use std::net::Ipv4Addr;

fn now() -> Timestamp {
    "2026-11-20T01:15:42Z".parse().unwrap()
}

fn from(host: u32) -> IpAddr {
    Ipv4Addr::from(host).into()
}

#[test]
fn the_same_refusal_in_the_same_minute_is_one_line() {
    let refusals = Refusals::default();
    for second in [0, 10, 30] {
        let at = now() + SignedDuration::from_secs(second);
        refusals.count("sso.acs", from(1), About::default(), at);
    }
    let mut taken = refusals.take();
    taken.sort_by_key(|refusal| refusal.minute);
    let counts: Vec<_> = taken.iter().map(|r| (r.minute.to_string(), r.count)).collect();
    let minutes = [("2026-11-20T01:15:00Z".to_owned(), 2), ("2026-11-20T01:16:00Z".to_owned(), 1)];
    assert_eq!(counts, minutes);
    assert_eq!(refusals.take(), [], "taken twice");
}

#[test]
fn an_attack_from_everywhere_does_not_fill_the_memory() {
    let refusals = Refusals::default();
    for host in 0..100_000 {
        refusals.count("login.stale", from(host), About::default(), now());
    }
    let taken = refusals.take();
    assert!(taken.len() <= MOST_KINDS + 1);
    assert_eq!(taken.iter().map(|refusal| refusal.count).sum::<i64>(), 100_000);
}

#[tokio::test]
async fn what_a_page_refuses_is_written_down_with_its_service() {
    let rig = Rig::new().await;
    let at = rig.now();
    let old = rig.portal.request(at - SignedDuration::from_mins(30));
    let answer = rig.tab().get(&rig.portal.redirect(&old)).await;
    assert_eq!(answer.status, 400);
    let centre = rig.idp.centre();
    write(centre).await;
    let shown = crate::store::Shown { since: minute_of(at), code: None, most: 10 };
    let found = centre.store.refusals(&shown).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code.as_str(), found[0].count), ("sso.stale", 1));
}

#[tokio::test]
async fn only_who_runs_the_federation_sees_them() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let asked = tab.get("/admin/refusals").await;
    assert!(asked.location().starts_with("/login?tx="), "whoever is unknown signs in first");
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    assert_eq!(tab.get("/admin/refusals").await.status, 403);
    let holder = "d".repeat(32);
    rig.enrol('d', "運営 三郎", Role::FederationAdmin, None, &holder).await;
    let card = Card::new(&rig.pki, CardKind::Staff, &holder);
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &card).await;
    let empty = tab.get("/admin/refusals").await;
    assert!(empty.body.contains("この期間に断った試みはありません"), "{}", empty.body);
    let stranger = Provider::new(&rig.pki, "stranger.example");
    tab.get(&stranger.redirect(&stranger.request(rig.now()))).await;
    write(rig.idp.centre()).await;
    let page = tab.get("/admin/refusals?hours=1&code=sso.unknown-provider").await;
    assert!(page.body.contains("sso.unknown-provider</small>"), "{}", page.body);
}

#[tokio::test]
async fn a_card_that_signs_in_over_and_over_has_to_wait_and_no_other() {
    let rig = Rig::with(|config, _| config.limits.sign_ins_per_card = 3).await;
    let mut last = None;
    for _ in 0..4 {
        let (mut tab, request) = (rig.tab(), rig.portal.request(rig.now()));
        let page = tab.reach_login_page(&request).await;
        last = Some(tab.answer_with(&page, &rig.card).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status.as_u16(), last.code().as_str()), (429, "card.throttled"));
    let other = rig.staff().await;
    let (mut tab, request) = (rig.tab(), rig.portal.request(rig.now()));
    let page = tab.reach_login_page(&request).await;
    assert!(tab.answer_with(&page, &other).await.status.is_success());
}
