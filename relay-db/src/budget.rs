//! A budget for second attempts: each call earns a part of one, so that retries stay a small part
//! of all calls. A connector that is down for everybody is not asked twice by everybody.

/// What one second attempt costs.
const PRICE: u32 = 100;
/// Second attempts that can be saved up, and that are there at the start.
const SAVED: u32 = 10;

/// What is left for second attempts.
#[derive(Debug)]
pub(crate) struct Budget {
    /// What each call earns: second attempts in a hundred calls.
    percent: u32,
    left: u32,
}

impl Budget {
    /// Second attempts for so many calls of a hundred.
    pub fn new(percent: u32) -> Self {
        Self { percent, left: if percent == 0 { 0 } else { SAVED * PRICE } }
    }

    /// A call is made.
    pub fn earn(&mut self) {
        self.left = self.left.saturating_add(self.percent).min(SAVED * PRICE);
    }

    /// Whether a second attempt may be made; it is then paid for.
    pub fn spend(&mut self) -> bool {
        let rest = self.left.checked_sub(PRICE);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Second attempts in `calls`, all of which want one.
    fn spent(percent: u32, calls: u32) -> usize {
        let mut budget = Budget::new(percent);
        let wants = |_: &u32| {
            budget.earn();
            budget.spend()
        };
        (0..calls).filter(wants).count()
    }

    #[test]
    fn second_attempts_stay_a_small_part() {
        assert_eq!(spent(10, 1_000), 109, "a tenth, and what was saved");
        assert_eq!(spent(10, 5), 5);
        assert_eq!(spent(100, 1_000), 1_000);
        assert_eq!(spent(0, 1_000), 0);
    }

    #[test]
    fn good_times_are_not_saved_up_for_ever() {
        let mut budget = Budget::new(10);
        (0..100_000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
