//! What a lookup costs as there is more to look through.

use std::time::Duration;

/// Sizes that an extrapolation rests on.
const ENOUGH: usize = 3;

/// What was found at one size.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Links.
    pub links: u64,
    /// What 99 of 100 lookups took at most.
    pub p99: Duration,
    /// What the links take on the disk.
    pub bytes: u64,
    /// How long it took to make those that were not there before.
    pub making: Duration,
}

/// What was found at every size, the smallest first.
#[derive(Debug, Default)]
pub struct Growth(Vec<Point>);

impl Growth {
    /// One more size, larger than those before.
    pub fn add(&mut self, point: Point) {
        self.0.push(point);
    }

    /// Links that are there.
    pub fn links(&self) -> u64 {
        self.0.last().map_or(0, |last| last.links)
    }

    /// Whether so many links should fit into `bytes` and `time`, all sizes together, as the last
    /// size has it. Room is counted twice, because what is made is sorted first.
    pub fn fits(&self, links: u64, bytes: u64, time: Duration) -> bool {
        let before = self.0.len().checked_sub(2).and_then(|place| self.0.get(place));
        let Some(last) = self.0.last() else { return true };
        let made = last.links - before.map_or(0, |before| before.links);
        let share = float(links - last.links) / float(made.max(1));
        let room = float(last.bytes) * float(links) / float(last.links.max(1));
        let took: Duration = self.0.iter().map(|point| point.making).sum();
        let takes = took.as_secs_f64() + last.making.as_secs_f64() * share;
        2.0 * room <= float(bytes) && takes <= time.as_secs_f64()
    }

    /// The last size beside the first.
    pub fn last(&self) -> String {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return String::new();
        };
        format!(
            "p99 {:.2} times that among {}; {} MB on the disk, {} bytes for each; made in {:.0} s",
            last.p99.as_secs_f64() / first.p99.as_secs_f64(),
            first.links,
            last.bytes >> 20,
            last.bytes / last.links.max(1),
            last.making.as_secs_f64(),
        )
    }

    /// What is to be expected at `goal`, from the last three sizes: a tree gets deeper with the
    /// logarithm of what is in it. None where `goal` was measured, or there are too few sizes.
    pub fn extrapolated(&self, goal: u64) -> Option<String> {
        let first = self.0.first()?;
        let last = self.0.get(self.0.len().checked_sub(ENOUGH)?..)?;
        let [.., largest] = last else { return None };
        if largest.links >= goal {
            return None;
        }
        let points: Vec<_> =
            last.iter().map(|point| (float(point.links).ln(), point.p99.as_secs_f64())).collect();
        let p99 = on_the_line(&points, float(goal).ln());
        let sizes: Vec<_> = last.iter().map(|point| point.links.to_string()).collect();
        Some(format!(
            "among {goal}, extrapolated from {}, NOT measured: p99 {:.3} ms, {:.2} times that \
             among {}; {} MB on the disk",
            sizes.join(", "),
            p99 * 1e3,
            p99 / first.p99.as_secs_f64(),
            first.links,
            (largest.bytes / largest.links.max(1) * goal) >> 20,
        ))
    }
}

/// Where the straight line closest to `points` is at `x` (least squares).
fn on_the_line(points: &[(f64, f64)], x: f64) -> f64 {
    let count: f64 = points.iter().map(|_| 1.0).sum();
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let along: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let across: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    mean_y + along / across * (x - mean_x)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(p99_micros: [u64; 3]) -> Growth {
        let mut growth = Growth::default();
        for (links, p99) in [1_000_000, 4_000_000, 16_000_000].into_iter().zip(p99_micros) {
            let (p99, making) = (Duration::from_micros(p99), Duration::from_secs(links / 100_000));
            growth.add(Point { links, p99, bytes: links * 400, making });
        }
        growth
    }

    #[test]
    fn what_grows_with_the_logarithm_goes_on_so_and_says_that_nobody_measured_it() {
        let found = growth([200, 220, 240]).extrapolated(64_000_000).unwrap();
        assert!(found.contains("NOT measured: p99 0.260 ms, 1.30 times"), "{found}");
        assert!(found.contains("from 1000000, 4000000, 16000000"), "{found}");
        assert_eq!(growth([200, 220, 240]).extrapolated(16_000_000), None);
    }

    #[test]
    fn a_size_is_left_out_when_room_or_time_would_not_do() {
        let growth = growth([200, 220, 240]);
        let (room, time) = (64_000_000 * 800, Duration::from_secs(850));
        assert!(growth.fits(64_000_000, room, time));
        assert!(!growth.fits(64_000_000, room - 1, time));
        assert!(!growth.fits(64_000_000, room, Duration::from_mins(14)));
    }
}
