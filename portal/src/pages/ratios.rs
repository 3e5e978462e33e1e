//! `GET /insurer/ratios`: the checks in which the insurer stated a 負担割合 that no rule allows.

use axum::extract::State;
use axum::response::Response;
use warifu_service::Problem;

use crate::access::AnswersReader;
use crate::look::{Look, show};
use crate::shared::App;
use crate::view::ratios::{RatiosScreen, counts, rows};
use crate::view::site::Menu;

/// The page.
pub async fn list(
    State(app): State<App>,
    AnswersReader(me): AnswersReader,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let mut screen = RatiosScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Insurer, "/insurer"),
        no_records: None,
        is_silent: false,
        counts: Vec::new(),
        rows: Vec::new(),
    };
    match me.access(app.surroundings.now()) {
        Err(why) => screen.no_records = Some(why),
        Ok(access) => match app.relay.impossible_ratios(access).await {
            Ok(found) => {
                screen.counts = counts(voice, &found);
                screen.rows = rows(voice, &found);
            }
            Err(cause) => {
                tracing::warn!(%cause, "the impossible ratios are missing");
                screen.is_silent = true;
            }
        },
    }
    show(&screen)
}
