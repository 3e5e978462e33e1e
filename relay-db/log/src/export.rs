//! One subject's series, or the whole log, as a file that proves itself: JSON Lines, a head first
//! and then the events in their order. Whoever has the log's verifier key checks it offline.
//!
//! Of a series each event carries its proof, and what shows a gap is its running number. The whole
//! log needs no proofs: all its leaves together give the signed root.

use data_encoding::{BASE64, HEXLOWER};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, check_record, record_hash};

use crate::action::Series;
use crate::checkpoint::Checkpoint;
use crate::error::LogError;
use crate::event::Entry;
use crate::log::{Log, Logged};
use crate::note::{NoteError, NoteVerifier};
use crate::reading;
use crate::tree::Edge;

/// The form that this code writes.
const VERSION: u8 = 1;
/// Bytes of a line that is read.
pub const MAX_LINE: usize = 64 * 1024;

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    version: u8,
    /// Of a subject's series; absent for the whole log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<Series>,
    checkpoint: String,
}

/// Every other line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    index: u64,
    sequence: u64,
    leaf: String,
    /// Absent once it is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<String>,
}

impl Log {
    /// All of `subject`'s `series` that the head covers, with proofs, line by line. The head is the
    /// newest cosigned one if it covers all of it, else the newest.
    pub async fn export_series(
        &self,
        subject: &str,
        series: Series,
    ) -> Result<impl Stream<Item = Result<String, LogError>> + Send + use<>, LogError> {
        let newest = self.history(subject, series, None, 1).await?;
        let head = self.head_for(newest.first().map_or(0, |last| last.index)).await?;
        let (log, first) = (self.clone(), head_line(&head, Some(series)));
        let events = self.series(subject, series);
        Ok(async_stream::try_stream! {
            yield first?;
            for await logged in events {
                let logged = logged?;
                if logged.index >= head.size {
                    break;
                }
                let hashes = reading::inclusion(&log.store, &head, logged.index).await?;
                yield event_line(logged, &hashes)?;
            }
        })
    }

    /// The whole log up to its newest head, line by line.
    pub async fn export(
        &self,
    ) -> Result<impl Stream<Item = Result<String, LogError>> + Send + use<>, LogError> {
        let head = self.checkpoint().await?;
        let first = futures::stream::iter([head_line(&head, None)]);
        let events = self.all(head.size).map(|logged| event_line(logged?, &[]));
        Ok(first.chain(events))
    }
}

fn head_line(head: &Checkpoint, series: Option<Series>) -> Result<String, LogError> {
    line(&HeadLine { version: VERSION, series, checkpoint: head.note.clone() })
}

fn event_line(logged: Logged, hashes: &[Hash]) -> Result<String, LogError> {
    let Logged { index, sequence, leaf, entry } = logged;
    let hashes = hashes.iter().map(|hash| BASE64.encode(&hash.0)).collect();
    line(&EventLine { index, sequence, leaf: HEXLOWER.encode(&leaf), entry, hashes })
}

fn line(value: &impl Serialize) -> Result<String, LogError> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(LogError::altered)
}

/// Why an exported file does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// A line that is not in the expected form; counted from 1.
    #[error("log.export-malformed: line {0} cannot be read")]
    Malformed(u64),
    /// The head is not signed by the log.
    #[error(transparent)]
    Head(#[from] NoteError),
    /// The event is not what the tree has at this index.
    #[error("log.export-altered: event {0} is not the one in the signed tree")]
    Altered(u64),
    /// An event is missing before this one, or they are in another order.
    #[error("log.export-gap: an event is missing before event {0}, or the order is another")]
    Gap(u64),
    /// Events of another subject or another series are among them.
    #[error("log.export-other: event {0} is of another series")]
    Other(u64),
    /// The file ends before the whole log does, or its leaves do not give the signed root.
    #[error("log.export-root: these are not all events under the signed head")]
    Root,
}

/// What a file shows that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The signed head, with the cosignatures that came with it.
    pub head: Checkpoint,
    /// The series, or none for the whole log.
    pub series: Option<Series>,
    /// Events in the file.
    pub events: u64,
    /// Of these, erased ones.
    pub erased: u64,
}

/// Reads an exported file line by line, in little memory.
#[derive(Debug)]
pub struct Reader {
    shown: Shown,
    line: u64,
    subject: Option<String>,
    /// Index and leaf of the event before.
    last: Option<(u64, String)>,
    edge: Edge,
}

