//! What the desk prints: a label, and a slip with its code.

use askama::Template;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use crate::dates::words;
use crate::desk::label::{LabelSize, Numbers};
use crate::desk::qr;

/// A label (シール).
#[derive(Debug, Template)]
#[template(path = "desk/label.html")]
pub struct LabelScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The key of the answer: another size is asked for with it.
    pub answer: String,
    /// The size, and all there are: name, words, whether it is the one.
    pub size: LabelSize,
    /// Every size: its name, its words, and whether it is the one.
    pub sizes: Vec<(&'static str, String, bool)>,
    /// What stands on it.
    pub label: LabelView,
}

/// What stands on a label.
#[derive(Debug, Clone)]
pub struct LabelView {
    /// カナ氏名.
    pub kana: String,
    /// 氏名.
    pub name: String,
    /// 生年月日.
    pub birth: String,
    /// 記号・番号, as far as they may be shown.
    pub numbers: String,
    /// What was answered, for which day.
    pub result: String,
    /// 認証番号 in groups of four.
    pub number: String,
    /// The same as a QR code.
    pub qr: String,
}

impl LabelView {
    /// The label of an answer that found somebody.
    pub fn new(voice: Voice<'_>, answer: &EligibilityAnswer, policy: Numbers) -> Option<Self> {
        let coverage = answer.decision.coverage.as_ref()?;
        let word = voice.say(&answer.decision.verdict.code().replace('.', "-"));
        let day = words::day_in_both_eras(voice.language, answer.target_date);
        let shown = [&coverage.symbol, &coverage.number].map(|text| policy.shown(text));
        Some(Self {
            kana: coverage.name.kana.clone(),
            name: coverage.name.text.clone(),
            birth: words::day_in_both_eras(voice.language, coverage.birth_date),
            numbers: shown.join("・"),
            result: voice.tell("label-result", &[("word", word.into()), ("day", day.into())]),
            number: answer.check_number.grouped(),
            qr: number_code(voice, answer),
        })
    }
}

fn number_code(voice: Voice<'_>, answer: &EligibilityAnswer) -> String {
    qr::svg(answer.check_number.as_str(), &voice.say("label-qr")).unwrap_or_default()
}

/// A slip (確認票).
#[derive(Debug, Template)]
#[template(path = "desk/slip.html")]
pub struct SlipScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The key of the answer: the other paper is asked for with it.
    pub answer: String,
    /// `a5` or `a4`.
    pub paper: &'static str,
    /// The clinic.
    pub clinic: String,
    /// When it was printed.
    pub printed: String,
    /// The answer's part, rendered.
    pub result: String,
    /// The code, and until when it is taken; none where there is none.
    pub code: Option<SlipCode>,
}

/// The code of a slip.
#[derive(Debug, Clone)]
pub struct SlipCode {
    /// The QR code.
    pub qr: String,
    /// What it says, for scanners that cannot read the printed one, and for tests.
    pub text: String,
    /// Until when.
    pub until: String,
}
