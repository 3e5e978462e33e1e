//! Guardians with papers (親権者・法定代理人): the guardian asks, with the own card, and tells staff
//! a code; one member of staff sees the papers and proposes, another approves. What comes of it is
//! a mandate like any other, but that no principal gave it.
//!
//! Whom the guardian speaks for is found by the insurance card that lies beside the papers: the
//! insurer says under which pseudonym, and the relay knows the person already or calls them a ward,
//! whose links end with the last mandate. Whoever is insured in several places is found by each
//! card where it is from; other holders, who know no such cards, find the ward by a
//! voucher of the card office, which proved whom the papers name. In the relay alone these meet.
//!
//! Staff end it as they began it: by the same insurance card, and by two. The first stops it at
//! once, the second ends it or lets it go on.

mod routes;
mod sought;
mod staff;
mod stops;
mod store;
mod vouched;
mod wards;

pub(crate) use routes::{__path_apply, applied, apply};
pub(crate) use staff::{
    __path_approve, __path_find, __path_propose, __path_queue, __path_refuse, approve, find,
    propose, queue, refuse,
};
pub(crate) use stops::{
    __path_end, __path_held, __path_resume, __path_stop, end, held, resume, stop,
};
pub(crate) use store::Guardians;
pub(crate) use wards::{close_left, sweep};
