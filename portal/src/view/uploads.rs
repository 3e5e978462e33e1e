//! An insurer's files of coverage: the list, one of them with its four steps, and the questions
//! before one is approved or given up.

use askama::Template;
use warifu_contract::deposits::{
    ApprovalBar, Deposit, DepositDetail, DepositKind, DepositLag, DepositState, DepositingInsurer,
};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Fact, Tone, display_name, grouped};
use crate::dates::words;

/// Where the pages are.
pub const PATH: &str = "/insurer/upload";

/// The form for a file, and the files so far.
#[derive(Debug, Template)]
#[template(path = "insurer/uploads.html")]
pub struct UploadsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no list.
    pub is_silent: bool,
    /// For whom files can be sent; nobody where the insurer is asked itself.
    pub insurers: Vec<InsurerView>,
}

/// One file.
#[derive(Debug, Template)]
#[template(path = "insurer/upload.html")]
pub struct UploadScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step.
    pub said: Option<(Tone, &'static str)>,
    /// The file.
    pub deposit: DepositView,
    /// What is wrong, by line.
    pub faults: Vec<FaultView>,
    /// What is odd.
    pub warnings: Vec<WarningView>,
}

/// The question before a file goes live.
#[derive(Debug, Template)]
#[template(path = "insurer/upload_approve.html")]
pub struct ApproveScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step.
    pub said: Option<(Tone, &'static str)>,
    /// The file.
    pub deposit: DepositView,
}

/// The question before a file is given up.
#[derive(Debug, Template)]
#[template(path = "insurer/upload_abandon.html")]
pub struct AbandonScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The file.
    pub deposit: DepositView,
}

/// An insurer and its files.
#[derive(Debug, Clone)]
pub struct InsurerView {
    /// For addresses and the form.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How late its news usually are, in a sentence.
    pub lag: Option<String>,
    /// The file that is on its way, so that no other can come.
    pub open: Option<DepositView>,
    /// All files, newest first.
    pub deposits: Vec<DepositView>,
}

/// A step on the rail.
#[derive(Debug, Clone)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// The classes that show how it stands.
    pub class: &'static str,
    /// The same in words, for those who do not see it.
    pub stands: String,
    /// It is the one at hand.
    pub is_now: bool,
}

/// A file in words.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a button or a sentence of its own")]
pub struct DepositView {
    /// Its address.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub state: String,
    /// And how that is.
    pub tone: Tone,
    /// When it came, and since when it is live.
    pub times: Vec<Fact>,
    /// When it came.
    pub since: String,
    /// The four steps.
    pub steps: Vec<StepView>,
    /// How the file is written, and who sent and approved it.
    pub facts: Vec<Fact>,
    /// What it comes to.
    pub counts: Vec<Fact>,
    /// So much would end, in a sentence.
    pub alarm: Option<String>,
    /// Why the one who looks cannot approve it: key of the sentence.
    pub bar: Option<&'static str>,
    /// The relay works on it.
    pub moves: bool,
    /// Who looks can approve it.
    pub may_approve: bool,
    /// It can be given up.
    pub may_abandon: bool,
    /// Its file broke off, or is still coming: it can go on.
    pub may_go_on: bool,
    /// Its wrong records can be fetched.
    pub has_faults: bool,
    /// How many more are wrong than the page shows.
    pub more_faults: Option<String>,
}

/// What is wrong with a record.
#[derive(Debug, Clone)]
pub struct FaultView {
    /// The line.
    pub line: String,
    /// The item.
    pub field: String,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do.
    pub todo: String,
}

/// What is odd.
#[derive(Debug, Clone)]
pub struct WarningView {
    /// The item.
    pub field: String,
    /// What is odd, in a sentence.
    pub what: String,
    /// How often, and where first.
    pub places: String,
}

