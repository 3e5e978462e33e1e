//! HTTP servers: the listener (plain, TLS, mutual TLS) and what wraps every router: request id,
//! body and time limits, panic catcher, security headers, trace, metrics, error presentation.

mod finish;
mod listen;

pub use finish::{HttpLimits, RequestId, finish};
pub use listen::{ListenConfig, ListenError, Peer, Server};
