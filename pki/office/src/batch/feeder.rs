//! Where blank cards come from.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use warifu_card::{ReaderError, ReaderState, Readers};

use crate::OfficeError;

/// How long to listen at the readers before looking whether to stop.
const LISTEN: Duration = Duration::from_secs(1);

/// A card that lies ready.
pub struct Fed {
    /// The readers …
    pub readers: Arc<dyn Readers>,
    /// … and the one it is in.
    pub reader: String,
}

/// Gives one blank card after the other. A card that was not finished may be given again; a card
/// that turns out to belong to another order is passed over by asking for the next.
pub trait Feeder: Send {
    /// The next card in a reader; `None` when there are no more.
    fn next(&mut self) -> impl Future<Output = Result<Option<Fed>, OfficeError>> + Send;
}

/// A person at one reader, who puts in one card after the other. Each insertion counts as one card.
pub struct PcscFeeder {
    readers: Arc<dyn Readers>,
    reader: String,
    last: Option<ReaderState>,
}

impl PcscFeeder {
    /// Cards in the reader of that name.
    pub fn new(readers: Arc<dyn Readers>, reader: impl Into<String>) -> Self {
        Self { readers, reader: reader.into(), last: None }
    }

    fn wait(&self) -> Result<ReaderState, ReaderError> {
        loop {
            let states = self.readers.list()?;
            let state = states.iter().find(|state| state.name == self.reader);
            let state = state.ok_or(ReaderError::NoReader)?;
            if state.card_present && self.last.as_ref() != Some(state) {
                return Ok(state.clone());
            }
            self.readers.wait_for_change(&states, LISTEN)?;
        }
    }
}

impl Feeder for PcscFeeder {
    async fn next(&mut self) -> Result<Option<Fed>, OfficeError> {
        let waiting = Self {
            readers: self.readers.clone(),
            reader: self.reader.clone(),
            last: self.last.take(),
        };
        let state = tokio::task::spawn_blocking(move || waiting.wait()).await??;
        self.last = Some(state);
        Ok(Some(Fed { readers: self.readers.clone(), reader: self.reader.clone() }))
    }
}

#[cfg(any(test, feature = "virtual"))]
pub use folder::FolderFeeder;

#[cfg(any(test, feature = "virtual"))]
mod folder {
    //! Virtual cards in files.

    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use warifu_card::drawer::VirtualReaders;
    use warifu_card::virtual_card::{SharedCard, VirtualPiv};
    use warifu_service::clock::Entropy;

    use super::{Fed, Feeder};
    use crate::OfficeError;

    const READER: &str = "Card feeder";

    /// The virtual cards in a folder, each file once, in the order of their names.
    pub struct FolderFeeder {
        files: std::vec::IntoIter<PathBuf>,
        readers: VirtualReaders,
        entropy: Arc<dyn Entropy>,
    }

    impl FolderFeeder {
        /// The cards in the folder's files that end in `.json`.
        pub fn new(folder: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, OfficeError> {
            let failed = |cause| OfficeError::File { path: folder.to_owned(), cause };
            let mut files = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(failed)? {
                files.push(entry.map_err(failed)?.path());
            }
            files.retain(|path| path.extension().is_some_and(|end| end == "json"));
            files.sort();
            let readers = VirtualReaders::new([READER]);
            Ok(Self { files: files.into_iter(), readers, entropy })
        }

        fn insert(&self, path: &Path) -> Result<(), OfficeError> {
            let entropy = self.entropy.clone();
            let random = Box::new(move |bytes: &mut [u8]| entropy.fill(bytes));
            let failed = || OfficeError::record("files", &path.display().to_string());
            let card = VirtualPiv::load(path, random).map_err(|_| failed())?;
            self.readers.remove(READER);
            self.readers.insert(READER, SharedCard::new(card)).map_err(|_| failed())
        }
    }

    impl Feeder for FolderFeeder {
        async fn next(&mut self) -> Result<Option<Fed>, OfficeError> {
            let Some(path) = self.files.next() else { return Ok(None) };
            self.insert(&path)?;
            Ok(Some(Fed { readers: Arc::new(self.readers.clone()), reader: READER.to_owned() }))
        }
    }
}
