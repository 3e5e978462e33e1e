//! Puts the demonstration's CA into the user's browser store (NSS, which Chromium reads on
//! Linux), and takes it out again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// The name under which the browser lists it.
const NICKNAME: &str = "Warifu demonstration CA";

/// Trusts `ca` for web sites.
pub fn trust(ca: &Path) -> anyhow::Result<()> {
    if !ca.is_file() {
        bail!("there is no {}: start `warifu demo` once first", ca.display());
    }
    let store = store()?;
    if !Path::new(&store).join("cert9.db").is_file() {
        std::fs::create_dir_all(&store)
            .with_context(|| format!("cannot make {}", store.display()))?;
        certutil(&store, &["-N", "--empty-password"])?;
    }
    let file = ca.to_str().context("the folder's name is not UTF-8")?;
    certutil(&store, &["-A", "-t", "C,,", "-n", NICKNAME, "-i", file])?;
    println!(
        "Chromium of this user now believes the demonstration's CA; restart it if it is open."
    );
    println!("To take it out again: warifu demo untrust");
    Ok(())
}

/// Takes the CA out.
pub fn untrust() -> anyhow::Result<()> {
    certutil(&store()?, &["-D", "-n", NICKNAME])?;
    println!("The demonstration's CA is no longer in this user's browser store.");
    Ok(())
}

fn store() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(PathBuf::from(home).join(".pki/nssdb"))
}

fn certutil(store: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("certutil")
        .arg("-d")
        .arg(format!("sql:{}", store.display()))
        .args(arguments)
        .output()
        .context("certutil is missing: install the package libnss3-tools")?;
    if !output.status.success() {
        bail!("certutil: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
