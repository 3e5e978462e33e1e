//! Whose checks they are: for a clinic those that it made, for an insurer those that were answered
//! in its name. An index over the access log; the log itself keeps what was asked and answered.

mod index;
mod routes;
mod view;

pub(crate) use index::Checks;
pub(crate) use routes::*;
pub(crate) use view::member_of;
