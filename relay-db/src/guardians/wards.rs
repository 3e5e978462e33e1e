//! Wards: people whom the relay knows only because a guardian speaks for them.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_connectors::SourceError;
use warifu_log::{Action, Outcome};
use warifu_service::Problem;

use super::staff::{conflict, silent};
use super::store::Found;
use crate::directory::Answerer;
use crate::events::{self, LinkActor, RELAY};
use crate::links::{Link, Terms};
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{asking, linking};

/// How a ward's name begins; no identity provider gives such a name.
const WARD: &str = "ward:";

/// Whom the case `id` is about: the person whom the relay knows, or the ward that it makes, for whom
/// somebody speaks until `expires`. The same again makes the same one.
pub(super) async fn subject_of(
    relay: &Relay,
    id: &str,
    found: &Found,
    expires: Timestamp,
) -> Result<String, Problem> {
    if let Some(subject) = &found.subject {
        return Ok(subject.clone());
    }
    let named = relay.ring().lookup("relay_ward.name", id.as_bytes());
    let subject = format!("{WARD}{}", HEXLOWER.encode(&named));
    bind(relay, found).await?;
    let about = (RELAY, subject.as_str(), found.connector.as_str());
    let made = events::link((Action::LinkMade, LinkActor::Relay), about, Outcome::Done);
    relay.log().append(made).await.map_err(|error| log_problem(&error))?;
    relay.guardians().keep_ward(&subject, expires).await?;
    relay.links().save(&subject, &link(relay, found)).await?;
    Ok(subject)
}

fn link(relay: &Relay, found: &Found) -> Link {
    let terms = Terms {
        errand: found.errand.clone(),
        period: found.period,
        target: Some(found.target.clone()),
        ..Terms::plain(relay.surroundings().hex(16), relay.surroundings().now())
    };
    Link { connector: found.connector.clone(), pseudonym: found.pseudonym.clone(), terms }
}

/// The insurer takes the same word again.
async fn bind(relay: &Relay, found: &Found) -> Result<(), Problem> {
    let gone = || conflict("guardian.changed");
    let holder = relay.directory().holder(&found.connector);
    let connector = holder.and_then(Answerer::connector).ok_or_else(gone)?;
    let (mint, errand) = (relay.mint(), found.errand.as_str());
    let bound = asking::confirm_link(mint, connector, errand, &found.pseudonym).await;
    bound.map(drop).map_err(|error| match error {
        SourceError::Refused { .. } => gone().caused_by(&error),
        _ => silent().caused_by(&error),
    })
}

/// Ends the links of `subject`, if that is a ward for whom nobody speaks any more.
pub(crate) async fn close_left(relay: &Relay, subject: &str) -> Result<(), Problem> {
    if !subject.starts_with(WARD) {
        return Ok(());
    }
    let now = relay.surroundings().now();
    let given = relay.proxies().given(subject).await?;
    let open = given.iter().filter(|kept| kept.mandate.is_open(now));
    if let Some(last) = open.map(|kept| kept.mandate.expiry()).max() {
        return Ok(relay.guardians().keep_ward(subject, last).await?);
    }
    linking::end_all(relay, subject).await?;
    Ok(relay.guardians().drop_ward(subject).await?)
}

/// Drops what has ended, and the links of wards with it; what fails, the next time.
pub(crate) async fn sweep(relay: &Relay, now: Timestamp) {
    if let Err(error) = relay.guardians().sweep(now).await {
        tracing::warn!(%error, "ended applications of guardians could not be dropped");
    }
    match relay.guardians().ended_wards(now).await {
        Ok(ended) => {
            for subject in ended {
                if let Err(problem) = close_left(relay, &subject).await {
                    tracing::warn!(code = problem.code(), "a ward's links could not be ended");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "ended wards cannot be read"),
    }
}
