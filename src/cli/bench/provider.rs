//! The portal as a service provider that asks who is there.

use warifu_saml::{AcsChoice, AuthnRequest, KeySigner, RedirectParameter, random_id, redirect};
use warifu_service::Surroundings;

use super::responses::read;
use super::stage::Stage;
use crate::cli::demo::folder::Member;

/// What the portal asks with.
pub struct Provider {
    signer: KeySigner,
    entity_id: String,
    acs: String,
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
            sso: format!("{}/saml/sso", stage.folder.address(Member::Idp)),
            surroundings: stage.surroundings.clone(),
        })
    }

    /// Where the browser goes with a new request.
    pub fn request(&self) -> anyhow::Result<String> {
        let mut random = |bytes: &mut [u8]| self.surroundings.entropy.fill(bytes);
        let now = self.surroundings.now();
        let request = AuthnRequest {
            destination: Some(self.sso.clone()),
            acs: AcsChoice::Url(self.acs.clone()),
            ..AuthnRequest::new(random_id(&mut random), self.entity_id.as_str(), now)
        };
        let (parameter, signer) = (RedirectParameter::Request, Some(&self.signer as _));
        Ok(redirect::url(&self.sso, parameter, &request.to_xml()?, None, signer)?)
    }
}
