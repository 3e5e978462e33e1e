//! The office's work: issuing certificates to parties and cards, and revoking cards.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{
    Authority, Certificate, IssueError, PossessionProof, Profile, PublicKey, Reason, Subject,
    Validity,
};
use warifu_service::storage::{Migrations, Transaction};
use warifu_service::{Database, Surroundings};

use crate::card::{CardId, CardNumber, CardRecord};
use crate::folder::{self, Authorities};
use crate::http::Served;
use crate::store::{self, CardRow, Event, Owner, SealedHolder};
use crate::{CaConfig, CardState, OfficeError};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

const HOLDER_DIGITS: usize = 32;
/// The chance that one number is taken is one in a billion with a million cards.
const NUMBER_ATTEMPTS: usize = 8;

/// The card office. Cheap to clone; all clones are the same office.
#[derive(Clone)]
pub struct CardOffice {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: CaConfig,
    pub(crate) authorities: Authorities,
    pub(crate) database: Database,
    pub(crate) surroundings: Surroundings,
    pub(crate) served: Served,
}

/// What is needed for a new card.
#[derive(Debug, Clone)]
pub struct NewCard {
    /// Whom the card stands for: 32 lower-case hexadecimal digits, random.
    pub holder_reference: String,
    /// Proof of the key in slot 9A, made for the holder reference.
    pub authentication: PossessionProof,
    /// Proof of the key in slot 9E, made for the holder reference.
    pub presence: PossessionProof,
    /// How long the certificates are valid from now; `None` for what the configuration says.
    pub validity: Option<SignedDuration>,
}

/// A card that was issued, ready to be written onto it.
#[derive(Debug, Clone)]
pub struct IssuedCard {
    /// The number to be printed.
    pub number: CardNumber,
    /// The certificate for slot 9A.
    pub authentication: Certificate,
    /// The certificate for slot 9E.
    pub presence: Certificate,
}

/// A party's certificate.
#[derive(Debug, Clone)]
pub struct PartyCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// PEM: the certificate, then its issuer's; what a TLS server or client shows.
    pub chain_pem: String,
}

/// What came of a revocation.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The card, as it stands now.
    pub card: CardRecord,
    /// The number of the list that says so.
    pub list_number: u64,
}

