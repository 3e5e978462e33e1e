//! The portal as a whole: its real router over a real database, with an identity provider and a
//! relay at the other end of the wire.

mod batches;
mod desk;
mod desk_work;
mod duties;
mod hostile;
mod login;
mod logout;
mod notices;
mod office;
mod office_peer;
mod panels;
mod peers;
mod pki;
mod proxies;
mod readings;
mod residents;
mod rig;
mod roles;
mod sent;
mod uploads;
