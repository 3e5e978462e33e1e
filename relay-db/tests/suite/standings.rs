//! A mandate rests while either side has no card that opens, goes on with a new one, and ends when
//! one of the two is gone.

use jiff::SignedDuration;
use warifu_contract::mandate::{EndedBy, MandateState, Side};
use warifu_contract::records::PanelOutcome;
use warifu_log::{Action, Actor, Series};
use warifu_pki::security_event::{Event, SecurityEvent};

use crate::bed::{Bed, TARO, engines};
use crate::proxies::{ICHIKO, list, outcome, paired, refused};

fn said(bed: &Bed, subject: &str, event: Event) -> SecurityEvent {
    SecurityEvent { event, ..bed.session_revoked(subject) }
}

async fn tell(bed: &Bed, subject: &str, event: Event) {
    let answer = bed.tell(&bed.idp_party, &said(bed, subject, event)).await;
    assert_eq!(answer.status(), 202);
}

async fn count(bed: &Bed, subject: &str, action: Action) -> usize {
    let log = bed.relay.log().history(subject, Series::Administration, None, 50).await.unwrap();
    let entries = log.into_iter().filter_map(|one| one.entry);
    let by_idp = |actor: &Actor| *actor == Actor::Party { name: "idp".into() };
    entries.filter(|entry| entry.action == action && by_idp(&entry.actor)).count()
}

#[tokio::test]
async fn without_the_principals_card_nobody_reads_and_a_new_card_lets_it_go_on() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let id = paired(&bed, false).await;
        bed.pass(SignedDuration::from_secs(1));
        tell(&bed, TARO, Event::AccountDisabled).await;
        tell(&bed, TARO, Event::AccountDisabled).await;
        assert_eq!(outcome(&bed, &id).await, refused("proxy.resting"));
        assert!(bed.pension.heard().is_empty(), "nobody is asked");
        for mandate in
            [list(&bed, TARO).await.given.remove(0), list(&bed, ICHIKO).await.held.remove(0)]
        {
            assert_eq!(mandate.state(bed.now()), MandateState::Resting);
            assert_eq!(
                mandate.rests.iter().map(|one| one.side).collect::<Vec<_>>(),
                [Side::Principal]
            );
        }
        for subject in [TARO, ICHIKO] {
            assert_eq!(count(&bed, subject, Action::MandateRested).await, 1, "both see why");
        }
        bed.pass(SignedDuration::from_hours(24));
        let late = said(&bed, TARO, Event::AccountDisabled);
        bed.pass(SignedDuration::from_secs(1));
        tell(&bed, TARO, Event::AccountEnabled).await;
        assert_eq!(bed.tell(&bed.idp_party, &late).await.status(), 202);
        assert!(matches!(outcome(&bed, &id).await, PanelOutcome::Ready { .. }), "an older word");
        assert_eq!(count(&bed, ICHIKO, Action::MandateResumed).await, 1);
    }
}

#[tokio::test]
async fn either_side_who_is_gone_ends_it() {
    for (gone, other) in [(TARO, ICHIKO), (ICHIKO, TARO)] {
        let bed = Bed::new().await;
        let id = paired(&bed, false).await;
        tell(&bed, gone, Event::AccountPurged).await;
        assert_eq!(outcome(&bed, &id).await, refused("proxy.ended"));
        let both = list(&bed, other).await;
        let mandate = both.given.into_iter().chain(both.held).next().unwrap();
        assert_eq!(mandate.ended.unwrap().by, EndedBy::Departure);
        assert_eq!(count(&bed, other, Action::MandateEnded).await, 1);
    }
}

#[tokio::test]
async fn of_somebody_without_mandates_nothing_is_kept() {
    let bed = Bed::new().await;
    tell(&bed, "somebody-else", Event::AccountDisabled).await;
    let log = bed.relay.log().history("somebody-else", Series::Administration, None, 9).await;
    assert!(log.unwrap().is_empty());
}
