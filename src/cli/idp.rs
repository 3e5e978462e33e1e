//! `warifu idp …`: the identity provider's metadata, and its registry of service providers.

use std::io::IsTerminal as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use warifu_idp::config::{AttributeName, EncryptionChoice, NameIdChoice, SigningChoice};
use warifu_idp::{
    EntityReport, IdpConfig, MetadataOrder, Order, ProviderReport, Registrar, Terms, metadata_xml,
};
use warifu_service::{Surroundings, config};

/// What to do at the identity provider.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print our own metadata, signed, for peers.
    Metadata(ConfigFile),
    /// The registry of service providers.
    #[command(subcommand)]
    Provider(Box<ProviderCommand>),
}

/// The identity provider's configuration.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The identity provider's TOML file.
    #[arg(long)]
    config: PathBuf,
}

/// How the answer looks.
#[derive(Debug, Args)]
pub struct With {
    #[command(flatten)]
    file: ConfigFile,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// One of the registered.
#[derive(Debug, Args)]
pub struct Which {
    /// Its id or its entity id.
    provider: String,
    #[command(flatten)]
    with: With,
}

/// What to do with service providers. Servers that run take changes up within seconds.
#[derive(Debug, Subcommand)]
pub enum ProviderCommand {
    /// All that are registered, and how each stands.
    List(With),
    /// One of them: its keys, its addresses, its terms, its history.
    Show(Which),
    /// Register one. What was read is shown; it counts with `--yes`.
    Add(Box<Add>),
    /// Change the terms of one.
    Set(Box<Set>),
    /// Let it ask again.
    Enable(Which),
    /// Let it ask no more.
    Disable(Which),
    /// Take it away; it counts with `--yes`.
    Remove {
        #[command(flatten)]
        which: Which,
        /// Say that you mean it.
        #[arg(long)]
        yes: bool,
    },
    /// Read its metadata now, and take it even where it is older than what is believed.
    Refresh(Which),
}

/// A service provider to be registered.
#[derive(Debug, Args)]
pub struct Add {
    /// Its metadata: a file, an address that begins with `https://` (or `http://` with a signer), or
    /// `entity:` and its entity id in one of the aggregates.
    metadata: String,
    /// The certificate (PEM) that must have signed the metadata.
    #[arg(long)]
    signer: Option<PathBuf>,
    /// Its client certificate (PEM) towards relay and card office.
    #[arg(long)]
    client_certificate: Option<PathBuf>,
    #[command(flatten)]
    terms: TermsArguments,
    /// Say that it is the one you mean: without, it is only shown.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    with: With,
}

/// Other terms for one.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    terms: TermsArguments,
}

/// The terms; what is not said stays as it is.
#[derive(Debug, Args)]
pub struct TermsArguments {
    /// What it is told about a person, with commas between: `pairwise-id`, `display-name`, `roles`,
    /// `organization`, `relay-ticket`, `office-ticket`, `card-until`; `none` for nothing.
    #[arg(long, value_delimiter = ',', value_parser = attribute)]
    attributes: Option<Vec<Told>>,
    /// Which key signs where its metadata does not say: `rsa`, `p256`.
    #[arg(long, value_parser = word::<SigningChoice>)]
    signing: Option<SigningChoice>,
    /// Whether it is encrypted to: `required`, `if-possible`, `never`.
    #[arg(long, value_parser = word::<EncryptionChoice>)]
    encryption: Option<EncryptionChoice>,
    /// By which name it knows a person: `transient`, `persistent`.
    #[arg(long, value_parser = word::<NameIdChoice>)]
    name_id: Option<NameIdChoice>,
    /// Whether it may ask who it might be whose FeliCa card's number was read at a desk.
    #[arg(long)]
    identification: Option<bool>,
    /// Minutes after which the card is asked again, and until which the service's session may last;
    /// `none`: as for everybody.
    #[arg(long, value_parser = limit)]
    session_absolute_minutes: Option<Limit>,
    /// Minutes without a use after which the card is asked again; `none`: as for everybody.
    #[arg(long, value_parser = limit)]
    session_idle_minutes: Option<Limit>,
    /// Whether people are asked first.
    #[arg(long)]
    consent: Option<bool>,
    /// Whether it takes answers that it did not ask for.
    #[arg(long)]
    idp_initiated: Option<bool>,
}

