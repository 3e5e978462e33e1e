//! HTTP servers: the listener (plain, TLS, mutual TLS) and what wraps every router: request id,
//! bounds on bodies, time and requests in work, panic catcher, security headers, trace, metrics,
//! error presentation.

mod admission;
pub mod deadline;
mod finish;
mod listen;

pub use deadline::Deadline;
pub use finish::{HttpLimits, RequestId, finish};
pub use listen::{ListenConfig, ListenError, Peer, Server};
