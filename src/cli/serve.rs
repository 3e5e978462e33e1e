//! `warifu serve PARTY --config FILE`.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use warifu_service::{Surroundings, telemetry};

use super::party::{PartyKind, Settings};

/// Which party, and its configuration.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which party to run.
    party: PartyKind,
    /// Its TOML file; `WARIFU__SECTION__KEY` in the environment overrides it.
    #[arg(long)]
    config: PathBuf,
}

/// Serves until the process is told to stop, then finishes what is running.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    telemetry::start();
    let settings = Settings::load(arguments.party, &arguments.config)?;
    let stop = CancellationToken::new();
    let party = settings.open(&Surroundings::system()).await?;
    for address in party.addresses() {
        tracing::info!(%address, "serving");
    }
    tokio::spawn(stop_on_signal(stop.clone()));
    party.serve(stop).await
}

/// Orders the stop at SIGINT or SIGTERM.
pub async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    stop.cancel();
}
