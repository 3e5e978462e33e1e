//! The figures, as a table for people or JSON for programs.

use std::fmt;

use serde::Serialize;

use super::cpu;
use super::load::{Failures, Load};

/// Everything that was measured, in order, and on what.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Cores that load and servers share.
    cores: u16,
    /// Whether the compiler optimised; without, the figures say nothing.
    optimized: bool,
    figures: Vec<Figure>,
}

/// One figure, with what the machine could do at most.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    what: String,
    per_second: f64,
    /// Milliseconds that half of the answers took at most, where answers were waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<f64>,
    /// Milliseconds that 99 of 100 answers took at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ms: Option<f64>,
    /// Microseconds of processor time that one piece took of the servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_us: Option<f64>,
    /// The same of the load generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    load_us: Option<f64>,
    /// Pieces a second that the cores would hold if the servers had them alone: not measured, but
    /// reckoned from `server_us`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_processor_time: Option<f64>,
    #[serde(skip_serializing_if = "Failures::none")]
    failures: Failures,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Limit>,
    /// What else is to be said about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// What bounds a figure, measured in the same run.
#[derive(Debug, Clone, Serialize)]
pub struct Limit {
    what: String,
    per_second: f64,
    /// What is to be compared with it, unless that is the figure's rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<f64>,
}

impl Figure {
    /// A rate without waiting.
    pub fn rate(what: impl Into<String>, per_second: f64) -> Self {
        Self {
            what: what.into(),
            per_second,
            p50_ms: None,
            p99_ms: None,
            server_us: None,
            load_us: None,
            by_processor_time: None,
            failures: Failures::default(),
            limits: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How long the pieces of a load took.
    pub fn timed(what: impl Into<String>, load: &Load) -> Self {
        let millis = |part| Some(load.percentile(part).as_secs_f64() * 1e3);
        let (p50_ms, p99_ms) = (millis(0.50), millis(0.99));
        Self { p50_ms, p99_ms, ..Self::rate(what, load.per_second()) }
    }

    /// What a load found.
    pub fn loaded(what: impl Into<String>, load: &Load) -> Self {
        Self {
            server_us: Some(load.cpu().servers.as_secs_f64() * 1e6),
            load_us: Some(load.cpu().load.as_secs_f64() * 1e6),
            by_processor_time: load.by_processor_time(),
            failures: load.failures().clone(),
            ..Self::timed(what, load)
        }
    }

    /// Says something more about it.
    #[must_use]
    pub fn noting(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }

    /// Says how its p99 differs from that of `other`, where both were measured.
    #[must_use]
    pub fn against(self, other: &Self) -> Self {
        let (Some(mine), Some(before)) = (self.p99_ms, other.p99_ms) else { return self };
        let percent = 100.0 * (mine / before - 1.0);
        self.noting(format!("p99 {percent:+.0}% against: {}", other.what.trim()))
    }

    /// Puts beside it what a bare server reached that does nothing, where one piece of this one takes
    /// so many of its: as it was measured, and by its processor time alone.
    #[must_use]
    pub fn beside_bare(self, what: &str, bare: &Load, each: f64) -> Self {
        let figure = self.beside(what, bare.per_second() / each);
        let Some(alone) = bare.by_processor_time() else { return figure };
        let reached = figure.by_processor_time.unwrap_or_default();
        let (what, per_second) = ("  both by processor time".to_owned(), alone / each);
        figure.limited(Limit { what, per_second, reached: Some(reached) })
    }

    fn limited(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Puts a limit beside it.
    #[must_use]
    pub fn beside(self, what: impl Into<String>, per_second: f64) -> Self {
        self.limited(Limit { what: what.into(), per_second, reached: None })
    }
}

impl Report {
    /// Nothing measured yet, on this machine.
    pub fn of_this_machine() -> Self {
        Self { cores: cpu::cores(), optimized: !cfg!(debug_assertions), figures: Vec::new() }
    }

    /// More figures, after those there are.
    pub fn extend(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }
}

const WHAT: usize = 56;
const LIMIT: usize = 34;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = ["per second", "p50 ms", "p99 ms", "server us", "load us", "by cpu"];
        let [rate, p50, p99, server, load, alone] = titles;
        writeln!(
            f,
            "{:WHAT$} {rate:>10} {p50:>8} {p99:>8} {server:>9} {load:>7} {alone:>8}   \
             {:LIMIT$} {rate:>10} {:>6}",
            "measured", "beside it, the bare limit", "reached"
        )?;
        self.figures.iter().try_for_each(|figure| write!(f, "{figure}"))?;
        let (cores, build) =
            (self.cores, if self.optimized { "" } else { ", built WITHOUT optimisation" });
        writeln!(f, "per second: measured, load and servers together on {cores} cores{build}")?;
        writeln!(
            f,
            "us: processor time of a core, for each; by cpu: a second, not measured but reckoned \
             from server us, if the servers had {cores} cores alone"
        )
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:WHAT$} {:>10.0}", self.what, self.per_second)?;
        write!(f, " {:>8} {:>8}", millis(self.p50_ms), millis(self.p99_ms))?;
        write!(f, " {:>9} {:>7}", whole(self.server_us), whole(self.load_us))?;
        write!(f, " {:>8}", whole(self.by_processor_time))?;
        let mut limits = self.limits.iter();
        if let Some(first) = limits.next() {
            first.write(f, self.per_second)?;
        }
        writeln!(f)?;
        for limit in limits {
            write!(f, "{:width$}", "", width = WHAT + 56)?;
            limit.write(f, self.per_second)?;
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        if let Some(first) = &self.failures.first {
            writeln!(f, "  beside these, {} failed: {first}", self.failures.count)?;
        }
        Ok(())
    }
}

impl Limit {
    fn write(&self, f: &mut fmt::Formatter<'_>, reached: f64) -> fmt::Result {
        let share = 100.0 * self.reached.unwrap_or(reached) / self.per_second;
        write!(f, "   {:LIMIT$} {:>10.0} {share:>6.0}%", self.what, self.per_second)
    }
}

fn millis(millis: Option<f64>) -> String {
    let digits = |millis: f64| if millis < 1.0 { 3 } else { 1 };
    millis.map_or_else(String::new, |millis| format!("{millis:.*}", digits(millis)))
}

fn whole(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_limits() {
        let mut report = Report::of_this_machine();
        let figure = Figure::rate("logins", 1000.0).beside("echo", 2000.0).beside("fsync", 4000.0);
        report.extend(vec![figure]);
        let text = report.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[1].starts_with("logins") && lines[1].ends_with("50%"), "{text}");
        assert!(lines[2].trim_start().starts_with("fsync") && lines[2].ends_with("25%"), "{text}");
        assert_eq!(lines[1].find("echo"), lines[2].find("fsync"), "{text}");
    }

    #[test]
    fn a_change_is_told_with_its_sign() {
        let took = |p99_ms| Figure { p99_ms: Some(p99_ms), ..Figure::rate("  checks", 1.0) };
        let text = took(5.4).against(&took(5.0)).to_string();
        assert!(text.ends_with("p99 +8% against: checks\n"), "{text}");
    }

    #[test]
    fn programs_get_numbers() {
        let mut report = Report::of_this_machine();
        report.extend(vec![Figure::rate("logins", 1000.0).beside("echo", 2000.0)]);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["figures"][0]["limits"][0]["per_second"], 2000.0);
        assert!(json["figures"][0].get("p50_ms").is_none());
    }
}
