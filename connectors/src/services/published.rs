//! The manifest that a gateway publishes, read again while it runs.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use warifu_contract::services::ServiceManifest;

use super::signed::{SignedManifestError, danger_unverified};

/// A manifest, and the text that says so with its signature.
#[derive(Debug, Clone)]
pub struct Published {
    path: PathBuf,
    connector: String,
    current: Arc<RwLock<Arc<Current>>>,
}

#[derive(Debug)]
struct Current {
    text: String,
    manifest: ServiceManifest,
}

/// Why the gateway has nothing to publish.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// The file cannot be read.
    #[error("connector.manifest: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// What stands in it is no manifest of this connector.
    #[error("connector.manifest: {}: {cause}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: SignedManifestError,
    },
}

impl Published {
    /// Reads the file at `path`, which holds the manifest of `connector`.
    pub fn open(path: PathBuf, connector: &str) -> Result<Self, PublishedError> {
        let text = std::fs::read_to_string(&path)
            .map_err(|cause| PublishedError::File { path: path.clone(), cause })?;
        let current = Current::read(&text, connector)
            .map_err(|cause| PublishedError::Manifest { path: path.clone(), cause })?;
        let current = Arc::new(RwLock::new(Arc::new(current)));
        Ok(Self { path, connector: connector.to_owned(), current })
    }

    /// The signed text, once more from the file. One that is no sound manifest changes nothing.
    pub async fn text(&self) -> String {
        let before = self.current();
        match tokio::fs::read_to_string(&self.path).await {
            Ok(text) if text.trim() == before.text => {}
            Ok(text) => match Current::read(&text, &self.connector) {
                Ok(current) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(current);
                }
                Err(error) => {
                    tracing::warn!(%error, "the manifest on the disk is not sound: the one before goes on");
                }
            },
            Err(error) => tracing::warn!(%error, "the manifest cannot be read again"),
        }
        self.current().text.clone()
    }

    /// What `of` finds in the manifest.
    pub fn look<T>(&self, of: impl FnOnce(&ServiceManifest) -> T) -> T {
        of(&self.current().manifest)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Current {
    fn read(text: &str, connector: &str) -> Result<Self, SignedManifestError> {
        let text = text.trim().to_owned();
        let manifest = danger_unverified(&text, connector)?;
        Ok(Self { text, manifest })
    }
}
