//! What the card software is asked to do: it waits for a card that can do one of these.

use serde::Serialize;
use warifu_pki::CardApplication;
use warifu_service::words::Voice;

use crate::assurance::Level;
use crate::config::IdpConfig;
use crate::store::Task;

/// A way in which a card answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// Key 9A of a PIV card, after its PIN.
    PivPin,
    /// Key 9E of a PIV card.
    PivPresence,
    /// The authentication key of an individual number card, after its PIN.
    JpkiPin,
    /// The MAC of a FeliCa Lite-S card; its PIN is asked for here.
    Felica,
    /// The number that every reader sees of a FeliCa card; nothing is proved by it.
    FelicaIdm,
}

/// The key of a sentence, or of its sibling where it must name other cards besides the card office's.
pub(crate) fn key(methods: &[Method], key: &str, voice: Voice<'_>) -> String {
    let sibling = |(method, name)| methods.contains(method).then(|| format!("{key}-{name}"));
    [(&Method::Felica, "felica"), (&Method::JpkiPin, "jpki")]
        .into_iter()
        .filter_map(sibling)
        .find(|key| voice.knows(key))
        .unwrap_or_else(|| key.to_owned())
}

/// The ways that will do for a task at a level, the surest first; never none.
pub(crate) fn methods(config: &IdpConfig, task: Task, level: Level) -> Vec<Method> {
    match task {
        Task::Activate => vec![Method::PivPin],
        Task::AddCard => of_others(config),
        Task::SignIn => sign_in(config, level),
    }
}

fn sign_in(config: &IdpConfig, level: Level) -> Vec<Method> {
    if level == Level::Identifier {
        return vec![Method::FelicaIdm];
    }
    let of_a_person = level.is_of_a_person();
    let first = if of_a_person { Method::PivPin } else { Method::PivPresence };
    let jpki = (of_a_person && has_jpki(config, level)).then_some(Method::JpkiPin);
    let felica = (level < Level::High && config.felica.is_some()).then_some(Method::Felica);
    [Some(first), jpki, felica].into_iter().flatten().collect()
}

/// Whether individual number cards count for that much.
fn has_jpki(config: &IdpConfig, level: Level) -> bool {
    let mut schemes = config.cards.schemes.iter();
    schemes.any(|scheme| {
        scheme.application == CardApplication::Jpki && Level::from(scheme.level) >= level
    })
}

/// The ways of the cards that others issue.
fn of_others(config: &IdpConfig) -> Vec<Method> {
    let has =
        |application| config.cards.schemes.iter().any(|scheme| scheme.application == application);
    let jpki = has(CardApplication::Jpki).then_some(Method::JpkiPin);
    let piv = (has(CardApplication::Piv) || jpki.is_none()).then_some(Method::PivPin);
    [piv, jpki].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::Method::{Felica, FelicaIdm, JpkiPin, PivPin, PivPresence};
    use super::*;
    use crate::testing::{Rig, masters};
    use std::collections::BTreeMap;
    use warifu_pki::{CardLevel, CardScheme, CertificateRequirement, HolderRule};

    fn scheme(application: CardApplication, level: CardLevel) -> CardScheme {
        CardScheme {
            id: "other".into(),
            application,
            roots: Vec::new(),
            issuers: Vec::new(),
            authentication: CertificateRequirement::default(),
            presence: None,
            keys: Vec::new(),
            crls: BTreeMap::new(),
            holder: HolderRule::Enrolled,
            level,
        }
    }

    #[tokio::test]
    async fn each_level_asks_for_the_cards_that_will_do() {
        let rig = Rig::new().await;
        let mut config = rig.config.clone();
        let asked = |config: &IdpConfig, level| methods(config, Task::SignIn, level);
        assert_eq!(asked(&config, Level::High), [PivPin]);
        assert_eq!(asked(&config, Level::Presence), [PivPresence]);
        config.felica = Some(masters(rig.folder.path(), &[1]));
        config.cards.schemes = vec![scheme(CardApplication::Jpki, CardLevel::High)];
        assert_eq!(asked(&config, Level::High), [PivPin, JpkiPin]);
        assert_eq!(asked(&config, Level::Substantial), [PivPin, JpkiPin, Felica]);
        assert_eq!(asked(&config, Level::Presence), [PivPresence, Felica]);
        assert_eq!(asked(&config, Level::Identifier), [FelicaIdm]);
        config.cards.schemes = vec![scheme(CardApplication::Jpki, CardLevel::Substantial)];
        assert_eq!(asked(&config, Level::High), [PivPin]);
        assert_eq!(methods(&config, Task::Activate, Level::High), [PivPin]);
    }

    #[tokio::test]
    async fn a_card_to_add_is_of_a_kind_that_others_issue() {
        let mut config = Rig::new().await.config.clone();
        let add = |config: &IdpConfig| methods(config, Task::AddCard, Level::Substantial);
        assert_eq!(add(&config), [PivPin]);
        config.cards.schemes = vec![scheme(CardApplication::Jpki, CardLevel::High)];
        assert_eq!(add(&config), [JpkiPin]);
        config.cards.schemes.push(scheme(CardApplication::Piv, CardLevel::High));
        assert_eq!(add(&config), [PivPin, JpkiPin]);
    }
}
