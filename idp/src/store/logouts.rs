//! Logouts on their way: the sessions are over at once; how far the service providers have come is
//! kept here, so that a person who is sent from one to the next is never lost on the way.

use jiff::{SignedDuration, Timestamp};
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::parties::Row as PartyRow;
use super::{Notice, Party, SecretHash, Store, StoreError};

/// For so long a logout may be on its way through the browser.
pub(crate) const LASTS: SignedDuration = SignedDuration::from_mins(15);

/// How a service provider takes logouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From server to server.
    Server,
    /// Through the browser alone.
    Browser,
    /// Not at all.
    None,
}

/// The service provider that asked for a logout, to be answered at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogoutAsker {
    /// Its entity id.
    pub(crate) provider: String,
    /// The ID of its LogoutRequest.
    pub(crate) request: String,
    /// What is to be sent back with the answer.
    pub(crate) relay_state: Option<String>,
}

/// A logout to begin.
pub(crate) struct NewLogout<'a> {
    /// 32 random hexadecimal digits.
    pub(crate) id: &'a str,
    /// The browser that it goes through.
    pub(crate) browser: SecretHash,
    /// None: the person wants it, here.
    pub(crate) asker: Option<&'a LogoutAsker>,
    pub(crate) sessions: &'a [SecretHash],
}

/// How far a service provider has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Not told yet.
    Waiting,
    /// Told; it has not answered.
    Asked,
    /// It says that the session is over there.
    Confirmed,
    /// It says that it is not, or cannot be told.
    Failed,
}

/// A service provider that a logout tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) place: i64,
    pub(crate) party: Party,
    pub(crate) state: StepState,
    /// Told from server to server, not through the browser.
    pub(crate) by_server: bool,
}

/// A logout on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logout {
    pub(crate) id: String,
    pub(crate) browser: SecretHash,
    pub(crate) asker: Option<LogoutAsker>,
    /// Whether the asker has its answer.
    pub(crate) answered: bool,
    pub(crate) steps: Vec<Step>,
}

impl Logout {
    /// Whether every service provider says that its session is over.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.steps.iter().all(|step| step.state == StepState::Confirmed)
    }

    /// Those that the browser has still to go to.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state == StepState::Waiting)
    }

    /// Those that were told from server to server and have not answered.
    pub(crate) fn silent(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state == StepState::Asked && step.by_server)
    }

    /// Whether somebody still waits for the answer.
    pub(crate) fn owes_answer(&self) -> bool {
        self.asker.is_some() && !self.answered
    }
}

