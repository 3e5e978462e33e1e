//! What is said to the card, each part in one transaction. Everything here blocks.

use jiff::{SignedDuration, Timestamp};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::sha::{sha256, sha384};
use openssl::x509::X509;
use warifu_card::felica::{self, FelicaError, LiteS};
use warifu_card::piv::{KeyAlgorithm, Piv, Slot};
use warifu_card::{
    Application, CardError, Pin, PinError, PkiCard, PkiKind, Transaction, TransportCode, UnfitPin,
};

use crate::method::{CardKind, Method, Methods};
use crate::protocol::{Fault, FelicaAnswer, IdmAnswer, Outcome, Token};
use crate::purpose::Purpose;

/// What gets signed, before the card's hash is known.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pub(super) origin: String,
    pub(super) nonce: String,
}

impl Challenge {
    /// `H(origin) || H(nonce)` with the hash of the algorithm, as `web-eid:1.0` has it. The nonce
    /// is hashed as text. The card signs the hash of this, so that no site can choose what a
    /// signature is made over.
    fn message(&self, algorithm: KeyAlgorithm) -> Vec<u8> {
        let (origin, nonce) = (self.origin.as_bytes(), self.nonce.as_bytes());
        match algorithm {
            KeyAlgorithm::P384 => [sha384(origin), sha384(nonce)].concat(),
            KeyAlgorithm::P256 | KeyAlgorithm::Rsa2048 => [sha256(origin), sha256(nonce)].concat(),
        }
    }
}

/// What a card says about itself before anything secret is shown to it.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) kind: PkiKind,
    pub(super) certificate: Vec<u8>,
    pub(super) algorithm: KeyAlgorithm,
    /// The tries of what is going to be shown: the PIN's, or the code's if the card tells them.
    pub(super) tries: Option<u8>,
}

impl Card {
    /// When the certificate ends, if it says so in a way that can be read.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        certificate_ends(&self.certificate)
    }
}

/// The end of a certificate's validity.
pub(crate) fn certificate_ends(der: &[u8]) -> Option<Timestamp> {
    timestamp(X509::from_der(der).ok()?.not_after())
}

/// An ASN.1 time as a point in time.
pub(crate) fn timestamp(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// What the person typed that the card is to know already.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Pin(Pin),
    Code(TransportCode),
}

impl Known {
    /// Whether a person who knows this should choose that PIN.
    pub(super) fn allows(&self, new: &Pin) -> Result<(), UnfitPin> {
        match self {
            Self::Pin(old) => new.fits_after(old),
            Self::Code(code) => new.fits_code(code),
        }
    }
}

/// What is shown to the card.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) known: Known,
    /// The PIN from now on, where one was chosen.
    pub(super) new: Option<Pin>,
}

impl Attempt {
    /// Shows it; afterwards the card counts the PIN as shown. Only PIV cards have their PIN set.
    fn show(&self, application: &mut Application<'_>) -> Result<(), PinError> {
        match (&self.known, &self.new, application) {
            (Known::Pin(pin), None, application) => application.card().verify_pin(pin),
            (Known::Pin(old), Some(new), Application::Piv(piv)) => {
                piv.change_pin(old, new)?;
                piv.verify_pin(new)
            }
            (Known::Code(code), Some(new), Application::Piv(piv)) => {
                piv.unblock(code, new)?;
                piv.verify_pin(new)
            }
            (_, Some(_), Application::Jpki(_)) => Err(CardError::OtherKind.into()),
            // The code alone opens nothing.
            (Known::Code(_), None, _) => Err(CardError::PinRequired.into()),
        }
    }

    /// What an error means to the person: a card that refuses a new PIN says so in many ways.
    fn fault(&self, error: CardError) -> Fault {
        match error {
            CardError::Refused(_) if self.new.is_some() => Fault::PinRefused,
            other => other.into(),
        }
    }
}

/// How an attempt fared.
#[derive(Debug)]
pub(super) enum Proof {
    /// It was right; this is the signature.
    Signed(Vec<u8>),
    /// It was wrong, or not even shown because the card's count of tries was not the one the
    /// person was told.
    TriesLeft { tries: u8, shown: bool },
}

/// A card that can do what is asked.
#[derive(Debug)]
pub(super) enum Found {
    /// It wants the PIN first.
    Locked(Card),
    /// It has done it already.
    Answered(CardKind, Outcome),
}

impl Found {
    pub(super) fn kind(&self) -> CardKind {
        match self {
            Self::Locked(card) => card.kind.into(),
            Self::Answered(kind, _) => *kind,
        }
    }
}

