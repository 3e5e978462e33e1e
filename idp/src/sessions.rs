//! A person's own sessions: where one is signed in, since when and with what, and the end of those
//! that were left open elsewhere.

mod end;
mod page;

pub(crate) use end::{confirm, end};
pub(crate) use page::show;

#[cfg(test)]
mod tests;
