//! The relay over real mutual TLS, with connectors that answer, dawdle, or are gone; on every
//! engine at hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod batches;
mod bed;
mod ceremony;
mod consents;
mod curl;
mod deposited_links;
mod deposits;
mod desks;
mod eligibility;
mod evidence;
mod faults;
mod federation;
mod gateway;
mod guardians;
mod history;
mod keys;
mod killed;
mod linking;
mod links;
mod previews;
mod proxies;
mod questions;
mod readable;
mod records;
mod reseal;
mod resilience;
mod services;
mod session_end;
mod source;
mod standings;
mod storage;
mod token;
mod trial;
mod uploads;
mod wards;
