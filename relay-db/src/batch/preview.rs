//! A file looked over before it is started: how it is written, how many lines of which kind it has,
//! and the first of them, as much as the site wants shown.

use warifu_contract::batch::{BatchPreview, BatchSample};
use warifu_contract::coverage::Relation;
use warifu_files::HeaderStyle;

use super::config::SampleKind;
use super::feed::{Feed, feed};
use super::lines::{self, Unreadable, Written};
use super::row::{Asks, Line};
use super::runner::Broken;
use crate::relay::Relay;

/// Lines of the sample.
const SHOWN: usize = 5;
/// Stands for a character that is not shown.
const MASK: char = '＊';
/// Characters at the end of a number that are shown.
const LAST: usize = 2;
/// Characters at the start of a date that are shown.
const YEAR: usize = 4;

/// Looks over the `pieces` of the file of the job `id`.
pub(crate) async fn look_over(
    relay: &Relay,
    (id, pieces): (&str, u64),
    shown: SampleKind,
) -> Result<BatchPreview, Broken> {
    let most = relay.config().batches.largest_lines;
    let written = through(relay, (id, pieces), lines::written).await?;
    let count = move |feed: Feed| Tally::of(feed, &written, shown, most);
    through(relay, (id, pieces), count).await
}

/// Gives the whole file to `read`, on a thread that may wait.
async fn through<T: Send + 'static>(
    relay: &Relay,
    (id, pieces): (&str, u64),
    read: impl FnOnce(Feed) -> Result<T, Unreadable> + Send + 'static,
) -> Result<T, Broken> {
    let (opener, feed, _) = feed();
    let reading = tokio::task::spawn_blocking(move || read(feed));
    let (there, found) = tokio::join!(opener.open(relay.batches(), id, pieces), reading);
    if !there? {
        return Err(Broken::Refused("batch.gone"));
    }
    Ok(found.unwrap_or(Err(Unreadable::Storage))?)
}

/// What is counted.
struct Tally {
    preview: BatchPreview,
    shown: SampleKind,
    most: u64,
}

impl Tally {
    fn of(
        feed: Feed,
        written: &Written,
        shown: SampleKind,
        most: u64,
    ) -> Result<BatchPreview, Unreadable> {
        let mut tally = Self { preview: empty(shown), shown, most };
        let mut shape = written.shape();
        let told = |written: Written| shape = written.shape();
        match lines::read(feed, written, told, |line| tally.take(&line)) {
            Ok(()) if tally.preview.lines == 0 => Err(Unreadable::File("file.empty")),
            Ok(()) | Err(Unreadable::Enough) => Ok(BatchPreview {
                format: shape.format.name().to_owned(),
                encoding: shape.encoding.name().to_owned(),
                has_header: shape.header != HeaderStyle::None,
                ..tally.preview
            }),
            Err(why) => Err(why),
        }
    }

    fn take(&mut self, line: &Line) -> Result<(), Unreadable> {
        if self.preview.lines >= self.most {
            return Err(Unreadable::Enough);
        }
        self.preview.lines += 1;
        let kind = match line.asks.as_ref().map(relation) {
            Err(_) => &mut self.preview.unreadable,
            Ok(Some(Relation::Insured)) => &mut self.preview.insured,
            Ok(Some(Relation::Dependant)) => &mut self.preview.dependants,
            Ok(None) => &mut self.preview.unstated,
        };
        *kind += 1;
        if self.shown != SampleKind::Off && self.preview.sample.len() < SHOWN {
            let sample = as_it_is(line);
            let is_masked = self.shown == SampleKind::Masked;
            self.preview.sample.push(if is_masked { masked(sample) } else { sample });
        }
        Ok(())
    }
}

/// What the line says, or else its 枝番.
fn relation(asks: &Asks) -> Option<Relation> {
    let by_branch = |branch: &str| match branch {
        "00" => Relation::Insured,
        _ => Relation::Dependant,
    };
    asks.relation.or_else(|| asks.card.branch.as_deref().map(by_branch))
}

