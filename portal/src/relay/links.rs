//! What the portal asks of the relay about links: a resident's own steps, and the doubts that people
//! decide.

use reqwest::Method;
use serde::Serialize;
use warifu_contract::linking::Comparison;
use warifu_contract::linking::portal::{
    ApproveRequest, DiscoverRequest, DoubtList, LinkList, LinkStep, RefuseRequest,
};

use super::{Access, Relay, RelayError, checked, read};

/// What a resident does about one holder's match or link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// "This is me."
    Confirm,
    /// "This is not me."
    Decline,
    /// Stop a link.
    Freeze,
    /// Let it go on.
    Thaw,
    /// End it.
    End,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Confirm, Self::Decline, Self::Freeze, Self::Thaw, Self::End];

    /// Its name in addresses, here and at the relay.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::End => "end",
        }
    }

    /// The move of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Relay {
    /// How every holder stands to the person.
    pub async fn links(&self, access: &Access) -> Result<LinkList, RelayError> {
        let call = self.call(access, Method::GET, "links");
        read(checked(call.send().await?)?).await
    }

    /// Has holders asked whether they know the person.
    pub async fn discover(
        &self,
        access: &Access,
        request: &DiscoverRequest,
    ) -> Result<(), RelayError> {
        self.tell_links(access, "links/discover", request).await
    }

    /// One step; `id` is of a link or a match.
    pub async fn move_link(
        &self,
        access: &Access,
        (id, one): (&str, Move),
        step: &LinkStep,
    ) -> Result<(), RelayError> {
        self.tell_links(access, &format!("links/{id}/{}", one.name()), step).await
    }

    /// What waits for people.
    pub async fn doubts(&self, access: &Access) -> Result<DoubtList, RelayError> {
        let call = self.call(access, Method::GET, "links/doubts");
        read(checked(call.send().await?)?).await
    }

    /// One member of staff finds that a candidate is the person.
    pub async fn approve_doubt(
        &self,
        access: &Access,
        id: &str,
        request: &ApproveRequest,
    ) -> Result<(), RelayError> {
        self.tell_links(access, &format!("links/doubts/{id}/approve"), request).await
    }

    /// Where a candidate and the person differ.
    pub async fn compare_doubt(
        &self,
        access: &Access,
        id: &str,
        request: &ApproveRequest,
    ) -> Result<Comparison, RelayError> {
        let at = format!("links/doubts/{id}/compare");
        let call = self.call(access, Method::POST, &at).json(request);
        read(checked(call.send().await?)?).await
    }

    /// Nobody there is the person; the doubt is closed.
    pub async fn refuse_doubt(
        &self,
        access: &Access,
        id: &str,
        request: &RefuseRequest,
    ) -> Result<(), RelayError> {
        self.tell_links(access, &format!("links/doubts/{id}/refuse"), request).await
    }

    /// Stops the links that stand on the candidates already, or lets them go on.
    pub async fn stop_rivals(
        &self,
        access: &Access,
        id: &str,
        freeze: bool,
        step: &LinkStep,
    ) -> Result<(), RelayError> {
        let name = if freeze { "freeze" } else { "thaw" };
        self.tell_links(access, &format!("links/doubts/{id}/{name}"), step).await
    }

    async fn tell_links(
        &self,
        access: &Access,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<(), RelayError> {
        let call = self.call(access, Method::POST, path).json(body);
        checked(call.send().await?).map(drop)
    }
}
