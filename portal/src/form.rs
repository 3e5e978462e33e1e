//! Forms: what was typed, what is wrong with it, and how the fields are shown again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use warifu_service::words::Voice;

/// A form as it came. A field that is left out counts as empty.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, String>);

/// Shows nothing of what was typed.
impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

impl Typed {
    /// What stands in the field, without blanks around it.
    pub fn at(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// Whether the box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Bytes of all names and values together.
    pub fn length(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The same form with one field set.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// One field that cannot be used: its name in the form, and the key of what to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name.
    pub field: &'static str,
    /// The key of the sentence.
    pub key: &'static str,
}

/// A problem and the field it leads to.
#[derive(Debug, Clone)]
pub struct FieldError {
    /// The field's id.
    pub field: &'static str,
    /// What to do.
    pub words: String,
}

/// The problems in words, in the same order.
pub fn errors(voice: Voice<'_>, problems: &[FieldProblem]) -> Vec<FieldError> {
    let error =
        |problem: &FieldProblem| FieldError { field: problem.field, words: voice.say(problem.key) };
    problems.iter().map(error).collect()
}

/// Gathers the problems of many fields while they are read one by one.
#[derive(Debug, Default)]
pub struct Gathered(pub Vec<FieldProblem>);

impl Gathered {
    /// The value, or nothing and one more problem.
    pub fn take<T>(&mut self, read: Result<T, FieldProblem>) -> Option<T> {
        read.map_err(|problem| self.0.push(problem)).ok()
    }
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// One of these values, each with the key of its label.
    OneOf(&'static [(&'static str, &'static str)]),
    /// Yes when ticked.
    Tick,
}

/// A field of a form, before anything is typed.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name and id.
    pub name: &'static str,
    /// The key of its label.
    pub label: &'static str,
    /// The key of an example.
    pub hint: Option<&'static str>,
    /// How wide: a class of the style sheet.
    pub width: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// A keyboard of digits on a phone.
    pub digits: bool,
    /// How it is filled in.
    pub input: Input,
}

impl Shape {
    /// One line of text.
    pub const fn line(name: &'static str, label: &'static str, longest: usize) -> Self {
        Self { name, label, hint: None, width: "", longest, digits: false, input: Input::Line }
    }

    /// One value out of several.
    pub const fn one_of(
        name: &'static str,
        label: &'static str,
        values: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { input: Input::OneOf(values), ..Self::line(name, label, 0) }
    }

    /// A box to tick.
    pub const fn tick(name: &'static str, label: &'static str) -> Self {
        Self { input: Input::Tick, ..Self::line(name, label, 0) }
    }
}

/// How a field looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldLook {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// One of these.
    OneOf(Vec<Choice>),
    /// A box, ticked or not.
    Tick(bool),
}

/// A box to tick for something that the portal does not know beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The field's name.
    pub name: String,
    /// Its words.
    pub label: String,
    /// It is ticked.
    pub ticked: bool,
}

/// One value to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its id: the field's own for the first, so that an error leads there.
    pub id: String,
    /// What is sent.
    pub value: &'static str,
    /// Its words.
    pub label: String,
    /// It is chosen.
    pub chosen: bool,
}

/// One field as it is shown.
#[derive(Debug, Clone)]
pub struct FieldView {
    /// Its name and id.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// An example.
    pub hint: Option<String>,
    /// How wide: a class of the style sheet.
    pub width: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// A keyboard of digits on a phone.
    pub digits: bool,
    /// What is in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// It has the focus.
    pub autofocus: bool,
    /// How it looks.
    pub look: FieldLook,
}

/// The fields of `shapes` holding `typed`, with `problems` beside them; `focus` names the field
/// that has the focus.
pub fn fields(
    voice: Voice<'_>,
    shapes: &[Shape],
    typed: &Typed,
    problems: &[FieldProblem],
    focus: Option<&str>,
) -> Vec<FieldView> {
    let error = |name: &str| problems.iter().find(|problem| problem.field == name);
    let field = |shape: &Shape| FieldView {
        name: shape.name,
        label: voice.say(shape.label),
        hint: shape.hint.map(|hint| voice.say(hint)),
        width: shape.width,
        longest: shape.longest,
        digits: shape.digits,
        value: typed.at(shape.name).to_owned(),
        error: error(shape.name).map(|problem| voice.say(problem.key)),
        autofocus: focus == Some(shape.name),
        look: look(voice, shape, typed),
    };
    shapes.iter().map(field).collect()
}

fn look(voice: Voice<'_>, shape: &Shape, typed: &Typed) -> FieldLook {
    match shape.input {
        Input::Line => FieldLook::Line,
        Input::Lines => FieldLook::Lines,
        Input::Tick => FieldLook::Tick(typed.ticked(shape.name)),
        Input::OneOf(values) => FieldLook::OneOf(
            values
                .iter()
                .enumerate()
                .map(|(n, value)| choice(voice, shape, typed, n, value))
                .collect(),
        ),
    }
}

fn choice(
    voice: Voice<'_>,
    shape: &Shape,
    typed: &Typed,
    place: usize,
    (value, label): &(&'static str, &'static str),
) -> Choice {
    let name = shape.name;
    Choice {
        id: if place == 0 { name.to_owned() } else { format!("{name}-{value}") },
        value,
        label: voice.say(label),
        chosen: typed.at(name) == *value,
    }
}
