//! Certificates from issue to revocation: signed and recorded in the caller's transaction, so that
//! whatever they belong to changes with them or not at all.

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{
    Certificate, IssueError, PossessionProof, Profile, PublicKey, Reason, Subject, Validity,
};
use warifu_service::storage::Transaction;

use crate::folder::Issuing;
use crate::store::{self, Event, Issued};
use crate::{Branch, Ca, CaError};

/// A certificate to be made.
#[derive(Debug, Clone, Copy)]
pub struct CertificateOrder<'a> {
    /// Its kind, which also says who issues it.
    pub profile: &'static Profile,
    /// Whom it is for.
    pub subject: &'a Subject,
    /// The key, whose possession was proved to the caller.
    pub key: &'a PublicKey,
    /// To whom it belongs.
    pub owner: Owner<'a>,
    /// How long it is valid from now.
    pub lifetime: SignedDuration,
    /// Whether it is born on hold and opens nothing until it is released.
    pub held: bool,
}

/// To whom a certificate belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A card, under whatever key its keeper knows it by.
    Card(&'a str),
    /// A party, by its name.
    Party(&'a str),
    /// The authority itself: its OCSP signer.
    Authority,
}

impl<'a> Owner<'a> {
    pub(crate) fn card(self) -> Option<&'a str> {
        if let Self::Card(card) = self { Some(card) } else { None }
    }

    pub(crate) fn party(self) -> Option<&'a str> {
        if let Self::Party(name) = self { Some(name) } else { None }
    }
}

/// Whether a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateState {
    /// It does, while its validity lasts.
    Valid,
    /// Not for the time being.
    Held {
        /// Since when.
        since: Timestamp,
    },
    /// Never again.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
}

/// A certificate as the records know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRecord {
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
    /// The name of its profile.
    pub profile: String,
    /// The first second of validity.
    pub not_before: Timestamp,
    /// The last second of validity.
    pub not_after: Timestamp,
    /// Whether it counts.
    pub state: CertificateState,
}

/// A party's certificate.
#[derive(Debug, Clone)]
pub struct PartyCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// PEM: the certificate, then its issuer's; what a TLS server or client shows.
    pub chain_pem: String,
}

impl Ca {
    /// Signs a certificate and records it. It must not leave the house before the transaction is
    /// committed; one born on hold, or whose transaction is undone, opens nothing.
    pub async fn certify(
        &self,
        on: &mut Transaction,
        order: &CertificateOrder<'_>,
    ) -> Result<Certificate, CaError> {
        let branch = Branch::issuing(order.profile);
        let branch = branch.ok_or(CaError::Profile(order.profile.name()))?;
        let authorities = self.authorities();
        self.certify_under(authorities.in_use(branch, self.now())?, on, order).await
    }

    /// The same under one authority, announced or in use.
    pub(crate) async fn certify_under(
        &self,
        issuing: &Issuing,
        on: &mut Transaction,
        order: &CertificateOrder<'_>,
    ) -> Result<Certificate, CaError> {
        let CertificateOrder { profile, subject, key, owner, lifetime, held } = *order;
        let validity = Validity::lasting(self.now(), lifetime);
        let entropy = self.inner.surroundings.entropy.as_ref();
        let certificate = issuing.authority.issue(profile, subject, key, validity, entropy)?;
        let issued = Issued { certificate: &certificate, profile, key, owner, held };
        store::insert_certificate(on, issuing, &issued, self.now()).await?;
        let event = Event::Issued(&certificate);
        store::insert_event(on, event, owner, &self.inner.surroundings).await?;
        Ok(certificate)
    }

    /// Suspends a card: all its certificates that are valid. To repeat it does no harm, and what is
    /// revoked stays revoked. Call [`publish_if_due`](Self::publish_if_due) after the commit.
    pub async fn hold(&self, on: &mut Transaction, card: &str) -> Result<(), CaError> {
        let changed = store::hold(on, card, self.now()).await?;
        self.note(on, changed, Event::Held, Owner::Card(card)).await
    }

