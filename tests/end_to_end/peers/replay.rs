//! What the identity provider says to a peer, held in hand: how it is protected, what it says, and
//! that it counts once and for that peer alone.

use warifu_saml::decode_post;
use warifu_saml::names::{
    ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID,
};

use crate::walker::{Answer, Walker};

use super::peer::{KMIX, PHR, Peer};
use super::stage::Stage;

const RSA: &str = "xmldsig-more#rsa-sha256";
const P256: &str = "xmldsig-more#ecdsa-sha256";

/// The same answer posted twice, in the browser that it was for and in another one.
pub async fn an_answer_counts_once(stage: &Stage) {
    let about_staff = [
        ATTRIBUTE_PAIRWISE_ID,
        ATTRIBUTE_DISPLAY_NAME,
        ATTRIBUTE_ENTITLEMENT,
        ATTRIBUTE_ORGANIZATION,
    ];
    for (peer, algorithm, told, used_up) in [
        (KMIX, RSA, &about_staff[..], "has already been used"),
        (PHR, P256, &about_staff[..2], "replay detected"),
    ] {
        let mut walker = Walker::new(&stage.rig.dir());
        let answer = walker.reach_answer_for(&peer.at("/secure")).await;
        let xml = String::from_utf8(decode_post(&answer.response).unwrap()).unwrap();
        assert!(xml.contains(algorithm) && xml.contains("EncryptedAssertion"), "{peer:?}: {xml}");
        let login = stage.read_as(peer, &answer);
        let names: Vec<_> = login.attributes.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(names, told, "{peer:?}");

        let page = walker.deliver(&answer).await;
        let page = walker.follow(page).await;
        assert!(page.body.contains("id=\"pairwise\""), "{peer:?}: {} {}", page.status, page.body);
        let mut other = Walker::new(&stage.rig.dir());
        other.get(&peer.at("/secure")).await;
        for walker in [&mut walker, &mut other] {
            refused(stage, peer, walker, &answer, used_up).await;
        }
    }
}

/// What was said to the one, posted to the other.
pub async fn an_answer_counts_for_one_peer(stage: &Stage) {
    for (peer, other, why) in
        [(KMIX, PHR, "but delivered to"), (PHR, KMIX, "Could not decrypt an assertion")]
    {
        let mut walker = Walker::new(&stage.rig.dir());
        let right = walker.reach_answer_for(&other.at("/secure")).await;
        let answer = walker.reach_answer_for(&peer.at("/secure")).await;
        let wrong = Answer { acs: right.acs, relay_state: right.relay_state, ..answer };
        refused(stage, other, &mut walker, &wrong, why).await;
    }
}

/// A peer that is not encrypted to is told the same in the clear, signed.
pub async fn in_the_clear(stage: &Stage) {
    // mellon stops at the P-256 signature, which is for Shibboleth alone.
    for (peer, other, why) in
        [(KMIX, PHR, "but delivered to"), (PHR, KMIX, "Failed to verify signature")]
    {
        let mut walker = Walker::new(&stage.rig.dir());
        let right = walker.reach_answer_for(&other.at("/secure")).await;
        let answer = walker.reach_answer_for(&peer.at("/secure")).await;
        let xml = String::from_utf8(decode_post(&answer.response).unwrap()).unwrap();
        assert!(!xml.contains("Encrypted") && xml.contains("@idp.localhost"), "{peer:?}: {xml}");
        let wrong = Answer { acs: right.acs, relay_state: right.relay_state, ..answer.clone() };
        refused(stage, other, &mut walker, &wrong, why).await;

        let page = walker.deliver(&answer).await;
        let page = walker.follow(page).await;
        assert!(page.body.contains("見本 受付"), "{peer:?}: {} {}", page.status, page.body);
    }
}

/// Sees that the peer refuses the answer, and that it writes down the right reason.
async fn refused(stage: &Stage, peer: Peer, walker: &mut Walker, answer: &Answer, why: &str) {
    let told = || stage.logs().matches(why).count();
    let before = told();
    let page = walker.deliver(answer).await;
    let status = page.status;
    assert!(status.is_client_error() || status.is_server_error(), "{peer:?}: {status}");
    assert_eq!(told(), before + 1, "{peer:?} refused for another reason:\n{}", stage.logs());
}
