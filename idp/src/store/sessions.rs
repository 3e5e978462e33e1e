//! Sessions of persons who logged in, found by the hash of the browser's cookie, and the service
//! providers that were told about each.

mod answering;
mod opening;
mod reading;

use jiff::{SignedDuration, Timestamp};
use warifu_saml::NameId;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_optional};

use super::logins::{Login, TakeLogin};
use super::parties::Row as PartyRow;
use super::replay::Claim;
use super::{Asked, CardId, SecretHash, Store, StoreError, Use};
use crate::assurance::Level;
use crate::person::{Person, PersonId, Role};

pub(super) use answering::Answering;
pub(super) use opening::Opening;
use reading::Finished;
pub(super) use reading::{FinishedRead, SessionRead};

/// A use is written down at most this often, so that reading a session seldom writes.
const USE_GRAIN: SignedDuration = SignedDuration::from_secs(30);

/// Column of the sealed holder reference.
const HOLDER: &str = "sessions.holder";

/// A session to open.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) id: SecretHash,
    pub(crate) person: PersonId,
    /// The card's answer that opens it.
    pub(crate) used: Use,
    pub(crate) level: Level,
    pub(crate) expires_at: Timestamp,
    /// How long it may be unused.
    pub(crate) idle: SignedDuration,
    /// Where the card's removal ends the session: the hash of the agent's token.
    pub(crate) watch: Option<SecretHash>,
    /// The end of the card's certificate; of a FeliCa card, of the card that it stands beside.
    pub(crate) card_ends: Option<Timestamp>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SecretHash,
    pub(crate) person: PersonId,
    /// What is said of the person now.
    pub(crate) profile: Person,
    pub(crate) card: CardId,
    pub(crate) level: Level,
    pub(crate) authenticated_at: Timestamp,
    /// The last use before this one.
    pub(crate) used_at: Timestamp,
    /// For how long it was unused at most, up to that.
    pub(crate) longest_pause: SignedDuration,
    pub(crate) expires_at: Timestamp,
    /// How long it may be unused.
    pub(crate) idle: SignedDuration,
    /// The holder reference of the card, where the card office issued it.
    pub(crate) holder: Option<String>,
    /// The end of the card's certificate; of a FeliCa card, of the card that it stands beside.
    pub(crate) card_ends: Option<Timestamp>,
}

impl Session {
    /// Whether it is one of staff at a clinic's desk.
    pub(crate) fn is_of_desk(&self) -> bool {
        self.level == Level::High && self.profile.is(Role::ClinicDesk)
    }

    /// Whether it is one of staff who may ask whose card was tapped: at a clinic's desk or a city
    /// hall's counter.
    pub(crate) fn may_tap(&self) -> bool {
        self.is_of_desk() || (self.level == Level::High && self.profile.is(Role::CityClerk))
    }

    /// Whether somebody signed in who runs the federation, with card and PIN.
    pub(crate) fn is_of_federation_admin(&self) -> bool {
        self.level == Level::High && self.profile.is(Role::FederationAdmin)
    }
}

/// A service provider that holds a session of its own under ours, and by which names.
///
/// Of which kind its name of the person is shows in the name: those for one session are XML
/// identifiers, which begin with an underscore here, and those that last do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) provider: String,
    pub(crate) name_id: String,
    pub(crate) session_index: String,
}

impl Party {
    /// Whether the name of the person is one that lasts.
    pub(crate) fn is_lasting(&self) -> bool {
        !self.name_id.starts_with('_')
    }

    /// The name of the person, as `idp` says it to this provider.
    pub(crate) fn name(&self, idp: &str) -> NameId {
        let name = self.name_id.as_str();
        if self.is_lasting() {
            NameId::persistent(name, idp, self.provider.as_str())
        } else {
            NameId::transient(name)
        }
    }
}

/// What came of recording an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Done; the provider shall know the session by these names, which it keeps.
    Now(Party),
    /// That request was answered before.
    Before,
    /// The session has ended meanwhile.
    SessionOver,
    /// The sign-in was used up before, or is another browser's.
    LoginGone,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Vec<u8>,
    person: String,
    #[sqlx(flatten)]
    facts: Facts,
}

