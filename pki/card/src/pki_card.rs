//! What a login needs of a card with keys, whichever application is behind it: PIV or JPKI.
//!
//! Both keep a certificate with its key behind a PIN. Letting go of the [`Transaction`] resets the
//! card, which then forgets the PIN.

mod error;
pub(crate) mod pkcs1;

pub use error::{CardError, PinError};

use crate::{
    apdu::StatusWord,
    jpki::Jpki,
    pin::{Pin, PinForm},
    piv::{KeyAlgorithm, Piv},
    reader::Transaction,
};

/// The longest certificate that is taken from a card.
pub(crate) const MAX_CERTIFICATE: usize = 16 * 1024;

/// A card whose application is selected, for as long as the transaction lasts.
pub trait PkiCard {
    /// The certificate of the key that logs its holder in, as DER, at most 16 KiB. It is the
    /// card's word only: nothing about it has been verified.
    fn login_certificate(&mut self) -> Result<Vec<u8>, CardError>;

    /// How many wrong PINs the card will still bear; 0 means blocked. Costs no try.
    fn tries_left(&mut self) -> Result<u8, CardError>;

    /// Shows the PIN to the card. A wrong one costs a try, one of another form is not shown.
    fn verify_pin(&mut self, pin: &Pin) -> Result<(), PinError>;

    /// Signs `message` (hashed here) with the key of the certificate, which must be of
    /// `algorithm`: SHA-256, or SHA-384 for P-384; ECDSA as `r || s`, RSA as PKCS#1 v1.5.
    fn sign_login(&mut self, algorithm: KeyAlgorithm, message: &[u8])
    -> Result<Vec<u8>, CardError>;
}

/// The applications that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PkiKind {
    /// PIV (NIST SP 800-73).
    Piv,
    /// JPKI, the public key application of Japan's individual number card.
    Jpki,
}

impl PkiKind {
    /// Selects the application. A card without it is [`CardError::OtherKind`].
    pub fn select(self, transaction: &mut dyn Transaction) -> Result<Application<'_>, CardError> {
        Ok(match self {
            Self::Piv => Application::Piv(Piv::select(transaction)?),
            Self::Jpki => Application::Jpki(Jpki::select(transaction)?),
        })
    }

    /// What its PIN looks like.
    pub const fn pin_form(self) -> PinForm {
        match self {
            Self::Piv => PinForm::Piv,
            Self::Jpki => PinForm::Jpki,
        }
    }
}

/// The application of a card that is selected.
pub enum Application<'t> {
    /// PIV.
    Piv(Piv<'t>),
    /// JPKI.
    Jpki(Jpki<'t>),
}

impl<'t> Application<'t> {
    /// What both can do.
    pub fn card(&mut self) -> &mut (dyn PkiCard + 't) {
        match self {
            Self::Piv(piv) => piv,
            Self::Jpki(jpki) => jpki,
        }
    }
}

/// The tries that a VERIFY without PIN tells of.
pub(crate) fn tries_told(status: StatusWord) -> Result<u8, CardError> {
    match (status, status.tries_left()) {
        (_, Some(left)) => Ok(left),
        (StatusWord::BLOCKED, None) => Ok(0),
        _ => Err(CardError::Refused(status)),
    }
}

/// What the card thinks of a PIN or code that it was shown.
pub(crate) fn judged(status: StatusWord) -> Result<(), PinError> {
    match (status, status.tries_left()) {
        (StatusWord::OK, _) => Ok(()),
        // Some cards count down to 63C0 before they say 6983.
        (StatusWord::BLOCKED, _) | (_, Some(0)) => Err(PinError::Blocked),
        (_, Some(left)) => Err(PinError::Wrong { left }),
        _ => Err(CardError::Refused(status).into()),
    }
}
