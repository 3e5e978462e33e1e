//! A brake on attempts, by address: so many at once, then so many a minute. Kept in memory, since
//! it guards this node's own work and nothing else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Addresses remembered at most.
const MOST_ADDRESSES: usize = 10_000;

/// Counts attempts. An attempt is paid back after its share of a minute.
pub(crate) struct Throttle {
    per_minute: u32,
    /// When the attempts of an address will all be paid back, in microseconds.
    debts: Mutex<HashMap<IpAddr, i64>>,
}

const MINUTE: i64 = 60_000_000;

impl Throttle {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), debts: Mutex::default() }
    }

    /// Whether one more attempt from there is fine, which then counts.
    pub(crate) fn admits(&self, address: IpAddr, now: Timestamp) -> bool {
        let now = now.as_microsecond();
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut debts, now);
        let paid_back = debts.entry(network(address)).or_insert(now);
        let after = (*paid_back).max(now) + MINUTE / i64::from(self.per_minute);
        let admitted = after - now <= MINUTE;
        if admitted {
            *paid_back = after;
        }
        admitted
    }
}

/// Forgets who owes nothing; when everybody still does, forgets all, which is kinder than to
/// turn newcomers away.
fn make_room(debts: &mut HashMap<IpAddr, i64>, now: i64) {
    if debts.len() >= MOST_ADDRESSES {
        debts.retain(|_, paid_back| *paid_back > now);
    }
    if debts.len() >= MOST_ADDRESSES {
        debts.clear();
    }
}

/// A subscriber of IPv6 has a /64 to choose addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) & (u128::MAX << 64);
            Ipv6Addr::from(prefix).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use std::net::Ipv4Addr;

    fn now() -> Timestamp {
        "2026-11-20T01:15:00Z".parse().unwrap()
    }

    fn host(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[test]
    fn attempts_come_back_with_time() {
        let throttle = Throttle::new(6);
        let admitted = (0..20).filter(|_| throttle.admits(host(1), now())).count();
        assert_eq!(admitted, 6);
        let later = now() + SignedDuration::from_secs(10);
        assert!(throttle.admits(host(1), later));
        assert!(!throttle.admits(host(1), later));
        assert!(throttle.admits(host(2), now()), "another address was held back");
    }

    #[test]
    fn an_ipv6_subscriber_is_one() {
        let throttle = Throttle::new(1);
        assert!(throttle.admits("2001:db8::1".parse().unwrap(), now()));
        assert!(!throttle.admits("2001:db8::2".parse().unwrap(), now()));
        assert!(throttle.admits("2001:db8:0:1::1".parse().unwrap(), now()));
        assert!(throttle.admits("::ffff:192.0.2.1".parse().unwrap(), now()));
        assert!(!throttle.admits(host(1), now()), "mapped addresses are the same host");
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(1);
        for n in 0..25_000_u32 {
            throttle.admits(Ipv4Addr::from(n).into(), now());
        }
        assert!(throttle.debts.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
