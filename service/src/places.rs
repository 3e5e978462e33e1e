//! A bounded number of places for work, a bounded queue before them, and a bounded wait in it.
//! Whoever finds no place is told so at once, instead of making everybody slower.

use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The places and the queue.
#[derive(Debug)]
pub struct Places {
    free: Arc<Semaphore>,
    queue: Semaphore,
    wait: Duration,
    taken: Gauge,
    waiting: Gauge,
}

/// A place; free again when dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _counted: Counted,
}

/// Every place is taken, and the queue is full or did not move in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// One more in a gauge, for as long as it lives.
#[derive(Debug)]
struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Places {
    /// So many places, and as many who may wait `wait` for one.
    pub fn new(places: usize, wait: Duration) -> Self {
        Self {
            free: Arc::new(Semaphore::new(places)),
            queue: Semaphore::new(places),
            wait,
            taken: Gauge::noop(),
            waiting: Gauge::noop(),
        }
    }

    /// Shows in these gauges how many places are taken and how many wait.
    #[must_use]
    pub fn shown(self, taken: Gauge, waiting: Gauge) -> Self {
        Self { taken, waiting, ..self }
    }

    /// A place, after a wait of `most` at most.
    pub async fn take(&self, most: Duration) -> Result<Place, Full> {
        let free = Arc::clone(&self.free);
        if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
            return Ok(self.place(permit));
        }
        let _queued = self.queue.try_acquire().map_err(|_| Full)?;
        let _waiting = Counted::new(&self.waiting);
        match timeout(self.wait.min(most), free.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(self.place(permit)),
            _ => Err(Full),
        }
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        Place { _permit: permit, _counted: Counted::new(&self.taken) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const WAIT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn who_finds_no_place_waits_a_little_and_is_told() {
        let places = Places::new(1, WAIT);
        let held = places.take(WAIT).await.unwrap();
        let started = Instant::now();
        assert_eq!(places.take(LONG).await.err(), Some(Full));
        assert!(started.elapsed() >= WAIT);
        assert_eq!(Places::new(0, LONG).take(Duration::ZERO).await.err(), Some(Full));
        drop(held);
        assert!(places.take(Duration::ZERO).await.is_ok());
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_moves_on() {
        let places = Arc::new(Places::new(1, LONG));
        let held = places.take(LONG).await.unwrap();
        let next = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take(LONG).await }
        });
        while places.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        assert_eq!(places.take(LONG).await.err(), Some(Full), "the queue is full");
        assert!(started.elapsed() < LONG / 2);
        drop(held);
        assert!(next.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn who_stops_waiting_leaves_the_queue() {
        let places = Places::new(1, LONG);
        let _held = places.take(LONG).await.unwrap();
        assert!(timeout(WAIT, places.take(LONG)).await.is_err());
        assert_eq!(places.queue.available_permits(), 1);
    }
}
