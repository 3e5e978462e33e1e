//! Service providers that ask who is there: the portal, and one of another maker's kind, which is told
//! a name and carries no tickets. Some of that kind sign what they ask, others do not.

use hyper::Uri;
use warifu_idp::config::{AttributeName, MetadataSource, ServiceProviderConfig};
use warifu_portal::PortalConfig;
use warifu_saml::{AcsChoice, AuthnRequest, KeySigner, RedirectParameter, random_id, redirect};
use warifu_service::Surroundings;

use super::responses::read;
use super::stage::Stage;
use crate::cli::demo::folder::{Folder, Member};

/// Where requests are received.
const SSO: &str = "/saml/sso";
/// The other one; nobody is there, for its answers go no further than the browser.
const OTHER: &str = "https://phr.localhost";
/// What metadata say of whoever signs each request (SAML metadata §2.4.4).
const SIGNS: &str = " AuthnRequestsSigned=\"true\"";

/// What a service provider asks with.
pub struct Provider {
    signer: Option<KeySigner>,
    gets_tickets: bool,
    entity_id: String,
    acs: String,
    /// Where the requests are to be received.
    sso: String,
    surroundings: Surroundings,
}

impl Provider {
    /// The portal.
    pub fn portal(stage: &Stage) -> anyhow::Result<Self> {
        let portal = Self::at(&stage.folder.address(Member::Portal), stage)?;
        Ok(Self { gets_tickets: true, ..portal })
    }

    /// The other one, which signs what it asks.
    pub fn other(stage: &Stage) -> anyhow::Result<Self> {
        Self::at(OTHER, stage)
    }

    /// The other one, if it does not.
    pub fn unsigned(stage: &Stage) -> anyhow::Result<Self> {
        Ok(Self { signer: None, ..Self::other(stage)? })
    }

    /// With the portal's key.
    fn at(address: &str, stage: &Stage) -> anyhow::Result<Self> {
        let file = |name| read(&stage.file(Member::Portal, name));
        Ok(Self {
            signer: Some(KeySigner::from_pem(&file("saml.key")?, &file("saml.pem")?)?),
            gets_tickets: false,
            entity_id: format!("{address}/saml/metadata"),
            acs: format!("{address}/saml/acs"),
            sso: format!("{}{SSO}", stage.folder.address(Member::Idp)),
            surroundings: stage.surroundings.clone(),
        })
    }

    /// Whether it signs what it asks.
    pub fn signs(&self) -> bool {
        self.signer.is_some()
    }

    /// Whether its answers carry tickets to relay and card office.
    pub fn gets_tickets(&self) -> bool {
        self.gets_tickets
    }

    /// Path and query of where the browser goes with a new request.
    pub fn request(&self) -> anyhow::Result<Uri> {
        let mut random = |bytes: &mut [u8]| self.surroundings.entropy.fill(bytes);
        let now = self.surroundings.now();
        let request = AuthnRequest {
            destination: Some(self.sso.clone()),
            acs: AcsChoice::Url(self.acs.clone()),
            ..AuthnRequest::new(random_id(&mut random), self.entity_id.as_str(), now)
        };
        let signer = self.signer.as_ref().map(|signer| signer as _);
        let parameter = RedirectParameter::Request;
        Ok(redirect::url(SSO, parameter, &request.to_xml()?, None, signer)?.parse()?)
    }
}

/// Writes the other one's metadata, which do not promise that it signs, and gives its registration: it
/// is told a name of its own for the person and what they may do, encrypted, without a question.
pub fn other(
    folder: &Folder,
    surroundings: &Surroundings,
) -> anyhow::Result<ServiceProviderConfig> {
    let config = PortalConfig { public_url: OTHER.parse()?, ..folder.portal_config()? };
    let metadata = folder.of(Member::Idp, "other-metadata.xml");
    let xml = warifu_portal::metadata_xml(&config, surroundings)?;
    std::fs::write(&metadata, xml.replace(SIGNS, ""))?;
    Ok(ServiceProviderConfig {
        attributes: vec![AttributeName::PairwiseId, AttributeName::Roles],
        consent: false,
        ..ServiceProviderConfig::of(MetadataSource::File(metadata))
    })
}
