//! Service providers of other makers, as they come from the distribution: `mod_auth_mellon` as K-MIX
//! and Shibboleth SP as a personal health record. Few tests with many
//! steps, since the stage takes time to start.

mod assurance;
mod logout;
mod peer;
mod replay;
mod rollover;
mod signing_in;
mod stage;

use crate::private_stack::isolated;
use crate::rig::FRONT;
use stage::Stage;

#[test]
fn service_providers_of_other_makers_let_people_in() {
    isolated("peers::service_providers_of_other_makers_let_people_in", || {
        crate::run(async {
            let stage = Stage::start();
            let resident = stage.rig.insert("ueno-taro", FRONT);
            signing_in::with_consent(&stage).await;
            resident.remove();
            let _staff = stage.rig.insert("reception", FRONT);
            signing_in::once_for_both(&stage).await;
            signing_in::only_if_it_needs_nobody(&stage).await;
            assurance::as_each_asks(&stage).await;
            replay::an_answer_counts_once(&stage).await;
            replay::an_answer_counts_for_one_peer(&stage).await;
            stage.set(&["--encryption", "never"]).await;
            replay::in_the_clear(&stage).await;
        });
    });
}

#[test]
fn service_providers_of_other_makers_go_with_logouts_and_new_keys() {
    isolated("peers::service_providers_of_other_makers_go_with_logouts_and_new_keys", || {
        crate::run(async {
            let mut stage = Stage::start();
            let _staff = stage.rig.insert("reception", FRONT);
            logout::from_everywhere(&stage).await;
            rollover::without_a_gap(&mut stage).await;
        });
    });
}
