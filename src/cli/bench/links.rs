//! Links found among more and more others: a lookup is one way down a tree, however many there are.

use std::fs::File;
use std::io;
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
use super::load::{self, Load, Worker};
use super::report::Figure;
use super::say;
use super::stage::Stage;

/// How many links the goal is set for.
const GOAL: u64 = 100_000_000;

/// Which sizes, where, and what they may cost.
#[derive(Debug, clap::Args)]
#[group(id = "bench-links")]
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
    let Some(url) = &plan.database else {
        let config = DatabaseConfig::sqlite(&stage.dir().join("links.db"));
        return Ground::new(stage, config, "SQLite")?.at_each_size(lasting, plan).await;
    };
    let schema = format!("warifu_bench_{}", stage.surroundings.hex(8));
    run(url, format!("CREATE SCHEMA {schema}")).await?;
    let joint = if url.contains('?') { '&' } else { '?' };
    let there = format!("{url}{joint}options[search_path]={schema}");
    let config = DatabaseConfig { url: there, connections: 4 };
    let measured = Ground::new(stage, config, "PostgreSQL")?.at_each_size(lasting, plan).await;
    run(url, format!("DROP SCHEMA {schema} CASCADE")).await?;
    measured
}

async fn run(url: &str, sql: String) -> anyhow::Result<()> {
    let config = DatabaseConfig { url: url.to_owned(), connections: 1 };
    let database = Database::connect(&config).await?;
    execute!(database.write(), AssertSqlSafe(sql.clone()))?;
    Ok(())
}

/// Where the links are.
#[derive(Clone)]
struct Ground {
    config: DatabaseConfig,
    engine: &'static str,
    ring: Arc<KeyRing>,
    surroundings: Surroundings,
}

impl Ground {
    fn new(stage: &Stage, config: DatabaseConfig, engine: &'static str) -> anyhow::Result<Self> {
        let surroundings = stage.surroundings.clone();
        let ring = Arc::new(KeyRing::generate("bench", surroundings.entropy.as_ref())?);
        Ok(Self { config, engine, ring, surroundings })
    }

    async fn open(&self) -> anyhow::Result<Filling> {
        let database = Database::connect(&self.config).await?;
        Ok(Filling::open(&database, Arc::clone(&self.ring), self.surroundings.clone()).await?)
    }

    async fn at_each_size(&self, lasting: Duration, plan: &Plan) -> anyhow::Result<Vec<Figure>> {
        let filling = self.open().await?;
        let (mut figures, mut growth, mut cold_growth) =
            (Vec::new(), Growth::default(), Growth::default());
        let (budget, time) = (plan.gigabytes << 30, Duration::from_secs(plan.minutes * 60));
        for links in plan.sizes.iter().copied() {
            if !growth.fits(links, budget, time) {
                say(&format!("{links} links would take more than is allowed: left out"));
                break;
            }
            let making = self.grow(&filling, &growth, links).await?;
            let size = filling.size().await?;
            let bytes = u64::try_from(size.tables + size.indexes)?;
            let point = |load: &Load| Point { links, p99: load.percentile(0.99), bytes, making };
            let what = format!("link lookup among {links}, {}", self.engine);
            if let Some(cold) = self.cold(&filling, links, lasting).await? {
                cold_growth.add(point(&cold));
                let figure = Figure::loaded(format!("{what}, from the disk"), &cold);
                figures.push(figure.noting(cold_growth.last()));
            }
            let warm = self.warm(&filling, links, lasting).await?;
            growth.add(point(&warm));
            let figure = Figure::loaded(format!("{what}, in memory"), &warm);
            figures.push(figure.noting(growth.last()));
        }
        if let Some(mut figure) = figures.pop() {
            for (how, growth) in [("from the disk", cold_growth), ("in memory", growth)] {
                if let Some(said) = growth.extrapolated(GOAL) {
                    figure = figure.noting(format!("{how}, {said}"));
                }
            }
            figures.push(figure);
        }
        Ok(figures)
    }

    /// Makes what is missing to so many links. How long it took.
    async fn grow(
        &self,
        filling: &Filling,
        growth: &Growth,
        links: u64,
    ) -> anyhow::Result<Duration> {
        let (there, persons) = (growth.links() / Filling::LINKS, links / Filling::LINKS);
        ensure!(persons > there, "sizes must grow: {links}");
        say(&format!("making {links} links on {}", self.engine));
        let started = Instant::now();
        let watch = |there: u64| {
            if there.is_multiple_of(3_000_000) {
                say(&format!("{there} of {persons} persons"));
            }
        };
        filling.grow(there..persons, watch).await?;
        Ok(started.elapsed())
    }

    /// Just after the system has forgotten the files; none where they are out of reach. What the
    /// server itself keeps in memory stays there.
    async fn cold(
        &self,
        filling: &Filling,
        links: u64,
        lasting: Duration,
    ) -> anyhow::Result<Option<Load>> {
        if let Err(why) = filling.files().await?.iter().try_for_each(|file| forget(file)) {
            say(&format!("cold lookups are left out: {why:#}"));
            return Ok(None);
        }
        say("cold lookups");
        Ok(Some(self.load(links, lasting).await?))
    }

    /// After every file was read through, as far as memory holds them, and some time of the same
    /// work.
    async fn warm(&self, filling: &Filling, links: u64, lasting: Duration) -> anyhow::Result<Load> {
        if let Err(why) = filling.files().await?.iter().try_for_each(|file| remember(file)) {
            say(&format!("the files are not read ahead: {why:#}"));
        }
        say("warm lookups");
        self.load(links, lasting).await?;
        self.load(links, lasting).await
    }

    /// One seeker alone: what it waits for is the lookup, and no other seeker.
    async fn load(&self, links: u64, lasting: Duration) -> anyhow::Result<Load> {
        let (ground, persons) = (self.clone(), links / Filling::LINKS);
        load::run(vec![Seeker { ground, persons, filling: None }], lasting).await
    }
}

/// Has the system forget a file and those that go on from it, once they are on the disk.
fn forget(first: &Path) -> anyhow::Result<()> {
    for path in parts(first) {
        let file = File::open(&path).with_context(|| path.display().to_string())?;
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// Reads a file and those that go on from it, so that the system has them in memory.
fn remember(first: &Path) -> anyhow::Result<()> {
    for path in parts(first) {
        let mut file = File::open(&path).with_context(|| path.display().to_string())?;
        io::copy(&mut file, &mut io::sink())?;
    }
    Ok(())
}

/// A file, and those that go on from it.
fn parts(first: &Path) -> impl Iterator<Item = PathBuf> {
    let segments = (1_u32..).map(|number| PathBuf::from(format!("{}.{number}", first.display())));
    std::iter::once(first.to_owned()).chain(segments.take_while(|path| path.exists()))
}

/// Looks for one person after the other, each at random.
struct Seeker {
    ground: Ground,
    persons: u64,
    /// Opened where the seeker works: a connection does not outlive its threads.
    filling: Option<Filling>,
}

impl Worker for Seeker {
    async fn once(&mut self) -> anyhow::Result<()> {
        let mut random = [0; 8];
        self.ground.surroundings.entropy.fill(&mut random);
        let person = u64::from_le_bytes(random) % self.persons;
        let filling = match self.filling.take() {
            Some(filling) => filling,
            None => self.ground.open().await?,
        };
        let links = u64::try_from(self.filling.insert(filling).find(person).await?)?;
        ensure!(links == Filling::LINKS, "{links} links of person {person}");
        Ok(())
    }
}
