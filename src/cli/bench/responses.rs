//! SAML Responses in process, signed and encrypted, beside the bare signature.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use warifu_saml::bench::Issuing;
use warifu_saml::{Certificate, EncryptionKey, KeySigner};

use super::load::on_one_core;
use super::report::Figure;
use super::say;
use super::stage::Stage;
use crate::cli::demo::folder::Member;

/// Bytes that are signed in a Response: its `SignedInfo`, about.
const SIGNED_INFO: [u8; 512] = [0x5a; 512];

/// With each of the identity provider's keys.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, key) in [("P-256", "saml-p256"), ("RSA-3072", "saml-rsa")] {
        say(&format!("SAML Responses in process, {name}"));
        let issuing = Arc::new(issuing(stage, key)?);
        let surroundings = stage.surroundings.clone();
        let issue = {
            let issuing = issuing.clone();
            move || {
                let mut random = |bytes: &mut [u8]| surroundings.entropy.fill(bytes);
                issuing.respond(surroundings.now(), &mut random)?;
                Ok(())
            }
        };
        let issued = on_one_core(lasting, issue).await?;
        let sign = move || Ok(issuing.sign_only(&SIGNED_INFO).map(drop)?);
        let signed = on_one_core(lasting, sign).await?;
        let what = format!("SAML Response signed and encrypted, {name}, 1 core");
        let figure = Figure::rate(what, issued).beside(format!("bare {name} signature"), signed);
        figures.push(figure);
    }
    Ok(figures)
}

pub(super) fn issuing(stage: &Stage, key: &str) -> anyhow::Result<Issuing> {
    let signer = KeySigner::from_pem(
        &read(&stage.file(Member::Idp, &format!("{key}.key")))?,
        &read(&stage.file(Member::Idp, &format!("{key}.pem")))?,
    )?;
    let portal = read(&stage.file(Member::Portal, "saml-decryption.pem"))?;
    let portal = EncryptionKey::from_certificate(&Certificate::from_pem(&portal)?)?;
    Ok(Issuing::new(Box::new(signer), portal))
}

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
