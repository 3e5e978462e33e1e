//! The cluster that `tests/failover/with-cluster.sh` started.

use std::path::PathBuf;

use tokio::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/failover/cluster.sh");

pub struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    pub fn at_hand() -> Self {
        Self { folder: std::env::var_os("WARIFU_TEST_CLUSTER").unwrap().into() }
    }

    /// One of the script's commands.
    pub async fn does(&self, command: &str) {
        let done = Command::new(SCRIPT).arg(command).arg(&self.folder).output().await.unwrap();
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