/// What is read of a session beside whose it is.
#[derive(sqlx::FromRow)]
pub(super) struct Facts {
    profile: Vec<u8>,
    card: Vec<u8>,
    #[sqlx(rename = "session_level")]
    level: String,
    #[sqlx(rename = "session_since")]
    authenticated_at: i64,
    used_at: i64,
    longest_pause: i64,
    #[sqlx(rename = "session_ends")]
    expires_at: i64,
    idle: i64,
    holder: Option<Vec<u8>>,
    card_ends: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Id {
    id: Vec<u8>,
}

impl Store {
    /// Opens a session as the outcome of a sign-in. The session that the browser had is replaced:
    /// its service providers pass to the new one when it is the same person's, and are to be told
    /// of its end when it is not. `ends_at` is the end of the card's certificate when it is to be
    /// told. `false`, and nothing done, when the sign-in is gone or the card was stopped meanwhile.
    pub(crate) async fn open_session(
        &self,
        new: &NewSession,
        replaces: Option<&Session>,
        login: &str,
        ends_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let opening = Opening {
            store: self.clone(),
            new: new.clone(),
            replaces: replaces.cloned(),
            login: login.to_owned(),
            ends_at: ends_at.map(micros),
            holder: self.seal_holder(new),
        };
        self.entrances.openings.write(opening).await
    }

    fn session_opened(&self, row: Row) -> Result<Session, StoreError> {
        let Row { id, person, facts } = row;
        let holder = facts.holder.map(|sealed| self.open_holder(&id, &sealed)).transpose()?;
        let person = PersonId::parse(&person).ok_or(StoreError::Corrupt("sessions.person"))?;
        Ok(Session {
            id,
            profile: self.open_profile(&person, &facts.profile)?,
            person,
            card: facts.card,
            level: Level::parse(&facts.level).ok_or(StoreError::Corrupt("sessions.level"))?,
            authenticated_at: instant(facts.authenticated_at),
            used_at: instant(facts.used_at),
            longest_pause: SignedDuration::from_micros(facts.longest_pause),
            expires_at: instant(facts.expires_at),
            idle: SignedDuration::from_micros(facts.idle),
            holder,
            card_ends: facts.card_ends.map(instant),
        })
    }

    fn seal_holder(&self, new: &NewSession) -> Option<Vec<u8>> {
        let holder = new.used.certificate.as_ref()?.holder.as_ref()?;
        let context = holder_context(&new.id);
        Some(self.keys.seal(&context, holder.as_bytes(), self.entropy.as_ref()))
    }

    fn open_holder(&self, session: &SecretHash, sealed: &[u8]) -> Result<String, StoreError> {
        let opened = self.keys.open_text(&holder_context(session), sealed);
        opened.map_err(|source| StoreError::Sealed { column: HOLDER, source })
    }

    async fn replace(
        &self,
        tx: &mut Transaction,
        old: &Session,
        new: &NewSession,
    ) -> Result<(), StoreError> {
        if old.person == new.person {
            hold(tx, &old.id).await?;
            let sql = "UPDATE session_parties SET session = $2 WHERE session = $1";
            execute!(tx.on(), sql, old.id.as_slice(), new.id.as_slice())?;
            self.close(tx, &old.id, new.used.at).await?;
        } else {
            self.end(tx, &old.id, new.used.at).await?;
        }
        Ok(())
    }

