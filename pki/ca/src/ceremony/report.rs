//! What the ceremony made, on paper: for those present to compare and sign, and for anybody to check
//! later with OpenSSL alone.

use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXUPPER};
use jiff::Timestamp;
use ring::digest::{Digest, SHA256, digest};
use warifu_pki::{Certificate, Profile};

use super::Ceremony;
use crate::CaError;
use crate::folder::{self, ROOT_CERTIFICATE, ROOT_LIST};
use crate::manifest::{self, Entry, Manifest};

pub(super) const FILE: &str = "ceremony.md";

/// The report of a ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyReport {
    /// Where it was written.
    pub path: PathBuf,
    /// What it says, Markdown.
    pub text: String,
}

/// Writes the report of the first ceremony.
pub(super) fn of_init(
    folder: &Path,
    ceremony: &Ceremony,
    manifest: &Manifest,
    at: Timestamp,
) -> Result<CeremonyReport, CaError> {
    let root = folder::certificate(&folder.join(ROOT_CERTIFICATE))?;
    let entries: Vec<_> = manifest.authorities.iter().collect();
    let text = [
        format!("# Key ceremony of {}\n\nHeld on {}.\n", ceremony.name, seconds(at)),
        reviewed(ceremony)?,
        "## Certificates\n".to_owned(),
        described(ROOT_CERTIFICATE, &root, &Profile::ROOT),
        certificates(folder, &entries)?,
        format!("## Keys\n\n- root: {} (to be taken elsewhere)", ceremony.root.key),
        keys(&entries),
        digests(folder, &entries)?,
        commands(&entries),
        signatures(ceremony),
    ];
    write(folder, FILE, text.join("\n"))
}

/// Writes the report of a new generation.
pub(crate) fn of_rollover(
    folder: &Path,
    manifest: &Manifest,
    entry: &Entry,
    at: Timestamp,
) -> Result<CeremonyReport, CaError> {
    let entries: Vec<_> = manifest.authorities.iter().collect();
    let (stem, from) = (entry.stem(), seconds(entry.in_use_from));
    let text = [
        format!("# {stem}\n\nMade on {}, in use from {from}.\n", seconds(at)),
        "## Certificate\n".to_owned(),
        certificates(folder, &[entry])?,
        format!("## Key\n\n{}", keys(&[entry])),
        digests(folder, &entries)?,
        commands(&entries),
    ];
    write(folder, &format!("{stem}.md"), text.join("\n"))
}

fn write(folder: &Path, file: &str, text: String) -> Result<CeremonyReport, CaError> {
    let path = folder.join(file);
    folder::write_new(&path, text.as_bytes())?;
    Ok(CeremonyReport { path, text })
}

fn reviewed(ceremony: &Ceremony) -> Result<String, CaError> {
    let text = toml::to_string(ceremony)
        .map_err(|cause| CaError::Manifest { path: FILE.into(), cause: cause.to_string() })?;
    Ok(format!("## What was reviewed\n\n```toml\n{text}```\n"))
}

fn certificates(folder: &Path, entries: &[&Entry]) -> Result<String, CaError> {
    let mut all = Vec::new();
    for entry in entries {
        let certificate = folder::certificate(&folder::certificate_path(folder, entry))?;
        let file = format!("{}.pem", entry.stem());
        all.push(described(&file, &certificate, entry.branch.profile()));
    }
    Ok(all.join("\n"))
}

fn described(file: &str, certificate: &Certificate, profile: &Profile) -> String {
    let key = certificate.public_key().map_or("unknown", |key| key.algorithm().name());
    let rows = [
        ("Name", certificate.subject_cn().unwrap_or_default().to_owned()),
        ("Profile", profile.name().to_owned()),
        ("Serial number", certificate.serial_hex()),
        ("Valid from", seconds(certificate.not_before())),
        ("Valid until", seconds(certificate.not_after())),
        ("Kind of key", key.to_owned()),
        ("SHA-256 of the key", colons(&sha256(certificate.public_key_der()))),
        ("SHA-256 of the certificate", colons(&sha256(certificate.der()))),
    ];
    let rows = lines(rows.iter().map(|(name, value)| format!("| {name} | {value} |")));
    format!("### {file}\n\n| | |\n|---|---|\n{rows}")
}

fn keys(entries: &[&Entry]) -> String {
    lines(entries.iter().map(|entry| format!("- {}: {}", entry.stem(), entry.key)))
}

/// Everything in the folder that is public, as `sha256sum --check` reads it.
fn digests(folder: &Path, entries: &[&Entry]) -> Result<String, CaError> {
    let fixed = [ROOT_CERTIFICATE, ROOT_LIST, manifest::FILE].map(str::to_owned);
    let authorities = entries.iter().map(|entry| format!("{}.pem", entry.stem()));
    let mut sums = Vec::new();
    for name in fixed.into_iter().chain(authorities) {
        let path = folder.join(&name);
        let content = std::fs::read(&path).map_err(|cause| CaError::file(&path, cause))?;
        let digest = HEXLOWER.encode(sha256(&content).as_ref());
        sums.push(format!("{digest}  {name}"));
    }
    let sums = lines(sums.into_iter());
    Ok(format!("## SHA-256 of every public file\n\n```sums\n{sums}```\n"))
}

fn commands(entries: &[&Entry]) -> String {
    let authorities: String = entries.iter().map(|entry| commands_for(&entry.stem())).collect();
    format!(
        "## How to check\n\nIn this folder; each command ends without an error.\n\n```sh\n\
         openssl x509 -in ca.pem -noout -text -fingerprint -sha256\n\
         openssl x509 -in ca.pem -noout -pubkey | openssl pkey -pubin -outform DER | \
         openssl sha256\n\
         openssl verify -x509_strict -check_ss_sig -CAfile ca.pem ca.pem\n\
         openssl crl -in root.crl -inform DER -noout -text -verify -CAfile ca.pem\n\
         {authorities}```\n"
    )
}

fn commands_for(stem: &str) -> String {
    format!(
        "openssl x509 -in {stem}.pem -noout -text -fingerprint -sha256\n\
         openssl crl -in root.crl -inform DER | openssl verify -x509_strict -policy_check \
         -crl_check_all -CRLfile /dev/stdin -CAfile ca.pem {stem}.pem\n"
    )
}

fn signatures(ceremony: &Ceremony) -> String {
    let rows = lines(ceremony.present.iter().map(|office| format!("| {office} | | |")));
    format!("## Present\n\n| office | name | signature |\n|---|---|---|\n{rows}")
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}

fn sha256(bytes: &[u8]) -> Digest {
    digest(&SHA256, bytes)
}

fn colons(bytes: &Digest) -> String {
    let pairs = bytes.as_ref().iter().map(|byte| HEXUPPER.encode(&[*byte]));
    pairs.collect::<Vec<_>>().join(":")
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
