//! The relay's own tokens for connectors: made for one call, bound to the relay's certificate.

use warifu_contract::connector_token::{
    Actor, Confirmation, ConnectorClaims, LONGEST_LIFE_SECONDS, Organization, RELAY_ISSUER,
    TOKEN_TYPE, audience,
};
use warifu_contract::history::Purpose;
use warifu_pki::jose::{JoseError, JwsSigner};
use warifu_service::Surroundings;

use crate::grants::Staff;

/// Makes tokens.
#[derive(Debug)]
pub(crate) struct Mint {
    pub signer: JwsSigner,
    /// Thumbprint of the client certificate that the relay shows.
    pub certificate: String,
    pub surroundings: Surroundings,
}

/// On whose behalf, and about whom, a connector is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errand<'a> {
    /// The connector's pseudonym of the subject; none when the request itself says who.
    pub pseudonym: Option<&'a str>,
    /// Who asks; none when the subject does.
    pub staff: Option<&'a Staff>,
}

impl Mint {
    /// A token for one call to `connector`.
    pub fn token(&self, connector: &str, errand: Errand<'_>) -> Result<String, JoseError> {
        let iat = self.surroundings.now().as_second();
        let claims = ConnectorClaims {
            iss: RELAY_ISSUER.to_owned(),
            aud: audience(connector),
            sub: errand.pseudonym.map(str::to_owned),
            act: errand.staff.map(actor),
            purpose: errand.staff.map_or(Purpose::OwnLook, |_| Purpose::Treatment),
            receipt: None,
            jti: self.surroundings.hex(16),
            iat,
            exp: iat + LONGEST_LIFE_SECONDS,
            cnf: Confirmation { x5t_s256: self.certificate.clone() },
        };
        self.signer.sign(TOKEN_TYPE, &claims)
    }
}

fn actor(staff: &Staff) -> Actor {
    let organization = &staff.organization;
    Actor {
        organization: Organization {
            code: organization.code.clone(),
            name: organization.name.clone(),
        },
    }
}