impl StepState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Asked, Self::Confirmed, Self::Failed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    fn ended(confirmed: bool) -> Self {
        if confirmed { Self::Confirmed } else { Self::Failed }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    browser: Vec<u8>,
    provider: Option<String>,
    request: Option<String>,
    relay_state: Option<String>,
    answered_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct StepRow {
    place: i64,
    #[sqlx(flatten)]
    party: PartyRow,
    state: String,
    notice: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Named {
    session: Vec<u8>,
    #[sqlx(flatten)]
    party: PartyRow,
}

impl Store {
    /// The sessions that a service provider knows by that name and those indexes; without indexes
    /// all of that name.
    pub(crate) async fn sessions_named(
        &self,
        provider: &str,
        name_id: &str,
        indexes: &[String],
    ) -> Result<Vec<SecretHash>, StoreError> {
        let sql = "SELECT session, provider, names FROM session_parties WHERE name = $1";
        let name = self.name_key(provider, name_id);
        let mut sessions = Vec::new();
        for Named { session, party } in fetch_all!(self.database.read(), Named, sql, name)? {
            let index = self.open_names(party)?.session_index;
            if indexes.is_empty() || indexes.contains(&index) {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// Ends the sessions and begins to tell their service providers, except the one that asked; each
    /// goes the `way` it takes logouts. Gives the notices that the caller is to deliver now, or
    /// `None`, and nothing done, when none of the sessions is there any more.
    pub(crate) async fn begin_logout(
        &self,
        new: &NewLogout<'_>,
        way: impl Fn(&str) -> Way + Send,
        now: Timestamp,
    ) -> Result<Option<Vec<Notice>>, StoreError> {
        let mut tx = self.database.begin().await?;
        let (mut ended, mut parties) = (0, Vec::new());
        for session in new.sessions {
            let held = self.end_untold(&mut tx, session, now).await?;
            ended += usize::from(held.is_some());
            parties.extend(held.into_iter().flatten());
        }
        if ended == 0 {
            return Ok(None);
        }
        let asker = new.asker.map(|asker| asker.provider.as_str());
        parties.retain(|party| Some(party.provider.as_str()) != asker);
        insert(&mut tx, new, now).await?;
        let mut notices = Vec::new();
        for (place, party) in (0_i64..).zip(&parties) {
            let way = way(&party.provider);
            notices.extend(self.add_step(&mut tx, new.id, place, party, way, now).await?);
        }
        tx.commit().await?;
        Ok(Some(notices))
    }

    async fn add_step(
        &self,
        tx: &mut Transaction,
        logout: &str,
        place: i64,
        party: &Party,
        way: Way,
        now: Timestamp,
    ) -> Result<Option<Notice>, StoreError> {
        let (state, notice) = match way {
            Way::Server => (StepState::Asked, Some(self.tell_logout_first(tx, party, now).await?)),
            Way::Browser => (StepState::Waiting, None),
            Way::None => (StepState::Failed, None),
        };
        let sql = "INSERT INTO logout_steps \
                   (logout, place, provider, names, state, notice) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let (provider, names) = (party.provider.as_str(), self.seal_names(party)?);
        let id = notice.as_ref().map(|notice| notice.id.as_str());
        execute!(tx.on(), sql, logout, place, provider, names, state.as_str(), id)?;
        Ok(notice)
    }

    /// The last logout that began in this browser, while it may be on its way.
    pub(crate) async fn logout_in(
        &self,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Logout>, StoreError> {
        let sql = "SELECT id, browser, provider, request, relay_state, answered_at FROM logouts \
                   WHERE browser = $1 AND expires_at > $2 ORDER BY made_at DESC, id LIMIT 1";
        let row = fetch_optional!(self.database.read(), Row, sql, browser.as_slice(), micros(now))?;
        self.with_steps(row).await
    }

    /// The logout in which `provider` was asked by that request through the browser and has not
    /// answered, and the place of that step.
    pub(crate) async fn logout_asking(
        &self,
        provider: &str,
        request: &str,
        now: Timestamp,
    ) -> Result<Option<(Logout, i64)>, StoreError> {
        let sql = "SELECT logout, place FROM logout_steps \
                   WHERE request = $1 AND provider = $2 AND state = 'asked'";
        let step = fetch_optional!(self.database.read(), (String, i64), sql, request, provider)?;
        let Some((id, place)) = step else { return Ok(None) };
        let logout = self.logout(&id, now).await?;
        Ok(logout.map(|logout| (logout, place)))
    }

    /// A logout on its way.
    pub(crate) async fn logout(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Logout>, StoreError> {
        let sql = "SELECT id, browser, provider, request, relay_state, answered_at FROM logouts \
                   WHERE id = $1 AND expires_at > $2";
        let row = fetch_optional!(self.database.read(), Row, sql, id, micros(now))?;
        self.with_steps(row).await
    }

    async fn with_steps(&self, row: Option<Row>) -> Result<Option<Logout>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let sql = "SELECT place, provider, names, state, notice \
                   FROM logout_steps WHERE logout = $1 ORDER BY place";
        let steps = fetch_all!(self.database.read(), StepRow, sql, row.id.as_str())?;
        let asker = row.provider.zip(row.request).map(|(provider, request)| LogoutAsker {
            provider,
            request,
            relay_state: row.relay_state,
        });
        Ok(Some(Logout {
            id: row.id,
            browser: row.browser,
            asker,
            answered: row.answered_at.is_some(),
            steps: steps.into_iter().map(|step| self.step(step)).collect::<Result<_, _>>()?,
        }))
    }

    fn step(&self, row: StepRow) -> Result<Step, StoreError> {
        let state = StepState::parse(&row.state);
        Ok(Step {
            place: row.place,
            state: state.ok_or(StoreError::Corrupt("logout_steps.state"))?,
            by_server: row.notice.is_some(),
            party: self.open_names(row.party)?,
        })
    }

    /// Lets the browser go to a service provider that could not be told from server to server.
    pub(crate) async fn visit_instead(&self, logout: &str, place: i64) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        let sql = "DELETE FROM notices WHERE id IN (SELECT notice FROM logout_steps \
                   WHERE logout = $1 AND place = $2 AND state = 'asked')";
        execute!(tx.on(), sql, logout, place)?;
        let sql = "UPDATE logout_steps SET state = 'waiting', notice = NULL \
                   WHERE logout = $1 AND place = $2 AND state = 'asked' AND notice IS NOT NULL";
        execute!(tx.on(), sql, logout, place)?;
        tx.commit().await?;
        Ok(())
    }

    /// Goes to a service provider with that request. `false` when somebody went there before.
    pub(crate) async fn ask_step(
        &self,
        logout: &str,
        place: i64,
        request: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE logout_steps SET state = 'asked', request = $3 \
                   WHERE logout = $1 AND place = $2 AND state = 'waiting'";
        Ok(execute!(self.database.write(), sql, logout, place, request)? == 1)
    }

    /// Notes the answer of a service provider that the browser brought, or that it cannot be told.
    /// `false` when it was noted before.
    pub(crate) async fn settle_step(
        &self,
        logout: &str,
        place: i64,
        confirmed: bool,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE logout_steps SET state = $3 \
                   WHERE logout = $1 AND place = $2 AND state IN ('asked', 'waiting')";
        let state = StepState::ended(confirmed).as_str();
        Ok(execute!(self.database.write(), sql, logout, place, state)? == 1)
    }

    /// Claims the answer to whoever asked. `false` when it was given before.
    pub(crate) async fn answer_logout(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE logouts SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL";
        Ok(execute!(self.database.write(), sql, id, micros(now))? == 1)
    }

    /// Deletes the logouts that nobody can be on any more.
    pub(crate) async fn sweep_logouts(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let sql = "DELETE FROM logout_steps WHERE logout IN \
                   (SELECT id FROM logouts WHERE expires_at <= $1)";
        execute!(tx.on(), sql, micros(now))?;
        let swept = execute!(tx.on(), "DELETE FROM logouts WHERE expires_at <= $1", micros(now))?;
        tx.commit().await?;
        Ok(swept)
    }
}

/// Notes that a notice was told, or given up.
pub(super) async fn settle_told(
    tx: &mut Transaction,
    notice: &str,
    told: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE logout_steps SET state = $2 WHERE notice = $1";
    execute!(tx.on(), sql, notice, StepState::ended(told).as_str())?;
    Ok(())
}

async fn insert(
    tx: &mut Transaction,
    new: &NewLogout<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO logouts \
               (id, browser, provider, request, relay_state, made_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let provider = new.asker.map(|asker| asker.provider.as_str());
    let request = new.asker.map(|asker| asker.request.as_str());
    let state = new.asker.and_then(|asker| asker.relay_state.as_deref());
    let (browser, at, end) = (new.browser.as_slice(), micros(now), micros(now + LASTS));
    execute!(tx.on(), sql, new.id, browser, provider, request, state, at, end)?;
    Ok(())
}

#[cfg(test)]
mod tests;
