//! Whether a token proves that a card of ours answered our question, here and now.

use jiff::Timestamp;
use warifu_pki::{CardPurpose, PathError, Reason, RevocationError, VerifiedCard};

use super::AuthToken;
use super::token::{MOST_CERTIFICATE_BYTES, signed_bytes};
use crate::trust::Believed;

/// What the card was asked, from the verifier's own memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Challenge<'a> {
    /// The identity provider's own origin.
    pub(crate) origin: &'a str,
    /// The nonce of this sign-in, as text.
    pub(crate) nonce: &'a str,
    /// What is to be proven.
    pub(crate) purpose: CardPurpose,
}

/// Why a token proves nothing. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
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
    /// The card waits for its holder to put it into use.
    #[error("the card awaits activation")]
    NotActivated,
    /// Nobody can say now whether the card is revoked.
    #[error("no revocation list is in force")]
    RevocationUnavailable,
    /// The signature is not the card's, or not over this origin and nonce.
    #[error("the signature does not fit")]
    Signature,
}

impl TokenError {
    /// The stable code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Format => "token.format",
            Self::Untrusted => "cert.untrusted",
            Self::NotYetValid => "cert.notyet",
            Self::Expired => "cert.expired",
            Self::WrongPurpose => "cert.purpose",
            Self::Suspended => "card.suspended",
            Self::Revoked => "card.revoked",
            Self::NotActivated => "card.not-activated",
            Self::RevocationUnavailable => "revocation.unavailable",
            Self::Signature => "token.signature",
        }
    }
}

impl From<PathError> for TokenError {
    fn from(error: PathError) -> Self {
        match error.code() {
            "card.malformed" => Self::Format,
            "card.not-yet-valid" => Self::NotYetValid,
            "card.expired" => Self::Expired,
            "card.wrong-profile" => Self::WrongPurpose,
            _ => Self::Untrusted,
        }
    }
}

impl From<RevocationError> for TokenError {
    fn from(error: RevocationError) -> Self {
        match error {
            RevocationError::Revoked { reason: Reason::CertificateHold, .. } => Self::Suspended,
            RevocationError::Revoked { .. } => Self::Revoked,
            RevocationError::IssuerRevoked { .. } => Self::Untrusted,
            _ => Self::RevocationUnavailable,
        }
    }
}

/// A card that answered our question, and what the revocation lists say of it.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) card: VerifiedCard,
    pub(crate) standing: Result<(), RevocationError>,
}

/// The card, if the token proves that it answered `challenge`. The caller has taken the nonce out of
/// its memory, so that a second look fails.
///
/// The certificate's chain comes before anything else that the certificate says, and nothing is
/// ever fetched from an address it names.
pub(crate) fn verify(
    believed: &Believed,
    token: &AuthToken,
    challenge: &Challenge<'_>,
    now: Timestamp,
) -> Result<Proof, TokenError> {
    let certificate = token.certificate()?;
    let card = believed.verify(&certificate, challenge.purpose, now)?;
    check_signature(token, &card, challenge)?;
    Ok(Proof { standing: believed.standing(&card, now), card })
}

