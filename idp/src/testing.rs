//! A small federation for the tests: authorities, cards, a service provider, a relay, and an
//! identity provider on a clock that stands still.

mod card;
mod felica;
mod pki;
mod provider;
mod rig;

pub(crate) use card::{Card, CardKind};
pub(crate) use felica::{FelicaToken, IDM, felica_rig, masters};
pub(crate) use pki::{CRL_URL, HOLDER, Pki, days, p256};
pub(crate) use provider::{Provider, logout_path, random, read_idp, redirect_signed};
pub(crate) use rig::{Answer, OFFICE, ORIGIN, Rig, Tab, claims, saml_key};
