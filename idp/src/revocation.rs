//! Which cards are revoked, as the lists say that the identity provider itself fetched and
//! verified. Without a list in force no card is good.

mod fetch;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use warifu_pki::{Certificate, RevocationError, RevocationList, VerifiedCard};

use crate::config::CardIssuerConfig;

use fetch::Fetched;
pub(crate) use fetch::{PATIENCE, Source};

/// The revocation lists of all issuers of cards.
pub(crate) struct Revocation {
    issuers: Vec<Arc<Issuer>>,
}

/// One issuer's list and where it comes from.
pub(crate) struct Issuer {
    thumbprint: String,
    list: RevocationList,
    source: Source,
    refresh: Duration,
}

impl Revocation {
    pub(crate) fn new(issuers: Vec<Arc<Issuer>>) -> Self {
        Self { issuers }
    }

    pub(crate) fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    /// Whether the card is on no list.
    pub(crate) fn check(&self, card: &VerifiedCard, now: Timestamp) -> Result<(), RevocationError> {
        self.issuers
            .iter()
            .find(|issuer| issuer.thumbprint == card.issuer_thumbprint)
            .ok_or(RevocationError::NotCovered)?
            .list
            .check(card, now)
    }
}

impl Issuer {
    pub(crate) fn new(certificate: Certificate, source: Source, config: &CardIssuerConfig) -> Self {
        Self {
            thumbprint: certificate.thumbprint(),
            list: RevocationList::new(certificate),
            source,
            refresh: Duration::from_secs(config.refresh_seconds.max(1).into()),
        }
    }

    /// How often to look.
    pub(crate) fn refresh(&self) -> Duration {
        self.refresh
    }

    /// Fetches the list and puts it in force when it is genuine. A failure leaves the last one,
    /// which counts until its own nextUpdate. Whether it went well.
    pub(crate) async fn update(&self, now: Timestamp) -> bool {
        match self.source.fetch().await {
            Ok(None) => true,
            Ok(Some(fetched)) => self.take(fetched, now),
            Err(error) => {
                tracing::warn!(%error, "a revocation list could not be fetched");
                false
            }
        }
    }

    fn take(&self, fetched: Fetched, now: Timestamp) -> bool {
        match self.list.accept(&fetched.der, now) {
            Ok(number) => {
                tracing::debug!(number, "revocation list in force");
                self.source.believed(fetched);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a revocation list was not believed");
                false
            }
        }
    }
}

#[cfg(test)]
impl Issuer {
    /// Believes a list as if it had been fetched.
    pub(crate) fn accept(&self, der: &[u8], now: Timestamp) {
        self.list.accept(der, now).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Card, CardKind, HOLDER, Pki, days};
    use axum::Router;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::http::header::{ETAG, HeaderMap, IF_NONE_MATCH};
    use axum::response::{IntoResponse as _, Response};
    use axum::routing::get;
    use std::sync::Mutex;
    use warifu_pki::{CardPurpose, CardTrust, Reason};
    use warifu_service::tls::plain_client;

    /// What the card office publishes, and how often it was sent in full.
    #[derive(Default)]
    struct Office {
        list: Vec<u8>,
        tag: String,
        sent: usize,
    }

    type Shared = Arc<Mutex<Office>>;

    async fn publish(State(office): State<Shared>, headers: HeaderMap) -> Response {
        let mut office = office.lock().unwrap();
        if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == office.tag.as_bytes()) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        office.sent += 1;
        ([(ETAG, office.tag.clone())], office.list.clone()).into_response()
    }

    struct Rig {
        pki: Pki,
        office: Shared,
        issuer: Issuer,
        card: VerifiedCard,
        certificate: Certificate,
    }

    async fn rig() -> Rig {
        let pki = Pki::new("2026-11-20T01:15:00Z".parse().unwrap());
        let office = Shared::default();
        let router = Router::new().route("/cards.crl", get(publish)).with_state(office.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let crl = format!("http://{}/cards.crl", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        let source = Source::address(crl.clone(), plain_client(PATIENCE).unwrap());
        let config = CardIssuerConfig { certificate: "cards.pem".into(), crl, refresh_seconds: 1 };
        let authority = pki.cards.certificate().clone();
        let issuer = Issuer::new(authority.clone(), source, &config);
        let trust = CardTrust::new(pki.root.certificate().clone(), vec![authority]).unwrap();
        let certificate = Card::new(&pki, CardKind::Authentication, HOLDER).certificate;
        let card = trust.verify(certificate.der(), CardPurpose::Authentication, pki.now).unwrap();
        Rig { pki, office, issuer, card, certificate }
    }

    impl Rig {
        async fn look(&self, tag: &str, list: Vec<u8>) -> bool {
            {
                let mut office = self.office.lock().unwrap();
                (office.list, office.tag) = (list, format!("\"{tag}\""));
            }
            self.issuer.update(self.pki.now).await
        }

        fn check(&self) -> Result<(), RevocationError> {
            self.issuer.list.check(&self.card, self.pki.now)
        }

        fn sent(&self) -> usize {
            self.office.lock().unwrap().sent
        }
    }

    #[tokio::test]
    async fn a_list_is_fetched_and_once_only() {
        let rig = rig().await;
        assert_eq!(rig.check(), Err(RevocationError::NoList));
        let list = rig.pki.list(&[], 1);
        assert!(rig.look("1", list.clone()).await);
        assert!(rig.look("1", list).await);
        assert_eq!((rig.check(), rig.sent()), (Ok(()), 1));
        let revoked = rig.pki.list(&[(&rig.certificate, Reason::KeyCompromise)], 2);
        assert!(rig.look("2", revoked).await);
        assert!(matches!(rig.check(), Err(RevocationError::Revoked { .. })));
    }

    #[tokio::test]
    async fn a_list_that_is_not_believed_changes_nothing_and_is_asked_for_again() {
        let rig = rig().await;
        let good = rig.pki.list(&[], 5);
        assert!(rig.look("1", good.clone()).await);
        let foreign = Pki::new(rig.pki.now).list(&[], 6);
        for wrong in [foreign, rig.pki.list(&[], 4), b"rubbish".to_vec(), Vec::new()] {
            assert!(!rig.look("2", wrong).await);
            assert_eq!(rig.check(), Ok(()));
        }
        let sent = rig.sent();
        assert!(rig.look("2", rig.pki.list(&[], 6)).await);
        assert_eq!(rig.sent(), sent + 1, "the tag of a bad list was kept");
    }

    #[tokio::test]
    async fn more_than_a_list_has_is_not_read() {
        let rig = rig().await;
        assert!(!rig.look("1", vec![0; 9 * 1024 * 1024]).await);
    }

    #[tokio::test]
    async fn a_silent_office_is_survived_until_the_list_is_over() {
        let mut rig = rig().await;
        assert!(rig.look("1", rig.pki.list(&[], 1)).await);
        let nowhere = "http://127.0.0.1:9/cards.crl".to_owned();
        rig.issuer.source = Source::address(nowhere, plain_client(PATIENCE).unwrap());
        assert!(!rig.issuer.update(rig.pki.now).await);
        assert_eq!(rig.check(), Ok(()));
        rig.pki.now += days(1);
        assert_eq!(rig.check(), Err(RevocationError::Stale));
    }
}