/// The card of a certificate (DER) whose key was proven to us in a TLS handshake, which no other
/// server could have passed on.
pub(crate) fn verify_held(
    believed: &Believed,
    certificate: &[u8],
    purpose: CardPurpose,
    now: Timestamp,
) -> Result<Proof, TokenError> {
    if certificate.len() > MOST_CERTIFICATE_BYTES {
        return Err(TokenError::Format);
    }
    let card = believed.verify(certificate, purpose, now)?;
    Ok(Proof { standing: believed.standing(&card, now), card })
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
    use crate::testing::{Card, CardKind, HOLDER, Pki, Rig};
    use jiff::SignedDuration;
    use serde_json::Value;

    const ORIGIN: &str = "https://idp.example";
    const NONCE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    struct Desk(Rig);

    async fn desk() -> Desk {
        Desk(Rig::new().await)
    }

    impl Desk {
        fn prove(&self, token: &Value, purpose: CardPurpose) -> Result<Proof, TokenError> {
            let token = serde_json::from_value(token.clone()).unwrap();
            let challenge = Challenge { origin: ORIGIN, nonce: NONCE, purpose };
            verify(&self.0.centre().trust.believed(), &token, &challenge, self.0.now())
        }

        fn judge(&self, token: &Value, purpose: CardPurpose) -> Result<VerifiedCard, TokenError> {
            let proof = self.prove(token, purpose)?;
            Ok(proof.standing.map(|()| proof.card)?)
        }

        fn login(&self, token: &Value) -> Result<VerifiedCard, TokenError> {
            self.judge(token, CardPurpose::Authentication)
        }

        fn card(&self, kind: CardKind) -> Card {
            Card::new(&self.0.pki, kind, HOLDER)
        }
    }

    #[tokio::test]
    async fn cards_with_p256_and_with_rsa_are_believed() {
        let desk = desk().await;
        for card in [desk.card(CardKind::Authentication), Card::rsa(&desk.0.pki)] {
            let verified = desk.login(&card.token(ORIGIN, NONCE)).unwrap();
            assert_eq!(verified.holder, HOLDER);
        }
    }

    #[tokio::test]
    async fn the_other_key_of_the_card_proves_presence() {
        let desk = desk().await;
        let token = desk.card(CardKind::Presence).token(ORIGIN, NONCE);
        assert!(desk.judge(&token, CardPurpose::Presence).is_ok());
    }

    #[tokio::test]
    async fn each_key_serves_its_own_purpose_only() {
        let desk = desk().await;
        let tap = desk.card(CardKind::Presence).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&tap), Err(TokenError::WrongPurpose));
        let login = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        assert_eq!(desk.judge(&login, CardPurpose::Presence), Err(TokenError::WrongPurpose));
    }

    #[tokio::test]
    async fn a_signature_for_another_site_or_another_question_is_worthless() {
        let desk = desk().await;
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

    #[tokio::test]
    async fn a_signature_by_another_key_is_worthless() {
        let desk = desk().await;
        let mut token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        let other = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        token["signature"] = other["signature"].clone();
        assert_eq!(desk.login(&token), Err(TokenError::Signature));
    }

    #[tokio::test]
    async fn the_token_does_not_choose_the_algorithm() {
        let desk = desk().await;
        let mut token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        for algorithm in ["RS256", "ES384", "none", ""] {
            token["algorithm"] = algorithm.into();
            assert_eq!(desk.login(&token), Err(TokenError::Signature), "{algorithm}");
        }
    }

    #[tokio::test]
    async fn dates_are_told_apart() {
        let desk = desk().await;
        let expired = Card::dated(&desk.0.pki, 400, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&expired), Err(TokenError::Expired));
        let early = Card::dated(&desk.0.pki, -3, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&early), Err(TokenError::NotYetValid));
    }

    #[tokio::test]
    async fn a_card_of_another_authority_is_foreign_even_when_expired() {
        let desk = desk().await;
        let other = Pki::new(desk.0.pki.now);
        let foreign = Card::new(&other, CardKind::Authentication, HOLDER).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&foreign), Err(TokenError::Untrusted));
        let expired = Card::dated(&other, 400, 365).token(ORIGIN, NONCE);
        assert_eq!(desk.login(&expired), Err(TokenError::Untrusted), "the chain comes first");
    }

    #[tokio::test]
    async fn revoked_and_suspended_are_told_apart() {
        let desk = desk().await;
        let card = desk.card(CardKind::Authentication);
        let token = card.token(ORIGIN, NONCE);
        for (number, reason, expected) in [
            (2, Reason::CertificateHold, TokenError::Suspended),
            (3, Reason::KeyCompromise, TokenError::Revoked),
        ] {
            desk.0.publish(&desk.0.pki.list(&[(&card.certificate, reason)], number)).await;
            assert_eq!(desk.login(&token), Err(expected));
        }
        desk.0.publish(&desk.0.pki.list(&[], 4)).await;
        assert!(desk.login(&token).is_ok(), "a lifted suspension lets the card in again");
    }

    #[tokio::test]
    async fn a_wrong_signature_learns_nothing_of_the_card() {
        let desk = desk().await;
        let card = desk.card(CardKind::Authentication);
        let lost = [(&card.certificate, Reason::KeyCompromise)];
        desk.0.publish(&desk.0.pki.list(&lost, 2)).await;
        let forged = card.token(ORIGIN, "another nonce");
        assert_eq!(desk.login(&forged), Err(TokenError::Signature));
    }

    #[tokio::test]
    async fn a_list_that_is_over_vouches_for_nobody() {
        let desk = desk().await;
        let token = desk.card(CardKind::Authentication).token(ORIGIN, NONCE);
        assert!(desk.login(&token).is_ok());
        desk.0.clock.advance(SignedDuration::from_hours(25));
        assert_eq!(desk.login(&token), Err(TokenError::RevocationUnavailable));
    }

    #[tokio::test]
    async fn rubbish_is_refused_before_anything_is_parsed() {
        let desk = desk().await;
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
