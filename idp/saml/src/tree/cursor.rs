//! Reads the elements inside an element one after the other, and leaves none unread.

use crate::namespace::Namespace;
use crate::tree::{Element, ShapeError};

/// The elements inside an element that have not been read yet.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    rest: &'t [Element],
    what: &'static str,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(element: &'t Element, what: &'static str) -> Self {
        Self { rest: element.children(), what }
    }

    /// The next element, if it is this one.
    pub fn optional(&mut self, namespace: Namespace, name: &str) -> Option<&'t Element> {
        let (first, rest) = self.rest.split_first()?;
        if !first.is(namespace, name) {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// The next element, which must be this one.
    pub fn required(
        &mut self,
        namespace: Namespace,
        name: &'static str,
    ) -> Result<&'t Element, ShapeError> {
        self.optional(namespace, name).ok_or(ShapeError::Missing(name))
    }

    /// The next elements, as long as they are this one.
    pub fn repeated(&mut self, namespace: Namespace, name: &str) -> Vec<&'t Element> {
        std::iter::from_fn(|| self.optional(namespace, name)).collect()
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), ShapeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(ShapeError::Unexpected(self.what)) }
    }
}