impl Reader {
    /// Reads the first line, whose head `log` must have signed.
    pub fn begin(first: &str, log: &NoteVerifier) -> Result<Self, ExportFault> {
        let head: HeadLine = read(first).ok_or(ExportFault::Malformed(1))?;
        if head.version != VERSION {
            return Err(ExportFault::Malformed(1));
        }
        let shown = Shown {
            head: Checkpoint::open(&head.checkpoint, log)?,
            series: head.series,
            events: 0,
            erased: 0,
        };
        Ok(Self { shown, line: 1, subject: None, last: None, edge: Edge::empty() })
    }

    /// Reads one more line, and gives its entry unless it is erased.
    pub fn next(&mut self, text: &str) -> Result<Option<Entry>, ExportFault> {
        self.line += 1;
        let event: EventLine = read(text).ok_or(ExportFault::Malformed(self.line))?;
        let leaf = leaf_of(&event).ok_or(ExportFault::Altered(event.index))?;
        match self.shown.series {
            Some(series) => self.check_series(&event, leaf, series)?,
            None => self.check_whole(&event, leaf)?,
        }
        self.shown.events += 1;
        self.shown.erased += u64::from(event.entry.is_none());
        self.last = Some((event.index, event.leaf));
        Ok(event.entry)
    }

    /// When there are no more lines.
    pub fn finish(self) -> Result<Shown, ExportFault> {
        let head = &self.shown.head;
        let whole = (self.edge.size(), self.edge.root()) == (head.size, head.root);
        if self.shown.series.is_none() && !whole {
            return Err(ExportFault::Root);
        }
        Ok(self.shown)
    }

    fn check_whole(&mut self, event: &EventLine, leaf: Hash) -> Result<(), ExportFault> {
        if event.index != self.edge.size() {
            return Err(ExportFault::Gap(event.index));
        }
        self.edge.push(leaf);
        self.edge.settle();
        Ok(())
    }

    fn check_series(
        &mut self,
        event: &EventLine,
        leaf: Hash,
        series: Series,
    ) -> Result<(), ExportFault> {
        let (head, index) = (&self.shown.head, event.index);
        let hashes: Option<Vec<Hash>> = event.hashes.iter().map(|hash| decoded(hash)).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= 64);
        let hashes = hashes.ok_or(ExportFault::Malformed(self.line))?;
        check_record(&hashes, head.size, head.root, index, leaf)
            .map_err(|_| ExportFault::Altered(index))?;
        let follows = event.sequence == self.shown.events + 1
            && self.last.as_ref().is_none_or(|(before, _)| *before < index);
        if !follows {
            return Err(ExportFault::Gap(index));
        }
        let Some(entry) = &event.entry else { return Ok(()) };
        let previous = self.last.as_ref().map(|(_, leaf)| leaf);
        if entry.previous.as_ref() != previous {
            return Err(ExportFault::Gap(index));
        }
        let known = self.subject.get_or_insert_with(|| entry.subject.clone().unwrap_or_default());
        let same = entry.subject.as_ref() == Some(known) && entry.action.series() == series;
        if same { Ok(()) } else { Err(ExportFault::Other(index)) }
    }
}

/// The leaf, if it is that of the entry beside it, whose number is the one that the line says.
fn leaf_of(event: &EventLine) -> Option<Hash> {
    let said = HEXLOWER.decode(event.leaf.as_bytes()).ok()?;
    let said = Hash(said.try_into().ok()?);
    let Some(entry) = &event.entry else { return Some(said) };
    let made = record_hash(&entry.canonical().ok()?);
    (made == said && entry.sequence == event.sequence).then_some(said)
}

fn decoded(hash: &str) -> Option<Hash> {
    BASE64.decode(hash.as_bytes()).ok()?.try_into().ok().map(Hash)
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if text.len() > MAX_LINE {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{NoteKey, NoteSigner as _};
    use proptest::prelude::*;
    use warifu_service::clock::SeededEntropy;

    proptest! {
        #[test]
        fn any_line_is_refused_or_read(text in "(?s).{0,200}", index in any::<u64>(), hash in "[A-Za-z0-9+/=]{0,50}") {
            let key = NoteKey::generate("relay.example/log", &SeededEntropy::new(1)).unwrap();
            prop_assert!(Reader::begin(&text, key.verifier()).is_err());
            for series in [None, Some(Series::Disclosure)] {
                let head = Checkpoint::sign(3, record_hash(b"x"), &key).unwrap();
                let first = head_line(&head, series).unwrap();
                let mut reader = Reader::begin(&first, key.verifier()).unwrap();
                prop_assert!(reader.next(&text).is_err());
                let leaf = "00".repeat(32);
                let near = format!(r#"{{"index":{index},"sequence":1,"leaf":"{leaf}","hashes":["{hash}"]}}"#);
                let _ = reader.next(&near);
                prop_assert!(series.is_some() || reader.finish().is_err());
            }
        }
    }
}
