//! Tickets for a receptionist, as the identity provider makes them.

use std::sync::Arc;

use warifu_pki::{Certificate, Confirmation, FileKey, Organization, Purpose, Ticket, TicketIssuer};
use warifu_service::Surroundings;

use super::responses::read;
use super::stage::Stage;
use crate::cli::demo::folder::Member;
use crate::cli::demo::keys::public;

/// How a member of staff signed in.
const HIGH: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
const CLINIC_DESK: &str = "urn:warifu:role:clinic-desk";

/// Issues tickets to the relay, for the portal to carry.
pub struct Tickets {
    issuer: TicketIssuer,
    idp: String,
    portal: String,
    surroundings: Surroundings,
}

impl Tickets {
    /// With the identity provider's key.
    pub fn new(stage: &Stage) -> anyhow::Result<Self> {
        let key = FileKey::load(&stage.file(Member::Idp, "ticket.key"))?;
        let relay = public(&stage.folder, Member::Relay, "ticket")?;
        let portal = Certificate::from_pem(&read(&stage.file(Member::Portal, "tls.pem"))?)?;
        Ok(Self {
            issuer: TicketIssuer::new(Arc::new(key), &relay)?,
            idp: stage.folder.address(Member::Idp),
            portal: portal.thumbprint(),
            surroundings: stage.surroundings.clone(),
        })
    }

    /// The next one.
    pub fn issue(&self) -> anyhow::Result<String> {
        let now = self.surroundings.now().as_second();
        let ticket = Ticket {
            iss: self.idp.clone(),
            aud: "urn:warifu:relay".to_owned(),
            sub: "a-receptionist".to_owned(),
            jti: self.surroundings.hex(16),
            iat: now,
            exp: now + Purpose::Records.lifetime().as_secs(),
            acr: HIGH.to_owned(),
            auth_time: now,
            cnf: Confirmation { x5t_s256: self.portal.clone() },
            purpose: Purpose::Records,
            roles: vec![CLINIC_DESK.to_owned()],
            organization: Some(Organization {
                code: "3719999999".to_owned(),
                name: "見本医院".to_owned(),
            }),
            act: None,
            holder: None,
        };
        Ok(self.issuer.issue(&ticket)?)
    }
}
