//! Telling an identity provider that a card was pulled out, over TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, ClientBuilder, StatusCode, redirect};
use serde::Serialize;
use tokio_util::task::TaskTracker;

use crate::config::ConfigError;
use crate::idp::{IdentityProvider, is_localhost};

const TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before each attempt.
const ATTEMPTS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// A card was pulled out.
#[derive(Debug)]
pub(crate) struct Removal {
    /// The words that the identity provider gave for this.
    pub(crate) token: String,
    pub(crate) provider: Arc<IdentityProvider>,
}

#[derive(Serialize)]
struct Message<'a> {
    watch: &'a str,
}

/// Delivers reports, each in a task of its own.
pub(crate) struct Notifier {
    /// For identity providers elsewhere: the system's proxy settings count.
    outside: Client,
    /// For those on this computer: never through a proxy.
    local: Client,
    tasks: TaskTracker,
}

impl Notifier {
    /// `ca` holds the authorities to trust instead of the system's.
    pub(crate) fn new(ca: Option<&Path>, tasks: TaskTracker) -> Result<Self, ConfigError> {
        // The process may have chosen a provider already; ours is only a default.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let outside = client(ca, |builder| builder)?;
        let local = client(ca, ClientBuilder::no_proxy)?;
        Ok(Self { outside, local, tasks })
    }

    /// Reports a removal in the background.
    pub(crate) fn report(&self, removal: Removal) {
        let local = removal.provider.is_local();
        let client = if local { self.local.clone() } else { self.outside.clone() };
        self.tasks.spawn(deliver(client, removal));
    }
}

async fn deliver(client: Client, removal: Removal) {
    let Ok(address) = removal.provider.url.join("/agent/card-removed") else {
        return;
    };
    let message = Message { watch: &removal.token };
    for pause in ATTEMPTS {
        tokio::time::sleep(pause).await;
        match client.post(address.clone()).json(&message).send().await {
            Ok(response) if is_final(response.status()) => {
                tracing::info!(status = %response.status(), "card removal reported");
                return;
            }
            Ok(response) => tracing::warn!(status = %response.status(), "card removal refused"),
            Err(error) => {
                tracing::warn!(cause = %root(&error), "card removal not delivered");
            }
        }
    }
    tracing::error!(to = %removal.provider.origin, "gave up reporting a card removal");
}

/// What an error goes back to: the outermost says only that sending failed.
fn root(error: &reqwest::Error) -> &dyn std::error::Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}

/// Whether asking again would not help: done, or not wanted.
fn is_final(status: StatusCode) -> bool {
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !again.contains(&status)
}

fn client(
    ca: Option<&Path>,
    adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, ConfigError> {
    let builder = Client::builder()
        .https_only(true)
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(Resolver));
    let builder = match ca {
        Some(path) => builder.tls_certs_only(authorities(path)?),
        None => builder,
    };
    adjust(builder).build().map_err(|error| ConfigError::value("ca", error))
}

pub(crate) fn authorities(path: &Path) -> Result<Vec<Certificate>, ConfigError> {
    let pem = std::fs::read(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(ConfigError::value("ca", "no certificate in the file")),
        Err(error) => Err(ConfigError::value("ca", error)),
    }
}

/// Resolves names as the system does, except that `*.localhost` is always this computer: browsers
/// know that, many systems do not.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                let here = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
                return Ok(Box::new(std::iter::once(here)) as Addrs);
            }
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn localhost_names_are_resolved_without_the_system() {
        let name = "idp.localhost".parse().unwrap();
        let found: Vec<_> = Resolver.resolve(name).await.unwrap().collect();
        assert_eq!(found, ["127.0.0.1:0".parse().unwrap()]);
    }

    #[test]
    fn only_passing_troubles_are_tried_again() {
        for status in [200, 204, 400, 403, 404] {
            assert!(is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [429, 500, 503] {
            assert!(!is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Notifier::new(Some(file.path()), TaskTracker::new()).is_err());
        assert!(Notifier::new(Some(Path::new("/nowhere")), TaskTracker::new()).is_err());
    }
}
