//! Cards as Japan's public certification service for individuals (JPKI) issues them: an authority that
//! is none of the consortium's, and one card of it. Its holder adds it beside the own card.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use warifu_card::virtual_card::VirtualJpki;
use warifu_card::{Pin, PinForm};
use warifu_pki::{
    Authority, CardApplication, CardLevel, CardScheme, CertificateRequirement, FileKey, HolderRule,
    KeyAlgorithm, Lists, Profile, Publication, Subject, Validity, crl,
};
use warifu_service::Surroundings;

use super::folder::{Folder, Member};

/// The PIN of the card, which has four digits.
pub const PIN: &str = "1234";

/// Where its certificates say that its list is. Nothing is fetched from there: the identity provider
/// is given the list as a file.
const LIST: &str = "http://crl.jpki.example/authentication.crl";
/// Its policies are numbered beside the consortium's, under the arc for documentation (RFC 5612).
const POLICIES: &str = "1.3.6.1.4.1.32473.2";
/// The policy of certificates for user authentication, the first under the arc.
const AUTHENTICATION: &str = "1.3.6.1.4.1.32473.2.1";

const ROOT_FILE: &str = "jpki-root.pem";
const ISSUER_FILE: &str = "jpki-cards.pem";
const LIST_FILE: &str = "jpki.crl";

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// The authority.
pub struct Jpki<'a> {
    folder: &'a Folder,
    surroundings: &'a Surroundings,
    cards: Authority,
}

impl<'a> Jpki<'a> {
    /// Founds the authority, and gives the identity provider its certificates and its list, on which
    /// nothing stands.
    pub fn found(folder: &'a Folder, surroundings: &'a Surroundings) -> anyhow::Result<Self> {
        let (now, entropy) = (surroundings.now(), surroundings.entropy.as_ref());
        let lasting = Validity::lasting(now, YEAR * 10);
        let key = || FileKey::generate(KeyAlgorithm::P256).map(Arc::new);
        let of_root =
            Publication { policies: POLICIES.to_owned().try_into()?, ..Publication::default() };
        let of_cards = Publication { lists: Lists::One(LIST.to_owned()), ..of_root.clone() };
        let signer = key()?;
        let root =
            Authority::self_signed_root("Sample JPKI root", signer.clone(), lasting, entropy)?;
        let root = Authority::new(root.certificate().clone(), signer, of_root)?;
        let profile = &Profile::CARDS_AUTHORITY;
        let cards = root.issue_ca(profile, "Sample JPKI", key()?, of_cards, lasting, entropy)?;
        let list = crl::build(&cards, LIST, &[], 1, now, now + YEAR * 5)?;
        let file = |name| folder.of(Member::Idp, name);
        std::fs::write(file(ROOT_FILE), root.certificate().pem())?;
        std::fs::write(file(ISSUER_FILE), cards.certificate().pem())?;
        std::fs::write(file(LIST_FILE), list)?;
        Ok(Self { folder, surroundings, cards })
    }

    /// Makes a card and writes it into the drawer.
    pub fn card(&self, name: &str) -> anyhow::Result<()> {
        let key = FileKey::generate(KeyAlgorithm::Rsa2048)?;
        let certificate = self.cards.issue(
            &Profile::CARD_AUTHENTICATION,
            &Subject::named(self.surroundings.hex(16)),
            key.public_key(),
            Validity::lasting(self.surroundings.now(), YEAR * 5),
            self.surroundings.entropy.as_ref(),
        )?;
        let pin = Pin::of(PinForm::Jpki, PIN)?;
        let card = VirtualJpki::new(&pin, key.private_key_pem()?.as_bytes(), certificate.der())?;
        let card = card.kept_in(&self.folder.card(name));
        card.map(drop).with_context(|| format!("cannot write the card {name}"))
    }
}

impl Folder {
    /// What the identity provider is told of these cards.
    pub fn jpki_scheme(&self) -> anyhow::Result<CardScheme> {
        let file = |name: &str| -> PathBuf { self.of(Member::Idp, name) };
        let list = file(LIST_FILE).to_str().context("the folder's name cannot be used")?.to_owned();
        Ok(CardScheme {
            id: "jpki".to_owned(),
            application: CardApplication::Jpki,
            roots: vec![file(ROOT_FILE)],
            issuers: vec![file(ISSUER_FILE)],
            authentication: CertificateRequirement {
                purposes: Vec::new(),
                policies: vec![AUTHENTICATION.to_owned().try_into()?],
            },
            presence: None,
            keys: vec![KeyAlgorithm::Rsa2048],
            crls: [(LIST.to_owned(), list)].into(),
            holder: HolderRule::Enrolled,
            level: CardLevel::High,
        })
    }
}

#[cfg(test)]
mod tests {
    use warifu_pki::{PolicyArc, PolicyKind};

    use super::*;

    #[test]
    fn the_identity_provider_asks_for_the_policy_that_the_cards_have() {
        let arc: PolicyArc = POLICIES.to_owned().try_into().unwrap();
        assert_eq!(arc.id(PolicyKind::CardAuthentication).to_string(), AUTHENTICATION);
        assert_ne!(arc, PolicyArc::default(), "its own");
    }
}
