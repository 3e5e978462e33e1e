//! Guardians with papers (親権者・法定代理人): the guardian asks, with the own card, and tells staff
//! a code; one member of staff sees the papers and proposes, another approves. What comes of it is
//! a mandate like any other, but that no principal gave it.
//!
//! Whom the guardian speaks for is found by the insurance card that lies beside the papers: the
//! insurer says under which pseudonym, and the relay knows the person already or calls them a ward,
//! whose links end with the last mandate.

mod routes;
mod staff;
mod store;
mod wards;

pub(crate) use routes::{__path_apply, applied, apply};
pub(crate) use staff::{
    __path_approve, __path_find, __path_propose, __path_queue, __path_refuse, approve, find,
    propose, queue, refuse,
};
pub(crate) use store::Guardians;
pub(crate) use wards::{close_left, sweep};
