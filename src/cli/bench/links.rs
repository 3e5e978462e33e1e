//! Links found among more and more others: a lookup is one way down a tree, however many there are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::fs::{Advice, fadvise};
use warifu_relay::filling::Filling;
use warifu_service::seal::KeyRing;
use warifu_service::sqlx::AssertSqlSafe;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

use super::growth::{Growth, Point};
use super::load::{self, Worker};
use super::report::Figure;
use super::say;
use super::stage::Stage;

/// How many links the goal is set for.
const GOAL: u64 = 100_000_000;

/// Which sizes, where, and what they may cost.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// Links to look one up among, one size after the other.
    #[arg(long = "links", value_delimiter = ',', default_values_t = [1_000_000, 2_000_000, 4_000_000])]
    sizes: Vec<u64>,
    /// A PostgreSQL database for the links, in a schema of their own; SQLite otherwise.
    #[arg(long = "links-database")]
    database: Option<String>,
    /// Gigabytes that the links may take; a size that would take more is left out.
    #[arg(long = "links-gigabytes", default_value_t = 10)]
    gigabytes: u64,
    /// Minutes that making links may take; a size that would take longer is left out.
    #[arg(long = "links-minutes", default_value_t = 10)]
    minutes: u64,
}

/// Lookups by size, cold and warm.
pub async fn measure(stage: &Stage, lasting: Duration, plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let (database, schema) = match &plan.database {
        Some(url) => own_schema(url, &stage.surroundings).await?,
        None => (DatabaseConfig::sqlite(&stage.dir().join("links.db")), None),
    };
    let connected = Database::connect(&database).await?;
    let measured = at_each_size(stage, &connected, lasting, plan).await;
    connected.close().await;
    if let (Some(url), Some(schema)) = (&plan.database, schema) {
        run(url, format!("DROP SCHEMA {schema} CASCADE")).await?;
    }
    measured
}

/// A schema that nobody uses, and the address that leads there.
async fn own_schema(
    url: &str,
    surroundings: &Surroundings,
) -> anyhow::Result<(DatabaseConfig, Option<String>)> {
    let schema = format!("warifu_bench_{}", surroundings.hex(8));
    run(url, format!("CREATE SCHEMA {schema}")).await?;
    let joint = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{joint}options[search_path]={schema}");
    Ok((DatabaseConfig { url, connections: 4 }, Some(schema)))
}

async fn run(url: &str, sql: String) -> anyhow::Result<()> {
    let config = DatabaseConfig { url: url.to_owned(), connections: 1 };
    let database = Database::connect(&config).await?;
    execute!(database.write(), AssertSqlSafe(sql.clone()))?;
    Ok(())
}

async fn at_each_size(
    stage: &Stage,
    database: &Database,
    lasting: Duration,
    plan: &Plan,
) -> anyhow::Result<Vec<Figure>> {
    let engine = if plan.database.is_some() { "PostgreSQL" } else { "SQLite" };
    let surroundings = stage.surroundings.clone();
    let ring = Arc::new(KeyRing::generate("bench", surroundings.entropy.as_ref())?);
    let filling = Filling::open(database, ring, surroundings.clone()).await?;
    let (mut figures, mut growth, mut there) = (Vec::new(), Growth::default(), 0);
    let (budget, started) = (plan.gigabytes << 30, Instant::now());
    for links in plan.sizes.iter().copied() {
        let persons = links / Filling::LINKS;
        ensure!(persons > there, "sizes must grow: {links}");
        let time = Duration::from_secs(plan.minutes * 60).saturating_sub(started.elapsed());
        if !growth.fits(links, budget, time) {
            say(&format!("{links} links would take more than is allowed: left out"));
            break;
        }
        say(&format!("making {links} links on {engine}"));
        let making = Instant::now();
        filling.grow(there..persons, |_| {}).await?;
        let making = making.elapsed();
        there = persons;
        let cold = cold(&filling, persons, &surroundings, lasting).await?;
        let warm = warm(&filling, persons, &surroundings, lasting).await?;
        let size = filling.size().await?;
        growth.add(Point {
            links,
            p99: warm.percentile(0.99),
            bytes: u64::try_from(size.tables + size.indexes)?,
            making,
        });
        if let Some(cold) = cold {
            let what = format!("link lookup among {links}, {engine}, cold");
            figures.push(Figure::loaded(what, &cold));
        }
        let what = format!("link lookup among {links}, {engine}, warm");
        let figure = Figure::loaded(what, &warm).noting(growth.last());
        figures.push(figure);
    }
    if let Some(figure) = figures.pop() {
        figures.push(growth.extrapolated(GOAL).into_iter().fold(figure, Figure::noting));
    }
    Ok(figures)
}

/// Just after the system has forgotten the files; none where they are out of reach. What the server
/// itself keeps in memory stays there.
async fn cold(
    filling: &Filling,
    persons: u64,
    surroundings: &Surroundings,
    lasting: Duration,
) -> anyhow::Result<Option<load::Load>> {
    let files = filling.files().await?;
    if let Err(why) = files.iter().try_for_each(|file| forget(file)) {
        say(&format!("cold lookups are left out: {why:#}"));
        return Ok(None);
    }
    say("cold lookups");
    Ok(Some(load::run(seekers(filling, persons, surroundings), lasting).await?))
}

/// After as long a time of the same work.
async fn warm(
    filling: &Filling,
    persons: u64,
    surroundings: &Surroundings,
    lasting: Duration,
) -> anyhow::Result<load::Load> {
    say("warm lookups");
    load::run(seekers(filling, persons, surroundings), lasting).await?;
    load::run(seekers(filling, persons, surroundings), lasting).await
}

/// Has the system forget a file and those that go on from it, once they are on the disk.
fn forget(first: &Path) -> anyhow::Result<()> {
    let segments = (1_u32..).map(|number| PathBuf::from(format!("{}.{number}", first.display())));
    let rest = segments.take_while(|path| path.exists());
    for path in std::iter::once(first.to_owned()).chain(rest) {
        let file = File::open(&path).with_context(|| path.display().to_string())?;
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// Looks for one person after the other, each at random.
struct Seeker {
    filling: Filling,
    persons: u64,
    surroundings: Surroundings,
}

/// One alone: what it waits for is the lookup, and no other seeker.
fn seekers(filling: &Filling, persons: u64, surroundings: &Surroundings) -> Vec<Seeker> {
    let surroundings = surroundings.clone();
    vec![Seeker { filling: filling.clone(), persons, surroundings }]
}

impl Worker for Seeker {
    async fn once(&mut self) -> anyhow::Result<()> {
        let mut random = [0; 8];
        self.surroundings.entropy.fill(&mut random);
        let person = u64::from_le_bytes(random) % self.persons;
        let links = u64::try_from(self.filling.find(person).await?)?;
        ensure!(links == Filling::LINKS, "{links} links of person {person}");
        Ok(())
    }
}
