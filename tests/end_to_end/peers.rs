//! Service providers of other makers, as they come from the distribution: `mod_auth_mellon` as K-MIX
//! and Shibboleth SP as a personal health record. One stage for all of it, since it takes time to
//! start.

mod assurance;
mod logout;
mod peer;
mod replay;
mod signing_in;
mod stage;

use crate::private_stack::isolated;
use crate::rig::FRONT;
use stage::Stage;

#[test]
fn service_providers_of_other_makers() {
    isolated("peers::service_providers_of_other_makers", || {
        crate::run(async {
            let mut stage = Stage::start().await;
            let resident = stage.rig.insert("ueno-taro", FRONT);
            signing_in::with_consent(&stage).await;
            resident.remove();
            let _staff = stage.rig.insert("reception", FRONT);
            signing_in::once_for_both(&stage).await;
            signing_in::only_if_it_needs_nobody(&stage).await;
            assurance::as_each_asks(&stage).await;
            logout::from_everywhere(&stage).await;
            replay::an_answer_counts_once(&stage).await;
            replay::an_answer_counts_for_one_peer(&stage).await;
            stage.register_with("encryption = \"never\"");
            replay::in_the_clear(&stage).await;
        });
    });
}