/// Tries the methods one after the other until the card can do one: has it answer where that needs
/// no PIN, and else reads what the person must be told before anything is asked.
pub(super) fn look(
    transaction: &mut dyn Transaction,
    methods: &Methods,
    purpose: Purpose,
    challenge: &Challenge,
) -> Result<Found, CardError> {
    for method in methods.for_card(transaction.is_storage_card()) {
        let found = match method {
            Method::PivPin => locked(transaction, PkiKind::Piv, purpose),
            Method::JpkiPin => locked(transaction, PkiKind::Jpki, purpose),
            Method::PivPresence => attest(transaction, challenge),
            Method::Felica => answer(transaction, challenge),
            Method::FelicaIdm => name(transaction),
        };
        match found {
            Err(CardError::OtherKind) => {}
            found => return found,
        }
    }
    Err(CardError::OtherKind)
}

fn locked(
    transaction: &mut dyn Transaction,
    kind: PkiKind,
    purpose: Purpose,
) -> Result<Found, CardError> {
    let mut application = kind.select(transaction)?;
    let certificate = application.card().login_certificate()?;
    let algorithm = KeyAlgorithm::of_certificate(&certificate)?;
    let tries = tries(&mut application, purpose)?;
    Ok(Found::Locked(Card { kind, certificate, algorithm, tries }))
}

fn tries(application: &mut Application<'_>, purpose: Purpose) -> Result<Option<u8>, CardError> {
    match (purpose, application) {
        (Purpose::Activate, Application::Piv(piv)) => piv.code_tries_left(),
        (_, application) => application.card().tries_left().map(Some),
    }
}

/// Shows to the card what the person typed and has it sign, all in this one transaction. The
/// certificate is read again before and after, so that neither secret nor signature is another
/// card's.
pub(super) fn prove(
    transaction: &mut dyn Transaction,
    card: &Card,
    purpose: Purpose,
    attempt: &Attempt,
    challenge: &Challenge,
) -> Result<Proof, Fault> {
    let mut application = card.kind.select(transaction)?;
    check_same(application.card(), card)?;
    if let Some(tries) = tries(&mut application, purpose)?.filter(|now| Some(*now) != card.tries) {
        return Ok(Proof::TriesLeft { tries, shown: false });
    }
    match attempt.show(&mut application) {
        Ok(()) => {}
        Err(PinError::Wrong { left }) => {
            return Ok(Proof::TriesLeft { tries: left, shown: true });
        }
        Err(PinError::Blocked) => {
            return Ok(Proof::TriesLeft { tries: 0, shown: true });
        }
        Err(PinError::Form(_) | PinError::Unfit(_)) => return Err(Fault::PinRefused),
        Err(PinError::Card(error)) => return Err(attempt.fault(error)),
    }
    let message = challenge.message(card.algorithm);
    let signature = application.card().sign_login(card.algorithm, &message)?;
    check_same(application.card(), card)?;
    Ok(Proof::Signed(signature))
}

/// Has the card show that it is here, without PIN.
fn attest(transaction: &mut dyn Transaction, challenge: &Challenge) -> Result<Found, CardError> {
    let mut piv = Piv::select(transaction)?;
    let certificate = piv.certificate(Slot::Presence)?;
    let algorithm = KeyAlgorithm::of_certificate(&certificate)?;
    let signature = piv.sign(Slot::Presence, algorithm, &challenge.message(algorithm))?;
    let token = Token::new(&certificate, algorithm, &signature);
    Ok(Found::Answered(CardKind::Piv, Outcome::Token(token)))
}

/// Carries the challenge to a FeliCa card and its answer back. Nothing else is ever sent to such a
/// card: who is there, one block written with the challenge, three blocks read.
fn answer(transaction: &mut dyn Transaction, challenge: &Challenge) -> Result<Found, CardError> {
    let rc = felica::login_challenge(&challenge.origin, &challenge.nonce);
    let mut transport = felica::connect(transaction).map_err(of_felica)?;
    let mut card = LiteS::find(transport.as_mut()).map_err(of_felica)?;
    let answer = card.answer(rc).map_err(of_felica)?;
    Ok(Found::Answered(CardKind::Felica, Outcome::Felica(FelicaAnswer::new(&answer))))
}

/// Reads what a FeliCa card tells every reader. Nothing is sent to the card.
fn name(transaction: &mut dyn Transaction) -> Result<Found, CardError> {
    let idm = felica::read_idm(transaction).map_err(of_felica)?;
    Ok(Found::Answered(CardKind::Felica, Outcome::Idm(IdmAnswer::new(idm))))
}

/// What an error of a card without key and PIN is among those of the others.
fn of_felica(error: FelicaError) -> CardError {
    match error {
        FelicaError::Reader(error) => CardError::Reader(error),
        FelicaError::Unsupported | FelicaError::NotLiteS => CardError::OtherKind,
        _ => CardError::Malformed("felica"),
    }
}

