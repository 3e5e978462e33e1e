//! A running gateway with the demonstration's data, a relay that may ask it, and others that may
//! not.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use josekit::jws::{self, ES256, JwsHeader};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;
use warifu_contract::connector_token::{
    Actor, Confirmation, ConnectorClaims, Organization, RELAY_ISSUER, TOKEN_TYPE, audience,
};
use warifu_contract::history::Purpose;
use warifu_contract::linking::Attributes;
use warifu_contract::records::DisplayName;
use warifu_pki::{FileKey, KeyAlgorithm, LinkingConfig, PublicKey, Voucher, VoucherIssuer};
use warifu_service::Surroundings;
use warifu_service::clock::{FrozenClock, SeededEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::{self, ClientConfig, TlsConfig};

use super::publisher::Publisher;
use crate::config::{ConnectorKind, GatewayConfig};
use crate::demo::services::Organisation;
use crate::gateway::Gateway;
use crate::relay_keys::RelayJwksConfig;
use crate::services::{self, ServicesConfig, sign};
use crate::source::SourceConfig;
use crate::store::MemberId;

/// The pseudonym under which the relay knows 上野太郎.
pub(crate) const TARO: &str = "0123456789abcdef0123456789abcdef";

/// The card office, as its vouchers name it.
pub(crate) const OFFICE: &str = "https://office.localhost";

/// A certification authority of its own, whose files lie in a folder.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("root.pem"), certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Files `<party>.pem` and `<party>.key`.
    pub(crate) fn certify(&self, party: &str) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let uri = format!("urn:warifu:party:{party}");
        params.subject_alt_names.push(SanType::URI(uri.as_str().try_into().unwrap()));
        params.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (chain, private) =
            (self.path(&format!("{party}.pem")), self.path(&format!("{party}.key")));
        std::fs::write(&chain, certificate.pem()).unwrap();
        std::fs::write(&private, key.serialize_pem()).unwrap();
        (chain, private)
    }
}

/// A party that asks.
pub(crate) struct Party {
    pub(crate) http: reqwest::Client,
    pub(crate) thumbprint: String,
}

impl Party {
    /// Shows a certificate of `authority`, trusts the gateway's `ca`.
    pub(crate) fn new(name: &str, authority: &Authority, ca: &Path) -> Self {
        let (certificate, key) = authority.certify(name);
        let thumbprint = tls::thumbprint_of_file(&certificate).unwrap();
        let config =
            ClientConfig { ca: ca.to_owned(), certificate: Some(certificate), key: Some(key) };
        let http = tls::client(&config, Duration::from_secs(10)).unwrap();
        Self { http, thumbprint }
    }
}

/// A key that signs tokens.
pub(crate) struct TokenKey(KeyPair);

impl TokenKey {
    pub(crate) fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    /// The public half as the relay publishes it.
    pub(crate) fn jwk(&self) -> serde_json::Value {
        self.public().jwk("sig").unwrap()
    }

    fn public(&self) -> PublicKey {
        PublicKey::from_pem(self.0.public_key_pem().as_bytes()).unwrap()
    }

    pub(crate) fn sign(&self, typ: &str, claims: &ConnectorClaims) -> String {
        let mut header = JwsHeader::new();
        header.set_token_type(typ);
        header.set_key_id(self.public().thumbprint());
        let signer = ES256.signer_from_pem(self.0.serialize_pem()).unwrap();
        let payload = serde_json::to_vec(claims).unwrap();
        jws::serialize_compact(&payload, &header, &signer).unwrap()
    }
}

