//! `GET /insurer`: what was answered in the insurer's name, and what waits.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use warifu_contract::deposits::{DepositState, DepositingInsurer};
use warifu_service::Problem;

use crate::access::{AnswersReader, SignedIn};
use crate::dates::words;
use crate::look::{Look, show};
use crate::relay::{Access, RelayError};
use crate::shared::{App, Shared};
use crate::view::checks::{Whose, rows};
use crate::view::insurer::{InsurerScreen, days};
use crate::view::ratios::total;
use crate::view::site::Menu;
use crate::view::uploads::lag_words;

/// Days shown.
const DAYS: u16 = 7;
/// The latest checks shown.
const LATEST: u16 = 10;

/// The page.
pub async fn today(
    State(app): State<App>,
    AnswersReader(me): AnswersReader,
    look: Look,
) -> Result<Response, Problem> {
    let screen = screen(&app, &look, &me);
    let access = match me.access(app.surroundings.now()) {
        Ok(access) => access,
        Err(why) => return show(&InsurerScreen { no_records: Some(why), ..screen }),
    };
    match filled(&app, &look, access, screen).await {
        Ok(screen) => show(&screen),
        Err(cause) => {
            tracing::warn!(%cause, "what was answered is missing");
            show(&InsurerScreen { is_silent: true, ..self::screen(&app, &look, &me) })
        }
    }
}

async fn filled<'a>(
    app: &Shared,
    look: &Look,
    access: &Access,
    screen: InsurerScreen<'a>,
) -> Result<InsurerScreen<'a>, RelayError> {
    let voice = look.voice(app);
    let (counts, checks, disputes, ratios, deposits) = futures::try_join!(
        app.relay.check_counts(access, DAYS),
        app.relay.checks(access, None, LATEST),
        app.relay.disputes(access),
        app.relay.impossible_ratios(access),
        deposited(app, access),
    )?;
    let ready = |one: &DepositingInsurer| {
        one.deposits.iter().any(|deposit| deposit.state == DepositState::Ready)
    };
    let waiting = disputes.disputes.iter().filter(|one| one.answer.is_none()).count();
    Ok(InsurerScreen {
        waiting: (waiting > 0).then(|| voice.tell("insurer-waiting", &[("n", waiting.into())])),
        is_ready: deposits.iter().any(ready),
        lags: deposits
            .iter()
            .filter_map(|one| one.lag.as_ref())
            .map(|lag| lag_words(voice, lag))
            .collect(),
        ratios: total(voice, &ratios),
        days: days(voice, &counts.counts),
        rows: rows(voice, Whose::Insurer, &checks.checks),
        ..screen
    })
}

/// The insurers that deposit; none where the insurer is asked itself.
async fn deposited(app: &Shared, access: &Access) -> Result<Vec<DepositingInsurer>, RelayError> {
    match app.relay.deposits(access).await {
        Ok(list) => Ok(list.insurers),
        Err(RelayError::Forbidden | RelayError::Failed(StatusCode::NOT_FOUND)) => Ok(Vec::new()),
        Err(cause) => Err(cause),
    }
}

fn screen<'a>(app: &'a Shared, look: &Look, me: &SignedIn) -> InsurerScreen<'a> {
    let voice = look.voice(app);
    InsurerScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Insurer, look.path()),
        as_of: words::full_moment(voice.language, app.surroundings.now()),
        no_records: None,
        is_silent: false,
        waiting: None,
        is_ready: false,
        lags: Vec::new(),
        ratios: None,
        days: Vec::new(),
        rows: Vec::new(),
    }
}
