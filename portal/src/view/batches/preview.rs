//! A file before it is started: how it is written, who is in it, and its first lines.

use warifu_contract::batch::{BatchPreview, BatchSample};
use warifu_service::words::Voice;

use crate::view::uploads::fault_words;
use crate::view::{Fact, grouped};

/// A file that waits to be started, in words.
#[derive(Debug, Clone)]
pub struct PreviewView {
    /// How it is written, and how many of which kind.
    pub facts: Vec<Fact>,
    /// Its first lines; empty where they are not shown.
    pub sample: Vec<SampleView>,
    /// Characters of them are hidden.
    pub is_masked: bool,
    /// What is to be said when some lines cannot be read.
    pub warning: Option<String>,
}

/// A line as it was read.
#[derive(Debug, Clone)]
pub struct SampleView {
    /// Where it stands in the file.
    pub line: u64,
    /// Its fields, each with the key of its column's name.
    pub fields: Vec<(&'static str, String)>,
    /// What is wrong with it, and what to do about it.
    pub fault: Option<(String, String)>,
}

impl PreviewView {
    /// `preview` in the voice's words.
    pub fn new(voice: Voice<'_>, preview: &BatchPreview) -> Self {
        let unreadable = preview.unreadable;
        let warning = [("count", grouped(unreadable).into())];
        Self {
            facts: facts(voice, preview),
            sample: preview.sample.iter().map(|line| SampleView::new(voice, line)).collect(),
            is_masked: preview.is_masked,
            warning: (unreadable > 0).then(|| voice.tell("bulk-preview-unreadable", &warning)),
        }
    }
}

impl SampleView {
    fn new(voice: Voice<'_>, sample: &BatchSample) -> Self {
        let fields = [
            ("bulk-column-reference", &sample.reference),
            ("bulk-column-insurer", &sample.insurer_number),
            ("bulk-column-symbol", &sample.symbol),
            ("bulk-column-number", &sample.number),
            ("bulk-column-branch", &sample.branch),
            ("bulk-column-birth", &sample.birth_date),
        ];
        Self {
            line: sample.line,
            fields: fields.map(|(key, text)| (key, text.clone())).to_vec(),
            fault: sample.faults.first().map(|code| fault_words(voice, code)),
        }
    }
}

fn facts(voice: Voice<'_>, preview: &BatchPreview) -> Vec<Fact> {
    let header = if preview.has_header { "bulk-header-yes" } else { "bulk-header-no" };
    let written = [
        ("bulk-format", preview.format.to_uppercase()),
        ("bulk-encoding", preview.encoding.clone()),
        ("bulk-header", voice.say(header)),
    ];
    let counted = [
        ("bulk-rows", preview.lines),
        ("bulk-insured", preview.insured),
        ("bulk-dependants", preview.dependants),
        ("bulk-unstated", preview.unstated),
        ("bulk-unreadable", preview.unreadable),
    ];
    let counted = counted.map(|(key, count)| (key, grouped(count)));
    let all = written.into_iter().chain(counted);
    all.map(|(key, value)| Fact { label: voice.say(key), value }).collect()
}