/// A gateway that runs until the rig is dropped.
pub(crate) struct Rig {
    pub(crate) authority: Authority,
    pub(crate) gateway: Gateway,
    pub(crate) members: BTreeMap<String, MemberId>,
    pub(crate) relay: Party,
    pub(crate) key: TokenKey,
    /// Says the relay's keys.
    pub(crate) _publisher: Publisher,
    /// Makes the card office's vouchers.
    pub(crate) office: VoucherIssuer,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) base: Url,
    surroundings: Surroundings,
    stop: CancellationToken,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Rig {
    pub(crate) async fn start(kind: ConnectorKind) -> Self {
        Box::pin(Self::over(kind, None)).await
    }

    /// With the insurer's own database as its source.
    pub(crate) async fn over(kind: ConnectorKind, source: Option<SourceConfig>) -> Self {
        let change = |config: GatewayConfig, authority: &Authority| {
            let keys = authority.path("links.toml");
            KeyRing::generate("1", &SeededEntropy::new(2)).unwrap().save(&keys).unwrap();
            let source = source.map(|source| SourceConfig { link_keys: Some(keys), ..source });
            let linking =
                config.linking.filter(|_| source.as_ref().is_none_or(SourceConfig::can_link));
            GatewayConfig { source, linking, ..config }
        };
        Box::pin(Self::with(kind, change)).await
    }

    /// Lets the relay speak of a person of the source as `pseudonym`.
    pub(crate) async fn link(&self, person: &str, pseudonym: &str) {
        let links = self.gateway.inner.links.as_ref().unwrap();
        let offers = [(pseudonym.to_owned(), person.to_owned())];
        links.offer("test", &offers, self.now()).await.unwrap();
        links.bind_offer("test", pseudonym, self.now()).await.unwrap();
    }

    /// Of an organisation that only declares services.
    pub(crate) async fn declaring(organisation: &Organisation) -> Self {
        let manifest = services::read(organisation.manifest).unwrap();
        let signed = sign(&manifest, &FileKey::generate(KeyAlgorithm::P256).unwrap()).unwrap();
        let id = organisation.id.to_owned();
        let change = |config, authority: &Authority| {
            let manifest = authority.path("manifest.jws");
            std::fs::write(&manifest, signed).unwrap();
            GatewayConfig { id, services: Some(ServicesConfig { manifest }), ..config }
        };
        Box::pin(Self::with(ConnectorKind::Services, change)).await
    }

    async fn with(
        kind: ConnectorKind,
        change: impl FnOnce(GatewayConfig, &Authority) -> GatewayConfig,
    ) -> Self {
        let authority = Authority::new();
        let key = TokenKey::new();
        let publisher = Publisher::start(&authority, "relay").await;
        publisher.say(&[key.jwk()]);
        let office = office(&authority);
        let clock = Arc::new(FrozenClock::at("2026-11-20T01:15:00Z".parse().unwrap()));
        let surroundings =
            Surroundings { clock: clock.clone(), entropy: Arc::new(SeededEntropy::new(1)) };
        let relay_keys = publisher.config(&authority);
        let config = change(config(kind, &authority, relay_keys), &authority);
        let gateway = Gateway::open(config.clone(), surroundings.clone()).await.unwrap();
        let members = gateway.load_demo().await.unwrap();
        // 太郎, but where he is nobody's member.
        let known = members.get("ueno-taro").or_else(|| members.values().next());
        gateway.bind_pseudonym(known.unwrap(), TARO).await.unwrap();
        let stop = CancellationToken::new();
        let base = serve(&config.listen, gateway.router(), stop.clone()).await;
        let relay = Party::new("relay", &authority, &authority.path("root.pem"));
        Self {
            authority,
            gateway,
            members,
            relay,
            key,
            _publisher: publisher,
            office,
            clock,
            base,
            surroundings,
            stop,
        }
    }

    /// Lets days pass, in which the gateway goes on asking for the relay's keys.
    pub(crate) async fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.gateway.inner.relay_keys.refresh().await.unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    /// Claims that the gateway accepts for the member's own look.
    pub(crate) fn own_look(&self) -> ConnectorClaims {
        let iat = self.now().as_second();
        ConnectorClaims {
            iss: RELAY_ISSUER.to_owned(),
            aud: audience(&self.gateway.config().id),
            sub: Some(TARO.to_owned()),
            act: None,
            purpose: Purpose::OwnLook,
            receipt: Some("receipt-1".to_owned()),
            jti: self.surroundings.hex(16),
            iat,
            exp: iat + 60,
            cnf: Confirmation { x5t_s256: self.relay.thumbprint.clone() },
        }
    }

    /// Claims that the gateway accepts for a clinic.
    pub(crate) fn treatment(&self, sub: Option<&str>) -> ConnectorClaims {
        let organization =
            Organization { code: "3710000001".to_owned(), name: "仮想診療所".to_owned() };
        ConnectorClaims {
            sub: sub.map(str::to_owned),
            act: Some(Actor::Staff { organization }),
            purpose: Purpose::Treatment,
            ..self.own_look()
        }
    }

    /// Claims that the gateway accepts for linking in the ceremony `errand`.
    pub(crate) fn linking(&self, errand: &str) -> ConnectorClaims {
        ConnectorClaims {
            sub: Some(errand.to_owned()),
            purpose: Purpose::Linking,
            ..self.own_look()
        }
    }

    /// What the card office vouches for, sealed to this connector.
    pub(crate) fn voucher(&self, errand: &str, attributes: &Attributes) -> Voucher<Attributes> {
        let iat = self.now().as_second();
        Voucher {
            iss: OFFICE.to_owned(),
            aud: audience("sample"),
            sub: errand.to_owned(),
            jti: self.surroundings.hex(16),
            iat,
            exp: iat + 300,
            attributes: attributes.clone(),
        }
    }

    pub(crate) fn token(&self, claims: &ConnectorClaims) -> String {
        self.key.sign(TOKEN_TYPE, claims)
    }

    /// POSTs as the relay and gives status and JSON body.
    pub(crate) async fn post(
        &self,
        path: &str,
        token: &str,
        body: &serde_json::Value,
    ) -> (u16, serde_json::Value) {
        self.post_as(&self.relay, path, token, body).await
    }

    pub(crate) async fn post_as(
        &self,
        party: &Party,
        path: &str,
        token: &str,
        body: &serde_json::Value,
    ) -> (u16, serde_json::Value) {
        let url = self.base.join(path).unwrap();
        let response = party.http.post(url).bearer_auth(token).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

/// The office's and the connector's keys for vouchers.
fn office(authority: &Authority) -> VoucherIssuer {
    let key = || FileKey::generate(KeyAlgorithm::P256).unwrap();
    let (office, connector) = (key(), key());
    connector.save(&authority.path("linking.key")).unwrap();
    std::fs::write(authority.path("office.pub"), office.public_key().pem()).unwrap();
    VoucherIssuer::new(Arc::new(office), connector.public_key()).unwrap()
}

fn config(
    kind: ConnectorKind,
    authority: &Authority,
    relay_jwks: RelayJwksConfig,
) -> GatewayConfig {
    GatewayConfig {
        id: "sample".to_owned(),
        kind,
        name: DisplayName { ja: "仮想保険者".to_owned(), en: "Sample insurer".to_owned() },
        listen: listen(authority),
        database: DatabaseConfig::sqlite(&authority.path("connector.db")),
        source: None,
        services: None,
        relay_jwks,
        linking: Some(LinkingConfig {
            key: authority.path("linking.key"),
            office: OFFICE.to_owned(),
            office_key: authority.path("office.pub"),
        }),
    }
}

/// Mutual TLS on any free port.
pub(crate) fn listen(authority: &Authority) -> ListenConfig {
    let (certificate, key) = authority.certify("connector-sample");
    let tls = TlsConfig { certificate, key, client_ca: Some(authority.path("root.pem")) };
    ListenConfig { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), tls: Some(tls) }
}

/// Serves `router` and gives its base address.
pub(crate) async fn serve(listen: &ListenConfig, router: Router, stop: CancellationToken) -> Url {
    let server = Server::bind(listen).await.unwrap();
    let port = server.address().port();
    tokio::spawn(server.serve(router, stop));
    Url::parse(&format!("https://localhost:{port}")).unwrap()
}
