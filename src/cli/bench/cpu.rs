//! How much processor time this process has used, its servers and its load generator apart: the load
//! runs on threads of its own name, everything else are servers.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The name of the load generator's threads.
pub const LOAD: &str = "bench-load";

/// Cores that this process may use.
pub fn cores() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u16::try_from(cores).unwrap_or(u16::MAX)
}

/// Processor time on all cores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// Of the servers, their databases included.
    pub servers: Duration,
    /// Of the load generator.
    pub load: Duration,
}

impl Cpu {
    /// What the threads that live now have used so far. Nothing where the system does not tell.
    pub fn so_far() -> Self {
        let mut cpu = Self::default();
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        for task in tasks {
            let used = used_by(&task.path()).unwrap_or_default();
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            let of = if name.trim_end() == LOAD { &mut cpu.load } else { &mut cpu.servers };
            *of += used;
        }
        cpu
    }

    /// What was used since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            servers: self.servers.saturating_sub(before.servers),
            load: self.load.saturating_sub(before.load),
        }
    }
}

/// Processor time that this process has used on all cores, by threads that have ended too: `utime`
/// and `stime` in hundredths of a second (`proc(5)`, stat). None where the system does not tell.
pub fn of_process() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may have blanks of its own.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

/// The first number of `schedstat`: nanoseconds on a core (Linux `Documentation/scheduler`).
fn used_by(task: &Path) -> Option<Duration> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn work() {
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(60) {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn what_ended_threads_used_counts() {
        let before = of_process().unwrap();
        std::thread::spawn(work).join().unwrap();
        assert!(of_process().unwrap() > before);
    }

    #[test]
    fn the_load_is_told_apart_by_its_threads() {
        let (go_on, done) = std::sync::mpsc::channel::<()>();
        let before = Cpu::so_far();
        let (told, tell) = std::sync::mpsc::channel();
        let load = std::thread::Builder::new().name(LOAD.to_owned()).spawn(move || {
            work();
            told.send(()).unwrap();
            done.recv().unwrap();
        });
        tell.recv().unwrap();
        let used = Cpu::so_far().since(before);
        go_on.send(()).unwrap();
        load.unwrap().join().unwrap();
        assert!(used.load >= Duration::from_millis(1), "{used:?}");
    }
}
