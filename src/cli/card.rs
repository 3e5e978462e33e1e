//! `warifu card …`: the card office's work on its own machine, for one card after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::de::DeserializeOwned;
use warifu_ca::Ca;
use warifu_card::{PcscReaders, Readers};
use warifu_contract::card_office::{
    Action, Batch, Card, CardLine, NewApplication, Stage, StopReason,
};
use warifu_contract::identity::FourItems;
use warifu_office::print::Printer;
use warifu_office::{Actor, CardKey, CardOffice, FelicaDesk, OfficeConfig, PcscFeeder};
use warifu_service::{Surroundings, config};

/// Who works, where, and at what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The card office's TOML file.
    #[arg(long, global = true, default_value = "ca.toml", env = "WARIFU_OFFICE_CONFIG")]
    config: PathBuf,
    /// Who works: the rule of two persons goes by this name.
    #[arg(long, global = true, env = "USER", default_value = "operator")]
    operator: String,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make the office's own secrets in a new folder.
    Init {
        /// The folder; nothing in it is overwritten.
        #[arg(long)]
        folder: PathBuf,
    },
    /// Take an application (様式1) from a TOML file.
    Apply {
        /// The file.
        file: PathBuf,
    },
    /// List cards, newest first.
    List {
        /// Only those that stand here, e.g. `applied`, `ordered`, `active`.
        #[arg(long, value_parser = word::<Stage>)]
        stage: Option<Stage>,
    },
    /// Show a card: by 受付番号, card number, or serial number of a certificate.
    Show(One),
    /// Show everything that happened to a card.
    History(One),
    /// Ask the resident register about the applicant.
    Prove(One),
    /// Say, after looking at the papers, that a doubtful applicant is the one of the register.
    ResolveDoubt(Noted),
    /// Refuse an application.
    Reject(Noted),
    /// Note that the applicant no longer wants a card.
    Withdraw(One),
    /// Order the card (発券指示); somebody else than whoever did the steps before.
    Approve(One),
    /// Make the card that is in a reader.
    Personalise {
        #[command(flatten)]
        one: One,
        /// The reader's name, as `warifu-agent doctor` shows it; the only one if not said.
        #[arg(long)]
        reader: Option<String>,
    },
    /// Give up a card that could not be made.
    Spoil(Noted),
    /// Write the face of a card as a PDF.
    Face(Paper),
    /// Write the letter with the initialisation code as a PDF; once.
    Letter(Paper),
    /// Note that a card was sent.
    Send {
        #[command(flatten)]
        one: One,
        /// The mail's tracking number.
        #[arg(long)]
        tracking: String,
    },
    /// Note that a card came back.
    Return(One),
    /// Note that a card was handed over.
    Deliver(One),
    /// Stop a card for now, at once.
    Suspend(Stopped),
    /// Let a suspended card in again; somebody else than who suspended it.
    Release(One),
    /// End a card for good, at once.
    Revoke(Stopped),
    /// End a card and order a new one for the same person.
    Reissue(Stopped),
    /// Order the next card; this one works until the next is in use.
    Renew(One),
    /// Note that a card was destroyed.
    Destroy(One),
    /// Make many cards.
    #[command(subcommand)]
    Batch(BatchCommand),
    /// FeliCa Lite-S cards as second tokens.
    #[command(subcommand)]
    Felica(FelicaCommand),
}

