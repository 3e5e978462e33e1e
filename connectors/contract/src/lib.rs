//! The shared vocabulary of the federation: coverage, eligibility, records, services, reasons.
//!
//! No I/O and no clock here: what two parties say to each other, and the rules both must agree
//! on. Every type that crosses the wire derives its JSON and OpenAPI shape from this crate.

pub mod batch;
pub mod calendar;
pub mod card_key;
pub mod card_office;
pub mod check_number;
pub mod checks;
pub mod connector_token;
pub mod consent;
pub mod copay;
pub mod coverage;
pub mod dates;
pub mod decision;
pub mod deposits;
pub mod dispute;
pub mod duty;
pub mod eligibility;
pub mod era;
pub mod history;
pub mod identity;
pub mod individual_number;
pub mod linking;
pub mod mandate;
pub mod manifest;
pub mod name_forms;
mod nfkc;
pub mod numbers;
pub mod person;
pub mod records;
pub mod register;
pub mod services;
pub mod slip;

pub use check_number::CheckNumber;
