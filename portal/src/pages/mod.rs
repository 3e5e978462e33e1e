//! The routes that people's browsers open.

pub mod batches;
pub mod checks;
pub mod consents;
pub mod desk;
pub mod disputes;
pub mod doubts;
pub mod entrance;
pub mod events;
pub mod evidence;
pub mod expenses;
pub mod guardians;
pub mod history;
pub mod home;
pub mod insurer;
pub mod links;
pub mod mydata;
pub mod office;
pub mod proxies;
pub mod ratios;
pub mod readings;
pub mod record;
pub mod session;
pub mod settings;
pub mod sheets;
pub mod stream;
pub mod uploads;
