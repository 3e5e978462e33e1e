//! The enveloped XML signature over a whole document that is its own canonical form.

use openssl::sha::{Sha256, Sha384, Sha512};

use crate::algorithm::DigestAlgorithm;
use crate::canonical::{WriteError, Writer};
use crate::names::{ENVELOPED_SIGNATURE, EXCLUSIVE_C14N};
use crate::namespace::Namespace::Signature;
use crate::sign::{SignError, XmlSigner, sign_for_xml};

/// Signs the document whose root carries `id`, and puts the signature at byte `position`: the
/// place behind the issuer, or behind the root's start tag in metadata.
pub(crate) fn envelop(
    document: &mut String,
    position: usize,
    id: &str,
    signer: &dyn XmlSigner,
) -> Result<(), SignError> {
    let digest = digest(signer.algorithm().digest(), document.as_bytes());
    let signed_info = signed_info(id, &digest, signer).map_err(SignError::new)?;
    let value = sign_for_xml(signer, signed_info.as_bytes())?;
    let signature = signature(&signed_info, &value, signer).map_err(SignError::new)?;
    document.insert_str(position, &signature);
    Ok(())
}

/// The canonical form of `ds:SignedInfo`: what the key signs.
fn signed_info(id: &str, digest: &[u8], signer: &dyn XmlSigner) -> Result<String, WriteError> {
    let algorithm = signer.algorithm();
    let mut writer = Writer::new();
    writer.open(Signature, "SignedInfo", &[]);
    method(&mut writer, "CanonicalizationMethod", EXCLUSIVE_C14N);
    method(&mut writer, "SignatureMethod", algorithm.uri());
    writer.open(Signature, "Reference", &[("URI", &["#", id].concat())]);
    writer.open(Signature, "Transforms", &[]);
    method(&mut writer, "Transform", ENVELOPED_SIGNATURE);
    method(&mut writer, "Transform", EXCLUSIVE_C14N);
    writer.close();
    method(&mut writer, "DigestMethod", algorithm.digest().uri());
    writer.base64(Signature, "DigestValue", digest);
    writer.close();
    writer.close();
    writer.finish()
}

fn method(writer: &mut Writer, name: &'static str, algorithm: &str) {
    writer.leaf(Signature, name, &[("Algorithm", algorithm)], "");
}

/// The element itself. `ds` is declared by it, so `ds:SignedInfo` goes without inside.
fn signature(
    signed_info: &str,
    value: &[u8],
    signer: &dyn XmlSigner,
) -> Result<String, WriteError> {
    let mut writer = Writer::new();
    writer.open(Signature, "Signature", &[]);
    writer.raw("<ds:SignedInfo>");
    writer.raw(signed_info.split_once('>').map_or("", |(_, content)| content));
    writer.base64(Signature, "SignatureValue", value);
    writer.open(Signature, "KeyInfo", &[]);
    writer.open(Signature, "X509Data", &[]);
    writer.open(Signature, "X509Certificate", &[]);
    writer.raw(signer.certificate().base64());
    writer.close();
    writer.close();
    writer.close();
    writer.close();
    writer.finish()
}

fn digest(algorithm: DigestAlgorithm, bytes: &[u8]) -> Vec<u8> {
    match algorithm {
        DigestAlgorithm::Sha256 => {
            let mut state = Sha256::new();
            state.update(bytes);
            state.finish().to_vec()
        }
        DigestAlgorithm::Sha384 => {
            let mut state = Sha384::new();
            state.update(bytes);
            state.finish().to_vec()
        }
        DigestAlgorithm::Sha512 => {
            let mut state = Sha512::new();
            state.update(bytes);
            state.finish().to_vec()
        }
    }
}
