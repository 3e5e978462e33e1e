//! Consents: given, withdrawn and looked at by their subject, and asked before anything is told.
//!
//! Nothing is kept in memory: a consent that was withdrawn anywhere holds nowhere.

mod names;
mod readable;
mod reading;
mod receipt;
mod routes;
mod store;

pub(crate) use readable::{__path_list as __path_readable, list as readable};
pub(crate) use reading::{Reading, Unread, treatment};
pub(crate) use routes::{
    __path_give, __path_list, __path_receipt, __path_withdraw, give, list, receipt, withdraw,
};
pub(crate) use store::Consents;
