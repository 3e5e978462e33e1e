//! Whether a token proves that a card of ours answered our question, here and now.

use std::sync::Arc;

use jiff::Timestamp;
use warifu_pki::{CardPurpose, CardTrust, PathError, Reason, RevocationError, VerifiedCard};

use super::AuthToken;
use super::token::signed_bytes;
use crate::revocation::Revocation;

/// What the card was asked, from the verifier's own memory.
#[derive(Debug, Clone, Copy)]
pub struct Challenge<'a> {
    /// The identity provider's own origin.
    pub origin: &'a str,
    /// The nonce of this sign-in, as text.
    pub nonce: &'a str,
    /// What is to be proven.
    pub purpose: CardPurpose,
}

/// Why a token proves nothing. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this form.
    #[error("the token has another form")]
    Format,
    /// The certificate is of no issuer of ours.
    #[error("the certificate is not of a trusted issuer")]
    Untrusted,
    /// The certificate's time has not come.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// The certificate's time is over.
    #[error("the certificate has expired")]
    Expired,
    /// A certificate of ours, but not for this purpose.
    #[error("the certificate is for another purpose")]
    WrongPurpose,
    /// The card is stopped for now.
    #[error("the card is suspended")]
    Suspended,
    /// The card will not be used again.
    #[error("the card is revoked")]
    Revoked,
    /// Nobody can say now whether the card is revoked.
    #[error("no revocation list is in force")]
    RevocationUnavailable,
    /// The signature is not the card's, or not over this origin and nonce.
    #[error("the signature does not fit")]
    Signature,
}

impl TokenError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "token.format",
            Self::Untrusted => "cert.untrusted",
            Self::NotYetValid => "cert.notyet",
            Self::Expired => "cert.expired",
            Self::WrongPurpose => "cert.purpose",
            Self::Suspended => "card.suspended",
            Self::Revoked => "card.revoked",
            Self::RevocationUnavailable => "revocation.unavailable",
            Self::Signature => "token.signature",
        }
    }
}

impl From<PathError> for TokenError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::TooLarge | PathError::Malformed => Self::Format,
            PathError::UnknownIssuer | PathError::BadSignature | PathError::IssuerNotValid => {
                Self::Untrusted
            }
            PathError::NotYetValid => Self::NotYetValid,
            PathError::Expired => Self::Expired,
            _ => Self::WrongPurpose,
        }
    }
}

impl From<RevocationError> for TokenError {
    fn from(error: RevocationError) -> Self {
        match error {
            RevocationError::Revoked { reason: Reason::CertificateHold, .. } => Self::Suspended,
            RevocationError::Revoked { .. } => Self::Revoked,
            _ => Self::RevocationUnavailable,
        }
    }
}

/// Checks tokens. The certificate's chain comes before anything else that the certificate says,
/// and nothing is ever fetched from an address it names.
pub struct Verifier {
    trust: CardTrust,
    revocation: Arc<Revocation>,
}

impl Verifier {
    pub(crate) fn new(trust: CardTrust, revocation: Arc<Revocation>) -> Self {
        Self { trust, revocation }
    }

    /// The card, if the token proves that it answered `challenge`. The caller has taken the nonce
    /// out of its memory, so that a second look fails.
    pub fn verify(
        &self,
        token: &AuthToken,
        challenge: &Challenge<'_>,
        now: Timestamp,
    ) -> Result<VerifiedCard, TokenError> {
        let certificate = token.certificate()?;
        let card = self.trust.verify(&certificate, challenge.purpose, now)?;
        self.revocation.check(&card, now)?;
        check_signature(token, &card, challenge)?;
        Ok(card)
    }
}

