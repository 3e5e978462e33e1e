//! The line of those who wait to be written, and the groups that are taken from it.

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::sequencer::{Job, Order, Pace};

/// So many that wait are company enough: to wait for more would only cost them time.
const COMPANY: usize = 16;
/// Who comes so many times as long after the last group as one waits has no company to wait for.
const LULL: u32 = 10;

/// Whoever waits. What was taken from the channel stays here until it goes in a group, so that
/// waiting for one can be broken off.
pub(crate) struct Line {
    orders: mpsc::Receiver<Order>,
    pace: Pace,
    jobs: Vec<Job>,
    /// Of `jobs`.
    events: usize,
    /// When the last group left.
    left: Instant,
    /// Who wants to know when all is written.
    farewells: Vec<oneshot::Sender<()>>,
}

impl Line {
    pub fn new(orders: mpsc::Receiver<Order>, pace: Pace) -> Self {
        Self {
            orders,
            pace,
            jobs: Vec::new(),
            events: 0,
            left: Instant::now(),
            farewells: Vec::new(),
        }
    }

    /// The next group; none when the log is closed or dropped and all is taken.
    pub async fn group(&mut self) -> Option<Vec<Job>> {
        while self.jobs.is_empty() {
            let first = self.orders.recv().await?;
            self.take(first);
        }
        // Whoever is about to append does so before this goes on.
        tokio::task::yield_now().await;
        if self.lacks_company() && self.left.elapsed() < self.pace.linger * LULL {
            tokio::time::sleep(self.pace.linger).await;
        }
        while !self.is_full()
            && let Ok(order) = self.orders.try_recv()
        {
            self.take(order);
        }
        Some(self.leave())
    }

    /// The next group once it is full: what is less waits for company.
    pub async fn full_group(&mut self) -> Vec<Job> {
        while !self.is_full() {
            match self.orders.recv().await {
                Some(order) => self.take(order),
                None => std::future::pending().await,
            }
        }
        self.leave()
    }

    /// Tells whoever wants to know that all is written.
    pub fn bid_farewell(self) {
        for farewell in self.farewells {
            // Whoever asked may have stopped waiting: nothing is left to tell.
            let _ = farewell.send(());
        }
    }

    fn lacks_company(&self) -> bool {
        !self.is_full() && self.jobs.len() + self.orders.len() <= COMPANY
    }

    fn is_full(&self) -> bool {
        self.events >= self.pace.group
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Append(job) => {
                self.events += job.leaves.len();
                self.jobs.push(*job);
            }
            Order::Close(farewell) => {
                self.orders.close();
                self.farewells.push(farewell);
            }
        }
    }

    fn leave(&mut self) -> Vec<Job> {
        self.events = 0;
        self.left = Instant::now();
        std::mem::take(&mut self.jobs)
    }
}
