//! The SOAP binding (SAML bindings 3.2): an envelope around one logout message.

use crate::canonical::Writer;
use crate::gate::{GateError, Kind, admit};
use crate::namespace::Namespace::Soap;

/// Puts a message into an envelope. The message is XML as this crate writes it.
pub fn wrap(message: &str) -> String {
    let mut writer = Writer::new();
    writer.open(Soap, "Envelope", &[]);
    writer.open(Soap, "Body", &[]);
    writer.raw(message);
    writer.close();
    writer.close();
    // Nothing was written that would have to be escaped.
    writer.finish().unwrap_or_default()
}

/// Takes the message out of an envelope, which passes the gate first. The message must declare the
/// namespaces that it uses, and then passes the gate by itself wherever it is read.
pub fn unwrap(envelope: &[u8]) -> Result<&[u8], GateError> {
    let admitted = admit(Kind::Envelope, envelope)?;
    let body = admitted.facts().body.clone().ok_or(GateError::MissingElement)?;
    envelope.get(body).ok_or(GateError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
        ID=\"_a\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">x</saml:Issuer>\
        </samlp:LogoutRequest>";

    fn around(inside: &str) -> String {
        format!(
            "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>{inside}</e:Envelope>"
        )
    }

    #[test]
    fn what_is_wrapped_comes_out_again() {
        assert_eq!(unwrap(wrap(MESSAGE).as_bytes()).unwrap(), MESSAGE.as_bytes());
        let spaced = around(&format!("\n <e:Body>\n  {MESSAGE}\n </e:Body>\n"));
        assert_eq!(unwrap(spaced.as_bytes()).unwrap(), MESSAGE.as_bytes());
    }

    #[test]
    fn an_envelope_holds_one_message_and_nothing_else() {
        let refused = |inside: &str| unwrap(around(inside).as_bytes()).unwrap_err();
        assert_eq!(refused(""), GateError::MissingElement);
        assert_eq!(refused("<e:Body/>"), GateError::MissingElement);
        assert_eq!(refused("<e:Header/><e:Body/>"), GateError::UnexpectedElement);
        let two = MESSAGE.replace("_a", "_b");
        let twice = format!("<e:Body>{MESSAGE}{two}</e:Body>");
        assert_eq!(refused(&twice), GateError::UnexpectedElement);
        let fault = "<e:Body><e:Fault/></e:Body>";
        assert_eq!(refused(fault), GateError::UnexpectedElement);
    }
}
