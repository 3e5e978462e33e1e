//! An identity provider whose card's host listens, and browsers that reach cards.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use url::Url;
use warifu_service::tls::{self, ClientConfig};

use crate::IdpConfig;
use crate::config::CardHostConfig;
use crate::testing::{Answer, Card, ORIGIN, Rig, Tab, p256};

pub(super) struct Bed {
    pub(super) rig: Rig,
    /// The origin of the card's host.
    pub(super) host: String,
    stop: CancellationToken,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Bed {
    pub(super) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// On the machine's own clock, since TLS looks at it.
    pub(super) async fn with(change: impl FnOnce(&mut IdpConfig)) -> Self {
        let now = warifu_service::Surroundings::system().now();
        let now = Timestamp::from_second(now.as_second()).unwrap();
        let address = free_address();
        let host = format!("https://cards.localhost:{}", address.port());
        let rig = Rig::at_with(now, |config, pki, folder| {
            let key = p256();
            let certificate = pki.party("idp", &["cards.localhost"], key.public_key());
            let (certificate, key) = pki.files(folder, &certificate, &key);
            let url = host.clone().try_into().unwrap();
            config.card_host =
                Some(CardHostConfig { url, address, certificate, key, staff: false });
            change(config);
        })
        .await;
        let stop = CancellationToken::new();
        let server = rig.config.card_host.as_ref().unwrap().bind().await.unwrap();
        tokio::spawn(server.serve(rig.idp.card_host().unwrap(), stop.clone()));
        Self { rig, host, stop }
    }

    /// A browser that reaches that card, or none. Each has connections of its own.
    pub(super) fn client(&self, card: Option<&Card>) -> reqwest::Client {
        let (certificate, key) = card.map(|card| self.files(card)).unzip();
        let config = ClientConfig { ca: self.rig.config.cards.root.clone(), certificate, key };
        tls::client(&config, std::time::Duration::from_secs(5)).unwrap()
    }

    fn files(&self, card: &Card) -> (PathBuf, PathBuf) {
        let name = self.rig.surroundings.hex(8);
        let at = |kind: &str| self.rig.folder.path().join(format!("{name}.{kind}"));
        std::fs::write(at("crt"), card.certificate.pem()).unwrap();
        card.key.save(&at("key")).unwrap();
        (at("crt"), at("key"))
    }

    /// Goes to the login page and from there to the card's host; its address.
    pub(super) async fn begin(&self, tab: &mut Tab<'_>) -> String {
        let page = tab.reach_login_page(&self.rig.portal.request(self.rig.now())).await;
        self.leave(tab, &page).await
    }

    pub(super) async fn leave(&self, tab: &mut Tab<'_>, page: &Answer) -> String {
        let tx = page.attribute("data-tx");
        let there = tab.post_form("/login/certificate", &format!("tx={tx}")).await.location();
        assert!(there.starts_with(&self.host), "{there}");
        there
    }

    /// Shows a card's certificate, or none, at that address; where it leads at the identity provider.
    pub(super) async fn show(&self, address: &str, card: Option<&Card>) -> String {
        let answer = self.client(card).get(address).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        location.strip_prefix(ORIGIN).unwrap().to_owned()
    }

    /// The code with which a card is refused there.
    pub(super) async fn refusal(&self, address: &str, card: &Card) -> String {
        Self::parameter(&self.show(address, Some(card)).await, "why")
    }

    /// What an address says under that name.
    pub(super) fn parameter(address: &str, name: &str) -> String {
        let address = Url::parse(ORIGIN).unwrap().join(address).unwrap();
        let mut pairs = address.query_pairs();
        pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
    }
}

fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
