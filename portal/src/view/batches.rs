//! Files of checks at the desk: the list, one of them, and the question before one is given up.

mod preview;

use askama::Template;
use warifu_contract::batch::{BatchJob, BatchState};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Fact, Tone, grouped};
use crate::dates::words;

pub use preview::PreviewView;

/// Where the pages are.
pub const PATH: &str = "/desk/batch";

/// The form for a file, and the files so far.
#[derive(Debug, Template)]
#[template(path = "batches.html")]
pub struct BatchesScreen<'a> {
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
    /// The files, newest first.
    pub jobs: Vec<JobView>,
    /// 対象年月日 that the form begins with.
    pub today: String,
}

/// One file.
#[derive(Debug, Template)]
#[template(path = "batch.html")]
pub struct BatchScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step.
    pub said: Option<(Tone, &'static str)>,
    /// The file.
    pub job: JobView,
    /// What it looks like, while it waits to be started.
    pub preview: Option<PreviewView>,
}

/// The question before a file is given up.
#[derive(Debug, Template)]
#[template(path = "batch_cancel.html")]
pub struct CancelScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The file.
    pub job: JobView,
}

/// A file in words.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a button or a sentence of its own")]
pub struct JobView {
    /// For its address.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub state: String,
    /// And how that is.
    pub tone: Tone,
    /// How far it has come, in percent.
    pub percent: u8,
    /// When it came.
    pub since: String,
    /// What came of its lines.
    pub counts: Vec<Fact>,
    /// Key of the code for which it was refused, with its advice.
    pub refusal: Option<String>,
    /// Until when its results can be had, as a sentence.
    pub until: Option<String>,
    /// They were there, and are gone.
    pub is_gone: bool,
    /// It waits to be started.
    pub may_start: bool,
    /// It is under way, now or when it goes on.
    pub is_open: bool,
    /// It can be stopped for a while.
    pub may_pause: bool,
    /// It can go on.
    pub may_resume: bool,
    /// It can be given up.
    pub may_cancel: bool,
    /// It can be compared with the file before.
    pub is_compared: bool,
}

impl JobView {
    /// `job` in the voice's words.
    pub fn new(voice: Voice<'_>, job: &BatchJob) -> Self {
        let under_way = matches!(job.state, BatchState::Received | BatchState::Running);
        let paused = job.state == BatchState::Paused;
        Self {
            id: job.id.clone(),
            name: job.name.clone().unwrap_or_else(|| voice.say("bulk-unnamed")),
            state: voice.say(&format!("bulk-state-{}", job.state.as_str())),
            tone: tone(job.state),
            percent: job.percent,
            since: words::full_moment(voice.language, job.received_at),
            counts: counts(voice, job),
            refusal: job.refusal.as_ref().map(|code| refusal(voice, code)),
            until: until(voice, job),
            is_gone: job.state == BatchState::Done && job.results_until.is_none(),
            may_start: job.state == BatchState::Ready,
            is_open: under_way || paused,
            may_pause: under_way,
            may_resume: paused,
            may_cancel: !job.state.is_over(),
            is_compared: job.compared_with.is_some(),
        }
    }
}

fn tone(state: BatchState) -> Tone {
    match state {
        BatchState::Done => Tone::Ok,
        BatchState::Ready | BatchState::Received | BatchState::Running => Tone::Wait,
        BatchState::Paused => Tone::Warn,
        BatchState::Refused => Tone::Bad,
        BatchState::Cancelled => Tone::None,
    }
}

fn counts(voice: Voice<'_>, job: &BatchJob) -> Vec<Fact> {
    let counts = &job.counts;
    let mut all = vec![
        ("bulk-lines", counts.lines),
        ("bulk-valid", counts.valid),
        ("bulk-expired", counts.expired),
        ("bulk-number", counts.number),
        ("bulk-insurer", counts.insurer),
        ("bulk-silent", counts.silent),
        ("bulk-unreadable", counts.unreadable),
    ];
    if job.compared_with.is_some() {
        all.push(("bulk-changed", counts.changed));
    }
    let fact = |(key, count)| Fact { label: voice.say(key), value: grouped(count) };
    all.into_iter().map(fact).collect()
}

/// Why a file was refused; the codes of files have their words here.
fn refusal(voice: Voice<'_>, code: &str) -> String {
    let key = format!("bulk-refused-{}", code.replace('.', "-"));
    if voice.knows(&key) { voice.say(&key) } else { voice.say("bulk-refused-file") }
}