    /// The session, unless it has been unused for too long or is over; this is a use.
    pub(crate) async fn session(
        &self,
        id: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let asked = SessionRead { id: id.clone(), now: micros(now) };
        let row = self.readers.sessions.read(asked).await?;
        match row {
            Some(row) => self.used(row, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// The sign-in, for the browser that began it, and the session to which it led; this is a use.
    /// `None` also where it led to none, or that is over.
    pub(crate) async fn signed_in(
        &self,
        login: &str,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(Login, Session)>, StoreError> {
        let (login, browser) = (login.to_owned(), browser.clone());
        let asked = FinishedRead { login, browser, now: micros(now) };
        let row = self.readers.finished.read(asked).await?;
        let Some(Finished { login, facts }) = row else { return Ok(None) };
        let login = Login::try_from(login)?;
        let Some((person, id)) = login.opened() else { return Ok(None) };
        let row = Row { id: id.clone(), person: person.as_str().to_owned(), facts };
        let session = self.used(row, now).await?;
        Ok(Some((login, session)))
    }

    /// The session of that row, which is used now.
    async fn used(&self, row: Row, now: Timestamp) -> Result<Session, StoreError> {
        if row.facts.used_at < micros(now - USE_GRAIN) {
            let id = row.id.as_slice();
            let sql = "UPDATE sessions SET used_at = $2, longest_pause = CASE \
                       WHEN $2 - used_at > longest_pause THEN $2 - used_at \
                       ELSE longest_pause END WHERE id = $1 AND used_at < $2";
            execute!(self.database.write(), sql, id, micros(now))?;
        }
        self.session_opened(row)
    }

    /// Writes that the request `request` of `fresh.provider`, if it made one, is answered under this
    /// session, now and never again.
    pub(crate) async fn record_answer(
        &self,
        session: &SecretHash,
        fresh: &Party,
        request: Option<&Asked>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        self.record(session, fresh, request, None, now).await
    }

    /// The same for the answer that the sign-in `login` of a browser led to, which is taken out at
    /// once: of several that try, one gets it, and the others have answered nothing.
    pub(crate) async fn record_last_answer(
        &self,
        session: &SecretHash,
        fresh: &Party,
        request: Option<&Asked>,
        (login, browser): (&str, &SecretHash),
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let login = TakeLogin::new(login, browser, true, now);
        self.record(session, fresh, request, Some(login), now).await
    }

    async fn record(
        &self,
        session: &SecretHash,
        fresh: &Party,
        request: Option<&Asked>,
        login: Option<TakeLogin>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let answering = Answering {
            store: self.clone(),
            login,
            session: session.clone(),
            fresh: fresh.clone(),
            claim: request.map(|request| Claim::new(&fresh.provider, request)),
            now: micros(now),
        };
        self.entrances.answers.write(answering).await
    }

    /// The names by which a provider knows a session, if it does.
    pub(crate) async fn party(
        &self,
        session: &SecretHash,
        provider: &str,
    ) -> Result<Option<Party>, StoreError> {
        let sql = "SELECT provider, names FROM session_parties \
                   WHERE session = $1 AND provider = $2";
        let session = session.as_slice();
        let row = fetch_optional!(self.database.read(), PartyRow, sql, session, provider)?;
        row.map(|row| self.open_names(row)).transpose()
    }

    /// The session that ends when the card of this watch token is pulled.
    pub(crate) async fn watched_session(
        &self,
        watch: &SecretHash,
    ) -> Result<Option<SecretHash>, StoreError> {
        let sql = "SELECT id FROM sessions WHERE watch = $1";
        let row = fetch_optional!(self.database.read(), Id, sql, watch.as_slice())?;
        Ok(row.map(|row| row.id))
    }

    /// Deletes the sessions that are over. Their service providers know the end: it stood in the
    /// assertion (`SessionNotOnOrAfter`).
    pub(crate) async fn sweep_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let sql = "DELETE FROM session_parties WHERE session IN \
                   (SELECT id FROM sessions WHERE expires_at <= $1 OR used_at + idle <= $1)";
        execute!(tx.on(), sql, micros(now))?;
        let sql = "DELETE FROM sessions WHERE expires_at <= $1 OR used_at + idle <= $1";
        let swept = execute!(tx.on(), sql, micros(now))?;
        tx.commit().await?;
        Ok(swept)
    }
}

/// Binds a sealed holder reference to its row.
fn holder_context(session: &SecretHash) -> Vec<u8> {
    [HOLDER.as_bytes(), b"/", session].concat()
}

/// Keeps other transactions from answering under a session that is about to end: they hold the same
/// row first.
pub(super) async fn hold(tx: &mut Transaction, id: &SecretHash) -> Result<(), StoreError> {
    execute!(tx.on(), "UPDATE sessions SET expires_at = 0 WHERE id = $1", id.as_slice())?;
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::cards::tests::{put, shown};
    use super::super::hash_of;
    use super::super::logins::NewLogin;
    use super::super::logins::tests::new_login;
    use super::super::notices::Message;
    use super::super::persons::tests::id;
    use super::super::tests::{both, now};
    use super::*;

    const IDLE: SignedDuration = SignedDuration::from_mins(15);
    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    /// The holder reference of a person's card.
    pub(crate) fn card_of(person: char) -> String {
        person.to_string().repeat(32)
    }

    pub(crate) fn new_session(store: &Store, cookie: &str, person: char) -> NewSession {
        NewSession {
            id: hash_of(cookie),
            person: id(person),
            used: Use {
                card: store.card_id(&card_of(person)),
                at: now(),
                certificate: Some(shown(&format!("40{person}{person}"), now() + HOUR)),
            },
            level: Level::High,
            expires_at: now() + HOUR,
            idle: IDLE,
            watch: Some(hash_of(&format!("watch {cookie}"))),
            card_ends: Some(now() + HOUR),
        }
    }

    pub(crate) fn asked(id: &str) -> Asked {
        Asked { id: id.to_owned(), at: now() }
    }

    pub(crate) fn portal(name: &str) -> Party {
        Party {
            provider: "https://portal.example".into(),
            name_id: format!("_{name}"),
            session_index: format!("index {name}"),
        }
    }

    pub(crate) async fn ready(store: &Store) {
        for digit in ['a', 'b'] {
            put(store, digit, &card_of(digit)).await;
        }
    }

    /// Opens a session by a sign-in of its own.
    pub(crate) async fn open(
        store: &Store,
        cookie: &str,
        person: char,
        replaces: Option<&Session>,
    ) {
        store.add_login(&NewLogin { id: cookie, ..new_login() }).await.unwrap();
        let session = new_session(store, cookie, person);
        assert!(store.open_session(&session, replaces, cookie, None).await.unwrap());
    }

    /// The logouts that wait to be told.
    pub(crate) async fn logouts(store: &Store) -> usize {
        let due = store.due_notices(now() + HOUR, 99).await.unwrap();
        due.iter().filter(|notice| matches!(notice.message, Message::Logout { .. })).count()
    }

    async fn answer(store: &Store, cookie: &str, name: &str, request: &str) -> Recorded {
        let asked = asked(request);
        store.record_answer(&hash_of(cookie), &portal(name), Some(&asked), now()).await.unwrap()
    }

    #[tokio::test]
    async fn a_session_lives_while_it_is_used_and_no_longer_than_its_end() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            let mut at = now();
            while at + SignedDuration::from_mins(14) < now() + HOUR {
                at += SignedDuration::from_mins(14);
                let session = store.session(&hash_of("c"), at).await.unwrap().unwrap();
                assert_eq!((session.person, session.level), (id('a'), Level::High));
                assert_eq!(session.holder.as_deref(), Some(super::super::cards::tests::HOLDER));
            }
            assert_eq!(store.session(&hash_of("c"), now() + HOUR).await.unwrap(), None);
            assert_eq!(store.session(&hash_of("d"), now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn whose_card_opened_a_session_stands_there_sealed() {
        for rig in both().await {
            ready(&rig.store).await;
            open(&rig.store, "c", 'a', None).await;
            let sql = "SELECT holder FROM sessions WHERE id = $1";
            let on = rig.store.database.read();
            let row = fetch_optional!(on, (Option<Vec<u8>>,), sql, hash_of("c")).unwrap();
            let sealed = row.unwrap().0.unwrap();
            let holder = super::super::cards::tests::HOLDER.as_bytes();
            assert!(!sealed.windows(holder.len()).any(|window| window == holder));
        }
    }

    #[tokio::test]
    async fn an_idle_session_is_over_and_swept() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            assert_eq!(store.sweep_sessions(now()).await.unwrap(), 0);
            assert_eq!(store.session(&hash_of("c"), now() + IDLE).await.unwrap(), None);
            assert_eq!(store.sweep_sessions(now() + IDLE).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn the_longest_pause_is_kept_however_the_session_is_used() {
        let minutes = SignedDuration::from_mins;
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            let mut at = now();
            for (rest, longest) in [(2, 0), (7, 2), (3, 7), (1, 7)] {
                at += minutes(rest);
                let session = store.session(&hash_of("c"), at).await.unwrap().unwrap();
                assert_eq!(session.longest_pause, minutes(longest), "before this use");
                assert_eq!(session.used_at, at - minutes(rest));
            }
            at += minutes(11);
            store.session(&hash_of("c"), at).await.unwrap();
            let session = store.session(&hash_of("c"), at).await.unwrap().unwrap();
            assert_eq!((session.longest_pause, session.used_at), (minutes(11), at));
        }
    }

    #[tokio::test]
    async fn opening_a_session_is_the_outcome_of_the_sign_in() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            let login = store.login("c", &hash_of("browser"), now()).await.unwrap().unwrap();
            let outcome = login.outcome.unwrap();
            assert_eq!((outcome.person, outcome.session), (id('a'), Some(hash_of("c"))));
            let second = new_session(store, "d", 'a');
            let again = store.open_session(&second, None, "c", None).await.unwrap();
            assert!(!again, "two sessions out of one sign-in");
            assert_eq!(store.session(&hash_of("d"), now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn nothing_is_answered_under_a_session_that_is_over() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            assert_eq!(answer(store, "c", "n1", "r1").await, Recorded::SessionOver);
            open(store, "c", 'a', None).await;
            assert_eq!(answer(store, "c", "n1", "r1").await, Recorded::Now(portal("n1")));
            store.end_session(&hash_of("c"), now()).await.unwrap();
            assert_eq!(answer(store, "c", "n1", "r2").await, Recorded::SessionOver);
        }
    }

    #[tokio::test]
    async fn a_provider_keeps_its_names_and_a_request_is_answered_once() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            assert_eq!(answer(store, "c", "n1", "r1").await, Recorded::Now(portal("n1")));
            assert_eq!(answer(store, "c", "n2", "r2").await, Recorded::Now(portal("n1")));
            assert_eq!(answer(store, "c", "n3", "r1").await, Recorded::Before);
            let known = store.party(&hash_of("c"), &portal("n1").provider).await.unwrap();
            assert_eq!(known, Some(portal("n1")));
            assert_eq!(store.party(&hash_of("c"), "https://other.example").await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn of_many_last_answers_of_a_sign_in_one_counts() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            let seen = store.signed_in("c", &hash_of("browser"), now()).await.unwrap().unwrap();
            assert_eq!(Some(seen.1), store.session(&hash_of("c"), now()).await.unwrap());
            assert_eq!(store.signed_in("c", &hash_of("other"), now()).await.unwrap(), None);
            let last = async |browser: &str, request: usize| {
                let (id, browser) = (hash_of("c"), hash_of(browser));
                let (login, asked) = (("c", &browser), asked(&format!("r{request}")));
                let told =
                    store.record_last_answer(&id, &portal("n"), Some(&asked), login, now()).await;
                told.unwrap()
            };
            assert_eq!(last("other", 0).await, Recorded::LoginGone);
            let all = futures::future::join_all((0..8).map(|n| last("browser", n))).await;
            let (told, gone): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|one| *one == Recorded::Now(portal("n")));
            assert_eq!(told.len(), 1);
            assert!(gone.iter().all(|one| *one == Recorded::LoginGone), "{gone:?}");
            assert_eq!(store.signed_in("c", &hash_of("browser"), now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn what_nobody_asked_for_is_answered_each_time() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            for _ in 0..2 {
                let told = store.record_answer(&hash_of("c"), &portal("n"), None, now()).await;
                assert_eq!(told.unwrap(), Recorded::Now(portal("n")));
            }
        }
    }

    #[tokio::test]
    async fn a_name_of_the_other_kind_takes_the_place_of_the_first() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            answer(store, "c", "n1", "r1").await;
            let lasting = Party { name_id: "lasting".into(), ..portal("n2") };
            let told = store
                .record_answer(&hash_of("c"), &lasting, Some(&asked("r2")), now())
                .await
                .unwrap();
            let expected = Party { name_id: "lasting".into(), ..portal("n1") };
            assert_eq!(told, Recorded::Now(expected.clone()));
            let known = store.party(&hash_of("c"), &lasting.provider).await.unwrap().unwrap();
            assert_eq!(known, expected);
            let name = known.name("https://idp.example");
            assert_eq!(name.sp_name_qualifier.as_deref(), Some("https://portal.example"));
            assert_eq!(portal("n1").name("https://idp.example"), NameId::transient("_n1"));
        }
    }

    #[tokio::test]
    async fn an_ended_session_leaves_a_logout_for_each_provider() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            answer(store, "c", "n1", "r1").await;
            let watched = store.watched_session(&hash_of("watch c")).await.unwrap().unwrap();
            assert_eq!(store.end_session(&watched, now()).await.unwrap(), 1);
            assert_eq!(store.session(&watched, now()).await.unwrap(), None);
            assert_eq!(store.end_session(&watched, now()).await.unwrap(), 0);
            assert_eq!(logouts(store).await, 1);
        }
    }

    #[tokio::test]
    async fn the_same_person_again_keeps_the_providers_and_another_person_does_not() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            answer(store, "c", "n1", "r1").await;
            let old = store.session(&hash_of("c"), now()).await.unwrap();
            open(store, "d", 'a', old.as_ref()).await;
            assert_eq!(store.due_notices(now(), 9).await.unwrap(), [], "nothing has ended");
            assert_eq!(answer(store, "d", "n2", "r2").await, Recorded::Now(portal("n1")));

            let old = store.session(&hash_of("d"), now()).await.unwrap();
            open(store, "e", 'b', old.as_ref()).await;
            assert_eq!(logouts(store).await, 1);
            assert_eq!(store.session(&hash_of("d"), now()).await.unwrap(), None);
        }
    }
}
