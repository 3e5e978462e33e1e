//! Which cards are believed now: the authorities that issue them, and what their revocation lists
//! say that the identity provider itself fetched and verified. Without a list in force no card is
//! good.
//!
//! Everybody who asks gets one picture that does not change under them; whoever learns something
//! puts a new picture in its place.

mod fetch;
mod index;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use warifu_pki::{
    CardPurpose, CardTrust, Certificate, CertificateError, CrlError, PathError, RevocationError,
    RevocationLists, SchemeError, TrustError, VerifiedCard,
};
use warifu_service::tls::{ClientConfig, TlsError};

use crate::config::CardsConfig;
use crate::store::{Store, StoreError, StoredList};

pub(crate) use watch::Watch;

/// Certificates that one file may hold.
const MOST_ISSUERS: usize = 32;

/// Why cards cannot be believed as configured.
#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    /// A certificate file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold certificates.
    #[error("{path}: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// The root and the issuers of cards do not fit together.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A scheme of cards that others issue cannot be used.
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The clients that fetch lists cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The lists that were kept cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is believed now, and what must be in force for that.
pub(crate) struct Trust {
    believed: RwLock<Arc<Believed>>,
    /// The authorities that are announced, PEM, by place.
    announced: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The publications of our own issuers.
    publications: Vec<String>,
    /// The lists that each publication named last.
    named: Mutex<HashMap<String, Vec<ListName>>>,
}

/// An issuer's thumbprint and a list's address.
type ListName = (String, String);

/// The lists that were kept from before this server started, in place of what a publication says
/// until it is read.
const KEPT: &str = "";

/// One picture of whom to believe.
pub(crate) struct Believed {
    cards: CardTrust,
    lists: HashMap<String, Arc<RevocationLists>>,
}

/// A list that was put in force.
pub(crate) struct Taken {
    pub(crate) issuer: String,
    pub(crate) newly_revoked: Vec<String>,
    /// To be kept once the sessions of the newly revoked cards have ended.
    pub(crate) list: StoredList,
}

impl Trust {
    /// Reads the certificates, and takes up the lists that were kept.
    pub(crate) async fn open(
        config: &CardsConfig,
        store: &Store,
        now: Timestamp,
    ) -> Result<Self, CardsError> {
        let mut issuers = Vec::new();
        for file in config.issuers.iter().flat_map(|issuer| &issuer.certificates) {
            issuers.extend(certificates(file)?);
        }
        let roots = certificates(&config.root)?.into_iter().take(1).collect();
        let mut cards = CardTrust::under(roots, issuers, config.policies)?;
        for scheme in &config.schemes {
            cards = cards.with_scheme(scheme.open()?)?;
        }
        let nobody = Believed::of(cards.clone(), HashMap::new());
        let trust = Self {
            believed: RwLock::new(Arc::new(nobody)),
            announced: Mutex::default(),
            publications: config.issuers.iter().map(|issuer| issuer.lists.clone()).collect(),
            named: Mutex::default(),
        };
        trust.believe(cards, store, now).await?;
        for place in config.issuers.iter().filter_map(|issuer| issuer.authorities.as_deref()) {
            if let Some(pem) = store.kept_announcement(place).await? {
                trust.learn(place, pem, store, now).await?;
            }
        }
        Ok(trust)
    }

