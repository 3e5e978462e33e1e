//! ふりがな: readings over the words of our own catalogues, for who wants them.
//!
//! The catalogues stay as they are; one list of words holds the readings. A voice with readings
//! marks its words with the annotation characters of Unicode (U+FFF9 base U+FFFA reading U+FFFB,
//! Unicode 16 §23.8), and what leaves as a page turns the marks into `<ruby>` where text stands, and
//! into the bare word everywhere else: see [`crate::web::furigana`]. What comes from records, names
//! above all, has no readings from here: a wrong one would be worse than none.

use std::collections::HashMap;

use super::{Language, Tongue, Voice, Words};

/// Begins a word with a reading.
pub const WORD: char = '\u{FFF9}';
/// Stands between word and reading.
pub const READING: char = '\u{FFFA}';
/// Ends the reading.
pub const END: char = '\u{FFFB}';

/// The words and their readings.
const LIST: &str = include_str!("../../locales/ja/readings.txt");

/// Words as they stand in a catalogue, each with its marked form; by their first character, the
/// longest first.
struct Readings(HashMap<char, Vec<(String, String)>>);

/// `source`, a catalogue, with every known word marked.
pub(super) fn marked(source: &str) -> String {
    let readings = Readings::of(LIST);
    let mut out = String::with_capacity(source.len() * 2);
    for line in source.split_inclusive('\n') {
        if line.starts_with('#') {
            continue;
        }
        readings.mark(line, &mut out);
    }
    out
}

/// `text` without any readings.
pub fn plain(text: &str) -> String {
    let mut is_reading = false;
    let keep = |c: &char| {
        match *c {
            READING => is_reading = true,
            END => is_reading = false,
            WORD => {}
            _ => return !is_reading,
        }
        false
    };
    text.chars().filter(keep).collect()
}

/// `text`, a name, with `reading`, its own, over it: part by part where blanks part both alike, else
/// over the whole. Never a guess: without a reading it stays as it is.
pub fn over(text: &str, reading: &str) -> String {
    let bare = |text: &str| text.replace([WORD, READING, END], "");
    let (text, reading) = (bare(text), bare(reading));
    let is_blank = |text: &str| text.trim().is_empty();
    if is_blank(&text) || is_blank(&reading) {
        return text;
    }
    let marked = |(text, reading): (&str, &str)| format!("{WORD}{text}{READING}{reading}{END}");
    let (texts, readings): (Vec<_>, Vec<_>) =
        (text.split_whitespace().collect(), reading.split_whitespace().collect());
    if texts.len() != readings.len() {
        return marked((&text, &reading));
    }
    let parts: Vec<_> = texts.into_iter().zip(readings).map(marked).collect();
    parts.join(" ")
}

/// Whether it is written with 漢字.
pub fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '々' | '\u{F900}'..='\u{FAFF}')
}

/// The sentences of a Japanese `catalogue` in which a 漢字 has no reading, for a party's own test;
/// what engineers read, and keys that begin with one of `others`, need none.
pub fn unread(words: &Words, catalogue: &str, others: &[&str]) -> Vec<String> {
    let voice = words.in_(Tongue { language: Language::Ja, furigana: true });
    let said = said(catalogue, voice, others);
    said.into_iter().filter(|text| lacks(text)).map(|text| plain(&text)).collect()
}

/// Every sentence and attribute of a catalogue.
fn said(catalogue: &str, voice: Voice<'_>, others: &[&str]) -> Vec<String> {
    let (mut key, mut all) = ("", Vec::new());
    for line in catalogue.lines() {
        let Some((name, _)) = line.split_once(" =") else { continue };
        let attribute = name.trim().strip_prefix('.');
        if attribute.is_none() {
            key = name;
        }
        let is_theirs = voice.knows(key) && !others.iter().any(|start| key.starts_with(start));
        match attribute.filter(|_| is_theirs) {
            Some("engineer") => {}
            Some(attribute) => all.push(voice.attribute(key, attribute)),
            None if is_theirs => all.push(voice.say(key)),
            None => {}
        }
    }
    all
}

/// Whether a 漢字 is outside of every word; one behind a number that is filled in depends on it.
fn lacks(text: &str) -> bool {
    let (mut is_marked, mut before) = (false, ' ');
    text.chars().any(|c| {
        is_marked = (is_marked || c == WORD) && c != END;
        let lacks = !is_marked && is_kanji(c) && before != '}';
        before = c;
        lacks
    })
}