fn check_same(card: &mut (dyn PkiCard + '_), before: &Card) -> Result<(), Fault> {
    if card.login_certificate()? == before.certificate { Ok(()) } else { Err(Fault::CardChanged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Maker, PIN, WRONG};
    use warifu_card::Readers;
    use warifu_card::drawer::VirtualReaders;
    use warifu_card::virtual_card::SharedCard;

    #[test]
    fn the_message_is_two_hashes_of_the_algorithms_kind() {
        let short = challenge().message(KeyAlgorithm::P256);
        assert_eq!(short[..32], sha256(b"https://idp.example"));
        assert_eq!(short[32..], sha256(b"bm9uY2U="));
        assert_eq!(challenge().message(KeyAlgorithm::P384).len(), 96);
    }

    fn challenge() -> Challenge {
        Challenge { origin: "https://idp.example".into(), nonce: "bm9uY2U=".into() }
    }

    fn pin(digits: &str) -> Pin {
        Pin::new(digits).unwrap()
    }

    /// A reader with this card in it, and what the card said when it was looked at.
    fn inserted(card: SharedCard) -> (VirtualReaders, Card) {
        let readers = VirtualReaders::new(["one"]);
        readers.insert("one", card).unwrap();
        let seen = seen(&readers);
        (readers, seen)
    }

    fn seen(readers: &VirtualReaders) -> Card {
        let mut transaction = readers.begin("one").unwrap();
        let methods = Methods::only(Method::PivPin);
        match look(transaction.as_mut(), &methods, Purpose::SignIn, &challenge()) {
            Ok(Found::Locked(card)) => card,
            other => panic!("{other:?}"),
        }
    }

    fn show(readers: &VirtualReaders, seen: &Card, digits: &str) -> Result<Proof, Fault> {
        let attempt = Attempt { known: Known::Pin(pin(digits)), new: None };
        let mut transaction = readers.begin("one").unwrap();
        prove(transaction.as_mut(), seen, Purpose::SignIn, &attempt, &challenge())
    }

    #[test]
    fn a_pin_is_never_shown_to_another_card() {
        let (readers, seen) = inserted(Maker::new(1).shared());
        readers.remove("one");
        readers.insert("one", Maker::new(2).shared()).unwrap();
        assert!(matches!(show(&readers, &seen, WRONG), Err(Fault::CardChanged)));
        assert_eq!(self::seen(&readers).tries, Some(3));
    }

    #[test]
    fn a_pin_is_not_shown_when_the_person_was_told_another_count() {
        let (readers, seen) = inserted(Maker::new(1).shared());
        let elsewhere = Piv::select(readers.begin("one").unwrap().as_mut())
            .map(|mut piv| piv.verify_pin(&pin(WRONG)).is_err());
        assert_eq!(elsewhere, Ok(true));
        let result = show(&readers, &seen, PIN);
        assert!(matches!(result, Ok(Proof::TriesLeft { tries: 2, shown: false })));
    }

    #[test]
    fn the_card_forgets_the_pin_after_the_transaction() {
        let (readers, seen) = inserted(Maker::new(1).shared());
        assert!(matches!(show(&readers, &seen, PIN), Ok(Proof::Signed(_))));
        let mut transaction = readers.begin("one").unwrap();
        let mut piv = Piv::select(transaction.as_mut()).unwrap();
        let again = piv.sign(Slot::Authentication, seen.algorithm, b"x");
        assert_eq!(again, Err(CardError::PinRequired));
    }

    #[test]
    fn the_code_alone_opens_nothing() {
        let (readers, seen) = inserted(Maker::new(1).shared());
        let code = TransportCode::new(crate::testing::CODE).unwrap();
        let attempt = Attempt { known: Known::Code(code), new: None };
        let mut transaction = readers.begin("one").unwrap();
        let result = prove(transaction.as_mut(), &seen, Purpose::SignIn, &attempt, &challenge());
        assert!(matches!(result, Err(Fault::CardFailed)));
    }

    proptest::proptest! {
        #[test]
        fn any_certificate_is_survived(der in proptest::collection::vec(proptest::num::u8::ANY, 0..512)) {
            proptest::prop_assert_eq!(certificate_ends(&der), None);
        }
    }

    #[test]
    fn asn1_times_become_points_in_time() {
        let time = Asn1Time::from_str_x509("20270117000000Z").unwrap();
        assert_eq!(timestamp(&time), Some("2027-01-17T00:00:00Z".parse().unwrap()));
        let before_1970 = Asn1Time::from_str_x509("19691231235959Z").unwrap();
        assert_eq!(timestamp(&before_1970).unwrap().as_second(), -1);
    }
}
