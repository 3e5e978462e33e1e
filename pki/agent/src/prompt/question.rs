//! What the person is asked, and the words for it.

use jiff::Timestamp;
use warifu_card::{Pin, PinForm, PkiKind, TransportCode, UnfitPin};

use crate::method::CardKind;
use crate::purpose::Purpose;
use crate::words::Language;

/// What the person needs to know to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The origin of the identity provider that asks.
    pub origin: String,
    /// The name of the service the person wants to enter.
    pub relying_party: String,
    /// The reader that the card is in.
    pub reader: String,
    /// What kind of card it is.
    pub card: PkiKind,
    /// When the certificate on the card ends, where it can be read.
    pub certificate_ends: Option<Timestamp>,
    /// What the answer is for.
    pub purpose: Purpose,
    /// What is to be typed.
    pub wanted: Wanted,
    /// How many wrong answers the card still bears, at least 1; `None` when it does not tell, or
    /// when no answer can be wrong.
    pub tries_left: Option<u8>,
    /// What was wrong with the answer before.
    pub complaint: Option<Complaint>,
    /// The language of the page the person comes from.
    pub language: Language,
}

/// What is to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What the card knows: the PIN, or for activation the transport code of the letter.
    Known,
    /// A PIN of the person's choice.
    New,
    /// The same once more, so that a slip is noticed.
    Again,
}

/// What was wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// The card knows another.
    Wrong,
    /// It is none by its form.
    Format,
    /// Nobody should choose this PIN.
    Unfit(UnfitPin),
    /// The two new PINs are not the same.
    Different,
}

/// A card that could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The reader that it is in.
    pub reader: String,
    /// What kind of card it is.
    pub kind: CardKind,
}

impl Candidate {
    /// "受付のカードリーダーの、マイナンバーカード".
    pub(crate) fn label(&self, language: Language) -> String {
        let kind = self.kind.name(language);
        let values = [("reader", self.reader.as_str().into()), ("kind", kind.into())];
        language.tell("choose-card-in-short", &values)
    }
}

/// Which of several cards to use, told apart by their kinds and readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The origin of the identity provider that asks.
    pub origin: String,
    /// The name of the service the person wants to enter.
    pub relying_party: String,
    /// What the card is wanted for.
    pub purpose: Purpose,
    /// The cards, at least two.
    pub cards: Vec<Candidate>,
    /// The language of the page the person comes from.
    pub language: Language,
}

impl Question {
    /// Whether the transport code is asked for, and not a PIN.
    pub fn is_for_code(&self) -> bool {
        self.purpose == Purpose::Activate && self.wanted == Wanted::Known
    }

    /// What the PIN looks like.
    pub(crate) const fn pin_form(&self) -> PinForm {
        self.card.pin_form()
    }

    /// Reads a PIN as typed; `None` when it is none of this card's by its form.
    pub(crate) fn typed_pin(&self, text: &str) -> Option<Pin> {
        Pin::of(self.pin_form(), text).ok()
    }

    /// The same in another language.
    pub(crate) fn in_language(&self, language: Language) -> Self {
        Self { language, ..self.clone() }
    }

    /// The lines that a prompt without layout shows above its input.
    pub(crate) fn description(&self) -> String {
        let language = self.language;
        let mut lines = facts(language, self.purpose, &self.relying_party, &self.origin);
        lines.push(language.tell("prompt-reader", &[("reader", self.reader.as_str().into())]));
        lines.extend(self.certificate_ends.map(|ends| {
            language.tell("prompt-certificate", &[("day", language.day(ends).into())])
        }));
        lines.extend(self.advice());
        lines.extend(self.tries());
        lines.join("\n")
    }

    /// What a prompt without layout must explain: a card's only PIN needs no words, everything else
    /// does.
    fn advice(&self) -> Option<String> {
        let plain = !self.is_for_code() && self.wanted == Wanted::Known;
        (!plain || self.card == PkiKind::Jpki).then(|| self.help())
    }

    /// The window's title.
    pub(crate) fn title(&self) -> String {
        let key = if self.is_for_code() { "prompt-title-code" } else { "prompt-title" };
        self.language.say(key)
    }

