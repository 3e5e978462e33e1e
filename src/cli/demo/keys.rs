//! Every key and certificate that the demonstration's parties start with.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use warifu_ca::Ca;
use warifu_connectors::demo::services::ORGANISATIONS;
use warifu_idp::PairwiseKey;
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, PossessionProof, PublicKey, Validity,
};
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;

use super::folder::{Folder, Member};

/// How long the demonstration's SAML certificates last; peers trust them through the metadata.
const SAML_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 365 * 3);

/// Makes the keys and has the authority certify the parties.
pub async fn make(
    folder: &Folder,
    authority: &Ca,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    for member in certified() {
        certify(folder, authority, member).await?;
    }
    for member in [Member::Idp, Member::Portal, Member::Relay] {
        let ring = KeyRing::generate("first", surroundings.entropy.as_ref())?;
        ring.save(&folder.of(member, "columns.toml"))?;
    }
    let pairwise = PairwiseKey::generate(surroundings.entropy.as_ref());
    pairwise.save(&folder.of(Member::Idp, "pairwise"))?;

    pair(folder, Member::Idp, "ticket")?;
    pair(folder, Member::Idp, "agent-request")?;
    pair(folder, Member::Idp, "events")?;
    pair(folder, Member::Office, "events")?;
    pair(folder, Member::Office, "ticket")?;
    pair(folder, Member::Office, "voucher")?;
    for id in super::folder::connectors() {
        pair(folder, Member::Connector(id), "linking")?;
    }
    pair(folder, Member::Relay, "deposit")?;
    for organisation in &ORGANISATIONS {
        pair(folder, Member::Connector(organisation.id), "manifest")?;
    }
    pair(folder, Member::Relay, "ticket")?;
    pair(folder, Member::Relay, "token")?;
    // The next one is put here before it is used.
    std::fs::create_dir_all(folder.of(Member::Relay, "token-keys"))?;
    felica_master(folder, surroundings)?;
    ed25519_key(&folder.of(Member::Relay, "checkpoint.key"))?;
    ed25519_key(&folder.of(Member::Witness, "witness.key"))?;

    saml(folder, Member::Idp, "saml-p256", KeyAlgorithm::P256, surroundings)?;
    saml(folder, Member::Idp, "saml-rsa", KeyAlgorithm::Rsa3072, surroundings)?;
    // Some service providers check RSA signatures alone.
    saml(folder, Member::Idp, "saml-metadata", KeyAlgorithm::Rsa3072, surroundings)?;
    saml(folder, Member::Portal, "saml", KeyAlgorithm::P256, surroundings)?;
    // Encryption to the portal is RSA-OAEP, which the federation's profile asks for.
    saml(folder, Member::Portal, "saml-decryption", KeyAlgorithm::Rsa3072, surroundings)
}

/// The parties that show a certificate to each other or to a browser.
fn certified() -> impl Iterator<Item = Member> {
    use Member::{CardHost, Idp, Office, Portal, Register, Relay, Witness};
    let connectors = super::folder::connectors().map(Member::Connector);
    [Portal, Idp, CardHost, Relay, Office, Register, Witness].into_iter().chain(connectors)
}

async fn certify(folder: &Folder, authority: &Ca, member: Member) -> anyhow::Result<()> {
    let key = FileKey::generate(KeyAlgorithm::P256)?;
    let name = member.name();
    let proof = PossessionProof::request(&name, &key)?;
    let hosts = ["localhost", member.host()];
    let hosts = if member.host() == "localhost" { &hosts[..1] } else { &hosts };
    let issued = authority.issue_party_certificate(&name, hosts, &proof).await?;
    key.save(&folder.of(member, "tls.key"))?;
    write(&folder.of(member, "tls.pem"), &issued.chain_pem)
}

/// A P-256 key `NAME.key` with its public half `NAME.pub`.
fn pair(folder: &Folder, member: Member, name: &str) -> anyhow::Result<()> {
    let key = FileKey::generate(KeyAlgorithm::P256)?;
    key.save(&folder.of(member, &format!("{name}.key")))?;
    write(&folder.of(member, &format!("{name}.pub")), &key.public_key().pem())
}

/// The key from which the keys of FeliCa cards are made: the card office writes them, the identity
/// provider checks what they prove.
fn felica_master(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<()> {
    let digits = surroundings.hex(24);
    for member in [Member::Office, Member::Idp] {
        super::write_private(&folder.of(member, "felica-1.key"), digits.as_bytes())?;
    }
    Ok(())
}

/// An Ed25519 key that signs, or cosigns, the heads of the access log.
fn ed25519_key(path: &Path) -> anyhow::Result<()> {
    let key = openssl::pkey::PKey::generate_ed25519()?;
    let pem = key.private_key_to_pem_pkcs8()?;
    super::write_private(path, &pem)
}

/// A key `NAME.key` with a certificate `NAME.pem` that only carries its public half.
fn saml(
    folder: &Folder,
    member: Member,
    name: &str,
    algorithm: KeyAlgorithm,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    let key = FileKey::generate(algorithm)?;
    let certificate = carrier(member, &key, surroundings)?;
    key.save(&folder.of(member, &format!("{name}.key")))?;
    write(&folder.of(member, &format!("{name}.pem")), &certificate.pem())
}

fn carrier(
    member: Member,
    key: &FileKey,
    surroundings: &Surroundings,
) -> anyhow::Result<Certificate> {
    let validity = Validity::lasting(surroundings.now(), SAML_LIFETIME);
    let signer = Arc::new(key.clone());
    let entropy = surroundings.entropy.as_ref();
    let name = format!("Warifu demonstration SAML {}", member.name());
    Ok(Authority::self_signed_root(&name, signer, validity, entropy)?.certificate().clone())
}

/// A public key that [`pair`] wrote.
pub fn public(folder: &Folder, member: Member, name: &str) -> anyhow::Result<PublicKey> {
    let path = folder.of(member, &format!("{name}.pub"));
    let pem = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(PublicKey::from_pem(&pem)?)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
