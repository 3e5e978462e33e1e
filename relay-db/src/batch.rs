//! Files of eligibility checks (一括認証): taken from organisations, answered as jobs, handed back.

mod asker;
pub mod config;
mod decide;
mod feed;
mod job;
mod lines;
mod marks;
mod preview;
mod receive;
mod results;
mod routes;
mod row;
mod runner;
mod settle;
mod store;
mod telling;

pub(crate) use asker::{Asker, system};
pub(crate) use decide::Shares;
pub(crate) use receive::{__path_receive, receive};
pub(crate) use results::{__path_errors, __path_result, errors, result};
pub(crate) use routes::{
    __path_cancel, __path_list, __path_pause, __path_preview, __path_recheck, __path_resume,
    __path_show, __path_start, cancel, list, pause, preview, recheck, resume, show, start,
};
pub(crate) use runner::work;
pub(crate) use store::Batches;

/// Where files come in.
pub(crate) const UPLOAD: &str = "/batches";
