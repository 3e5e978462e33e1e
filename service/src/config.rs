//! Configuration: one TOML file per party, overridden by the environment.
//!
//! A section is a struct with `deny_unknown_fields`; its doc comments are the reference text
//! that `warifu config schema` prints. `WARIFU__DATABASE__URL=…` overrides `[database] url`.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use serde::de::DeserializeOwned;

/// What the environment's overrides start with; sections are parted by `__`.
pub const ENVIRONMENT_PREFIX: &str = "WARIFU__";

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such file.
    #[error("config.missing: there is no configuration file at {}", .0.display())]
    Missing(PathBuf),
    /// A key is unknown, missing, or has the wrong type; the text names it.
    #[error("config.invalid: {}: {cause}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the key.
        cause: Box<figment::Error>,
    },
}

/// Reads `path`, then the environment over it.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    if !path.is_file() {
        return Err(ConfigError::Missing(path.to_owned()));
    }
    Figment::new()
        .merge(Toml::file_exact(path))
        .merge(Env::prefixed(ENVIRONMENT_PREFIX).split("__"))
        .extract()
        .map_err(|cause| ConfigError::Invalid { path: path.to_owned(), cause: Box::new(cause) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        address: String,
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_good_file_is_read() {
        let (_dir, path) = file("address = \"127.0.0.1:1\"");
        assert_eq!(load::<Sample>(&path).unwrap().address, "127.0.0.1:1");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let (_dir, path) = file("address = \"a\"\naddresses = \"b\"");
        let error = load::<Sample>(&path).unwrap_err().to_string();
        assert!(error.contains("addresses"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<Sample>(Path::new("/nowhere/idp.toml")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/idp.toml"), "{error}");
    }
}
