//! Ending what revoked cards opened. The card office tells of a stopped card at once; its lists are
//! the backstop, and say the same of cards whose event was lost.

use std::collections::HashSet;

use crate::centre::Centre;
use crate::store::{CardId, StoreError};
use crate::trust::{Taken, Watch};

/// More revoked certificates than this are looked for among the sessions rather than one by one.
const FEW: usize = 32;

/// Keeps the lists of a publication in force, and ends what they say, for ever.
pub(crate) async fn keep(centre: &Centre, watch: &Watch) {
    let mut owed = Vec::new();
    loop {
        let (taken, wait) = watch.look(&centre.trust, &centre.store, centre.now()).await;
        owed.extend(taken);
        owed = obey_all(centre, owed).await;
        tokio::time::sleep(wait).await;
    }
}

/// Obeys what was taken; gives back what could not be obeyed, to be tried again.
pub(crate) async fn obey_all(centre: &Centre, taken: Vec<Taken>) -> Vec<Taken> {
    let mut owed = Vec::new();
    for one in taken {
        if let Err(error) = obey(centre, &one).await {
            tracing::error!(%error, "revoked cards could not be looked for among the sessions");
            owed.push(one);
        }
    }
    owed
}

/// Ends the sessions first and keeps the list after: whoever dies in between ends them again.
async fn obey(centre: &Centre, taken: &Taken) -> Result<(), StoreError> {
    let now = centre.now();
    let mut ended = 0;
    for card in revoked_cards(centre, taken).await? {
        ended += centre.store.revoke_card(&card, now).await?;
    }
    if ended > 0 {
        tracing::info!(ended, "sessions of revoked cards ended");
    }
    centre.bell.notify_one();
    centre.store.keep_list(&taken.list).await
}

async fn revoked_cards(centre: &Centre, taken: &Taken) -> Result<Vec<CardId>, StoreError> {
    let (store, issuer) = (&centre.store, &taken.issuer);
    let revoked = taken.newly_revoked.iter().map(|serial| store.certificate_id(issuer, serial));
    if taken.newly_revoked.len() > FEW {
        let revoked: HashSet<_> = revoked.collect();
        let in_sessions = store.cards_in_sessions(issuer).await?.into_iter();
        return Ok(in_sessions
            .filter_map(|(card, certificate)| revoked.contains(&certificate).then_some(card))
            .collect());
    }
    let mut cards = Vec::new();
    for certificate in revoked {
        cards.extend(store.card_by_certificate(&certificate).await?);
    }
    Ok(cards)
}