impl CardOffice {
    /// Opens the office: reads the folder, brings the database up to date, and sees to it that a
    /// revocation list is in force.
    pub async fn open(config: CaConfig, surroundings: Surroundings) -> Result<Self, OfficeError> {
        let authorities = folder::load(&config.folder, &config.publication)?;
        let migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };
        let database = Database::open(&config.database, migrations).await?;
        let served = Served::default();
        let inner = Inner { config, authorities, database, surroundings, served };
        let office = Self { inner: Arc::new(inner) };
        office.publish_if_due().await?;
        Ok(office)
    }

    /// Issues the certificate of a party, reached under these host names or addresses. The proof is
    /// made for the party's name.
    pub async fn issue_party_certificate(
        &self,
        name: &str,
        hosts: &[&str],
        proof: &PossessionProof,
    ) -> Result<PartyCertificate, OfficeError> {
        let key = proof.verify(name)?;
        let subject = Subject::party(name, hosts).map_err(IssueError::from)?;
        let services = &self.inner.authorities.services;
        let lifetime = self.inner.config.validity.of_party();
        let certificate = self.sign(services, &Profile::PARTY, &subject, &key, lifetime)?;

        let mut transaction = self.begin().await?;
        let owner = Owner::Party(name);
        self.record(&mut transaction, &certificate, &Profile::PARTY, owner, &key).await?;
        transaction.commit().await?;
        let chain_pem = certificate.pem() + &services.certificate().pem();
        Ok(PartyCertificate { certificate, chain_pem })
    }

    /// Issues a card: a number and the certificates of its two slots.
    pub async fn issue_card(&self, card: &NewCard) -> Result<IssuedCard, OfficeError> {
        let holder = card.holder_reference.as_str();
        require_holder_reference(holder)?;
        let keys = [card.authentication.verify(holder)?, card.presence.verify(holder)?];
        let lifetime = card.validity.unwrap_or_else(|| self.inner.config.validity.of_card());
        let subject = Subject::named(holder);
        let cards = &self.inner.authorities.cards;
        let [first, second] = &keys;
        let authentication =
            self.sign(cards, &Profile::CARD_AUTHENTICATION, &subject, first, lifetime)?;
        let presence = self.sign(cards, &Profile::CARD_PRESENCE, &subject, second, lifetime)?;

        let mut transaction = self.begin().await?;
        let number = self.number(&mut transaction, holder).await?;
        let owner = Owner::Card(&number);
        let slots = [
            (&authentication, &Profile::CARD_AUTHENTICATION, first),
            (&presence, &Profile::CARD_PRESENCE, second),
        ];
        for (certificate, profile, key) in slots {
            self.record(&mut transaction, certificate, profile, owner, key).await?;
        }
        let surroundings = &self.inner.surroundings;
        store::insert_event(&mut transaction, Event::CardIssued, owner, surroundings).await?;
        transaction.commit().await?;
        Ok(IssuedCard { number, authentication, presence })
    }

    /// Revokes a card with all its certificates and publishes the list that says so.
    ///
    /// To repeat it does no harm: the first reason stands. If publishing fails the card is revoked
    /// nevertheless, and whichever office runs publishes it as soon as it can.
    pub async fn revoke_card(&self, id: &CardId, why: Reason) -> Result<Revocation, OfficeError> {
        if matches!(why, Reason::CertificateHold | Reason::CaCompromise) {
            return Err(OfficeError::Reason);
        }
        let row = store::card(&self.inner.database, id).await?.ok_or(OfficeError::UnknownCard)?;
        let number = row.number()?;
        let surroundings = &self.inner.surroundings;
        let mut transaction = self.begin().await?;
        if store::revoke(&mut transaction, &number, surroundings.now(), why).await? {
            let (event, owner) = (Event::CardRevoked(why), Owner::Card(&number));
            store::insert_event(&mut transaction, event, owner, surroundings).await?;
        }
        transaction.commit().await?;
        let list_number = self.publish_if_due().await?;
        let card = self.card(&CardId::Number(number)).await?.ok_or(OfficeError::UnknownCard)?;
        Ok(Revocation { card, list_number })
    }

    /// Finds a card.
    pub async fn card(&self, id: &CardId) -> Result<Option<CardRecord>, OfficeError> {
        match store::card(&self.inner.database, id).await? {
            Some(row) => self.card_record(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// All cards that stand for a holder, oldest first.
    pub async fn cards_of(&self, holder_reference: &str) -> Result<Vec<CardRecord>, OfficeError> {
        let lookup = self.lookup(holder_reference);
        let mut cards = Vec::new();
        for row in store::cards_of(&self.inner.database, &lookup).await? {
            cards.push(self.card_record(row).await?);
        }
        Ok(cards)
    }

    /// The root's certificate: where all trust begins.
    pub fn root(&self) -> &Certificate {
        &self.inner.authorities.root
    }

    /// The certificate of the authority that issues cards.
    pub fn cards_authority(&self) -> &Certificate {
        self.inner.authorities.cards.certificate()
    }

    /// The certificate of the authority that issues the parties' certificates.
    pub fn services_authority(&self) -> &Certificate {
        self.inner.authorities.services.certificate()
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, OfficeError> {
        Ok(self.inner.database.begin().await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.surroundings.now()
    }

    fn sign(
        &self,
        authority: &Authority,
        profile: &Profile,
        subject: &Subject,
        key: &PublicKey,
        lifetime: SignedDuration,
    ) -> Result<Certificate, OfficeError> {
        let validity = Validity::lasting(self.now(), lifetime);
        let entropy = self.inner.surroundings.entropy.as_ref();
        Ok(authority.issue(profile, subject, key, validity, entropy)?)
    }

    /// Nothing that was signed leaves the office before this is committed.
    async fn record(
        &self,
        transaction: &mut Transaction,
        certificate: &Certificate,
        profile: &Profile,
        owner: Owner<'_>,
        key: &PublicKey,
    ) -> Result<(), OfficeError> {
        store::insert_certificate(transaction, certificate, profile, owner, key).await?;
        let event = Event::CertificateIssued(certificate);
        store::insert_event(transaction, event, owner, &self.inner.surroundings).await
    }

    async fn number(
        &self,
        transaction: &mut Transaction,
        holder: &str,
    ) -> Result<CardNumber, OfficeError> {
        for _ in 0..NUMBER_ATTEMPTS {
            let number = CardNumber::random(self.inner.surroundings.entropy.as_ref());
            let sealed = self.seal(&number, holder);
            if store::insert_card(transaction, &number, &sealed, self.now()).await? {
                return Ok(number);
            }
        }
        Err(OfficeError::Contention)
    }

    fn seal(&self, number: &CardNumber, holder: &str) -> SealedHolder {
        let ring = &self.inner.authorities.seal;
        let entropy = self.inner.surroundings.entropy.as_ref();
        let sealed = ring.seal(&place(number.as_str()), holder.as_bytes(), entropy);
        SealedHolder { sealed, lookup: self.lookup(holder) }
    }

    fn lookup(&self, holder: &str) -> Vec<u8> {
        self.inner.authorities.seal.lookup("cards.holder", holder.as_bytes()).to_vec()
    }

    async fn card_record(&self, row: CardRow) -> Result<CardRecord, OfficeError> {
        let ring = &self.inner.authorities.seal;
        Ok(CardRecord {
            holder_reference: ring.open_text(&place(&row.number), &row.holder)?,
            serials: store::serials(&self.inner.database, &row.number).await?,
            state: row.state()?,
            issued_at: row.issued_at(),
            number: row.number()?,
        })
    }
}

impl CardRecord {
    /// Whether the card may be used, as far as the office knows.
    pub fn is_in_use(&self) -> bool {
        self.state == CardState::Issued
    }
}

impl std::fmt::Debug for CardOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardOffice").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

/// Where a holder reference is sealed: it opens in no other row.
fn place(number: &str) -> Vec<u8> {
    format!("cards/holder/{number}").into_bytes()
}

fn require_holder_reference(text: &str) -> Result<(), OfficeError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == HOLDER_DIGITS && text.bytes().all(is_digit) {
        return Ok(());
    }
    Err(OfficeError::HolderReference)
}

#[cfg(test)]
mod tests;
