//! The one pass over the tokens of a document.

use std::collections::HashSet;

use quick_xml::Error as XmlError;
use quick_xml::events::{BytesDecl, Event};
use quick_xml::reader::NsReader;

use crate::algorithm::SignatureAlgorithm;
use crate::canonical::is_xml;
use crate::gate::place::Place;
use crate::gate::tag::{self, Tag, check_reference};
use crate::gate::{AssertionForm, DEPTH_LIMIT, Facts, GateError, Kind, fault, rules};

/// Reads the document to its end.
pub(super) fn walk(kind: Kind, text: &str) -> Result<Facts, GateError> {
    check_characters(text)?;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    reader.resolver_mut().set_max_namespace_bindings(kind.namespace_limit());
    let mut walk = Walk::new(kind);
    loop {
        let before = position(reader.buffer_position());
        let event = reader.read_event().map_err(|error| syntax_fault(&error))?;
        match event {
            Event::Start(start) => {
                let tag = tag::read(&start, reader.resolver(), kind)?;
                walk.start(&tag, before)?;
            }
            Event::End(_) => walk.end(position(reader.buffer_position()))?,
            Event::Text(text) => walk.text(&text)?,
            Event::GeneralRef(reference) => walk.reference(&reference)?,
            Event::Decl(declaration) => check_declaration(&declaration, before)?,
            Event::DocType(_) => return Err(GateError::Doctype),
            Event::Comment(_) => walk.comment()?,
            Event::PI(_) => return Err(GateError::ProcessingInstruction),
            Event::CData(_) => return Err(GateError::Cdata),
            Event::Empty(_) => return Err(GateError::Syntax),
            Event::Eof => return walk.finish(),
        }
    }
}