impl InsurerView {
    /// `insurer` in the voice's words.
    pub fn new(voice: Voice<'_>, insurer: &DepositingInsurer) -> Self {
        let view = |deposit| DepositView::new(voice, deposit);
        let mut all = insurer.deposits.iter();
        Self {
            id: insurer.id.clone(),
            name: display_name(voice.language, &insurer.name).clone(),
            lag: insurer.lag.as_ref().map(|lag| lag_words(voice, lag)),
            open: all.find(|one| !one.state.is_over()).map(view),
            deposits: insurer.deposits.iter().map(view).collect(),
        }
    }
}

/// How late news usually are.
pub fn lag_words(voice: Voice<'_>, lag: &DepositLag) -> String {
    let gaps = [
        ("median", lag.median_days.into()),
        ("ninety", lag.ninety_days.into()),
        ("changes", grouped(lag.changes).into()),
    ];
    voice.tell("upload-lag-words", &gaps)
}

impl DepositView {
    /// `deposit` in the voice's words.
    pub fn new(voice: Voice<'_>, deposit: &Deposit) -> Self {
        let ready = deposit.state == DepositState::Ready;
        let bar = deposit.approval_bar.filter(|_| ready);
        Self {
            href: format!("{PATH}/{}/{}", deposit.insurer, deposit.number),
            name: if deposit.name.is_empty() {
                voice.say("upload-unnamed")
            } else {
                deposit.name.clone()
            },
            state: voice.say(&format!("upload-state-{}", deposit.state.as_str())),
            tone: tone(deposit.state),
            times: times(voice, deposit),
            since: words::full_moment(voice.language, deposit.begun_at),
            steps: steps(voice, deposit),
            facts: facts(voice, deposit),
            counts: counts(voice, deposit),
            alarm: deposit.alarm.then(|| alarm(voice, deposit)),
            bar: bar.map(bar_key),
            moves: deposit.state.moves(),
            may_approve: ready && bar.is_none(),
            may_abandon: !deposit.state.is_over(),
            may_go_on: deposit.state == DepositState::Arriving,
            has_faults: deposit.has_faults_file,
            more_faults: None,
        }
    }

    /// The same on its own page, which says where it shows only some of what is wrong.
    pub fn in_detail(voice: Voice<'_>, detail: &DepositDetail) -> Self {
        let shown = u64::try_from(detail.faults.len()).unwrap_or(u64::MAX);
        let all = detail.deposit.counts.wrong;
        let gaps = [("shown", grouped(shown).into()), ("all", grouped(all).into())];
        let more_faults = (all > shown).then(|| voice.tell("upload-more-faults", &gaps));
        Self { more_faults, ..Self::new(voice, &detail.deposit) }
    }

    /// What is wrong with its records.
    pub fn faults(voice: Voice<'_>, detail: &DepositDetail) -> Vec<FaultView> {
        let view = |fault: &warifu_contract::deposits::DepositFault| {
            let (what, todo) = fault_words(voice, &fault.code);
            FaultView { line: grouped(fault.line), field: named(voice, &fault.field), what, todo }
        };
        detail.faults.iter().map(view).collect()
    }

    /// What is odd about its records.
    pub fn warnings(voice: Voice<'_>, detail: &DepositDetail) -> Vec<WarningView> {
        let view = |warning: &warifu_contract::deposits::DepositWarning| {
            let gaps = [
                ("count", grouped(warning.count).into()),
                ("line", grouped(warning.first_line).into()),
            ];
            WarningView {
                field: named(voice, &warning.field),
                what: voice.say(&format!("upload-warning-{}", warning.code.replace('.', "-"))),
                places: voice.tell("upload-warning-places", &gaps),
            }
        };
        detail.warnings.iter().map(view).collect()
    }
}

fn named(voice: Voice<'_>, field: &str) -> String {
    if field.is_empty() { voice.say("upload-whole-row") } else { field.to_owned() }
}