/// Something a service provider is told, or nothing.
type Told = Option<AttributeName>;

fn attribute(text: &str) -> Result<Told, String> {
    if text == "none" { Ok(None) } else { word(text).map(Some) }
}

/// A number of minutes, or none.
type Limit = Option<NonZeroU32>;

fn limit(text: &str) -> Result<Limit, String> {
    if text == "none" { Ok(None) } else { text.parse().map(Some).map_err(|_| NO_LIMIT.to_owned()) }
}

const NO_LIMIT: &str = "a number of minutes from 1 up, or `none`";

/// A word of the configuration.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

impl TermsArguments {
    fn apply(self, terms: &mut Terms) {
        let attributes = self.attributes.map(|all| all.into_iter().flatten().collect());
        terms.attributes = attributes.unwrap_or_else(|| std::mem::take(&mut terms.attributes));
        terms.signing = self.signing.unwrap_or(terms.signing);
        terms.encryption = self.encryption.unwrap_or(terms.encryption);
        terms.name_id = self.name_id.unwrap_or(terms.name_id);
        let (absolute, idle) = (self.session_absolute_minutes, self.session_idle_minutes);
        terms.session_absolute_minutes = absolute.unwrap_or(terms.session_absolute_minutes);
        terms.session_idle_minutes = idle.unwrap_or(terms.session_idle_minutes);
        terms.identification = self.identification.unwrap_or(terms.identification);
        terms.consent = self.consent.unwrap_or(terms.consent);
        terms.idp_initiated = self.idp_initiated.unwrap_or(terms.idp_initiated);
    }
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Metadata(file) => {
            let xml = metadata_xml(&file.read()?, &Surroundings::system())?;
            super::print(&(xml + "\n"))?;
            Ok(())
        }
        Command::Provider(command) => provider(*command).await,
    }
}

impl ConfigFile {
    fn read(&self) -> anyhow::Result<IdpConfig> {
        Ok(config::load(&self.config)?)
    }
}

impl With {
    async fn open(&self) -> anyhow::Result<Registrar> {
        Ok(Registrar::open(&self.file.read()?, Surroundings::system()).await?)
    }

    fn say(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string_pretty(value)? + "\n" } else { text() };
        Ok(super::print(&text)?)
    }
}

async fn provider(command: ProviderCommand) -> anyhow::Result<()> {
    match command {
        ProviderCommand::List(with) => {
            let all = with.open().await?.list();
            with.say(&all, || all.iter().map(line).collect())
        }
        ProviderCommand::Show(which) => show(&which).await,
        ProviderCommand::Add(order) => add(*order).await,
        ProviderCommand::Set(set) => {
            let Set { which, terms } = *set;
            let registrar = which.with.open().await?;
            registrar.set(&which.provider, |known| terms.apply(known)).await?;
            done(&which, &registrar)
        }
        ProviderCommand::Enable(which) => enable(&which, true).await,
        ProviderCommand::Disable(which) => enable(&which, false).await,
        ProviderCommand::Remove { which, yes } => {
            if !yes {
                bail!("nobody could sign in to {} any more; say --yes", which.provider);
            }
            which.with.open().await?.remove(&which.provider).await?;
            which.with.say(&which.provider, || format!("Removed {}.\n", which.provider))
        }
        ProviderCommand::Refresh(which) => {
            let registrar = which.with.open().await?;
            progress("Reading its metadata …");
            registrar.refresh(&which.provider).await?;
            done(&which, &registrar)
        }
    }
}

async fn enable(which: &Which, enabled: bool) -> anyhow::Result<()> {
    let registrar = which.with.open().await?;
    registrar.enable(&which.provider, enabled).await?;
    done(which, &registrar)
}