#[derive(Debug, Subcommand)]
enum BatchCommand {
    /// Make a batch of every card that is ordered now.
    Make,
    /// Make the cards of a batch out of blank ones, put into the reader one after the other. What
    /// was stopped goes on.
    Run {
        /// The batch.
        id: String,
        /// The reader's name; the only one if not said.
        #[arg(long)]
        reader: Option<String>,
    },
    /// Show how far a batch is.
    Show {
        /// The batch.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum FelicaCommand {
    /// Register the FeliCa card in a reader beside a card in use, under a key of its own.
    Register {
        #[command(flatten)]
        one: One,
        /// The reader's name; the only one if not said.
        #[arg(long)]
        reader: Option<String>,
    },
    /// Give the registered FeliCa card in a reader a key of the newest version.
    Rotate {
        /// The reader's name; the only one if not said.
        #[arg(long)]
        reader: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct One {
    /// 受付番号, card number, or serial number of a certificate.
    card: CardKey,
}

#[derive(Debug, clap::Args)]
struct Noted {
    #[command(flatten)]
    one: One,
    /// What was seen, or why.
    #[arg(long)]
    note: String,
}

#[derive(Debug, clap::Args)]
struct Stopped {
    #[command(flatten)]
    one: One,
    /// Why: lost, stolen, damaged, replaced, deceased, moved-away, left, misuse, not-wanted,
    /// undelivered.
    #[arg(long, value_parser = word::<StopReason>)]
    reason: StopReason,
}

#[derive(Debug, clap::Args)]
struct Paper {
    #[command(flatten)]
    one: One,
    /// The PDF file.
    #[arg(long)]
    out: PathBuf,
}

/// The office, and who works there.
struct Desk {
    office: CardOffice,
    config: OfficeConfig,
    actor: Actor,
    json: bool,
}

/// Does it.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Command::Init { folder } = &arguments.command {
        warifu_office::init(folder, &Surroundings::system())?;
        println!("Made the card office's secrets in {}. Keep a copy elsewhere.", folder.display());
        return Ok(());
    }
    let desk = Desk::open(&arguments).await?;
    let card = match arguments.command {
        Command::Init { .. } => return Ok(()),
        Command::Apply { file } => desk.apply(&file).await?,
        Command::List { stage } => return desk.list(stage).await,
        Command::History(one) => return desk.history(&one.card).await,
        Command::Face(paper) => return desk.face(&paper).await,
        Command::Letter(paper) => return desk.letter(&paper).await,
        Command::Batch(command) => return desk.batch(command).await,
        Command::Felica(command) => return desk.felica(command).await,
        Command::Personalise { one, reader } => desk.personalise(&one.card, reader).await?,
        Command::Show(one) => {
            let card = desk.office.card(&desk.actor, &one.card).await?;
            card.context("there is no such card")?
        }
        other => {
            let (card, action) = action_of(other)?;
            desk.office.act(&desk.actor, &card, None, action).await?
        }
    };
    desk.show(&card)
}

fn action_of(command: Command) -> anyhow::Result<(CardKey, Action)> {
    Ok(match command {
        Command::Prove(one) => (one.card, Action::Prove),
        Command::ResolveDoubt(Noted { one, note }) => (one.card, Action::ResolveDoubt { note }),
        Command::Reject(Noted { one, note }) => (one.card, Action::Reject { note }),
        Command::Withdraw(one) => (one.card, Action::Withdraw),
        Command::Approve(one) => (one.card, Action::Approve),
        Command::Spoil(Noted { one, note }) => (one.card, Action::Spoil { note }),
        Command::Send { one, tracking } => (one.card, Action::Send { tracking }),
        Command::Return(one) => (one.card, Action::Return),
        Command::Deliver(one) => (one.card, Action::Deliver),
        Command::Suspend(Stopped { one, reason }) => (one.card, Action::Suspend { reason }),
        Command::Release(one) => (one.card, Action::Release),
        Command::Revoke(Stopped { one, reason }) => (one.card, Action::Revoke { reason }),
        Command::Reissue(Stopped { one, reason }) => (one.card, Action::Reissue { reason }),
        Command::Renew(one) => (one.card, Action::Renew),
        Command::Destroy(one) => (one.card, Action::Destroy),
        other => bail!("{other:?} is no step in a card's life"),
    })
}

impl Desk {
    async fn open(arguments: &Arguments) -> anyhow::Result<Self> {
        let config: OfficeConfig = config::load(&arguments.config)?;
        let surroundings = Surroundings::system();
        let ca = Ca::open(config.authority.clone(), surroundings.clone()).await?;
        let office = CardOffice::open(&config.office, ca, surroundings).await?;
        let actor = Actor::machine(&arguments.operator);
        Ok(Self { office, config, actor, json: arguments.json })
    }

    async fn apply(&self, file: &Path) -> anyhow::Result<Card> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let application: NewApplication =
            toml::from_str(&text).with_context(|| file.display().to_string())?;
        let FourItems { name, kana, address, .. } = &application.applicant;
        self.printer()?.require_printable(name, kana.as_deref(), address)?;
        Ok(self.office.apply(&self.actor, application, None).await?)
    }

    async fn list(&self, stage: Option<Stage>) -> anyhow::Result<()> {
        let mut cursor = None;
        loop {
            let list = self.office.list(&self.actor, stage, cursor.as_deref()).await?;
            for line in &list.cards {
                self.line(line)?;
            }
            match list.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    fn line(&self, line: &CardLine) -> anyhow::Result<()> {
        let text = if self.json {
            serde_json::to_string(line)?
        } else {
            let number = line.number.as_deref().unwrap_or("");
            format!("{}  {:13}  {}  {number}", line.id, line.stage.as_str(), line.since)
        };
        Ok(super::print(&(text + "\n"))?)
    }

    fn show(&self, card: &Card) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(card)? } else { in_words(card) };
        Ok(super::print(&(text + "\n"))?)
    }