fn tone(state: DepositState) -> Tone {
    match state {
        DepositState::Live => Tone::Ok,
        DepositState::Ready => Tone::Warn,
        DepositState::Refused => Tone::Bad,
        DepositState::Cancelled => Tone::None,
        _ => Tone::Wait,
    }
}

fn bar_key(bar: ApprovalBar) -> &'static str {
    match bar {
        ApprovalBar::State => "upload-bar-state",
        ApprovalBar::Duty => "upload-bar-duty",
        ApprovalBar::SameEyes => "upload-bar-eyes",
    }
}

fn times(voice: Voice<'_>, deposit: &Deposit) -> Vec<Fact> {
    let time = |key: &str, at| Fact {
        label: voice.say(key),
        value: words::full_moment(voice.language, at),
    };
    let begun = time("upload-begun", deposit.begun_at);
    std::iter::once(begun).chain(deposit.live_at.map(|at| time("upload-live-at", at))).collect()
}

fn facts(voice: Voice<'_>, deposit: &Deposit) -> Vec<Fact> {
    let fact = |key: &str, value: String| Fact { label: voice.say(key), value };
    let kind = match deposit.kind {
        DepositKind::Full => "upload-kind-full",
        DepositKind::Changes => "upload-kind-changes",
    };
    let by = if deposit.by_caller { voice.say("upload-by-you") } else { deposit.by.clone() };
    let mut all = vec![fact("upload-kind", voice.say(kind)), fact("upload-by", by)];
    all.extend(deposit.written_as.clone().map(|text| fact("upload-written-as", text)));
    if deposit.bytes > 0 {
        all.push(fact("upload-bytes", grouped(deposit.bytes)));
    }
    all.extend(deposit.approved_by.clone().map(|by| fact("upload-approved-by", by)));
    all
}

fn counts(voice: Voice<'_>, deposit: &Deposit) -> Vec<Fact> {
    if matches!(deposit.state, DepositState::Arriving) {
        return Vec::new();
    }
    let counts = &deposit.counts;
    let all = [
        ("upload-lines", counts.lines),
        ("upload-wrong", counts.wrong),
        ("upload-cards", counts.cards),
        ("upload-added", counts.added),
        ("upload-changed", counts.changed),
        ("upload-ended", counts.ended),
        ("upload-unchanged", counts.unchanged),
    ];
    all.map(|(key, count)| Fact { label: voice.say(key), value: grouped(count) }).to_vec()
}

fn alarm(voice: Voice<'_>, deposit: &Deposit) -> String {
    let gaps = [
        ("ended", grouped(deposit.counts.ended).into()),
        ("held", grouped(deposit.counts.held).into()),
    ];
    voice.tell("upload-alarm", &gaps)
}

/// File, check, approval, result.
fn steps(voice: Voice<'_>, deposit: &Deposit) -> Vec<StepView> {
    let (now, class) = match deposit.state {
        DepositState::Arriving => (0, "now"),
        DepositState::Receiving | DepositState::Checking | DepositState::Leaving => (1, "now"),
        DepositState::Ready => (2, "now warn"),
        DepositState::Live => (3, "now ok"),
        DepositState::Refused => (1, "now bad"),
        DepositState::Cancelled => (3, "now bad"),
    };
    let keys =
        ["upload-step-file", "upload-step-check", "upload-step-approve", "upload-step-result"];
    let step = |(place, key): (usize, &str)| {
        let (class, stands) = match place.cmp(&now) {
            std::cmp::Ordering::Less => ("done", "upload-step-done"),
            std::cmp::Ordering::Equal => (class, "upload-step-now"),
            std::cmp::Ordering::Greater => ("", "upload-step-later"),
        };
        StepView { name: voice.say(key), class, stands: voice.say(stands), is_now: place == now }
    };
    keys.into_iter().enumerate().map(step).collect()
}

