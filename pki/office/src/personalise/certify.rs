//! The certificates of a card, on hold, and the record of the attempt they belong to.

use data_encoding::{BASE64, HEXLOWER};
use jiff::SignedDuration;
use warifu_ca::{CertificateOrder, Owner};
use warifu_card::TransportCode;
use warifu_card::personalise::{ManagementAlgorithm, ManagementKey};
use warifu_card::piv::Guid;
use warifu_contract::card_office::CardKind;
use warifu_pki::{Certificate, PossessionProof, Profile, PublicKey, Subject};

use super::writer::CardSecrets;
use super::{CardCertificates, CardProofs};
use crate::OfficeError;
use crate::life::Refusal;
use crate::office::{CardOffice, Change, File};
use crate::store::{Attempt, AttemptState, Made, MadeKey, Store};

/// A certificate to be made for a slot.
struct Slot {
    profile: &'static Profile,
    key: PublicKey,
}

impl CardOffice {
    /// Certifies the keys, on hold, and notes the attempt. The letter's code is in the records from
    /// here on, before it is on the card.
    pub(super) async fn certify(
        &self,
        change: &mut Change,
        file: &File,
        guid: Option<Guid>,
        proofs: &CardProofs,
    ) -> Result<(Attempt, CardCertificates), OfficeError> {
        let holder = file.row.holder.as_deref().ok_or(Refusal::Impossible)?;
        let (first, second) = slots(file.row.kind, holder, proofs)?;
        let last = self.store().last_attempt(&file.row.id).await?;
        let number = last.map_or(1, |last| last.number + 1);
        let owner = Store::owner(&file.row.id, number);
        let authentication = self.certificate(change, file, &owner, &first).await?;
        let presence = match &second {
            Some(slot) => Some(self.certificate(change, file, &owner, slot).await?),
            None => None,
        };
        let entropy = self.surroundings().entropy.as_ref();
        let code = TransportCode::random(&mut |bytes| entropy.fill(bytes))?;
        let made = Made {
            guid: guid.map(|guid| HEXLOWER.encode(&guid.0)),
            code: code.digits().to_owned(),
            expires_at: authentication.not_after(),
            presence: second.as_ref().zip(presence.as_ref()).map(|(slot, one)| slot.made(one)),
            authentication: first.made(&authentication),
        };
        let state = AttemptState::Certified;
        let attempt = Attempt { card: file.row.id.clone(), number, owner, state, made };
        self.store().insert_attempt(&mut change.transaction, &attempt, change.now).await?;
        Ok((attempt, CardCertificates { authentication, presence }))
    }

    async fn certificate(
        &self,
        change: &mut Change,
        file: &File,
        owner: &str,
        slot: &Slot,
    ) -> Result<Certificate, OfficeError> {
        let holder = file.row.holder.as_deref().ok_or(Refusal::Impossible)?;
        let order = CertificateOrder {
            profile: slot.profile,
            subject: &Subject::named(holder),
            key: &slot.key,
            owner: Owner::Card(owner),
            lifetime: self.lifetime_of(file.row.kind),
            held: true,
        };
        change.touch_certificates();
        Ok(self.ca().certify(&mut change.transaction, &order).await?)
    }

    fn lifetime_of(&self, kind: CardKind) -> SignedDuration {
        let lifetimes = self.settings().lifetimes;
        match kind {
            CardKind::Resident => lifetimes.resident(),
            CardKind::Staff => lifetimes.staff(),
        }
    }

    /// What the card of an attempt is locked with.
    pub(super) fn card_secrets(&self, attempt: &Attempt) -> Result<CardSecrets, OfficeError> {
        let corrupt = || OfficeError::record("office_personalisations", &attempt.owner);
        let guid = attempt.made.guid.as_deref().ok_or_else(corrupt)?;
        let guid = HEXLOWER.decode(guid.as_bytes()).map_err(|_| corrupt())?;
        let guid = Guid(guid.try_into().map_err(|_| corrupt())?);
        Ok(CardSecrets { own: self.management_key(&guid)?, guid, code: super::code_of(attempt)? })
    }

    /// The management key of the card with that GUID: made anew each time, kept nowhere.
    pub(super) fn management_key(&self, guid: &Guid) -> Result<ManagementKey, OfficeError> {
        let bytes = self.inner.master.management_key(&guid.0);
        ManagementKey::new(ManagementAlgorithm::Aes256, &bytes)
            .map_err(|_| OfficeError::record("files", "card-master.key"))
    }
}

impl Slot {
    fn made(&self, certificate: &Certificate) -> MadeKey {
        MadeKey {
            public_key: BASE64.encode(self.key.der()),
            certificate: BASE64.encode(certificate.der()),
        }
    }
}

/// A resident's card has a key that signs without a PIN, for the clinic's desk; nobody taps a staff
/// card there, so it has none.
fn slots(
    kind: CardKind,
    holder: &str,
    proofs: &CardProofs,
) -> Result<(Slot, Option<Slot>), OfficeError> {
    let slot = |profile, proof: &PossessionProof| {
        Ok::<_, OfficeError>(Slot { profile, key: proof.verify(holder)? })
    };
    match (kind, &proofs.presence) {
        (CardKind::Resident, Some(presence)) => Ok((
            slot(&Profile::CARD_AUTHENTICATION, &proofs.authentication)?,
            Some(slot(&Profile::CARD_PRESENCE, presence)?),
        )),
        (CardKind::Staff, None) => {
            Ok((slot(&Profile::STAFF_AUTHENTICATION, &proofs.authentication)?, None))
        }
        _ => Err(OfficeError::Slots),
    }
}
