//! 認証番号 of this server.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use warifu_contract::CheckNumber;

/// Gives each check a number that no other check has, here or on another node.
#[derive(Debug)]
pub(crate) struct Numbers {
    node: u8,
    count: AtomicU32,
}

impl Numbers {
    /// Numbers of server `node` (0–99).
    pub fn of_node(node: u8) -> Self {
        Self { node, count: AtomicU32::new(0) }
    }

    /// The next number.
    pub fn next(&self, now: Timestamp) -> CheckNumber {
        CheckNumber::new(now, self.node, self.count.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_hundred_thousand_in_the_same_millisecond_differ() {
        let (numbers, now) = (Numbers::of_node(7), "2026-11-20T01:15:00Z".parse().unwrap());
        let made: BTreeSet<_> = (0..100_000).map(|_| numbers.next(now)).collect();
        assert_eq!(made.len(), 100_000);
    }
}