impl Readings {
    fn of(list: &str) -> Self {
        let mut words: HashMap<char, Vec<(String, String)>> = HashMap::new();
        let lines = list.lines().filter(|line| !line.starts_with('#'));
        for entry in lines.flat_map(str::split_whitespace) {
            let (word, marked) = entry_of(entry);
            if let Some(first) = word.chars().next() {
                words.entry(first).or_default().push((word, marked));
            }
        }
        for same in words.values_mut() {
            same.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Self(words)
    }

    /// Adds `text` to `out`, its words marked.
    fn mark(&self, text: &str, out: &mut String) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let known = self.0.get(&first).into_iter().flatten();
            let found = known.clone().find_map(|(word, marked)| {
                rest.strip_prefix(word.as_str()).map(|after| (marked, after))
            });
            if let Some((marked, after)) = found {
                out.push_str(marked);
                rest = after;
            } else {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
}

/// A word of the list, e.g. `受《う》け取《と》る`: as it is written, and marked.
fn entry_of(entry: &str) -> (String, String) {
    let (mut word, mut marked) = (String::new(), String::new());
    let mut rest = entry;
    while let Some((before, after)) = rest.split_once('《') {
        let (reading, next) = after.split_once('》').unwrap_or((after, ""));
        let (lead, base) = split_base(before);
        word.extend([lead, base]);
        marked.push_str(lead);
        if reading.is_empty() {
            marked.push_str(base);
        } else {
            marked.push(WORD);
            marked.push_str(base);
            marked.push(READING);
            marked.push_str(reading);
            marked.push(END);
        }
        rest = next;
    }
    word.push_str(rest);
    marked.push_str(rest);
    (word, marked)
}

/// What the reading belongs to, at the end of `text`: from `｜` on, or else the 漢字 there.
fn split_base(text: &str) -> (&str, &str) {
    text.split_once('｜').unwrap_or_else(|| {
        let lead = text.trim_end_matches(is_kanji).len();
        text.split_at_checked(lead).unwrap_or((text, ""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        text.replace(WORD, "[").replace(READING, "|").replace(END, "]")
    }

    #[test]
    fn a_word_is_marked_part_by_part() {
        let (word, marked) = entry_of("受《う》け取《と》る");
        assert_eq!((word.as_str(), shown(&marked).as_str()), ("受け取る", "[受|う]け[取|と]る"));
        let (word, marked) = entry_of("｜2人《ふたり》");
        assert_eq!((word.as_str(), shown(&marked).as_str()), ("2人", "[2人|ふたり]"));
        assert_eq!(entry_of("}日《》"), ("}日".to_owned(), "}日".to_owned()));
    }

    #[test]
    fn the_longest_word_counts() {
        let readings = Readings::of("今《いま》 今日《きょう》 日《ひ》\n# 別《べつ》");
        let mut out = String::new();
        readings.mark("今日、今、別の日", &mut out);
        assert_eq!(shown(&out), "[今日|きょう]、[今|いま]、別の[日|ひ]");
        assert_eq!(plain(&out), "今日、今、別の日");
    }

    #[test]
    fn a_name_has_its_own_reading_or_none() {
        let over = |text, reading| shown(&over(text, reading));
        assert_eq!(over("上野　太郎", "ウエノ タロウ"), "[上野|ウエノ] [太郎|タロウ]");
        assert_eq!(over("上野太郎", "ウエノ タロウ"), "[上野太郎|ウエノ タロウ]");
        assert_eq!(over("上野 太郎", " "), "上野 太郎");
        assert_eq!(over("", "ウエノ"), "");
        assert_eq!(over("上\u{FFFB}野", "ウ\u{FFF9}エノ"), "[上野|ウエノ]");
    }

    #[test]
    fn the_list_is_well_formed() {
        let entries: Vec<_> = LIST
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
            .collect();
        assert!(entries.len() > 500);
        for entry in entries {
            let (word, marked) = entry_of(entry);
            assert_eq!(plain(&marked), word, "{entry}");
            assert!(word.chars().any(is_kanji) && !word.contains(['《', '》', '｜']), "{entry}");
            let readings = marked.split(READING).skip(1).filter_map(|rest| rest.split(END).next());
            for reading in readings {
                assert!(reading.chars().all(|c| matches!(c, 'ぁ'..='ん' | 'ー')), "{entry}");
            }
        }
    }

    #[test]
    fn what_every_page_says_has_its_readings() {
        let words = Words::with_furigana(
            &["one = 鬱\n    .engineer = 鬱\n"],
            &["one = one\n    .engineer = one\n"],
        )
        .unwrap();
        assert_eq!(unread(&words, "one = 鬱\n    .engineer = 鬱\n", &[]), ["鬱"]);
        assert_eq!(unread(&words, "one = 鬱\n", &["on"]), [""; 0]);
        let shared = super::super::SHARED_JA.iter();
        let lacking: Vec<_> = shared.flat_map(|source| unread(&words, source, &[])).collect();
        assert_eq!(lacking, [""; 0], "to be added to readings.txt");
    }

    proptest! {
        #[test]
        fn no_name_is_lost_under_its_reading(text in "\\PC{0,30}", reading in "\\PC{0,30}") {
            let over = over(&text, &reading);
            prop_assert_eq!(over.matches(WORD).count(), over.matches(END).count());
            let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(blanks(&plain(&over)), blanks(&text.replace([WORD, READING, END], "")));
        }

        #[test]
        fn marking_changes_no_word(text in "[今日の見た人がだれか{}a-z 、。]{0,40}") {
            let mut out = String::new();
            Readings::of(LIST).mark(&text, &mut out);
            prop_assert_eq!(plain(&out), text);
        }
    }
}
