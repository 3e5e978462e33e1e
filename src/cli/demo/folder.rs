//! The demonstration's folder and addresses: which file is what, who listens where.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use warifu_connectors::demo::services::ORGANISATIONS;

/// Written first, names the port base; its second line says when all is made.
const MARK: &str = ".warifu-demo";
const COMPLETE: &str = "complete";

/// A party of the demonstration, by the name in its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The portal.
    Portal,
    /// The identity provider.
    Idp,
    /// The identity provider's host that asks browsers for a card's certificate.
    CardHost,
    /// The relay.
    Relay,
    /// The certification authority's publication.
    Ca,
    /// The card office.
    Office,
    /// The resident register.
    Register,
    /// Somebody else, who witnesses the relay's log.
    Witness,
    /// The card agent.
    Agent,
    /// A connector: insurer, check-up centre, pension office, those that declare services.
    Connector(&'static str),
}

/// The connectors with records of their own.
const RECORDS: [&str; 3] = ["insurer", "checkup", "pension"];
/// The first port, after the portal's, of those that only declare services.
const SERVICES: u16 = 16;
/// Ports that the demonstration takes, from the portal's on.
const PORTS: u16 = SERVICES + 7;

/// Every connector: those with records of their own, then those that only declare services.
pub fn connectors() -> impl Iterator<Item = &'static str> {
    RECORDS.into_iter().chain(ORGANISATIONS.iter().map(|organisation| organisation.id))
}

impl Member {
    /// The name: of its folder, and in its certificate.
    pub fn name(self) -> String {
        match self {
            Self::Portal => "portal".to_owned(),
            Self::Idp => "idp".to_owned(),
            Self::CardHost => "card-host".to_owned(),
            Self::Relay => "relay".to_owned(),
            Self::Ca => "ca".to_owned(),
            Self::Office => "office".to_owned(),
            Self::Register => "register".to_owned(),
            Self::Witness => "witness".to_owned(),
            Self::Agent => "agent".to_owned(),
            Self::Connector(id) => format!("connector-{id}"),
        }
    }

    /// The host name under which it is reached.
    pub fn host(self) -> &'static str {
        match self {
            Self::Portal => "portal.localhost",
            Self::Idp => "idp.localhost",
            Self::CardHost => "cards.localhost",
            Self::Agent => "127.0.0.1",
            Self::Relay
            | Self::Ca
            | Self::Office
            | Self::Register
            | Self::Witness
            | Self::Connector(_) => "localhost",
        }
    }

    fn offset(self) -> u16 {
        match self {
            Self::Portal => 0,
            Self::Idp => 1,
            Self::Relay => 2,
            Self::Ca => 3,
            Self::Agent => 4,
            Self::Connector(id) => {
                let place = |at: Option<usize>| at.and_then(|at| u16::try_from(at).ok());
                let declaring = ORGANISATIONS.iter().position(|other| other.id == id);
                let holding = RECORDS.iter().position(|other| *other == id);
                place(declaring)
                    .map_or_else(|| 5 + place(holding).unwrap_or_default(), |at| SERVICES + at)
            }
            Self::Witness => 12,
            Self::CardHost => 13,
            Self::Register => 14,
            Self::Office => 15,
        }
    }
}

/// The folder of one demonstration.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    port_base: u16,
}

impl Folder {
    /// The folder at `root`, whose ports start at `port_base`.
    pub fn new(root: &Path, port_base: u16) -> anyhow::Result<Self> {
        let root = std::path::absolute(root).context("the folder's name cannot be used")?;
        if port_base > u16::MAX - PORTS {
            bail!("--port-base {port_base}: the ports from there on do not exist");
        }
        Ok(Self { root, port_base })
    }

    /// A file or folder in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file in a party's folder.
    pub fn of(&self, member: Member, name: &str) -> PathBuf {
        self.root.join(member.name()).join(name)
    }

    /// The card that the drawer, or a virtual reader, holds under that name.
    pub fn card(&self, name: &str) -> PathBuf {
        self.root.join("cards").join(format!("{name}.json"))
    }

    /// Where a party listens.
    pub fn listen(&self, member: Member) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port_base + member.offset()))
    }

    /// The address at which others find it.
    pub fn address(&self, member: Member) -> String {
        let scheme = if matches!(member, Member::Ca | Member::Agent) { "http" } else { "https" };
        format!("{scheme}://{}:{}", member.host(), self.port_base + member.offset())
    }

    /// Whether everything is made. Refuses a folder that is somebody else's, or was made for
    /// other ports: certificates and metadata hold the addresses.
    pub fn is_complete(&self) -> anyhow::Result<bool> {
        let Ok(mark) = std::fs::read_to_string(self.at(MARK)) else {
            if std::fs::read_dir(&self.root).is_ok_and(|mut entries| entries.next().is_some()) {
                bail!("{} is not empty and not a demonstration's folder", self.root.display());
            }
            return Ok(false);
        };
        let mut lines = mark.lines();
        let base = lines.next().unwrap_or_default();
        if base != self.port_base.to_string() {
            bail!(
                "{} was made with --port-base {base}; use that, or another --dir",
                self.root.display()
            );
        }
        Ok(lines.next() == Some(COMPLETE))
    }

    /// Begins anew: what an interrupted start left is removed.
    pub fn begin(&self) -> anyhow::Result<()> {
        if self.root.exists() {
            std::fs::remove_dir_all(&self.root)
                .with_context(|| format!("cannot clear {}", self.root.display()))?;
        }
        std::fs::create_dir_all(self.at("cards"))
            .with_context(|| format!("cannot make {}", self.root.display()))?;
        for member in Self::members() {
            std::fs::create_dir_all(self.of(member, ""))?;
        }
        self.mark("begun")
    }

    /// Says that all is made.
    pub fn finish(&self) -> anyhow::Result<()> {
        self.mark(COMPLETE)
    }

    fn mark(&self, state: &str) -> anyhow::Result<()> {
        let text = format!("{}\n{state}\n", self.port_base);
        std::fs::write(self.at(MARK), text).context("cannot write into the folder")
    }

    /// Every party but the certification authority, whose own ceremony makes its folder.
    fn members() -> impl Iterator<Item = Member> {
        use Member::{Agent, CardHost, Idp, Office, Portal, Register, Relay, Witness};
        let connectors = connectors().map(Member::Connector);
        let others = [Portal, Idp, CardHost, Relay, Agent, Office, Register, Witness];
        others.into_iter().chain(connectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_start_begins_anew_and_a_finished_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(&dir.path().join("demo"), 8443).unwrap();
        assert!(!folder.is_complete().unwrap());
        folder.begin().unwrap();
        assert!(!folder.is_complete().unwrap());
        folder.finish().unwrap();
        assert!(folder.is_complete().unwrap());
        let elsewhere = Folder::new(&dir.path().join("demo"), 9443).unwrap();
        assert!(elsewhere.is_complete().unwrap_err().to_string().contains("8443"));
    }

    #[test]
    fn somebody_elses_folder_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("letter.txt"), "dear").unwrap();
        assert!(Folder::new(dir.path(), 8443).unwrap().is_complete().is_err());
    }

    #[test]
    fn the_usual_addresses_are_the_documented_ones() {
        let folder = Folder::new(Path::new("demo"), 8443).unwrap();
        assert_eq!(folder.address(Member::Portal), "https://portal.localhost:8443");
        assert_eq!(folder.address(Member::Agent), "http://127.0.0.1:8447");
        assert_eq!(folder.address(Member::Connector("pension")), "https://localhost:8450");
    }
}