    /// The picture as it is now.
    pub(crate) fn believed(&self) -> Arc<Believed> {
        self.believed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Believes, besides those that were configured, the authorities that are announced now, here
    /// and at other places, as far as our root has signed them for issuing cards.
    pub(crate) async fn learn(
        &self,
        place: &str,
        pem: Vec<u8>,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), CardsError> {
        let mut announced = lock(&self.announced).clone();
        announced.insert(place.to_owned(), pem.clone());
        let all: Vec<_> = announced.values().flatten().copied().collect();
        let newer = self.believed().cards.with_authorities(&all)?;
        self.believe(newer, store, now).await?;
        store.keep_announcement(place, &pem).await?;
        *lock(&self.announced) = announced;
        Ok(())
    }

    /// Whether the lists that each publication named last are all in force.
    pub(crate) fn is_in_force(&self, now: Timestamp) -> bool {
        let (believed, named) = (self.believed(), lock(&self.named));
        self.publications.iter().all(|publication| {
            let lists = named.get(publication).or_else(|| named.get(KEPT));
            let in_force =
                |lists: &Vec<_>| lists.iter().all(|name| believed.is_in_force(name, now));
            lists.is_some_and(|lists| !lists.is_empty() && in_force(lists))
        })
    }

    /// Remembers which lists a publication names now.
    fn name(&self, publication: &str, lists: Vec<ListName>) {
        lock(&self.named).insert(publication.to_owned(), lists);
    }

    async fn believe(
        &self,
        cards: CardTrust,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), CardsError> {
        let before = self.believed();
        let mut lists = HashMap::new();
        for authority in cards.authorities() {
            let thumbprint = authority.thumbprint();
            let known = before.lists.get(&thumbprint).map(Arc::clone);
            let of_authority = match known {
                Some(lists) => lists,
                None => self.kept_lists(authority, &thumbprint, store, now).await?,
            };
            lists.insert(thumbprint, of_authority);
        }
        let believed = Arc::new(Believed::of(cards, lists));
        *self.believed.write().unwrap_or_else(PoisonError::into_inner) = believed;
        Ok(())
    }

    /// The lists of an authority as they were when this server, or another node, saw them last.
    async fn kept_lists(
        &self,
        authority: &Certificate,
        thumbprint: &str,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<RevocationLists>, StoreError> {
        let kept = store.kept_lists(thumbprint).await?;
        let number = |list: &StoredList| u64::try_from(list.number).unwrap_or(0);
        let least = kept.iter().map(|list| (list.url.clone(), number(list))).collect();
        let lists = RevocationLists::starting_at(authority.clone(), least);
        for list in &kept {
            match lists.accept(&list.der, now) {
                Ok(taken) => {
                    let name = (thumbprint.to_owned(), taken.url);
                    lock(&self.named).entry(KEPT.to_owned()).or_default().push(name);
                }
                Err(error) => tracing::info!(url = list.url, %error, "a kept list is over"),
            }
        }
        Ok(Arc::new(lists))
    }
}

impl Believed {
    /// These cards and lists.
    pub(crate) fn of(cards: CardTrust, lists: HashMap<String, Arc<RevocationLists>>) -> Self {
        Self { cards, lists }
    }

    /// The card of a certificate (DER), by its chain alone.
    pub(crate) fn verify(
        &self,
        der: &[u8],
        purpose: CardPurpose,
        now: Timestamp,
    ) -> Result<VerifiedCard, PathError> {
        self.cards.verify(der, purpose, now)
    }

    /// Whether the card, and every authority above it, is on no list.
    pub(crate) fn standing(
        &self,
        card: &VerifiedCard,
        now: Timestamp,
    ) -> Result<(), RevocationError> {
        card.require_unrevoked(|issuer| self.lists.get(issuer).cloned(), now)
    }

    /// The number of the list at hand.
    fn number(&self, issuer: &str, url: &str) -> Option<u64> {
        Some(self.lists.get(issuer)?.latest(url)?.number())
    }

    /// Whether the lists of that issuer are wanted at all.
    fn wants(&self, issuer: &str) -> bool {
        self.lists.contains_key(issuer)
    }

    fn is_in_force(&self, (issuer, url): &ListName, now: Timestamp) -> bool {
        let list = self.lists.get(issuer).and_then(|lists| lists.latest(url));
        list.is_some_and(|list| list.is_in_force(now))
    }

    /// Puts the list of a known issuer in force that was fetched for that address.
    fn take_at(
        &self,
        issuer: &str,
        url: &str,
        der: &[u8],
        now: Timestamp,
    ) -> Result<Taken, CrlError> {
        let lists = self.lists.get(issuer).ok_or(CrlError::WrongIssuer)?;
        lists.accept_at(url, der, now).map(|accepted| taken(issuer, accepted, der))
    }

    /// The same for whichever issuer it is of. `url` is none where it may cover anything.
    fn take(&self, url: Option<&str>, der: &[u8], now: Timestamp) -> Result<Taken, CrlError> {
        let mut refused = CrlError::WrongIssuer;
        for (issuer, lists) in &self.lists {
            let accepted = match url {
                Some(url) => lists.accept_at(url, der, now),
                None => lists.accept(der, now),
            };
            match accepted {
                Err(CrlError::WrongIssuer | CrlError::BadSignature) => {}
                Err(error) => refused = error,
                Ok(accepted) => return Ok(taken(issuer, accepted, der)),
            }
        }
        Err(refused)
    }
}

fn taken(issuer: &str, accepted: warifu_pki::Accepted, der: &[u8]) -> Taken {
    Taken {
        issuer: issuer.to_owned(),
        newly_revoked: accepted.newly_revoked,
        list: StoredList {
            issuer: issuer.to_owned(),
            url: accepted.url,
            number: i64::try_from(accepted.number).unwrap_or(i64::MAX),
            der: der.to_vec(),
        },
    }
}

/// Everything that is fetched again and again, and how often.
pub(crate) fn watches(
    config: &CardsConfig,
    outgoing: &ClientConfig,
) -> Result<Vec<Watch>, TlsError> {
    let own = config.issuers.iter().map(|issuer| Watch::own(issuer, outgoing));
    let foreign = config.schemes.iter().flat_map(|scheme| &scheme.crls);
    own.chain(foreign.map(|(url, place)| Watch::foreign(url, place, outgoing))).collect()
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, CardsError> {
    let pem =
        std::fs::read(path).map_err(|source| CardsError::File { path: path.to_owned(), source })?;
    Certificate::all_from_pem(&pem, MOST_ISSUERS)
        .map_err(|source| CardsError::Certificate { path: path.to_owned(), source })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
