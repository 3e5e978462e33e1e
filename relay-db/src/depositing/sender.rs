//! Who deposits: an insurer's member of staff with a token, or one of its own systems.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::duty::{Duty, May};
use warifu_deposit::{DepositedInsurer, Deposits, Status};
use warifu_log::{Action, Actor};
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use crate::caller::{self, Caller, Client};
use crate::events;
use crate::grants::Staff;
use crate::relay::Relay;
use crate::token::log_problem;

/// Who deposits, and for whom.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The party that calls.
    pub party: String,
    /// The member of staff; none for a system.
    pub staff: Option<Staff>,
    /// What the sender may do by itself.
    pub may: May,
    insurers: Vec<DepositedInsurer>,
}

impl Sender {
    /// As deposits and the access log name the sender.
    pub fn name(&self) -> String {
        match &self.staff {
            Some(staff) => format!("member:{}", staff.member),
            None => format!("system:{}", self.party),
        }
    }

    /// As the access log names who acted.
    pub fn actor(&self) -> Actor {
        match &self.staff {
            Some(staff) => events::actor_of(Some(staff)),
            None => Actor::Party { name: self.party.clone() },
        }
    }

    /// The insurers for which the sender deposits.
    pub fn insurers(&self) -> &[DepositedInsurer] {
        &self.insurers
    }

    /// The insurer with this id, if the sender deposits for it.
    pub fn insurer(&self, id: &str) -> Result<InsurerKey, Problem> {
        let unknown = || Problem::new(StatusCode::NOT_FOUND, "deposit.unknown");
        let own = self.insurers.iter().find(|own| own.id == id).ok_or_else(unknown)?;
        own.key().map_err(|_| unknown())
    }

    /// Enters what the sender does with a deposit, before it is done.
    pub async fn enter(
        &self,
        relay: &Relay,
        (action, asked): (Action, &str),
        insurer: &str,
        deposit: &Status,
    ) -> Result<(), Problem> {
        let (who, source) = ((self.party.as_str(), self.actor()), Some(insurer.to_owned()));
        let event = super::event((action, vec![asked.to_owned()]), who, source, deposit);
        relay.log().append(event).await.map(drop).map_err(|error| log_problem(&error))
    }
}

/// The deposits, where any insurer deposits here.
pub(crate) fn deposits(relay: &Relay) -> Result<&Deposits, Problem> {
    relay.deposits().ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "deposit.unknown"))
}

fn configured(relay: &Relay) -> impl Iterator<Item = &DepositedInsurer> {
    relay.config().deposit.iter().flat_map(|deposit| &deposit.insurers)
}

/// Lets registered parties through, and insurers' own systems.
pub(crate) async fn registered_or_depositing(
    State(relay): State<Relay>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer = request.extensions().get::<PeerCertificate>().cloned();
    let client =
        peer.and_then(|peer| Some(Client { party: peer.party?, certificate: peer.thumbprint }));
    let is_system = |client: &Client| configured(&relay).any(|insurer| sends(insurer, client));
    let Some(client) = client.filter(is_system) else {
        return caller::registered(State(relay), request, next).await;
    };
    request.extensions_mut().insert(client);
    Ok(next.run(request).await)
}

/// Whether `client` is a system of this insurer, with the certificate that was agreed.
fn sends(insurer: &DepositedInsurer, client: &Client) -> bool {
    insurer.systems.iter().any(|system| {
        let mut agreed = system.certificate.iter();
        system.party == client.party && agreed.all(|one| *one == client.certificate)
    })
}

impl FromRequestParts<Relay> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, relay: &Relay) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, relay).await?;
        let own = configured(relay).filter(|insurer| sends(insurer, &client));
        let insurers: Vec<_> = own.cloned().collect();
        if !insurers.is_empty() {
            return Ok(Self { party: client.party, staff: None, may: May::Propose, insurers });
        }
        let caller = Caller::from_request_parts(parts, relay).await?;
        let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
        let (staff, may) = caller.grant.staff(Duty::Deposit).ok_or_else(none)?;
        let code = Some(staff.organization.code.as_str());
        let own = configured(relay).filter(|insurer| insurer.organization.as_deref() == code);
        let insurers: Vec<_> = own.cloned().collect();
        if insurers.is_empty() {
            return Err(none());
        }
        Ok(Self { party: caller.party, staff: Some(staff), may, insurers })
    }
}