/// The algorithm is the key's; the token may only agree.
fn check_signature(
    token: &AuthToken,
    card: &VerifiedCard,
    challenge: &Challenge<'_>,
) -> Result<(), TokenError> {
    let algorithm = card.public_key.algorithm();
    if token.algorithm != algorithm.jws_name() {
        return Err(TokenError::Signature);
    }
    let bytes = signed_bytes(algorithm, challenge.origin, challenge.nonce);
    if card.public_key.verify_raw(&bytes, &token.signature()?) {
        Ok(())
    } else {
        Err(TokenError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CardIssuerConfig;
    use crate::revocation::{Issuer, Source};
    use crate::testing::{Card, CardKind, HOLDER, Pki, days};
    use serde_json::Value;

    const ORIGIN: &str = "https://idp.example";
    const NONCE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    struct Desk {
        pki: Pki,
        verifier: Verifier,
        issuer: Arc<Issuer>,
    }

    fn desk_without_list() -> Desk {
        let pki = Pki::new("2026-11-20T01:15:00Z".parse().unwrap());
        let issuer = pki.cards.certificate().clone();
        let trust = CardTrust::new(pki.root.certificate().clone(), vec![issuer.clone()]).unwrap();
        let config = CardIssuerConfig {
            certificate: "cards.pem".into(),
            crl: "cards.crl".into(),
            refresh_seconds: 60,
        };
        let issuer = Arc::new(Issuer::new(issuer, Source::File("cards.crl".into()), &config));
        let revocation = Arc::new(Revocation::new(vec![issuer.clone()]));
        Desk { pki, verifier: Verifier::new(trust, revocation), issuer }
    }

    fn desk() -> Desk {
        let desk = desk_without_list();
        desk.issuer.accept(&desk.pki.list(&[], 1), desk.pki.now);
        desk
    }

    impl Desk {
        fn judge(&self, token: &Value, purpose: CardPurpose) -> Result<VerifiedCard, TokenError> {
            let token = serde_json::from_value(token.clone()).unwrap();
            let challenge = Challenge { origin: ORIGIN, nonce: NONCE, purpose };
            self.verifier.verify(&token, &challenge, self.pki.now)
        }

        fn login(&self, token: &Value) -> Result<VerifiedCard, TokenError> {
            self.judge(token, CardPurpose::Authentication)
        }

        fn card(&self, kind: CardKind) -> Card {
            Card::new(&self.pki, kind, HOLDER)
        }
    }

    #[test]
    fn cards_with_p256_and_with_rsa_are_believed() {
        let desk = desk();
        for card in [desk.card(CardKind::Authentication), Card::rsa(&desk.pki)] {
            let verified = desk.login(&card.token(ORIGIN, NONCE)).unwrap();
            assert_eq!(verified.holder_reference, HOLDER);
        }
    }

    #[test]
    fn the_other_key_of_the_card_proves_presence() {
        let desk = desk();
        let token = desk.card(CardKind::Presence).token(ORIGIN, NONCE);
        assert!(desk.judge(&token, CardPurpose::Presence).is_ok());
    }

    #[test]
    fn each_key_serves_its_own_purpose_only() {
        let desk = desk();
        let tap = desk.card(CardKind::Presence).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&tap), Err(TokenError::WrongPurpose));
        let login = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        assert_eq!(desk.judge(&login, CardPurpose::Presence), Err(TokenError::WrongPurpose));
    }

    #[test]
    fn a_signature_for_another_site_or_another_question_is_worthless() {
        let desk = desk();
        let card = desk.card(CardKind::Authentication);
        for token in [
            card.token("https://idp.example.evil.example", NONCE),
            card.token("https://idp.example:443", NONCE),
            card.token(ORIGIN, "another nonce"),
            card.token(ORIGIN, ""),
        ] {
            assert_eq!(desk.login(&token), Err(TokenError::Signature));
        }
    }

    #[test]
    fn a_signature_by_another_key_is_worthless() {
        let desk = desk();
        let mut token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        let other = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        token["signature"] = other["signature"].clone();
        assert_eq!(desk.login(&token), Err(TokenError::Signature));
    }

    #[test]
    fn the_token_does_not_choose_the_algorithm() {
        let desk = desk();
        let mut token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        for algorithm in ["RS256", "ES384", "none", ""] {
            token["algorithm"] = algorithm.into();
            assert_eq!(desk.login(&token), Err(TokenError::Signature), "{algorithm}");
        }
    }

    #[test]
    fn dates_are_told_apart() {
        let desk = desk();
        let expired = Card::dated(&desk.pki, 400, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&expired), Err(TokenError::Expired));
        let early = Card::dated(&desk.pki, -3, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&early), Err(TokenError::NotYetValid));
    }

    #[test]
    fn a_card_of_another_authority_is_foreign_even_when_expired() {
        let desk = desk();
        let other = Pki::new(desk.pki.now);
        let foreign = Card::new(&other, CardKind::Authentication, HOLDER).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&foreign), Err(TokenError::Untrusted));
        let expired = Card::dated(&other, 400, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&expired), Err(TokenError::Untrusted), "the chain comes first");
    }

    #[test]
    fn revoked_and_suspended_are_told_apart() {
        let desk = desk();
        let card = desk.card(CardKind::Authentication);
        let token = card.token(ORIGIN, NONCE);
        for (number, reason, expected) in [
            (2, Reason::CertificateHold, TokenError::Suspended),
            (3, Reason::KeyCompromise, TokenError::Revoked),
        ] {
            let list = desk.pki.list(&[(&card.certificate, reason)], number);
            desk.issuer.accept(&list, desk.pki.now);
            assert_eq!(desk.login(&token), Err(expected));
        }
        desk.issuer.accept(&desk.pki.list(&[], 4), desk.pki.now);
        assert!(desk.login(&token).is_ok(), "a lifted suspension lets the card in again");
    }

    #[test]
    fn without_a_list_in_force_no_card_is_good() {
        let mut desk = desk_without_list();
        let token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&token), Err(TokenError::RevocationUnavailable));
        desk.issuer.accept(&desk.pki.list(&[], 1), desk.pki.now);
        assert!(desk.login(&token).is_ok());
        desk.pki.now += days(2);
        assert_eq!(desk.login(&token), Err(TokenError::RevocationUnavailable));
    }

    #[test]
    fn rubbish_is_refused_before_anything_is_parsed() {
        let desk = desk();
        let mut token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        token["format"] = "web-eid:2".into();
        assert_eq!(desk.login(&token), Err(TokenError::Format));
        token["format"] = "web-eid:1.0".into();
        for certificate in ["", "AAAA", "not base64!"] {
            token["unverifiedCertificate"] = certificate.into();
            assert_eq!(desk.login(&token), Err(TokenError::Format), "{certificate}");
        }
    }
}