    /// The name of what is to be typed.
    pub(crate) fn label(&self) -> String {
        self.language.say(match (self.wanted, self.purpose) {
            (Wanted::Known, Purpose::SignIn) if self.card == PkiKind::Jpki => "label-pin-jpki",
            (Wanted::Known, Purpose::SignIn) => "label-pin",
            (Wanted::Known, Purpose::Activate) => "label-code",
            (Wanted::Known, Purpose::ChangePin) => "label-old-pin",
            (Wanted::New, _) => "label-new-pin",
            (Wanted::Again, _) => "label-again",
        })
    }

    /// What it looks like and who gets to know it.
    pub(crate) fn help(&self) -> String {
        self.language.say(match self.wanted {
            Wanted::Known if self.is_for_code() => "help-code",
            Wanted::Known if self.card == PkiKind::Jpki => "help-pin-jpki",
            Wanted::Known => "help-pin",
            Wanted::New => "help-new-pin",
            Wanted::Again => "help-again",
        })
    }

    /// "あと2回 入力できます". Nothing where no answer can be wrong.
    pub(crate) fn tries(&self) -> Option<String> {
        match (self.wanted, self.tries_left) {
            (Wanted::Known, Some(tries)) => {
                Some(self.language.tell("tries-left", &[("tries", tries.into())]))
            }
            (Wanted::Known, None) => Some(self.language.say("tries-unknown")),
            (Wanted::New | Wanted::Again, _) => None,
        }
    }

    /// Why the last try deserves a second thought.
    pub(crate) fn last_try(&self) -> String {
        self.language.say(if self.is_for_code() { "last-try-code" } else { "last-try" })
    }

    /// What to say about the answer before, if it failed.
    pub(crate) fn complaint(&self, malformed: bool) -> Option<String> {
        let complaint = if malformed { Some(Complaint::Format) } else { self.complaint };
        complaint.map(|complaint| self.language.say(self.complaint_key(complaint)))
    }

    fn complaint_key(&self, complaint: Complaint) -> &'static str {
        match complaint {
            Complaint::Wrong if self.is_for_code() => "code-wrong",
            Complaint::Wrong => "pin-wrong",
            Complaint::Format if self.is_for_code() => "code-format",
            Complaint::Format if self.card == PkiKind::Jpki => "pin-format-jpki",
            Complaint::Format => "pin-format",
            Complaint::Unfit(UnfitPin::Trivial) => "pin-trivial",
            Complaint::Unfit(UnfitPin::SameAsCode) => "pin-same-as-code",
            Complaint::Unfit(UnfitPin::Unchanged) => "pin-unchanged",
            Complaint::Different => "pin-different",
        }
    }
}

impl Choice {
    /// The lines that a prompt without layout shows.
    pub(crate) fn description(&self) -> String {
        let mut lines = facts(self.language, self.purpose, &self.relying_party, &self.origin);
        lines.push(self.language.say("choose-lead"));
        lines.join("\n")
    }
}

/// What the card is wanted for, by whom.
fn facts(language: Language, purpose: Purpose, party: &str, origin: &str) -> Vec<String> {
    vec![
        lead(language, purpose, party),
        language.tell("prompt-origin", &[("origin", origin.into())]),
    ]
}

/// "「割符ポータル」に入ります。"
pub(crate) fn lead(language: Language, purpose: Purpose, party: &str) -> String {
    match purpose {
        Purpose::SignIn => language.tell("lead-sign-in", &[("name", party.into())]),
        Purpose::Activate => language.say("lead-activate"),
        Purpose::ChangePin => language.say("lead-change-pin"),
    }
}

