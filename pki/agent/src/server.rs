//! The agent as a whole: bound to its addresses, serving until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warifu_card::Readers;

use crate::config::{AgentConfig, ConfigError, PromptKind};
use crate::desk::Desk;
use crate::gate::Gate;
use crate::listener;
use crate::notify::Notifier;
use crate::prompt::{PagePrompt, PinPrompt, Pinentry, Terminal};
use crate::routes;
use crate::surroundings::Surroundings;
use crate::watch::Watches;

/// How long tasks under way may take to end when the agent is closed.
const GRACE: Duration = Duration::from_secs(5);

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address cannot be listened on, most often because another agent does.
    #[error("{address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// An agent that holds its addresses and waits to serve.
pub struct Agent {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    shared: Shared,
    notifier: Notifier,
    pages: Router,
}

/// What the routes share.
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) desk: Desk,
    pub(crate) prompt: Arc<dyn PinPrompt>,
    /// The prompt once more, if it is a page that has to be served.
    pub(crate) page: Option<Arc<PagePrompt>>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) patience: Duration,
    pub(crate) closing: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Agent {
    /// Checks the configuration and takes the addresses. Nothing is answered yet.
    pub async fn bind(
        config: AgentConfig,
        readers: Arc<dyn Readers>,
        surroundings: Surroundings,
    ) -> Result<Self, AgentError> {
        config.validate()?;
        let tasks = TaskTracker::new();
        let notifier = Notifier::new(config.ca.as_deref(), tasks.clone())?;
        let listeners = listen(&config.listen).await?;
        let addresses: Vec<_> = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let (prompt, page) = prompt(&config, &addresses, &surroundings);
        let shared = Shared {
            gate: Gate::new(config.providers()?, config.clock_tolerance_seconds, surroundings),
            desk: Desk::new(readers),
            prompt,
            page,
            watches: Arc::default(),
            patience: config.patience(),
            closing: CancellationToken::new(),
            tasks,
        };
        Ok(Self { listeners, addresses, shared, notifier, pages: Router::new() })
    }

    /// The addresses that were really taken.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Asks by this prompt instead of the configured one.
    #[must_use]
    pub fn with_prompt(mut self, prompt: Arc<dyn PinPrompt>) -> Self {
        self.shared.prompt = prompt;
        self.shared.page = None;
        self
    }

    /// Shows a drawer of virtual cards at `/`.
    #[cfg(feature = "drawer")]
    #[must_use]
    pub fn with_drawer(mut self, drawer: crate::drawer::Drawer) -> Self {
        self.pages = crate::drawer::router(drawer);
        self
    }

    /// Serves until `shutdown` is done; sign-ins under way are then called off.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let shared = Arc::new(self.shared);
        let router = routes::router(Arc::clone(&shared), self.pages);
        let mut serving = JoinSet::new();
        for listener in self.listeners {
            let (closing, tasks) = (shared.closing.clone(), shared.tasks.clone());
            serving.spawn(listener::run(listener, router.clone(), closing, tasks));
        }
        tokio::select! {
            () = shutdown => {}
            () = shared.watches.run(&shared.desk, &self.notifier) => {}
        }
        shared.closing.cancel();
        shared.tasks.close();
        if tokio::time::timeout(GRACE, shared.tasks.wait()).await.is_err() {
            tracing::warn!("not everything came to its end in time");
        }
    }
}

/// Takes all addresses. One of an address family that the system does not have is left out, as
/// long as another could be taken.
async fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, AgentError> {
    let mut listeners = Vec::new();
    let mut missing = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(source) if is_missing_family(&source) => {
                tracing::info!(%address, "this computer has no such address");
                missing = Some(AgentError::Listen { address: *address, source });
            }
            Err(source) => {
                return Err(AgentError::Listen { address: *address, source });
            }
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

fn is_missing_family(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::AddrNotAvailable | std::io::ErrorKind::Unsupported)
}

type Prompts = (Arc<dyn PinPrompt>, Option<Arc<PagePrompt>>);

fn prompt(config: &AgentConfig, addresses: &[SocketAddr], surroundings: &Surroundings) -> Prompts {
    match config.prompt {
        PromptKind::Pinentry => (Arc::new(Pinentry::new(config.pinentry.clone())), None),
        PromptKind::Terminal => (Arc::new(Terminal::controlling()), None),
        PromptKind::Page => {
            let at = addresses.first().map_or_else(String::new, ToString::to_string);
            let page = Arc::new(PagePrompt::new(format!("http://{at}/pin"), surroundings.clone()));
            (Arc::clone(&page) as Arc<dyn PinPrompt>, Some(page))
        }
    }
}
