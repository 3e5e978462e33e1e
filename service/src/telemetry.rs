//! Logs and metrics of the process.

use std::convert::Infallible;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// What is logged unless `WARIFU_LOG` says otherwise. A browser whose session has ended is daily
/// life, which the session library reports as suspicious.
const DEFAULT_FILTER: &str = "warn,tower_sessions_core=error";

/// How often what was measured is summed up.
const SUMMED_EVERY: Duration = Duration::from_secs(5);

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logs (to standard error: plain on a terminal, JSON elsewhere; `WARIFU_LOG` filters,
/// default `warn`) and metrics. A second call changes nothing.
pub fn start() {
    let filter =
        EnvFilter::try_from_env("WARIFU_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in tests, finds the subscriber in place: that is as good.
    let _ = if std::io::stderr().is_terminal() { logs.try_init() } else { logs.json().try_init() };
    if METRICS.get().is_none()
        && let Ok(handle) = PrometheusBuilder::new().install_recorder()
    {
        let _ = METRICS.set(handle);
    }
}

/// The metrics in Prometheus' text form; empty before [`start`].
pub fn metrics_text() -> String {
    METRICS.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Sums up what was measured, for ever: every single measurement would stay in memory until somebody
/// asks for the metrics, and perhaps nobody does.
pub(crate) async fn sum_up() -> Infallible {
    loop {
        tokio::time::sleep(SUMMED_EVERY).await;
        if let Some(metrics) = METRICS.get() {
            metrics.run_upkeep();
        }
    }
}
