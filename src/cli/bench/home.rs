//! A resident's home with five connectors, one of them slow: how soon its first byte is there, how
//! long after the slow answer it is whole, what it weighs; beside a bare echo over the same TLS.

mod scene;
mod visitor;

use std::sync::mpsc;
use std::time::Duration;

use super::limits::Echo;
use super::load::{self, Load};
use super::report::Figure;
use super::say;
use super::stage::Stage;
use crate::cli::demo::folder::Member;
use scene::Scene;
use visitor::{Visit, Visitor, Weight};

/// How long the slow connector lets the relay wait.
const SLOW: Duration = Duration::from_millis(200);
/// One visitor sees the slow home so many times at least: there is to be a p99.
const VISITS: u32 = 100;
/// Visitors at the same time, where no connector is slow.
const VISITORS: usize = 8;

/// Bytes that a page may weigh: HTML, styles, pictures and script.
const HEAVIEST: usize = 150_000;

/// First byte, end and weight of the home of somebody with five connectors; then homes a second.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let scene = Scene::open(stage).await?;
    let file = |name| stage.file(Member::Portal, name);
    let echo = Echo::start(file("tls.pem"), file("tls.key"), None).await?;
    let alone = echo.load(&stage.browser(), 1, lasting / 2).await?;
    let together = echo.load(&stage.browser(), VISITORS, lasting / 2).await?;
    let mut first = scene.visitor(0).await?;
    let weight = first.weight().await?;

    say(&format!("a resident's home with one of five connectors {SLOW:?} slow"));
    scene.slow_by(SLOW);
    let visits = visit(first, lasting.max(SLOW * VISITS)).await?;
    let of = |part: fn(&Visit) -> Duration| Load::of(visits.iter().map(part).collect());
    let begun = Figure::timed("home, five connectors, first byte", &of(|visit| visit.first));
    let ended = of(|visit| visit.whole.saturating_sub(SLOW));
    let ended = Figure::timed("  whole, after the slow one's 200 ms", &ended);

    say(&format!("a resident's home, {VISITORS} at once"));
    scene.slow_by(Duration::ZERO);
    let mut visitors = Vec::new();
    for place in 0..VISITORS {
        visitors.push(scene.visitor(place).await?);
    }
    let homes = load::run(visitors, lasting).await?;
    let homes = Figure::loaded(format!("home, five connectors, {VISITORS} at once"), &homes);
    Ok(vec![
        begun.beside("bare HTTPS echo", alone.per_second()),
        ended.beside("bare HTTPS echo", alone.per_second()).noting(weighed(weight)),
        homes.beside_bare("bare HTTPS echo", &together, 1.0),
    ])
}

/// What one visitor found who came again and again.
async fn visit(visitor: Visitor, lasting: Duration) -> anyhow::Result<Vec<Visit>> {
    let (found, visits) = mpsc::channel();
    load::run(vec![visitor.telling(found)], lasting).await?;
    // The first one was before the clock started.
    Ok(visits.try_iter().skip(1).collect())
}

fn weighed(weight: Weight) -> String {
    let Weight { page, files, sent } = weight;
    format!(
        "weight: page {page} + styles and pictures {files} = {} bytes unpacked, {sent} as sent, \
         of {HEAVIEST} at most",
        page + files
    )
}
