//! Tokens of the `web-eid:1` form: a card's signature over who asked (the origin) and what was
//! asked (the nonce). Neither stands in the token; the verifier takes both from its own memory.

mod token;
mod verify;

pub(crate) use token::AuthToken;
pub(crate) use verify::{Challenge, Proof, TokenError, verify, verify_held};
