//! Hostile metadata of service providers: whoever they describe is not answered.

use std::path::PathBuf;

use tower::ServiceExt;

use super::*;
use crate::Idp;
use crate::config::{MetadataSource, ServiceProviderConfig};
use crate::testing::days;

/// One more service provider, and its good metadata.
struct Applicant {
    bed: Bed,
    provider: Provider,
    good: String,
    signer: PathBuf,
}

impl Applicant {
    async fn new() -> Self {
        let bed = Bed::new().await;
        let provider = Provider::new(&bed.rig.pki, "other.example");
        let path = bed.rig.folder.path().join("other.xml");
        provider.write_metadata(&path, bed.rig.now() + days(7));
        let good = std::fs::read_to_string(path).unwrap();
        let signer = bed.rig.folder.path().join("other.crt");
        let certificate = provider.signer.certificate().der();
        let certificate = warifu_pki::Certificate::from_der(certificate).unwrap();
        std::fs::write(&signer, certificate.pem()).unwrap();
        Self { bed, provider, good, signer }
    }

    /// Whether an identity provider with such metadata begins, and takes a request of theirs.
    async fn is_believed(&self, is_signed: bool, metadata: &str) -> bool {
        let path = self.bed.rig.folder.path().join("other.xml");
        std::fs::write(&path, metadata).unwrap();
        let mut config = self.bed.rig.config.clone();
        config.service_providers.push(ServiceProviderConfig {
            metadata_signer: is_signed.then(|| self.signer.clone()),
            ..ServiceProviderConfig::of(MetadataSource::File(path))
        });
        let Ok(idp) = Idp::open(config, self.bed.rig.surroundings.clone()).await else {
            return false;
        };
        let path = self.provider.redirect(&self.provider.request(self.bed.rig.now()));
        let request = Request::get(path).body(Body::empty()).unwrap();
        idp.router().oneshot(request).await.unwrap().status().is_redirection()
    }

    async fn refuses(&self, case: &str, is_signed: bool, metadata: &str) {
        assert!(!self.is_believed(is_signed, metadata).await, "{case}");
        assert!(self.bed.trap.is_untouched(), "{case}: something was fetched");
    }
}

#[tokio::test]
async fn hostile_metadata_are_not_believed() {
    let applicant = Applicant::new().await;
    let (good, trap) = (&applicant.good, &applicant.bed.trap);
    let mut cases = lexical(good, "</mdui:DisplayName>", trap);
    cases.retain(|(case, _)| case != "a comment behind all"); // Registrars write those.
    for (case, hostile) in cases {
        applicant.refuses(&case, false, &hostile).await;
    }
    for (case, hostile) in signatures(good, trap) {
        applicant.refuses(&case, true, &hostile).await;
    }
    // Last, so that nothing believed once can stand in for what is refused.
    assert!(applicant.is_believed(true, good).await);
}

#[tokio::test]
async fn metadata_are_the_signers_or_nobodys() {
    let applicant = Applicant::new().await;
    let good = &applicant.good;
    let around = |inside: &str| {
        let start = "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
                     ID=\"_group\">";
        format!("{start}{inside}</md:EntitiesDescriptor>")
    };
    let altered = good.replace("https://other.example/saml/acs", "https://evil.example/acs");
    assert_ne!(altered, *good);
    let forged = edit(&unsigned(&altered), part(&altered, " ID=\"", "\""), " ID=\"_forged\"");
    for (case, hostile) in [
        ("unsigned", unsigned(good)),
        ("altered", altered.clone()),
        ("in a group", around(good)),
        ("beside a forged one", around(&format!("{forged}{good}"))),
        ("its signature on a group", around(&format!("{}{forged}", signature(good)))),
    ] {
        applicant.refuses(case, true, &hostile).await;
    }
}
