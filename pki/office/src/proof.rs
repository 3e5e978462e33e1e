//! Identity proof: the resident register is asked whether the applicant is a person of it, and what
//! its answer means for the application.
//!
//! A folded match never passes by itself. A doubt may be resolved by looking at papers where the
//! register has exactly one candidate and
//! - no item is different (one or more are only folded), or
//! - the address alone is different, as after a move, and name and reading agree better than by
//!   folding.
//!
//! Anything else, several candidates, somebody unknown, dead or moved away, stays in doubt until
//! the register says otherwise: no note makes up for it.

use std::time::Duration;

use reqwest::header::ACCEPT;
use warifu_contract::identity::{
    FourItems, IdentityAnswer, IdentityOutcome, IdentityRequest, ItemLevels, MatchLevel,
};
use warifu_service::tls;

use crate::OfficeError;
use crate::settings::RegisterSettings;

/// An answer is a few hundred bytes.
const MOST_ANSWER_BYTES: usize = 16 * 1024;
const REFERENCE_DIGITS: usize = 32;

/// What the register's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The applicant is that resident.
    Clear,
    /// Somebody must look.
    Doubtful {
        /// Whether looking may resolve it.
        resolvable: bool,
    },
}

impl Verdict {
    /// Of an outcome. `Proved` is believed only where the items bear it out.
    pub fn of(outcome: &IdentityOutcome) -> Self {
        match outcome {
            IdentityOutcome::Proved { items, .. } if items.passes() => Self::Clear,
            IdentityOutcome::Proved { items, .. }
            | IdentityOutcome::Doubtful { person: Some(_), items, candidates: 1 } => {
                Self::Doubtful { resolvable: is_resolvable(*items) }
            }
            _ => Self::Doubtful { resolvable: false },
        }
    }
}

fn is_resolvable(items: ItemLevels) -> bool {
    let others = [Some(items.name), items.kana, Some(items.birth_date), Some(items.sex)];
    let worst = others.into_iter().flatten().max().unwrap_or(MatchLevel::Different);
    match items.address {
        MatchLevel::Different => worst <= MatchLevel::Normalised,
        _ => worst <= MatchLevel::Folded,
    }
}

/// The register's reference of the one person an outcome means.
pub(crate) fn person_of(outcome: &IdentityOutcome) -> Option<&str> {
    match outcome {
        IdentityOutcome::Proved { person, .. }
        | IdentityOutcome::Doubtful { person: Some(person), candidates: 1, .. } => Some(person),
        _ => None,
    }
}

/// The resident register at the other end of mutual TLS.
pub(crate) struct Register {
    client: reqwest::Client,
    url: String,
}

impl Register {
    pub(crate) fn new(settings: &RegisterSettings) -> Result<Self, OfficeError> {
        let timeout = Duration::from_secs(u64::from(settings.timeout_seconds.max(1)));
        let client = tls::client_to(&settings.party, &settings.tls, timeout)?;
        let url = format!("{}/identity-proof", settings.url.trim_end_matches('/'));
        Ok(Self { client, url })
    }

    /// Asks. Whatever is not a whole and sound answer is silence.
    pub(crate) async fn ask(
        &self,
        application: &str,
        items: &FourItems,
    ) -> Result<IdentityAnswer, OfficeError> {
        let application = application.to_owned();
        let request = IdentityRequest { items: items.clone(), application };
        let answer = self.exchange(&request).await?;
        let is_sound = person_of(&answer.outcome).is_none_or(is_reference);
        if is_sound { Ok(answer) } else { Err(silent("it names a person by no reference")) }
    }

    async fn exchange(&self, request: &IdentityRequest) -> Result<IdentityAnswer, OfficeError> {
        let request = self.client.post(&self.url).header(ACCEPT, "application/json").json(request);
        let mut response = request.send().await.map_err(|error| silent(&error.without_url()))?;
        if !response.status().is_success() {
            return Err(silent(&format!("it answered with status {}", response.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| silent(&error.without_url()))?
        {
            if body.len() + chunk.len() > MOST_ANSWER_BYTES {
                return Err(silent("its answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        // What does not parse may hold a person; none of it is told.
        serde_json::from_slice(&body).map_err(|_| silent("its answer cannot be understood"))
    }
}

fn silent(cause: &(impl std::fmt::Display + ?Sized)) -> OfficeError {
    OfficeError::RegisterSilent(cause.to_string())
}

fn is_reference(text: &str) -> bool {
    text.len() == REFERENCE_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [MatchLevel; 4] =
        [MatchLevel::Exact, MatchLevel::Normalised, MatchLevel::Folded, MatchLevel::Different];

    fn level() -> impl Strategy<Value = MatchLevel> {
        proptest::sample::select(LEVELS.to_vec())
    }

    prop_compose! {
        fn items()(name in level(), kana in proptest::option::of(level()), address in level(),
                   birth_date in level(), sex in level()) -> ItemLevels {
            ItemLevels { name, kana, address, birth_date, sex }
        }
    }

    fn doubtful(items: ItemLevels, candidates: u32) -> IdentityOutcome {
        IdentityOutcome::Doubtful { person: Some("a".repeat(32)), items, candidates }
    }

    const GOOD: ItemLevels = ItemLevels {
        name: MatchLevel::Exact,
        kana: None,
        address: MatchLevel::Normalised,
        birth_date: MatchLevel::Exact,
        sex: MatchLevel::Exact,
    };

    #[test]
    fn what_is_not_one_living_resident_stays_in_doubt() {
        let stays = Verdict::Doubtful { resolvable: false };
        assert_eq!(Verdict::of(&IdentityOutcome::Unknown), stays);
        assert_eq!(Verdict::of(&doubtful(GOOD, 2)), stays);
        let nameless = IdentityOutcome::Doubtful { person: None, items: GOOD, candidates: 1 };
        assert_eq!(Verdict::of(&nameless), stays);
        let different = ItemLevels { birth_date: MatchLevel::Different, ..GOOD };
        assert_eq!(Verdict::of(&doubtful(different, 1)), stays);
    }

    #[test]
    fn a_moved_resident_may_be_looked_at_but_not_with_a_folded_name_besides() {
        let moved = ItemLevels { address: MatchLevel::Different, ..GOOD };
        assert_eq!(Verdict::of(&doubtful(moved, 1)), Verdict::Doubtful { resolvable: true });
        let both = ItemLevels { name: MatchLevel::Folded, ..moved };
        assert_eq!(Verdict::of(&doubtful(both, 1)), Verdict::Doubtful { resolvable: false });
    }

    proptest! {
        #[test]
        fn a_folded_or_different_item_never_passes(items in items()) {
            let proved = IdentityOutcome::Proved { person: "a".repeat(32), items };
            let is_clear = Verdict::of(&proved) == Verdict::Clear;
            prop_assert_eq!(is_clear, items.worst() <= MatchLevel::Normalised);
            prop_assert_ne!(Verdict::of(&doubtful(items, 1)), Verdict::Clear);
        }

        #[test]
        fn only_the_address_may_differ(items in items(), candidates in 0_u32..4) {
            let verdict = Verdict::of(&doubtful(items, candidates));
            if verdict == (Verdict::Doubtful { resolvable: true }) {
                prop_assert_eq!(candidates, 1);
                let rest = ItemLevels { address: MatchLevel::Exact, ..items };
                prop_assert!(rest.worst() <= MatchLevel::Folded);
            }
        }
    }
}
