//! For the tests: an identity provider with two more service providers, which take logouts through
//! the browser alone, and a browser signed in to some of them.

use std::path::Path;

use warifu_saml::redirect::{self, Received};
use warifu_saml::{Login, LogoutRequest, LogoutResponse, RedirectParameter, Status};

use crate::IdpConfig;
use crate::config::{MetadataSource, NameIdChoice};
use crate::testing::{Answer, Pki, Provider, Rig, Tab, days, logout_path};

pub(super) struct Bed {
    pub(super) rig: Rig,
    pub(super) records: Provider,
    pub(super) doctors: Provider,
}

/// A service provider that takes logouts through the browser alone.
fn through_browser(
    config: &mut IdpConfig,
    pki: &Pki,
    folder: &Path,
    (host, name_id): (&str, NameIdChoice),
) -> Provider {
    let mut provider = Provider::new(pki, host);
    provider.takes_logouts = (false, true);
    let path = folder.join(host);
    provider.write_metadata(&path, pki.now + days(7));
    let mut entry = config.service_providers[0].clone();
    entry.metadata = MetadataSource::File(path);
    entry.name_id = name_id;
    config.service_providers.push(entry);
    provider
}

/// Adds both; the second knows people by names that last.
pub(super) fn add_both(config: &mut IdpConfig, pki: &Pki, folder: &Path) -> (Provider, Provider) {
    let records =
        through_browser(config, pki, folder, ("records.example", NameIdChoice::Transient));
    let doctors =
        through_browser(config, pki, folder, ("doctors.example", NameIdChoice::Persistent));
    (records, doctors)
}

impl Bed {
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// The same, with the text of the metadata of `records` changed.
    pub(super) async fn with(change: impl FnOnce(&Path)) -> Self {
        let mut both = None;
        let now = "2026-11-20T01:15:00Z".parse().unwrap();
        let rig = Rig::at_with(now, |config, pki, folder| {
            both = Some(add_both(config, pki, folder));
            change(&folder.join("records.example"));
        })
        .await;
        let (records, doctors) = both.unwrap();
        Self { rig, records, doctors }
    }

    /// The rig's own service provider, as it takes logouts both ways; nobody listens at its server.
    pub(super) async fn portal_taking_both(&self) -> Provider {
        let mut portal = Provider::new(&self.rig.pki, "portal.example");
        portal.takes_logouts = (true, true);
        let path = self.rig.folder.path().join("portal.xml");
        portal.write_metadata(&path, self.rig.now() + days(7));
        self.rig.centre().registry.refresh("config-1", "test").await.unwrap();
        portal
    }

    /// A browser that is signed in to these, and what each was told.
    pub(super) async fn signed_in(&self, to: &[&Provider]) -> (Tab<'_>, Vec<Login>) {
        let mut tab = self.rig.tab();
        let mut logins = Vec::new();
        for provider in to {
            let request = provider.request(self.rig.now());
            let mut page = tab.get(&provider.redirect(&request)).await;
            if page.status.is_redirection() {
                let login = tab.get(&page.location()).await;
                let answer = tab.answer_with(&login, &self.rig.card).await;
                page = tab.get(answer.json()["next"].as_str().unwrap()).await;
            }
            let response = page.field("SAMLResponse").unwrap();
            let xml = warifu_saml::decode_post(&response).unwrap();
            let idp = self.rig.idp_metadata();
            logins.push(provider.consume(&xml, &idp, &request, self.rig.now()).unwrap());
        }
        (tab, logins)
    }

    /// The address by which `provider` asks for the end of that sign-in.
    pub(super) fn ask(&self, provider: &Provider, login: &Login) -> String {
        carry(provider, &provider.logout_request(login, self.rig.now()))
    }

    /// The address by which `provider` answers a request.
    pub(super) fn reply(&self, provider: &Provider, request: &str, status: Status) -> String {
        let answer = LogoutResponse { status, ..provider.logout_answer(request, self.rig.now()) };
        let xml = answer.to_xml().unwrap();
        logout_path(RedirectParameter::Response, &xml, None, Some(&provider.signer))
    }

    /// The request that the browser was sent to `provider` with, signature and all.
    pub(super) fn asked(&self, provider: &Provider, answer: &Answer) -> LogoutRequest {
        let received = self.received(provider, answer, RedirectParameter::Request);
        let request = LogoutRequest::parse(&received.xml).unwrap();
        request.check(&provider.slo, self.rig.now()).unwrap();
        assert!(request.not_on_or_after.unwrap() > self.rig.now());
        request
    }

    /// The status that the browser was sent back to `provider` with, for that request.
    pub(super) fn answered(&self, provider: &Provider, answer: &Answer, request: &str) -> Status {
        let received = self.received(provider, answer, RedirectParameter::Response);
        assert_eq!(received.relay_state.as_deref(), Some("state"));
        let response = LogoutResponse::parse(&received.xml).unwrap();
        response.check(request, &provider.slo, self.rig.now()).unwrap();
        response.status
    }

    fn received(
        &self,
        provider: &Provider,
        answer: &Answer,
        parameter: RedirectParameter,
    ) -> Received {
        assert!(answer.status.is_redirection(), "{}", answer.body);
        let location = answer.location();
        let (address, query) = location.split_once('?').unwrap();
        assert_eq!(address, provider.slo);
        let received = redirect::receive(query, parameter).unwrap();
        let idp = self.rig.idp_metadata().idp.unwrap();
        received.verify(&idp.signing).unwrap();
        received
    }

    /// Whether this browser has a session here.
    pub(super) async fn is_signed_in(&self, tab: &mut Tab<'_>) -> bool {
        tab.get("/logout").await.body.contains("id=\"logout\"")
    }
}

/// The address by which `provider` sends that request.
pub(super) fn carry(provider: &Provider, request: &LogoutRequest) -> String {
    let xml = request.to_xml().unwrap();
    logout_path(RedirectParameter::Request, &xml, Some("state"), Some(&provider.signer))
}
