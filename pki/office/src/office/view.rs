//! A card as whoever asks may see it.

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_ca::{CertificateRecord, CertificateState};
use warifu_contract::card_office::{Card, CardCertificate, CardLine};

use super::{CardOffice, File};
use crate::store::CardRow;
use crate::{Actor, OfficeError, StaffRole};

impl CardOffice {
    pub(crate) async fn view(&self, actor: &Actor, file: &File) -> Result<Card, OfficeError> {
        let around = self.circumstances(file).await?;
        let File { row, life } = file;
        let certificates = match &row.owner {
            Some(owner) => self.inner.ca.certificates_of(owner).await?,
            None => Vec::new(),
        };
        let application = row.application.clone();
        let shown = |id: &crate::CardId| id.to_string();
        Ok(Card {
            id: row.id.to_string(),
            version: life.version(),
            stage: row.projection.stage,
            since: row.projection.since,
            kind: row.kind,
            channel: row.channel,
            number: row.number.as_ref().map(ToString::to_string),
            applicant: Some(application.applicant),
            phone: application.phone,
            proxy: application.proxy,
            employment: application.employment,
            proof: row.proof.clone(),
            tracking: row.tracking.clone(),
            reason: life.reason(),
            expires: row.expires_at.map(day),
            certificates: certificates.into_iter().map(certificate).collect(),
            replaces: row.replaces.as_ref().map(shown),
            replaced_by: row.replaced_by.as_ref().map(shown),
            possible: life.possible(actor, &around),
        })
    }
}

/// A line of a list. The call centre sees no name.
pub(crate) fn line(actor: &Actor, row: &CardRow) -> CardLine {
    let sees_names = actor.is_any(&[StaffRole::Clerk, StaffRole::Approver]);
    CardLine {
        id: row.id.to_string(),
        stage: row.projection.stage,
        since: row.projection.since,
        kind: row.kind,
        number: row.number.as_ref().map(crate::CardNumber::masked),
        name: sees_names.then(|| row.application.applicant.name.clone()),
        expires: row.expires_at.map(day),
    }
}

/// The day in Japan that an instant is on.
pub(crate) fn day(at: Timestamp) -> Date {
    let japan = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
    at.to_zoned(japan).date()
}

fn certificate(record: CertificateRecord) -> CardCertificate {
    let state = match record.state {
        CertificateState::Valid => "valid",
        CertificateState::Held { .. } => "held",
        CertificateState::Revoked { .. } => "revoked",
    };
    CardCertificate {
        profile: record.profile,
        serial: record.serial,
        not_before: record.not_before,
        not_after: record.not_after,
        state: state.to_owned(),
    }
}
