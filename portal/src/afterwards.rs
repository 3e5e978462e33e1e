//! What is written when a page is out already: nobody waits for it, and a browser that goes away at
//! once does not stop it.
//!
//! A server that stops waits for it; one that crashes loses it. So it is only for what may be lost:
//! of a visit, that something is marked as new once more.

use std::fmt;

use tokio_util::task::TaskTracker;

/// Writings under way at most; beyond them, more is not begun.
const MOST: usize = 1024;

/// The writings under way.
#[derive(Clone, Default)]
pub struct Afterwards(TaskTracker);

impl fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Afterwards").field("under_way", &self.0.len()).finish()
    }
}

impl Afterwards {
    /// Goes on with `writing` beside whatever comes next.
    pub fn write(&self, writing: impl Future<Output = ()> + Send + 'static) {
        if self.0.len() < MOST {
            self.0.spawn(writing);
        } else {
            tracing::warn!("too much is to be written already: a visit is not remembered");
        }
    }

    /// Waits for all that was begun; more can be begun later.
    pub async fn finish(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_finished_and_too_much_is_not_begun() {
        let (afterwards, gate) = (Afterwards::default(), Arc::new(Semaphore::new(0)));
        let written = Arc::new(AtomicUsize::new(0));
        for _ in 0..MOST + 5 {
            let (gate, written) = (gate.clone(), written.clone());
            afterwards.write(async move {
                drop(gate.acquire().await);
                written.fetch_add(1, Ordering::Relaxed);
            });
        }
        gate.add_permits(1);
        afterwards.finish().await;
        assert_eq!(written.load(Ordering::Relaxed), MOST);
        let again = written.clone();
        afterwards.write(async move {
            again.fetch_add(1, Ordering::Relaxed);
        });
        afterwards.finish().await;
        assert_eq!(written.load(Ordering::Relaxed), MOST + 1);
    }
}
