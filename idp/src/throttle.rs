//! Brakes on attempts: by address, by card, by service provider; so many at once, then so many a
//! minute. Kept in memory, since they guard this node's own work and nothing else.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::config::LimitsConfig;
use crate::store::CardId;

/// Keys remembered at most by each brake.
const MOST_KEYS: usize = 10_000;

/// All brakes.
pub(crate) struct Throttle {
    addresses: Brake<IpAddr>,
    cards: Brake<CardId>,
    providers: Brake<String>,
}

impl Throttle {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        Self {
            addresses: Brake::new(limits.attempts_per_address),
            cards: Brake::new(limits.sign_ins_per_card),
            providers: Brake::new(limits.requests_per_provider),
        }
    }

    /// Whether one more attempt from there is fine, which then counts.
    pub(crate) fn admits(&self, address: IpAddr, now: Timestamp) -> bool {
        self.addresses.admits(network(address), now)
    }

    /// Whether one more sign-in with that card is fine. Ask only when the card has proven itself:
    /// so nobody else can use up what it may.
    pub(crate) fn admits_card(&self, card: &CardId, now: Timestamp) -> bool {
        self.cards.admits(card.clone(), now)
    }

    /// Whether one more request of that service provider is fine.
    pub(crate) fn admits_provider(&self, entity_id: &str, now: Timestamp) -> bool {
        self.providers.admits(entity_id.to_owned(), now)
    }
}

/// Counts attempts by a key. An attempt is paid back after its share of a minute.
struct Brake<K> {
    per_minute: u32,
    /// When the attempts of a key will all be paid back, in microseconds.
    debts: Mutex<HashMap<K, i64>>,
}

const MINUTE: i64 = 60_000_000;

impl<K: Eq + Hash> Brake<K> {
    fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), debts: Mutex::default() }
    }

    fn admits(&self, key: K, now: Timestamp) -> bool {
        let now = now.as_microsecond();
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut debts, now);
        let paid_back = debts.entry(key).or_insert(now);
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
fn make_room<K: Eq + Hash>(debts: &mut HashMap<K, i64>, now: i64) {
    if debts.len() >= MOST_KEYS {
        debts.retain(|_, paid_back| *paid_back > now);
    }
    if debts.len() >= MOST_KEYS {
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

    fn throttle(per_minute: u32) -> Throttle {
        Throttle::new(&LimitsConfig {
            attempts_per_address: per_minute,
            sign_ins_per_card: per_minute,
            requests_per_provider: per_minute,
            ..LimitsConfig::default()
        })
    }

    #[test]
    fn attempts_come_back_with_time() {
        let throttle = throttle(6);
        let admitted = (0..20).filter(|_| throttle.admits(host(1), now())).count();
        assert_eq!(admitted, 6);
        let later = now() + SignedDuration::from_secs(10);
        assert!(throttle.admits(host(1), later));
        assert!(!throttle.admits(host(1), later));
        assert!(throttle.admits(host(2), now()), "another address was held back");
    }

    #[test]
    fn an_ipv6_subscriber_is_one() {
        let throttle = throttle(1);
        assert!(throttle.admits("2001:db8::1".parse().unwrap(), now()));
        assert!(!throttle.admits("2001:db8::2".parse().unwrap(), now()));
        assert!(throttle.admits("2001:db8:0:1::1".parse().unwrap(), now()));
        assert!(throttle.admits("::ffff:192.0.2.1".parse().unwrap(), now()));
        assert!(!throttle.admits(host(1), now()), "mapped addresses are the same host");
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = throttle(1);
        for n in 0..25_000_u32 {
            throttle.admits(Ipv4Addr::from(n).into(), now());
        }
        assert!(throttle.addresses.debts.lock().unwrap().len() <= MOST_KEYS);
    }

    #[test]
    fn cards_and_service_providers_have_brakes_of_their_own() {
        let throttle = throttle(2);
        let (card, other) = (vec![1; 32], vec![2; 32]);
        let admitted = (0..5).filter(|_| throttle.admits_card(&card, now())).count();
        assert_eq!(admitted, 2);
        assert!(throttle.admits_card(&other, now()));
        let admitted = (0..5).filter(|_| throttle.admits_provider("one", now())).count();
        assert_eq!(admitted, 2);
        assert!(throttle.admits_provider("other", now()) && throttle.admits(host(1), now()));
    }
}