/// Says how it stands after a change.
fn done(which: &Which, registrar: &Registrar) -> anyhow::Result<()> {
    let report = registrar.show(&which.provider)?;
    which.with.say(&report, || line(&report))
}

async fn show(which: &Which) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Shown {
        #[serde(flatten)]
        report: ProviderReport,
        history: Vec<warifu_idp::Change>,
    }
    let registrar = which.with.open().await?;
    let report = registrar.show(&which.provider)?;
    let history = registrar.history(&which.provider).await?;
    let shown = Shown { report, history };
    which.with.say(&shown, || {
        let report = &shown.report;
        let cause = report.cause.iter().map(|cause| format!("  why          {cause}\n"));
        let metadata = report.metadata.iter().map(described);
        let terms = report.terms.iter().filter_map(|terms| toml::to_string(terms).ok());
        let history = shown.history.iter().map(|change| {
            let (at, what, who) = (change.at, change.what.as_str(), &change.who);
            format!("  {at}  {what}  {who}  {}\n", change.details.join("; "))
        });
        std::iter::once(line(report))
            .chain(cause)
            .chain(metadata)
            .chain(terms)
            .chain(history)
            .collect()
    })
}

async fn add(order: Add) -> anyhow::Result<()> {
    let registrar = order.with.open().await?;
    let pem = |path: Option<PathBuf>| {
        path.map(|path| std::fs::read_to_string(&path).with_context(|| path.display().to_string()))
    };
    let wanted = Order {
        metadata: metadata(&order.metadata)?,
        signer: pem(order.signer).transpose()?,
        client_certificate: pem(order.client_certificate).transpose()?,
    };
    progress("Reading its metadata …");
    let (offer, report) = registrar.propose(wanted).await?;
    let entity_id = offer.entity_id().to_owned();
    if !order.yes {
        order.with.say(&report, || format!("{entity_id}\n{}", described(&report)))?;
        eprintln!("Nothing counts yet. Compare the fingerprints, then say --yes.");
        return Ok(());
    }
    let id = registrar.add(&offer, |terms| order.terms.apply(terms)).await?;
    let report = registrar.show(&id)?;
    order.with.say(&report, || line(&report))
}

fn metadata(place: &str) -> anyhow::Result<MetadataOrder> {
    if let Some(entity) = place.strip_prefix("entity:") {
        return Ok(MetadataOrder::Entity(entity.to_owned()));
    }
    if place.starts_with("https://") || place.starts_with("http://") {
        return Ok(MetadataOrder::Url(place.to_owned()));
    }
    Ok(MetadataOrder::Document(std::fs::read(place).with_context(|| place.to_owned())?))
}

/// What goes on, for whoever sits before it.
fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}

fn line(report: &ProviderReport) -> String {
    let entity = report.entity_id.as_deref().unwrap_or("-");
    let why = report.fault.or(report.trouble).unwrap_or_default();
    format!("{:<32}  {:<13}  {entity}  {why}\n", report.id, report.state.as_str())
}

fn described(report: &EntityReport) -> String {
    let names = report.names.iter().map(|(tag, name)| format!("  name ({tag})    {name}\n"));
    let keys = report.keys.iter().map(|key| {
        let ends = key.ends.map(|end| end.to_string()).unwrap_or_default();
        format!("  {:<12} {}  sha256 {}  ends {ends}\n", key.purpose, key.kind, key.fingerprint)
    });
    let addresses = report
        .addresses
        .iter()
        .map(|it| format!("  {:<12} {}  {}\n", it.purpose, it.binding, it.url));
    let until = report.valid_until.map(|until| until.to_string());
    let until = format!("  holds until  {}\n", until.as_deref().unwrap_or("-"));
    let warnings = report.warnings.iter().map(|it| format!("  ! {}\n", it.in_english()));
    names.chain(keys).chain(addresses).chain([until]).chain(warnings).collect()
}