fn position(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// An open element.
struct Frame {
    place: Place,
    /// How far the sequence of its content has got.
    next: usize,
    id: Option<String>,
    start: usize,
    has_text: bool,
    has_comment: bool,
}

impl Frame {
    fn new(place: Place, id: Option<String>, start: usize) -> Self {
        Self { place, next: 0, id, start, has_text: false, has_comment: false }
    }
}

struct Walk {
    kind: Kind,
    open: Vec<Frame>,
    elements: usize,
    ids: HashSet<String>,
    /// The algorithm of the signature that is open.
    algorithm: Option<SignatureAlgorithm>,
    facts: Facts,
}

impl Walk {
    fn new(kind: Kind) -> Self {
        let document = Frame::new(Place::Document(kind), None, 0);
        Self {
            kind,
            open: vec![document],
            elements: 0,
            ids: HashSet::new(),
            algorithm: None,
            facts: Facts::default(),
        }
    }

    fn start(&mut self, tag: &Tag<'_>, start: usize) -> Result<(), GateError> {
        self.count()?;
        let place = self.enter(tag)?;
        rules::check(place, tag, self.signature_owner())?;
        let id = tag.id.as_ref().map(|(_, id)| id.clone().into_owned());
        if id.iter().any(|id| !self.ids.insert(id.clone())) {
            return Err(GateError::DuplicateId);
        }
        self.note(place, tag, id.as_deref())?;
        self.open.push(Frame::new(place, id, start));
        Ok(())
    }

    fn count(&mut self) -> Result<(), GateError> {
        self.elements += 1;
        if self.elements > self.kind.element_limit() {
            return Err(GateError::Elements);
        }
        if self.open.len() > DEPTH_LIMIT {
            return Err(GateError::Depth);
        }
        Ok(())
    }

    fn enter(&mut self, tag: &Tag<'_>) -> Result<Place, GateError> {
        let parent = self.open.last_mut().ok_or(GateError::Syntax)?;
        let before = parent.next;
        let content = parent.place.content();
        content.place_of(&mut parent.next, tag.namespace, tag.name).ok_or_else(|| {
            match fault::of_element(parent.place, tag.namespace, tag.name) {
                GateError::UnexpectedElement if before == 0 && parent.place.must_have_id() => {
                    GateError::IssuerNotFirst
                }
                fault => fault,
            }
        })
    }

    /// The `ID` of the element that holds the open signature.
    fn signature_owner(&self) -> Option<&str> {
        let signature = self.open.iter().rposition(|frame| frame.place == Place::Signature)?;
        self.open.get(signature.checked_sub(1)?)?.id.as_deref()
    }

    /// Keeps what later steps want to know.
    fn note(&mut self, place: Place, tag: &Tag<'_>, id: Option<&str>) -> Result<(), GateError> {
        match place {
            Place::SignatureMethod => {
                self.algorithm = tag.attribute("Algorithm").and_then(SignatureAlgorithm::from_uri);
            }
            Place::Assertion if self.open.len() > 1 => self.note_assertion(AssertionForm::Plain)?,
            Place::EncryptedAssertion => self.note_assertion(AssertionForm::Encrypted)?,
            _ => {}
        }
        if self.open.len() == 1 {
            if self.elements > 1 {
                return Err(GateError::Syntax);
            }
            self.facts.root_id = id.map(str::to_owned);
        }
        Ok(())
    }

    fn note_assertion(&mut self, form: AssertionForm) -> Result<(), GateError> {
        match self.facts.assertion.replace(form) {
            None => Ok(()),
            Some(_) => Err(GateError::SecondAssertion),
        }
    }

    fn end(&mut self, end: usize) -> Result<(), GateError> {
        let frame = self.open.pop().ok_or(GateError::Syntax)?;
        if !frame.place.content().is_complete(frame.next) {
            return Err(fault::of_end(frame.place));
        }
        match frame.place {
            Place::Signature => {
                self.note_signature();
                Ok(())
            }
            Place::Message if self.is_in(Place::Body) => self.note_body(frame.start, end),
            _ => Ok(()),
        }
    }

    fn is_in(&self, place: Place) -> bool {
        self.open.last().is_some_and(|parent| parent.place == place)
    }

    /// A signature closed: it belongs to the element that is open now.
    fn note_signature(&mut self) {
        let algorithm = self.algorithm.take();
        if self.open.len() == 2 {
            self.facts.root_signature = algorithm;
        } else if self.is_in(Place::Assertion) {
            self.facts.assertion_signature = algorithm;
        }
    }

    fn note_body(&mut self, start: usize, end: usize) -> Result<(), GateError> {
        match self.facts.body.replace(start..end) {
            None => Ok(()),
            Some(_) => Err(GateError::UnexpectedElement),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), GateError> {
        let is_blank = text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        if is_blank { Ok(()) } else { self.take_text() }
    }

    fn reference(&mut self, reference: &str) -> Result<(), GateError> {
        check_reference(reference)?;
        self.take_text()
    }

    fn take_text(&mut self) -> Result<(), GateError> {
        let frame = self.open.last_mut().ok_or(GateError::Syntax)?;
        if !frame.place.takes_text() {
            return Err(GateError::Text);
        }
        if frame.has_comment {
            return Err(GateError::Comment);
        }
        frame.has_text = true;
        Ok(())
    }

    /// A comment may stand in metadata, outside of its signature, where there is no text that it
    /// could cut in two.
    fn comment(&mut self) -> Result<(), GateError> {
        let frame = self.open.last_mut().ok_or(GateError::Syntax)?;
        if self.kind != Kind::Metadata || !frame.place.takes_comment() || frame.has_text {
            return Err(GateError::Comment);
        }
        frame.has_comment = true;
        Ok(())
    }

    fn finish(self) -> Result<Facts, GateError> {
        match (self.open.len(), self.elements) {
            (1, 1..) => Ok(self.facts),
            (1, 0) => Err(GateError::Root),
            _ => Err(GateError::Syntax),
        }
    }
}

fn check_characters(text: &str) -> Result<(), GateError> {
    if !is_xml(text) {
        return Err(GateError::Character);
    }
    // A byte order mark, or anything else that is no markup.
    if text.starts_with('<') { Ok(()) } else { Err(GateError::Text) }
}

/// `<?xml version="1.0" encoding="UTF-8"?>`, at the start or not at all.
fn check_declaration(declaration: &BytesDecl<'_>, position: usize) -> Result<(), GateError> {
    let version = declaration.version().map_err(|_| GateError::Declaration)?;
    if position != 0 || version != "1.0" {
        return Err(GateError::Declaration);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("UTF-8") => Ok(()),
        Some(_) => Err(GateError::Encoding),
    }
}

fn syntax_fault(error: &XmlError) -> GateError {
    match error {
        XmlError::Namespace(_) => GateError::Namespace,
        XmlError::IllFormed(quick_xml::errors::IllFormedError::MissingDoctypeName) => {
            GateError::Doctype
        }
        _ => GateError::Syntax,
    }
}