fn empty(shown: SampleKind) -> BatchPreview {
    BatchPreview {
        format: String::new(),
        encoding: String::new(),
        has_header: false,
        lines: 0,
        insured: 0,
        dependants: 0,
        unstated: 0,
        unreadable: 0,
        sample: Vec::new(),
        is_masked: shown == SampleKind::Masked,
    }
}

fn as_it_is(line: &Line) -> BatchSample {
    let (echo, asks) = (&line.echo, line.asks.as_ref());
    let understood = asks.map(|asks| asks.card.birth_date.to_string());
    let faults = asks.err().into_iter().flatten();
    BatchSample {
        line: line.number,
        reference: echo.reference.clone(),
        insurer_number: echo.insurer_number.clone(),
        symbol: echo.symbol.clone(),
        number: echo.number.clone(),
        branch: echo.branch.clone(),
        birth_date: understood.unwrap_or_else(|_| echo.birth_date.clone()),
        faults: faults.map(|fault| fault.code.clone()).collect(),
    }
}

/// Enough to know one's own file again. Where a line cannot be read, anything may stand anywhere.
fn masked(sample: BatchSample) -> BatchSample {
    let is_readable = sample.faults.is_empty();
    let unless_readable = |text: String| if is_readable { text } else { mask(&text, 0) };
    BatchSample {
        symbol: mask(&sample.symbol, 0),
        number: mask(&sample.number, if is_readable { LAST } else { 0 }),
        birth_date: mask_from(&sample.birth_date, if is_readable { YEAR } else { 0 }),
        reference: unless_readable(sample.reference),
        insurer_number: unless_readable(sample.insurer_number),
        branch: unless_readable(sample.branch),
        ..sample
    }
}

/// `text` with its `last` characters, and never more than half of it.
fn mask(text: &str, last: usize) -> String {
    let length = text.chars().count();
    let hidden = length - last.min(length / 2);
    text.chars().enumerate().map(|(at, c)| if at < hidden { MASK } else { c }).collect()
}

/// `text` with its first characters only.
fn mask_from(text: &str, first: usize) -> String {
    text.chars().enumerate().map(|(at, c)| if at < first { c } else { MASK }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(faults: &[&str]) -> BatchSample {
        BatchSample {
            line: 2,
            reference: "P-1".into(),
            insurer_number: "06130488".into(),
            symbol: "東京".into(),
            number: "1234567".into(),
            branch: "00".into(),
            birth_date: "1955-05-05".into(),
            faults: faults.iter().map(|code| (*code).to_owned()).collect(),
        }
    }

    #[test]
    fn enough_is_left_to_know_ones_own_file_again() {
        let shown = masked(sample(&[]));
        assert_eq!((shown.symbol.as_str(), shown.number.as_str()), ("＊＊", "＊＊＊＊＊67"));
        assert_eq!(shown.birth_date, "1955＊＊＊＊＊＊");
        assert_eq!((shown.reference.as_str(), shown.branch.as_str()), ("P-1", "00"));
        assert_eq!(shown.insurer_number, "06130488");
    }

    #[test]
    fn of_a_line_that_cannot_be_read_nothing_is_shown() {
        let shown = masked(sample(&["file.columns"]));
        let texts = [&shown.reference, &shown.insurer_number, &shown.number, &shown.branch];
        assert!(texts.iter().all(|text| text.chars().all(|c| c == MASK)), "{shown:?}");
        assert!(shown.birth_date.chars().all(|c| c == MASK));
    }

    proptest! {
        #[test]
        fn no_more_than_half_of_a_number_is_shown(text in ".{0,40}", last in 0_usize..10) {
            let shown = mask(&text, last);
            let open = text.chars().zip(shown.chars()).skip_while(|(_, to)| *to == MASK);
            prop_assert!(open.count() <= last.min(text.chars().count() / 2));
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }
    }
}
