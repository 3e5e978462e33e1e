//! What is said to the FeliCa card on the reader. Cards and tokens are slow, so each talk has a
//! thread of its own.

use std::sync::Arc;

use warifu_card::Readers;
use warifu_card::felica::{self, FelicaError, Identity, LiteS, Registration, connect};
use warifu_service::clock::Entropy;

use super::FelicaDeskError;
use super::masters::Masters;

/// The card on one reader.
#[derive(Clone)]
pub(super) struct Talk {
    readers: Arc<dyn Readers>,
    reader: String,
    masters: Arc<Masters>,
    entropy: Arc<dyn Entropy>,
}

impl Talk {
    pub(super) fn new(
        readers: Arc<dyn Readers>,
        reader: &str,
        masters: Arc<Masters>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { readers, reader: reader.to_owned(), masters, entropy }
    }

    /// What the card says it is; not proved.
    pub(super) async fn id_block(&self) -> Result<[u8; 16], FelicaDeskError> {
        self.with(|_, card| Ok(card.identity()?.id_block)).await
    }

    /// Gives the card its key and locks it; the version of the key it has then. A locked card that
    /// has a key of ours is one that was not noted.
    pub(super) async fn register(&self, id: [u8; 16]) -> Result<u16, FelicaDeskError> {
        self.with(move |talk, card| {
            require_same(&card.identity()?, &id)?;
            let new = talk.registration(&id)?;
            match felica::register(card, &new) {
                Ok(identity) => require_same(&identity, &id).map(|()| new.key_version),
                Err(FelicaError::Locked) => {
                    let ours = talk.find_key(card, &id, talk.masters.versions())?;
                    ours.ok_or(FelicaError::Locked.into())
                }
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Has the card prove itself by its key of that version, or of a later one; which it was.
    pub(super) async fn prove(&self, id: [u8; 16], version: u16) -> Result<u16, FelicaDeskError> {
        self.with(move |talk, card| talk.require_key(card, &id, version)).await
    }

    /// Gives a card that proves itself the newest key; the version of it.
    pub(super) async fn rotate(&self, id: [u8; 16], version: u16) -> Result<u16, FelicaDeskError> {
        self.with(move |talk, card| {
            let has = talk.require_key(card, &id, version)?;
            let new = talk.registration(&id)?;
            if has != new.key_version {
                let old = talk.masters.key(has, &id)?;
                require_same(&felica::rotate(card, &old, &new, talk.challenge())?, &id)?;
            }
            Ok(new.key_version)
        })
        .await
    }

    fn require_key(
        &self,
        card: &mut LiteS<'_>,
        id: &[u8; 16],
        version: u16,
    ) -> Result<u16, FelicaDeskError> {
        require_same(&card.identity()?, id)?;
        let has = self.find_key(card, id, self.masters.from(version)?)?;
        has.ok_or(FelicaError::WrongMac.into())
    }

    /// By which of these versions the card proves itself.
    fn find_key(
        &self,
        card: &mut LiteS<'_>,
        id: &[u8; 16],
        versions: Vec<u16>,
    ) -> Result<Option<u16>, FelicaDeskError> {
        for version in versions {
            let key = self.masters.key(version, id)?;
            match card.authenticate(&key, self.challenge()) {
                Ok((identity, _)) => return require_same(&identity, id).map(|()| Some(version)),
                Err(FelicaError::WrongMac) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn registration(&self, id: &[u8; 16]) -> Result<Registration, FelicaDeskError> {
        let key_version = self.masters.newest();
        let key = self.masters.key(key_version, id)?;
        Ok(Registration { key, key_version, challenge: self.challenge() })
    }

    fn challenge(&self) -> [u8; 16] {
        let mut challenge = [0; 16];
        self.entropy.fill(&mut challenge);
        challenge
    }

    async fn with<T: Send + 'static>(
        &self,
        say: impl FnOnce(&Self, &mut LiteS<'_>) -> Result<T, FelicaDeskError> + Send + 'static,
    ) -> Result<T, FelicaDeskError> {
        let talk = self.clone();
        let work = move || {
            let mut transaction = talk.readers.begin(&talk.reader)?;
            let mut transport = connect(transaction.as_mut())?;
            let mut card = LiteS::find(transport.as_mut())?;
            say(&talk, &mut card)
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn require_same(identity: &Identity, id: &[u8; 16]) -> Result<(), FelicaDeskError> {
    if identity.id_block == *id { Ok(()) } else { Err(FelicaDeskError::Swapped) }
}