/// Reads a transport code as typed; `None` when it is none by its form.
pub(crate) fn typed_code(text: &str) -> Option<TransportCode> {
    TransportCode::new(text).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn question() -> Question {
        Question {
            origin: "https://idp.example".into(),
            relying_party: "割符ポータル 100%".into(),
            reader: "Virtual Reader 1".into(),
            card: PkiKind::Piv,
            certificate_ends: Some("2027-01-16T15:00:00Z".parse().unwrap()),
            purpose: Purpose::SignIn,
            wanted: Wanted::Known,
            tries_left: Some(3),
            complaint: None,
            language: Language::Ja,
        }
    }

    /// The same for the letter's code.
    pub(crate) fn code_question() -> Question {
        Question { purpose: Purpose::Activate, ..question() }
    }

    pub(crate) fn choice() -> Choice {
        Choice {
            origin: "https://idp.example".into(),
            relying_party: "割符ポータル".into(),
            purpose: Purpose::SignIn,
            cards: vec![
                Candidate { reader: "手前のカードリーダー".into(), kind: CardKind::Jpki },
                Candidate { reader: "<b>受付</b>".into(), kind: CardKind::Felica },
            ],
            language: Language::Ja,
        }
    }

    /// The same for the PIN of JPKI.
    pub(crate) fn jpki_question() -> Question {
        Question { card: PkiKind::Jpki, ..question() }
    }

    /// Every question there is, in every state.
    pub(crate) fn all() -> Vec<Question> {
        let complaints = [
            None,
            Some(Complaint::Wrong),
            Some(Complaint::Format),
            Some(Complaint::Unfit(UnfitPin::Trivial)),
            Some(Complaint::Unfit(UnfitPin::SameAsCode)),
            Some(Complaint::Unfit(UnfitPin::Unchanged)),
            Some(Complaint::Different),
        ];
        let mut all: Vec<_> =
            complaints.map(|complaint| Question { complaint, ..jpki_question() }).into();
        for purpose in [Purpose::SignIn, Purpose::Activate, Purpose::ChangePin] {
            for wanted in [Wanted::Known, Wanted::New, Wanted::Again] {
                for tries_left in [None, Some(1), Some(2), Some(3)] {
                    for complaint in complaints {
                        let asked = Question { purpose, wanted, tries_left, ..question() };
                        all.push(Question { complaint, ..asked });
                    }
                }
            }
        }
        all
    }

    #[test]
    fn the_description_says_who_for_what_until_when_and_how_often() {
        let text = question().description();
        for part in
            ["割符ポータル", "https://idp.example", "Virtual Reader 1", "2027年1月17日", "あと3回"]
        {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn a_jpki_card_is_asked_for_the_pin_that_it_has() {
        let question = jpki_question();
        let text = question.description();
        assert!(text.contains("4けた") && text.contains("あと3回"), "{text}");
        assert!(question.label().contains("利用者証明用電子証明書の暗証番号"));
        assert!(question.typed_pin("2718").is_some() && question.typed_pin("271828").is_none());
        assert!(self::question().typed_pin("2718").is_none());
    }

    #[test]
    fn the_code_is_explained_and_counted() {
        let text = code_question().description();
        assert!(
            text.contains("手紙") && text.contains("8けた") && text.contains("あと3回"),
            "{text}"
        );
        let silent = Question { tries_left: None, ..code_question() };
        assert!(silent.tries().is_some_and(|text| text.contains("ゆっくり")));
        let new = Question { wanted: Wanted::New, ..code_question() };
        assert_eq!(new.tries(), None);
    }

    #[test]
    fn every_question_has_its_words_in_both_languages() {
        for question in all() {
            for language in [Language::Ja, Language::En] {
                let question = question.in_language(language);
                let mut texts = vec![question.description(), question.title(), question.label()];
                texts.extend([question.help(), question.last_try()]);
                texts.extend(question.complaint(false));
                for text in texts {
                    let words = text.split_whitespace().filter(|word| !word.contains("://"));
                    let keys: Vec<_> = words.filter(|word| is_key(word)).collect();
                    assert!(keys.is_empty(), "{keys:?} in {text}");
                }
            }
        }
    }

    /// Whether it looks like the name of a text that is missing.
    fn is_key(word: &str) -> bool {
        ["pin-", "code-", "label-", "help-", "prompt-", "tries-", "last-", "lead-", "choose-"]
            .iter()
            .any(|stem| word.starts_with(stem))
    }
}
