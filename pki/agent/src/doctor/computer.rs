//! The agent's own surroundings: its addresses, its authorities, its prompt.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Finding;
use crate::config::{AgentConfig, PromptKind};
use crate::notify;

const CONNECT: Duration = Duration::from_millis(500);

pub(super) fn examine(config: &AgentConfig) -> Vec<Finding> {
    let mut findings =
        vec![authorities(config), prompt(config, std::env::var_os("PATH").as_deref())];
    findings.push(running(&config.listen));
    findings
}

fn authorities(config: &AgentConfig) -> Finding {
    match config.ca.as_deref().map(notify::authorities) {
        None => Finding::good("ca.system"),
        Some(Ok(found)) => Finding::good("ca.ok").with("count", found.len()),
        Some(Err(error)) => Finding::problem("ca.bad").with("reason", error.to_string()),
    }
}

fn prompt(config: &AgentConfig, path: Option<&std::ffi::OsStr>) -> Finding {
    match config.prompt {
        PromptKind::Page => Finding::good("prompt.page"),
        PromptKind::Terminal => Finding::good("prompt.terminal"),
        PromptKind::Pinentry => match find(&config.pinentry, path) {
            Some(found) => {
                Finding::good("prompt.pinentry").with("program", found.display().to_string())
            }
            None => Finding::problem("prompt.missing")
                .with("program", config.pinentry.display().to_string()),
        },
    }
}

/// Where the system would find a program of this name.
fn find(program: &Path, path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    std::env::split_paths(path?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn running(addresses: &[SocketAddr]) -> Finding {
    let answers = |address: &&SocketAddr| TcpStream::connect_timeout(address, CONNECT).is_ok();
    match addresses.iter().find(answers) {
        Some(address) => Finding::good("agent.running").with("address", address.to_string()),
        None => Finding::note("agent.stopped"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_as_the_system_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("pinentry-x");
        std::fs::write(&program, "").unwrap();
        let path = Some(folder.path().as_os_str());
        assert_eq!(find(Path::new("pinentry-x"), path), Some(program.clone()));
        assert_eq!(find(&program, None), Some(program));
        assert_eq!(find(Path::new("pinentry-y"), path), None);
    }

    #[test]
    fn an_agent_that_listens_is_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(running(&[address]).code, "agent.running");
        drop(listener);
        assert_eq!(running(&[address]).code, "agent.stopped");
    }
}