fn until(voice: Voice<'_>, job: &BatchJob) -> Option<String> {
    let until = words::full_moment(voice.language, job.results_until?);
    let key = if job.fetched_once { "bulk-until-once" } else { "bulk-until" };
    Some(voice.tell(key, &[("until", until.into())]))
}

#[cfg(test)]
pub mod tests {
    use jiff::Timestamp;
    use warifu_contract::batch::{BatchCounts, BatchPreview, BatchSample};
    use warifu_service::words::{Language, Words};

    use super::*;
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};

    /// A job that stands so.
    pub fn job(state: BatchState) -> BatchJob {
        let at: Timestamp = "2026-11-20T01:15:00Z".parse().unwrap();
        let is_done = state == BatchState::Done;
        BatchJob {
            id: "0123456789abcdef0123456789abcdef".into(),
            state,
            name: Some("11月の受診者<b>.csv".into()),
            received_at: at,
            ended_at: is_done.then_some(at),
            target_date: jiff::civil::date(2026, 11, 20),
            bytes: 1_000_000,
            percent: if is_done { 100 } else { 42 },
            counts: BatchCounts { lines: 12_345, valid: 12_000, ..BatchCounts::default() },
            refusal: (state == BatchState::Refused).then(|| "file.columns".into()),
            compared_with: is_done.then(|| "fedcba9876543210fedcba9876543210".into()),
            recheck_of: None,
            results_until: is_done.then_some(at),
            fetched_once: false,
        }
    }

    /// What the file of a job looks like that is ready.
    pub fn preview() -> BatchPreview {
        let sample = |line, fault: Option<&str>| BatchSample {
            line,
            reference: format!("P-{line}"),
            insurer_number: "06130488".into(),
            symbol: "＊＊".into(),
            number: "＊＊＊34".into(),
            branch: "00".into(),
            birth_date: "1955＊＊＊＊＊＊".into(),
            faults: fault.into_iter().map(str::to_owned).collect(),
        };
        BatchPreview {
            format: "csv".into(),
            encoding: "Shift_JIS".into(),
            has_header: true,
            lines: 12_345,
            insured: 8_000,
            dependants: 4_000,
            unstated: 343,
            unreadable: 2,
            sample: vec![sample(2, None), sample(3, Some("file.date"))],
            is_masked: true,
        }
    }

    fn site(voice: Voice<'_>) -> Site {
        Site::new(voice, Some("春日見本医院".into()), Menu::Desk, &[], PATH)
    }

    fn keep(name: &str, language: Language, html: &str, words: &Words) {
        check(name, language, html, words);
        assert!(!html.contains("受診者<b>"), "{name}: not escaped");
    }

    #[test]
    fn the_list_is_there_in_every_state() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let all = BatchState::ALL.map(|state| JobView::new(voice, &job(state)));
            let screens = [
                ("batches", None, false, all.to_vec()),
                ("batches-empty", None, false, Vec::new()),
                ("batches-silent", None, true, Vec::new()),
                ("batches-closed", Some("no-records-ended"), false, Vec::new()),
            ];
            for (name, no_records, is_silent, jobs) in screens {
                let html = BatchesScreen {
                    page: page(words, language),
                    site: site(voice),
                    said: Some((Tone::Warn, "bulk-said-large")),
                    no_records,
                    is_silent,
                    jobs,
                    today: "2026-11-20".into(),
                };
                keep(name, language, &html.render().unwrap(), words);
            }
        });
    }

    #[test]
    fn one_file_is_there_in_every_state() {
        in_both(|words, language| {
            let voice = words.in_(language);
            for state in BatchState::ALL {
                let job = JobView::new(voice, &job(state));
                let screen = BatchScreen {
                    page: page(words, language),
                    site: site(voice),
                    said: None,
                    job: job.clone(),
                    preview: (state == BatchState::Ready)
                        .then(|| PreviewView::new(voice, &preview())),
                };
                let html = screen.render().unwrap();
                keep(&format!("batch-{}", state.as_str()), language, &html, words);
                let ready = state == BatchState::Ready;
                let open = !state.is_over() && !ready;
                assert_eq!(html.contains("/start\""), ready, "{state:?}");
                assert_eq!(html.contains("＊＊＊34"), ready, "{state:?}");
                assert_eq!(html.contains("<progress"), open, "{state:?}");
                assert_eq!(html.contains("/result?only=all"), state == BatchState::Done);
                let (page, site) = (page(words, language), site(voice));
                let html = CancelScreen { page, site, job }.render().unwrap();
                keep("bulk-cancel", language, &html, words);
            }
        });
    }
}
