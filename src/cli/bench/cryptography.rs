//! What one answer to a service provider costs in keys alone: the request's signature verified where
//! it has one, the Response signed and encrypted; for the portal, the ticket signed and sealed. No HTTP,
//! no session, no disk.

use std::time::Duration;

use anyhow::Context as _;
use warifu_saml::{Certificate, RedirectParameter, redirect};

use super::load::on_one_core;
use super::provider::Provider;
use super::responses::{issuing, read};
use super::stage::Stage;
use super::ticket::Tickets;
use crate::cli::demo::folder::Member;

/// How often a second one core does that.
pub async fn of_an_answer(
    stage: &Stage,
    lasting: Duration,
    provider: &Provider,
) -> anyhow::Result<f64> {
    let query = provider.request()?.query().context("no query")?.to_owned();
    let (signs, gets_tickets) = (provider.signs(), provider.gets_tickets());
    let portal = Certificate::from_pem(&read(&stage.file(Member::Portal, "saml.pem"))?)?;
    let (issuing, tickets) = (issuing(stage, "saml-p256")?, Tickets::new(stage)?);
    let surroundings = stage.surroundings.clone();
    on_one_core(lasting, move || {
        let received = redirect::receive(&query, RedirectParameter::Request)?;
        if signs {
            received.verify(std::slice::from_ref(&portal))?;
        }
        if gets_tickets {
            tickets.issue()?;
        }
        let mut random = |bytes: &mut [u8]| surroundings.entropy.fill(bytes);
        issuing.respond(surroundings.now(), &mut random)?;
        Ok(())
    })
    .await
}
