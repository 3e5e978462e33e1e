//! Layouts: which columns a file has.

/// The columns of a kind of file, in the order of files without a header.
#[derive(Debug)]
pub struct Layout {
    /// What the root element of XML is called in Japanese.
    pub name: &'static str,
    /// What it is called in English.
    pub english: &'static str,
    /// The columns.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// The name in Japanese; also the element of XML.
    pub name: &'static str,
    /// The name in English; also the element of XML.
    pub english: &'static str,
    /// Other names that are read, never written.
    pub aliases: &'static [&'static str],
    /// What its fields are.
    pub kind: Kind,
    /// No row without it.
    pub required: bool,
    /// The most characters of a field.
    pub longest: usize,
}

/// What the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// 保険者番号: up to 8 digits.
    InsurerNumber,
    /// 枝番: one or two digits.
    Branch,
    /// A day: `2026-11-20`, `20261120`, `令和8年11月20日`, `R8.11.20`, `5081120`.
    Date,
    /// A share of the costs: `030`, `30`, `30%` or `3割` for 30 percent.
    Percent,
    /// One of some words.
    Word(&'static [Word]),
}

/// One of the values that a column may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// The digit that files use for it.
    pub digit: &'static str,
    /// The word in Japanese.
    pub name: &'static str,
    /// Other words that mean the same, in Japanese and English.
    pub aliases: &'static [&'static str],
}

/// Row elements of XML.
pub(crate) const ROW: [&str; 2] = ["行", "row"];

/// The trailer, which counts the rows: the first field of the last line, the last element.
pub(crate) const COUNT: [&str; 2] = ["件数", "count"];

impl Layout {
    /// The column of that name, in any of the languages.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.is_called(name))
    }
}

impl Column {
    /// A mandatory column.
    pub(crate) const fn required(name: &'static str, english: &'static str, kind: Kind) -> Self {
        Self { required: true, ..Self::optional(name, english, kind) }
    }

    /// A column whose fields may be blank, or that a file may not have.
    pub(crate) const fn optional(name: &'static str, english: &'static str, kind: Kind) -> Self {
        Self { name, english, aliases: &[], kind, required: false, longest: 40 }
    }

    /// Also known by these names.
    pub(crate) const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// With so many characters at most.
    pub(crate) const fn up_to(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.english.eq_ignore_ascii_case(name) || self.aliases.contains(&name)
    }
}

impl Word {
    /// Whether `text` means it.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.digit == text || self.name == text || self.aliases.contains(&text)
    }
}