/// What is wrong with a line of a file, by its code, and what to do about it.
pub fn fault_words(voice: Voice<'_>, code: &str) -> (String, String) {
    let key = format!("upload-fault-{}", code.replace('.', "-"));
    let key = if voice.knows(&key) { key } else { "upload-fault-other".to_owned() };
    (voice.say(&key), voice.say(&format!("{key}-todo")))
}

#[cfg(test)]
pub mod tests {
    use warifu_service::words::{Language, Words};

    use super::*;
    use crate::samples::deposits::{detail, list};
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};

    fn site(voice: Voice<'_>) -> Site {
        let roles = [crate::access::Role::InsurerManager];
        Site::new(voice, Some("仮想市 係長".into()), Menu::Insurer, &roles, PATH)
    }

    fn keep(name: &str, language: Language, html: &str, words: &Words) {
        check(name, language, html, words);
        assert!(!html.contains("11月分<b>"), "{name}: not escaped");
    }

    #[test]
    fn the_list_is_there_in_every_state() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let full: Vec<_> =
                list().insurers.iter().map(|one| InsurerView::new(voice, one)).collect();
            let mut two = full.clone();
            two.extend(full.clone());
            for one in &mut two {
                one.open = None;
            }
            let mut fresh = full.clone();
            for one in &mut fresh {
                (one.open, one.lag) = (None, None);
                one.deposits.clear();
            }
            let screens = [
                ("uploads", None, false, full),
                ("uploads-two", None, false, two),
                ("uploads-fresh", None, false, fresh),
                ("uploads-nobody", None, false, Vec::new()),
                ("uploads-silent", None, true, Vec::new()),
                ("uploads-closed", Some("no-records-ended"), false, Vec::new()),
            ];
            for (name, no_records, is_silent, insurers) in screens {
                let html = UploadsScreen {
                    page: page(words, language),
                    site: site(voice),
                    said: Some((Tone::Warn, "upload-said-busy")),
                    no_records,
                    is_silent,
                    insurers,
                };
                keep(name, language, &html.render().unwrap(), words);
            }
        });
    }

    #[test]
    fn one_file_is_there_in_every_state() {
        in_both(|words, language| {
            let voice = words.in_(language);
            for state in DepositState::ALL {
                let detail = detail(state);
                let deposit = DepositView::in_detail(voice, &detail);
                let screen = UploadScreen {
                    page: page(words, language),
                    site: site(voice),
                    said: None,
                    deposit: deposit.clone(),
                    faults: DepositView::faults(voice, &detail),
                    warnings: DepositView::warnings(voice, &detail),
                };
                let html = screen.render().unwrap();
                keep(&format!("upload-{}", state.as_str()), language, &html, words);
                assert_eq!(html.contains("/approve\""), state == DepositState::Ready, "{state:?}");
                assert_eq!(html.contains("/abandon\""), !state.is_over(), "{state:?}");
                let (page_, site_) = (page(words, language), site(voice));
                let html = AbandonScreen { page: page_, site: site_, deposit: deposit.clone() };
                keep("upload-abandon", language, &html.render().unwrap(), words);
                let (page, site) = (page(words, language), site(voice));
                let html = ApproveScreen { page, site, said: None, deposit };
                keep("upload-approve", language, &html.render().unwrap(), words);
            }
        });
    }

    #[test]
    fn every_fault_and_every_warning_has_its_words() {
        in_both(|words, language| {
            let voice = words.in_(language);
            for code in crate::samples::deposits::FAULTS {
                let key = format!("upload-fault-{}", code.replace('.', "-"));
                assert!(voice.knows(&key) && voice.knows(&format!("{key}-todo")), "{key}");
            }
            for code in crate::samples::deposits::WARNINGS {
                assert!(voice.knows(&format!("upload-warning-{}", code.replace('.', "-"))));
            }
            for bar in [ApprovalBar::State, ApprovalBar::Duty, ApprovalBar::SameEyes] {
                assert!(voice.knows(bar_key(bar)));
            }
        });
    }
}