    async fn history(&self, card: &CardKey) -> anyhow::Result<()> {
        for event in self.office.history(&self.actor, card).await? {
            let text = if self.json {
                serde_json::to_string(&event)?
            } else {
                let note = event.note.as_deref().unwrap_or("");
                let (to, kind, actor) = (event.to.as_str(), &event.kind, &event.actor);
                format!("{:3}  {}  {kind:24}  {to:13}  {actor}  {note}", event.sequence, event.at)
            };
            super::print(&(text + "\n"))?;
        }
        Ok(())
    }

    fn printer(&self) -> anyhow::Result<Printer> {
        Ok(Printer::open(&self.config.font, self.config.letter.clone())?)
    }

    async fn face(&self, paper: &Paper) -> anyhow::Result<()> {
        let printer = self.printer()?;
        let face = self.office.face(&self.actor, &paper.one.card).await?;
        write(&paper.out, &printer.faces(&[face])?)
    }

    async fn letter(&self, paper: &Paper) -> anyhow::Result<()> {
        let printer = self.printer()?;
        let letter = self.office.letter(&self.actor, &paper.one.card).await?;
        write(&paper.out, &printer.letter(&letter)?)
    }

    async fn personalise(&self, card: &CardKey, reader: Option<String>) -> anyhow::Result<Card> {
        let readers = Arc::new(PcscReaders::new());
        let reader = choose(readers.as_ref(), reader)?;
        Ok(self.office.personalise(&self.actor, card, readers, &reader).await?)
    }

    async fn felica(&self, command: FelicaCommand) -> anyhow::Result<()> {
        let felica = FelicaDesk::open(&self.office, &self.config.office.felica)?;
        let readers = Arc::new(PcscReaders::new());
        let card = match command {
            FelicaCommand::Register { one, reader } => {
                let reader = choose(readers.as_ref(), reader)?;
                felica.register(&self.actor, &one.card, readers, &reader).await?
            }
            FelicaCommand::Rotate { reader } => {
                let reader = choose(readers.as_ref(), reader)?;
                felica.rotate(&self.actor, readers, &reader).await?
            }
        };
        println!("Registered beside {} with a key of version {}.", card.card, card.key_version);
        Ok(())
    }

    async fn batch(&self, command: BatchCommand) -> anyhow::Result<()> {
        let batch = match command {
            BatchCommand::Make => self.office.batch_make(&self.actor).await?,
            BatchCommand::Show { id } => self.office.batch(&id).await?,
            BatchCommand::Run { id, reader } => {
                let readers = Arc::new(PcscReaders::new());
                let reader = choose(readers.as_ref(), reader)?;
                let feeder = PcscFeeder::new(readers, &reader);
                let progress = |batch: &Batch| eprintln!("{}", so_far(batch));
                self.office.batch_run(&self.actor, &id, feeder, progress).await?
            }
        };
        let text = if self.json { serde_json::to_string(&batch)? } else { so_far(&batch) };
        Ok(super::print(&(text + "\n"))?)
    }
}

/// The reader that was named, or the only one there is.
fn choose(readers: &dyn Readers, named: Option<String>) -> anyhow::Result<String> {
    let all: Vec<String> = readers.list()?.into_iter().map(|reader| reader.name).collect();
    match (named, all.as_slice()) {
        (Some(name), some) if some.contains(&name) => Ok(name),
        (Some(name), _) => bail!("there is no reader {name:?}; there are {all:?}"),
        (None, [only]) => Ok(only.clone()),
        (None, []) => bail!("there is no reader"),
        (None, _) => bail!("there are several readers, say which with --reader: {all:?}"),
    }
}

fn in_words(card: &Card) -> String {
    let mut lines = vec![format!("{}  {}  since {}", card.id, card.stage.as_str(), card.since)];
    lines.extend(card.number.as_ref().map(|number| format!("  number      {number}")));
    lines.extend(card.expires.as_ref().map(|day| format!("  ends        {day}")));
    lines.extend(card.tracking.as_ref().map(|mail| format!("  mail        {mail}")));
    lines.extend(card.replaces.as_ref().map(|other| format!("  replaces    {other}")));
    lines.extend(card.replaced_by.as_ref().map(|other| format!("  replaced by {other}")));
    lines.extend(card.certificates.iter().map(|one| {
        format!("  {:20}  {}  {}  until {}", one.profile, one.serial, one.state, one.not_after)
    }));
    let possible = card.possible.iter().filter(|one| one.refused.is_none());
    let possible: Vec<&str> = possible.map(|one| one.action.as_str()).collect();
    lines.push(format!("  you may     {}", possible.join(", ")));
    lines.join("\n")
}

fn so_far(batch: &Batch) -> String {
    let Batch { id, done, total, failed, .. } = batch;
    format!("batch {id}: {done} of {total} made, {failed} failed")
}

/// A value by its name on the wire.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    super::demo::write_private(path, bytes)?;
    println!("Wrote {}.", path.display());
    Ok(())
}
