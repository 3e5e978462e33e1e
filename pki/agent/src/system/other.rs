//! Systems without signals: a program that was told to stop is ended.

use std::fs::OpenOptions;

use tokio::process::Child;

pub(super) async fn told_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}

/// There is no asking; whoever waits for it ends it by force.
pub(crate) const fn terminate(_child: &Child) {}

/// The user's folders are the user's alone already.
pub(crate) const fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
