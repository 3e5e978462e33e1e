//! Files of proof, checked offline: with the log's verifier key and nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;
use warifu_log::export::{MAX_LINE, Reader};
use warifu_log::{
    Checkpoint, ConsistencyProof, Entry, InclusionProof, NoteVerifier, WitnessVerifier, Witnessed,
};

/// Bytes of a file with one proof, head or key.
const LONGEST: u64 = 256 * 1024;

/// Whom the reader of the files trusts, and which heads were seen.
pub struct Trust {
    log: NoteVerifier,
    witnesses: Vec<WitnessVerifier>,
    need: usize,
    /// Kept heads and those of the files, by size: a second one of the same size is a fork.
    heads: BTreeMap<u64, Checkpoint>,
}

/// What one file shows.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub file: String,
    /// The event, of a proof of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Events, of an exported file.
    pub events: u64,
    /// Of these, erased ones.
    pub erased: u64,
    /// The name of the series, of an export of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<&'static str>,
    /// Events under the signed head.
    pub tree_size: u64,
    pub tree_head: String,
    pub signed_by: String,
    pub witnessed_by: Vec<Seen>,
}

/// An event with its place in the log.
#[derive(Debug, Serialize)]
pub struct Event {
    pub index: u64,
    pub series: &'static str,
    pub entry: Entry,
}

/// A witness, and when it cosigned the head.
#[derive(Debug, Serialize)]
pub struct Seen {
    pub name: String,
    pub at: jiff::Timestamp,
}

impl Trust {
    /// Keys as text, or files that hold them.
    pub fn of(key: &str, witnesses: &[String], need: Option<usize>) -> anyhow::Result<Self> {
        let witnesses: Vec<WitnessVerifier> =
            witnesses.iter().map(|key| parsed(key)).collect::<Result<_, _>>()?;
        let need = need.unwrap_or(witnesses.len());
        ensure!(need <= witnesses.len(), "{need} witnesses are needed, and fewer are named");
        Ok(Self { log: parsed(key)?, witnesses, need, heads: BTreeMap::new() })
    }

    /// Takes in heads that were kept, and a proof that the log grew from the largest of them.
    pub fn keep(&mut self, kept: &[impl AsRef<Path>], grown: Option<&Path>) -> anyhow::Result<()> {
        for file in kept {
            let kept = head(file.as_ref(), &self.log)?;
            self.meet(kept)?;
        }
        let Some(file) = grown else { return Ok(()) };
        let proof: ConsistencyProof = read(file)?.parse()?;
        let old = self.heads.get(&proof.old);
        let old = old.with_context(|| format!("no kept head has size {}", proof.old))?;
        let newer = proof.verify(old.root, &self.log).context("the log is not the one kept")?;
        self.meet(newer)
    }

    /// A head that came up; another of the same size was signed if the log was forked.
    fn meet(&mut self, head: Checkpoint) -> anyhow::Result<()> {
        match self.heads.get(&head.size) {
            Some(known) if known.root != head.root => bail!(
                "log.forked: the log has signed two heads of size {}: it shows different versions",
                head.size
            ),
            _ => {
                self.heads.insert(head.size, head);
                Ok(())
            }
        }
    }

    /// Checks each file, and all of them against each other.
    pub fn check_all(&mut self, files: &[impl AsRef<Path>]) -> anyhow::Result<Vec<Shown>> {
        let one = |file: &Path| self.check(file).with_context(|| file.display().to_string());
        let mut one = one;
        files.iter().map(|file| one(file.as_ref())).collect()
    }

    fn check(&mut self, file: &Path) -> anyhow::Result<Shown> {
        let mut first = [0];
        let length = File::open(file)?.read(&mut first)?;
        if length == 1 && first == *b"{" {
            return self.check_export(file);
        }
        let proof: InclusionProof = read(file)?.parse()?;
        let entry = proof.verify_entry(&self.log)?;
        let head = Checkpoint::open(&proof.checkpoint, &self.log)?;
        let series = entry.action.series().name();
        let event = Some(Event { index: proof.index, series, entry });
        Ok(Shown { event, events: 1, ..self.shown(file, head)? })
    }

    fn check_export(&mut self, file: &Path) -> anyhow::Result<Shown> {
        let mut lines = BufReader::new(File::open(file)?);
        let mut line = String::new();
        let mut next = move || -> anyhow::Result<Option<String>> {
            line.clear();
            let most = u64::try_from(MAX_LINE)? + 1;
            let length = (&mut lines).take(most).read_line(&mut line)?;
            Ok((length > 0).then(|| line.clone()))
        };
        let first = next()?.context("the file is empty")?;
        let mut reader = Reader::begin(&first, &self.log)?;
        while let Some(line) = next()? {
            reader.next(&line)?;
        }
        let found = reader.finish()?;
        let (events, erased) = (found.events, found.erased);
        let series = found.series.map(warifu_log::Series::name);
        Ok(Shown { events, erased, series, ..self.shown(file, found.head)? })
    }

    fn shown(&mut self, file: &Path, head: Checkpoint) -> anyhow::Result<Shown> {
        let seen = self.witnesses.iter().map(|witness| witness.witnessed(&head.note));
        let seen: Vec<Option<Witnessed>> = seen.collect::<Result<_, _>>()?;
        let witnessed_by: Vec<_> =
            seen.into_iter().flatten().map(|one| Seen { name: one.by, at: one.at }).collect();
        ensure!(
            witnessed_by.len() >= self.need,
            "log.not-witnessed: {} witnesses have cosigned the head, {} must",
            witnessed_by.len(),
            self.need
        );
        let shown = Shown {
            file: file.display().to_string(),
            event: None,
            events: 0,
            erased: 0,
            series: None,
            tree_size: head.size,
            tree_head: head.root.to_string(),
            signed_by: self.log.name().to_owned(),
            witnessed_by,
        };
        self.meet(head)?;
        Ok(shown)
    }
}

/// A head that was kept in a file.
pub fn head(file: &Path, log: &NoteVerifier) -> anyhow::Result<Checkpoint> {
    Checkpoint::open(&read(file)?, log).with_context(|| file.display().to_string())
}

/// A verifier key, said or in a file.
fn parsed<T>(key: &str) -> anyhow::Result<T>
where
    T: std::str::FromStr<Err = warifu_log::note::NoteError>,
{
    let text = if key.contains('+') { key.to_owned() } else { read(Path::new(key))? };
    text.parse().with_context(|| key.to_owned())
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    opened.take(LONGEST + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= LONGEST, "{}: too long", file.display());
    Ok(text)
}
