//! Service providers that ask who is there: the portal, and one of another maker's kind, which is told
//! a name and carries no tickets.

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

/// What a service provider asks with.
pub struct Provider {
    signer: KeySigner,
    entity_id: String,
    acs: String,
    /// Where the requests are to be received.
    sso: String,
    surroundings: Surroundings,
}

impl Provider {
    /// The portal.
    pub fn portal(stage: &Stage) -> anyhow::Result<Self> {
        Self::at(&stage.folder.address(Member::Portal), stage)
    }

    /// The other one.
    pub fn other(stage: &Stage) -> anyhow::Result<Self> {
        Self::at(OTHER, stage)
    }

    /// With the portal's key.
    fn at(address: &str, stage: &Stage) -> anyhow::Result<Self> {
        let file = |name| read(&stage.file(Member::Portal, name));
        Ok(Self {
            signer: KeySigner::from_pem(&file("saml.key")?, &file("saml.pem")?)?,
            entity_id: format!("{address}/saml/metadata"),
            acs: format!("{address}/saml/acs"),
            sso: format!("{}{SSO}", stage.folder.address(Member::Idp)),
            surroundings: stage.surroundings.clone(),
        })
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
        let (parameter, signer) = (RedirectParameter::Request, Some(&self.signer as _));
        Ok(redirect::url(SSO, parameter, &request.to_xml()?, None, signer)?.parse()?)
    }
}

/// Writes the other one's metadata, and gives its registration: it is told a name of its own for the
/// person and what they may do, encrypted, without a question.
pub fn other(
    folder: &Folder,
    surroundings: &Surroundings,
) -> anyhow::Result<ServiceProviderConfig> {
    let config = PortalConfig { public_url: OTHER.parse()?, ..folder.portal_config()? };
    let metadata = folder.of(Member::Idp, "other-metadata.xml");
    std::fs::write(&metadata, warifu_portal::metadata_xml(&config, surroundings)?)?;
    Ok(ServiceProviderConfig {
        attributes: vec![AttributeName::PairwiseId, AttributeName::Roles],
        consent: false,
        ..ServiceProviderConfig::of(MetadataSource::File(metadata))
    })
}
