//! `warifu demo card …`: the drawer's cards from the command line.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;

use super::folder::{Folder, Member};

/// What to do with a virtual card. The demonstration must be running with virtual readers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the cards and where they are.
    List,
    /// Put a card into a reader.
    Insert {
        /// The card's name, e.g. `ueno-taro`.
        name: String,
        /// 1: the reader at the screen. 2: the reception's own.
        #[arg(long, default_value_t = 1)]
        reader: usize,
    },
    /// Take the card out of a reader.
    Remove {
        /// 1: the reader at the screen. 2: the reception's own.
        #[arg(long, default_value_t = 1)]
        reader: usize,
    },
}

#[derive(Deserialize)]
struct Listing {
    cards: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    card: String,
    name: String,
    reader: Option<usize>,
}

/// Does it.
pub async fn run(folder: &Folder, command: Command) -> anyhow::Result<()> {
    let drawer = Drawer::new(folder)?;
    match command {
        Command::List => {
            for card in drawer.list().await?.cards {
                let place = card.reader.map(|reader| format!("reader {reader}"));
                println!("{:24} {:10} {}", card.card, place.unwrap_or_default(), card.name);
            }
            Ok(())
        }
        Command::Insert { name, reader } => {
            drawer.tell("insert", &json!({ "card": name, "reader": reader })).await
        }
        Command::Remove { reader } => drawer.tell("remove", &json!({ "reader": reader })).await,
    }
}

struct Drawer {
    http: reqwest::Client,
    address: String,
}

impl Drawer {
    fn new(folder: &Folder) -> anyhow::Result<Self> {
        let http = warifu_service::tls::plain_client(std::time::Duration::from_secs(5))?;
        Ok(Self { http, address: folder.address(Member::Agent) })
    }

    async fn list(&self) -> anyhow::Result<Listing> {
        let request = self.http.get(format!("{}/drawer/cards", self.address));
        let answer = request.send().await.context("the demonstration is not running")?;
        answer.json().await.context("the drawer answered something else")
    }

    async fn tell(&self, what: &str, body: &serde_json::Value) -> anyhow::Result<()> {
        let request = self.http.post(format!("{}/drawer/{what}", self.address)).json(body);
        let answer = request.send().await.context("the demonstration is not running")?;
        if !answer.status().is_success() {
            bail!("the drawer refused: {}", answer.status());
        }
        Ok(())
    }
}