    /// Releases a card: all its certificates that are on hold. To repeat it does no harm; a card
    /// that is revoked is never released.
    pub async fn release(&self, on: &mut Transaction, card: &str) -> Result<(), CaError> {
        let changed = store::release(on, card, self.now()).await?;
        if store::is_revoked(on, card).await? {
            return Err(CaError::Revoked);
        }
        self.note(on, changed, Event::Released, Owner::Card(card)).await
    }

    /// Revokes a card for ever: all its certificates, valid or on hold. To repeat it does no harm:
    /// the first reason stands.
    pub async fn revoke(
        &self,
        on: &mut Transaction,
        card: &str,
        reason: Reason,
    ) -> Result<(), CaError> {
        self.revoke_all(on, Owner::Card(card), reason).await
    }

    /// Revokes all certificates of a party for ever.
    pub async fn revoke_party(
        &self,
        on: &mut Transaction,
        name: &str,
        reason: Reason,
    ) -> Result<(), CaError> {
        self.revoke_all(on, Owner::Party(name), reason).await
    }

    /// All certificates of a card, oldest first.
    pub async fn certificates_of(&self, card: &str) -> Result<Vec<CertificateRecord>, CaError> {
        store::certificates_of(&self.inner.database, Owner::Card(card)).await
    }

    /// All certificates of a party, oldest first.
    pub async fn certificates_of_party(
        &self,
        name: &str,
    ) -> Result<Vec<CertificateRecord>, CaError> {
        store::certificates_of(&self.inner.database, Owner::Party(name)).await
    }

    /// The card that a serial number (lower-case hexadecimal) belongs to.
    pub async fn owner_of_serial(&self, serial: &str) -> Result<Option<String>, CaError> {
        store::card_of_serial(&self.inner.database, serial).await
    }

    /// Issues the certificate of a party, reached under these host names or addresses. The proof is
    /// made for the party's name.
    pub async fn issue_party_certificate(
        &self,
        name: &str,
        hosts: &[&str],
        proof: &PossessionProof,
    ) -> Result<PartyCertificate, CaError> {
        let key = proof.verify(name)?;
        let subject = Subject::party(name, hosts).map_err(IssueError::from)?;
        let order = CertificateOrder {
            profile: &Profile::PARTY,
            subject: &subject,
            key: &key,
            owner: Owner::Party(name),
            lifetime: self.inner.config.validity.of_party(),
            held: false,
        };
        let authorities = self.authorities();
        let issuing = authorities.in_use(Branch::Services, self.now())?;
        let mut transaction = self.begin().await?;
        let certificate = self.certify_under(issuing, &mut transaction, &order).await?;
        transaction.commit().await?;
        let chain_pem = certificate.pem() + &issuing.authority.certificate().pem();
        Ok(PartyCertificate { certificate, chain_pem })
    }

    async fn revoke_all(
        &self,
        on: &mut Transaction,
        owner: Owner<'_>,
        reason: Reason,
    ) -> Result<(), CaError> {
        if matches!(reason, Reason::CertificateHold | Reason::CaCompromise) {
            return Err(CaError::Reason);
        }
        let changed = store::revoke(on, owner, self.now(), reason).await?;
        self.note(on, changed, Event::Revoked(reason), owner).await
    }

    /// Writes down what changed. Where nothing did, there must at least be something.
    async fn note(
        &self,
        on: &mut Transaction,
        changed: u64,
        event: Event<'_>,
        owner: Owner<'_>,
    ) -> Result<(), CaError> {
        if changed > 0 {
            return store::insert_event(on, event, owner, &self.inner.surroundings).await;
        }
        let known = store::is_known(on, owner).await?;
        if known { Ok(()) } else { Err(CaError::NoCertificate) }
    }
}

#[cfg(test)]
mod tests;
