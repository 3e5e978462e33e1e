//! Secrets made of digits: drawing them, and telling those that anybody would try first.

use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// The longest PIN, and the length of those that are drawn.
pub(crate) const DIGITS: usize = 8;
/// So many numbers of this length there are.
const NUMBERS: u32 = 100_000_000;
/// Drawn numbers below this are equally likely in each remainder.
const FAIR: u32 = u32::MAX - u32::MAX % NUMBERS;
/// Out of honest randomness no more than a few draws are ever thrown away.
const DRAWS: usize = 32;

/// The source of randomness gave nothing but numbers that cannot be used: it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the source of randomness is broken")]
pub struct WeakRandomness;

/// Eight random digits, each number equally likely but for the trivial ones, which never come.
/// `fill` fills a buffer with unpredictable bytes.
pub(crate) fn random(
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<Zeroizing<[u8; DIGITS]>, WeakRandomness> {
    for _ in 0..DRAWS {
        let mut drawn = Zeroizing::new([0; 4]);
        fill(drawn.as_mut_slice());
        let number = u32::from_le_bytes(*drawn);
        if number < FAIR {
            let digits = decimal(number % NUMBERS);
            if !is_trivial(digits.as_slice()) {
                return Ok(digits);
            }
        }
    }
    Err(WeakRandomness)
}

fn decimal(mut number: u32) -> Zeroizing<[u8; DIGITS]> {
    let mut digits = Zeroizing::new([b'0'; DIGITS]);
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    number.zeroize();
    digits
}

/// Whether anybody would try these digits first: one digit all over (000000), counting up or down
/// (123456, 987654, also across zero), or a few digits again and again (121212, 123123).
pub(crate) fn is_trivial(digits: &[u8]) -> bool {
    is_count(digits, 1) || is_count(digits, 9) || (1..=digits.len() / 2).any(|n| repeats(digits, n))
}

/// Whether each digit is `step` more than the one before, modulo ten.
fn is_count(digits: &[u8], step: u8) -> bool {
    let value = |digit: &u8| digit.wrapping_sub(b'0');
    let follows = |(one, next)| value(one).wrapping_add(step) % 10 == value(next);
    digits.iter().zip(digits.iter().skip(1)).all(follows)
}

fn repeats(digits: &[u8], period: usize) -> bool {
    digits.iter().zip(digits.iter().skip(period)).all(|(one, later)| one == later)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_anybody_would_try_is_trivial() {
        for digits in [
            "000000", "123456", "12345678", "654321", "890123", "321098", "121212", "12341234",
            "1231231",
        ] {
            assert!(is_trivial(digits.as_bytes()), "{digits}");
        }
        for digits in ["271828", "314159", "123465", "19800101", "112233", "24681012"] {
            assert!(!is_trivial(digits.as_bytes()), "{digits}");
        }
    }

    #[test]
    fn broken_randomness_is_noticed() {
        assert_eq!(random(&mut |bytes| bytes.fill(0)), Err(WeakRandomness));
        assert_eq!(random(&mut |bytes| bytes.fill(0xFF)), Err(WeakRandomness));
    }

    proptest! {
        #[test]
        fn whatever_is_drawn_is_eight_digits_and_not_trivial(seed in any::<[u8; 4]>()) {
            let drawn = random(&mut |bytes| bytes.copy_from_slice(&seed));
            if let Ok(digits) = drawn {
                prop_assert!(digits.iter().all(u8::is_ascii_digit));
                prop_assert!(!is_trivial(digits.as_slice()));
                let number: u32 = std::str::from_utf8(digits.as_slice()).unwrap().parse().unwrap();
                prop_assert_eq!(number, u32::from_le_bytes(seed) % NUMBERS);
            }
        }

        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let _ = is_trivial(&bytes);
        }
    }
}
