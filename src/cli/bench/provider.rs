//! The portal as a service provider that asks who is there.

use hyper::Uri;
use warifu_saml::{AcsChoice, AuthnRequest, KeySigner, RedirectParameter, random_id, redirect};
use warifu_service::Surroundings;

use super::responses::read;
use super::stage::Stage;
use crate::cli::demo::folder::Member;

/// Where requests are received.
const SSO: &str = "/saml/sso";

/// What the portal asks with.
pub struct Provider {
    signer: KeySigner,
    entity_id: String,
    acs: String,
    /// Where the requests are to be received.
    sso: String,
    surroundings: Surroundings,
}

impl Provider {
    /// With the portal's own key.
    pub fn new(stage: &Stage) -> anyhow::Result<Self> {
        let file = |name| read(&stage.file(Member::Portal, name));
        let portal = stage.folder.address(Member::Portal);
        Ok(Self {
            signer: KeySigner::from_pem(&file("saml.key")?, &file("saml.pem")?)?,
            entity_id: format!("{portal}/saml/metadata"),
            acs: format!("{portal}/saml/acs"),
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
