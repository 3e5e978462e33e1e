//! Workers that each do the next piece of work as soon as the last is done, for a while.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::cpu::{self, Cpu};

/// Does one piece of work after another.
pub trait Worker: Send + 'static {
    /// One piece.
    fn once(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Load {
    /// How long each piece that succeeded took, shortest first.
    took: Vec<Duration>,
    failures: Failures,
    lasted: Duration,
    cpu: Cpu,
}

/// Pieces that did not succeed; they do not count in the rate.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Failures {
    /// How many.
    pub count: usize,
    /// Why the first one failed.
    pub first: Option<String>,
}

impl Failures {
    /// Whether everything succeeded.
    pub fn none(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.first = self.first.take().or(more.first);
    }
}

impl Load {
    /// Pieces that were timed apart, one after another.
    pub fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self { lasted: took.iter().sum(), took, ..Self::default() }
    }

    /// Pieces a second, all workers together.
    pub fn per_second(&self) -> f64 {
        per_second(self.took.len(), self.lasted)
    }

    /// How long that part of the pieces took at most.
    pub fn percentile(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of pieces, and a place in it"
        )]
        let place = ((self.took.len() as f64 * part).ceil() as usize).saturating_sub(1);
        self.took.get(place).copied().unwrap_or_default()
    }

    /// Processor time that one piece took.
    pub fn cpu(&self) -> Cpu {
        let pieces = u32::try_from(self.took.len()).unwrap_or(u32::MAX).max(1);
        Cpu { servers: self.cpu.servers / pieces, load: self.cpu.load / pieces }
    }

    /// Pieces a second that all cores would hold if the servers had them alone, reckoned from the
    /// processor time that a piece took of them. None where the system does not tell.
    pub fn by_processor_time(&self) -> Option<f64> {
        let each = self.cpu().servers.as_secs_f64();
        (each > 0.0).then(|| f64::from(cpu::cores()) / each)
    }

    /// What did not succeed.
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    fn add(&mut self, more: Self) {
        self.took.extend(more.took);
        self.failures.add(more.failures);
    }
}

/// Lets `workers` work for `lasting`, on threads of their own. Each does one piece before the clock
/// starts, so that connections stand and caches are warm.
pub async fn run(workers: Vec<impl Worker + 'static>, lasting: Duration) -> anyhow::Result<Load> {
    // More threads than it takes would spend their time waking one another.
    let half = usize::from(cpu::cores()).div_ceil(2);
    tokio::task::spawn_blocking(move || {
        let mut threads = Builder::new_multi_thread();
        let threads = threads.worker_threads(half).thread_name(cpu::LOAD).enable_all().build()?;
        // Spawned, because the work of whoever blocks is done on a thread of another name.
        let driven = threads.spawn(drive(workers, lasting));
        threads.block_on(driven)?
    })
    .await?
}

async fn drive(workers: Vec<impl Worker>, lasting: Duration) -> anyhow::Result<Load> {
    let mut warm = JoinSet::new();
    for mut worker in workers {
        warm.spawn(async move { worker.once().await.map(|()| worker) });
    }
    let workers: anyhow::Result<Vec<_>> = warm.join_all().await.into_iter().collect();
    let (started, used, mut working) = (Instant::now(), Cpu::so_far(), JoinSet::new());
    for worker in workers? {
        working.spawn(work(worker, started + lasting));
    }
    let mut load = Load::default();
    for done in working.join_all().await {
        load.add(done);
    }
    load.lasted = started.elapsed();
    load.cpu = Cpu::so_far().since(used);
    load.took.sort_unstable();
    let why = load.failures.first.as_deref().unwrap_or_default();
    ensure!(!load.took.is_empty(), "nothing succeeded in {lasting:?}: {why}");
    Ok(load)
}

async fn work(mut worker: impl Worker, end: Instant) -> Load {
    let mut load = Load::default();
    loop {
        let begun = Instant::now();
        if begun >= end {
            return load;
        }
        match worker.once().await {
            Ok(()) => load.took.push(begun.elapsed()),
            Err(why) => load.failures.add(Failures { count: 1, first: Some(format!("{why:#}")) }),
        }
    }
}

/// Repeats computing work on one thread for `lasting`; how often a second.
pub async fn on_one_core(
    lasting: Duration,
    mut piece: impl FnMut() -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<f64> {
    tokio::task::spawn_blocking(move || {
        piece()?;
        let (started, mut count) = (Instant::now(), 0);
        while started.elapsed() < lasting {
            piece()?;
            count += 1;
        }
        Ok(per_second(count, started.elapsed()))
    })
    .await?
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn per_second(count: usize, lasted: Duration) -> f64 {
    count as f64 / lasted.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cores_would_hold_is_reckoned_from_processor_time() {
        let used = |servers| Load {
            took: vec![Duration::ZERO; 4],
            cpu: Cpu { servers, load: Duration::from_secs(9) },
            ..Load::default()
        };
        let each = used(Duration::from_millis(8)).by_processor_time();
        assert_eq!(each, Some(f64::from(cpu::cores()) * 500.0));
        assert_eq!(used(Duration::ZERO).by_processor_time(), None);
    }

    struct Sleeper;

    impl Worker for Sleeper {
        async fn once(&mut self) -> anyhow::Result<()> {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn workers_work_side_by_side_for_the_whole_time() {
        let load = run(vec![Sleeper, Sleeper], Duration::from_millis(50)).await.unwrap();
        assert!(load.took.len() >= 2 && load.lasted >= Duration::from_millis(50));
        assert!(load.percentile(0.5) >= Duration::from_millis(2));
    }

    /// Fails every second time.
    struct Clumsy(bool);

    impl Worker for Clumsy {
        async fn once(&mut self) -> anyhow::Result<()> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.0 = !self.0;
            ensure!(self.0, "dropped it");
            Ok(())
        }
    }

    #[tokio::test]
    async fn failures_are_counted_apart_and_the_work_goes_on() {
        let load = run(vec![Clumsy(false)], Duration::from_millis(50)).await.unwrap();
        let failures = load.failures();
        assert!(failures.count.abs_diff(load.took.len()) <= 1, "{load:?}");
        assert_eq!(failures.first.as_deref(), Some("dropped it"));
    }

    #[test]
    fn percentiles_are_pieces_that_happened() {
        let took = (1..=100).map(Duration::from_millis).collect();
        let load = Load { took, lasted: Duration::from_secs(1), ..Load::default() };
        assert_eq!(load.percentile(0.50), Duration::from_millis(50));
        assert_eq!(load.percentile(0.99), Duration::from_millis(99));
        assert_eq!(load.percentile(1.0), Duration::from_millis(100));
    }
}
