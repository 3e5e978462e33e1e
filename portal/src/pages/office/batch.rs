//! `/office/batches`: making many cards at once, and watching how far that is.

use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures::Stream;
use warifu_contract::card_office::{Batch, Stage};

use super::known;
use crate::access::Role;
use crate::office::error::OfficeError;
use crate::office::staff::{Posted, Staff, Stop, page};
use crate::pages::stream;
use crate::view::office::batch::{BatchScreen, BatchView, BatchesScreen, moment_of};
use crate::view::office::{Notice, cards};

/// How often the office is asked.
const LOOK: Duration = Duration::from_secs(2);
/// A page watches for ten minutes; a session without a request lasts a little longer.
const LOOKS: u32 = 300;

/// `GET /office/batches`.
pub async fn batches(staff: Staff) -> Result<Response, Stop> {
    staff.only(&[Role::CardClerk])?;
    let kept = staff.kept().await?;
    let notice = kept.is_some().then(|| Notice::warning(staff.voice(), "form-kept"));
    show(&staff, notice).await
}

async fn show(staff: &Staff, notice: Option<Notice>) -> Result<Response, Stop> {
    let list = staff.ask(staff.counter.list(Stage::Ordered, None)).await?;
    let counted = list.counts.iter().find(|count| count.stage == Stage::Ordered);
    let waiting = counted.map_or(0, |count| count.count);
    page(&BatchesScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        stamp: staff.stamp(),
        waiting: cards(staff.voice(), "batch-waiting", waiting),
        some: waiting > 0,
    })
}

/// `POST /office/batches`: one of every card that is ordered now.
pub async fn make(Posted { staff, typed }: Posted) -> Result<Response, Stop> {
    staff.only(&[Role::CardClerk])?;
    let batch = staff.ask(staff.counter.make_batch(&staff.once(&typed))).await?;
    Ok(Redirect::to(&format!("/office/batches/{}", batch.id)).into_response())
}

/// `GET /office/batches/{id}`: stays open and grows while cards are made, without script.
pub async fn batch(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    staff.only(&[Role::CardClerk])?;
    let now = staff.ask(staff.counter.batch(known(&id)?)).await?;
    let screen = BatchScreen {
        page: staff.page(),
        site: staff.site(),
        id: now.id.clone(),
        made: moment_of(staff.voice(), &now),
    };
    let parts = progress(staff.clone(), now);
    stream::page(&screen, parts).map_err(Stop::from)
}

/// One part for each change.
fn progress(staff: Staff, first: Batch) -> impl Stream<Item = String> + Send + 'static {
    async_stream::stream! {
        let mut shown = first;
        yield part(&staff, &shown);
        for _ in 0..LOOKS {
            if view(&staff, &shown).is_over() {
                return;
            }
            tokio::time::sleep(LOOK).await;
            match staff.counter.batch(&shown.id).await {
                Ok(next) if next == shown => {}
                Ok(next) => {
                    shown = next;
                    yield part(&staff, &shown);
                }
                Err(error) => {
                    yield lost(&staff, &error);
                    return;
                }
            }
        }
    }
}

fn view(staff: &Staff, batch: &Batch) -> BatchView {
    BatchView::new(staff.voice(), batch, staff.now())
}

fn part(staff: &Staff, batch: &Batch) -> String {
    stream::part(&view(staff, batch))
}

fn lost(staff: &Staff, error: &OfficeError) -> String {
    tracing::warn!(cause = %error, "a batch is watched no longer");
    let voice = staff.voice();
    let code = error.code().to_owned();
    stream::part(&BatchView {
        tone: crate::view::Tone::Warn,
        state: voice.tell("batch-lost", &[("code", code.into())]),
        through: 0,
        total: 0,
        counts: Vec::new(),
        moment: crate::dates::words::clock_with_seconds(staff.now()),
    })
}
