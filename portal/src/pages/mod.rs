//! The routes that people's browsers open.

pub mod batches;
pub mod consents;
pub mod desk;
pub mod doubts;
pub mod entrance;
pub mod events;
pub mod evidence;
pub mod history;
pub mod home;
pub mod links;
pub mod office;
pub mod readings;
pub mod record;
pub mod session;
pub mod stream;
