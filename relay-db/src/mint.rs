//! The relay's own tokens for connectors: made for one call, bound to the relay's certificate.

use warifu_contract::connector_token::{
    Actor, Confirmation, ConnectorClaims, LONGEST_LIFE_SECONDS, Organization, RELAY_ISSUER,
    TOKEN_TYPE, audience,
};
use warifu_contract::history::Purpose;
use warifu_pki::jose::JoseError;
use warifu_service::Surroundings;

use crate::grants::Staff;
use crate::token_keys::TokenKeys;

/// Makes tokens.
#[derive(Debug)]
pub(crate) struct Mint {
    pub keys: TokenKeys,
    /// Thumbprint of the client certificate that the relay shows.
    pub certificate: String,
    pub surroundings: Surroundings,
}

/// On whose behalf a connector is asked, unless the person asks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind<'a> {
    Staff(&'a Staff),
    /// The person's proxy, by the name that this connector is told.
    Proxy(&'a str),
}

/// On whose behalf, about whom, and what for a connector is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errand<'a> {
    subject: Option<&'a str>,
    behind: Option<Behind<'a>>,
    purpose: Purpose,
    receipt: Option<&'a str>,
}

impl<'a> Errand<'a> {
    /// A record of the person known there as `pseudonym` is read by whoever is `behind` it, or by
    /// the person, on the consent or mandate `receipt` if it needs one.
    pub fn reading(
        pseudonym: &'a str,
        behind: Option<Behind<'a>>,
        purpose: Purpose,
        receipt: Option<&'a str>,
    ) -> Self {
        Self { subject: Some(pseudonym), behind, purpose, receipt }
    }

    /// `desk` asks in order to treat the person known there as `pseudonym`; none when the request
    /// itself says who.
    pub fn treatment(pseudonym: Option<&'a str>, desk: &'a Staff) -> Self {
        let behind = Some(Behind::Staff(desk));
        Self { subject: pseudonym, behind, purpose: Purpose::Treatment, receipt: None }
    }

    /// Staff of the holder itself ask what was applied for there.
    pub fn of_nobody(staff: &'a Staff) -> Self {
        let behind = Some(Behind::Staff(staff));
        Self { subject: None, behind, purpose: Purpose::Procedure, receipt: None }
    }

    /// A ceremony that is called `name` there.
    pub fn linking(name: &'a str) -> Self {
        Self { subject: Some(name), behind: None, purpose: Purpose::Linking, receipt: None }
    }
}

impl Mint {
    /// A token for one call to `connector`.
    pub fn token(&self, connector: &str, errand: Errand<'_>) -> Result<String, JoseError> {
        let iat = self.surroundings.now().as_second();
        let claims = ConnectorClaims {
            iss: RELAY_ISSUER.to_owned(),
            aud: audience(connector),
            sub: errand.subject.map(str::to_owned),
            act: errand.behind.map(actor),
            purpose: errand.purpose,
            receipt: errand.receipt.map(str::to_owned),
            jti: self.surroundings.hex(16),
            iat,
            exp: iat + LONGEST_LIFE_SECONDS,
            cnf: Confirmation { x5t_s256: self.certificate.clone() },
        };
        self.keys.sign(TOKEN_TYPE, &claims)
    }
}

fn actor(behind: Behind<'_>) -> Actor {
    match behind {
        Behind::Staff(Staff { organization, .. }) => Actor::Staff {
            organization: Organization {
                code: organization.code.clone(),
                name: organization.name.clone(),
            },
        },
        Behind::Proxy(name) => Actor::Proxy { sub: name.to_owned() },
    }
}
