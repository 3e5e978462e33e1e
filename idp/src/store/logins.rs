//! Questions to a card on their way: sign-ins from the AuthnRequest to the Response, activations,
//! cards to be added. Every look needs the secret of the browser that began it.

mod presence;
mod reading;
mod writes;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use warifu_service::execute;
use warifu_service::storage::{instant, micros};

use super::{Asked, CardId, SecretHash, Session, Store, StoreError, Use};
use crate::assurance::{Level, Wanted};
use crate::onward::OwnPage;
use crate::person::PersonId;

pub(super) use presence::{SetPresence, is_open};
pub(super) use reading::LoginRead;
use writes::Known;
pub(super) use writes::{AddLogin, SetChallenge, TakeChallenge, TakeLogin};

/// Keyed hashes of nonces, for the agents that watch cards.
const WATCH: &str = "logins.watch";

/// What the card is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// To sign its holder in, or to say that it is there.
    SignIn,
    /// To be put into use, with a PIN that its holder has chosen.
    Activate,
    /// To be put beside the person's own card; others issued it.
    AddCard,
}

impl Task {
    const ALL: [Self; 3] = [Self::SignIn, Self::Activate, Self::AddCard];

    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Activate => "activate",
            Self::AddCard => "add-card",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == word)
    }
}

/// The service provider that waits for the answer, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    /// Its entity id.
    pub(crate) provider: String,
    pub(crate) acs: String,
    /// Its AuthnRequest; none where it did not ask.
    pub(crate) request: Option<Asked>,
    pub(crate) relay_state: Option<String>,
    pub(crate) wishes: Wishes,
}

impl Asker {
    /// The ID of its AuthnRequest.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request.as_ref().map(|asked| asked.id.as_str())
    }
}

/// What a service provider wants to be told, as far as it shapes the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// What it wants to hear of how the person signed in.
    pub(crate) wanted: Wanted,
    /// Whether the name by which it knows the person shall last.
    pub(crate) lasting: bool,
    /// The name of the one person about whom it asks.
    pub(crate) subject: Option<String>,
}

/// A sign-in to begin.
pub(crate) struct NewLogin<'a> {
    pub(crate) id: &'a str,
    pub(crate) browser: SecretHash,
    pub(crate) task: Task,
    /// None when the person came to the identity provider itself.
    pub(crate) asker: Option<Asker>,
    pub(crate) level: Level,
    /// The session in which it is asked: the staff's for a tap; the person's for a card to add, and
    /// for a sign-in that proves more than theirs.
    pub(crate) within: Option<SecretHash>,
    /// The session that answers it, where no card need be asked.
    pub(crate) known: Option<&'a Session>,
    /// The page of our own that was asked for.
    pub(crate) onward: Option<OwnPage>,
    /// What the card is to sign, where one is asked.
    pub(crate) challenge: Option<FirstChallenge>,
    pub(crate) expires_at: Timestamp,
}

/// What the card is asked to sign from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstChallenge {
    pub(crate) nonce: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) watch: SecretHash,
}

/// A challenge that nobody has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenChallenge {
    pub(crate) nonce: String,
    pub(crate) expires_at: Timestamp,
}

/// A sign-in on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) id: String,
    pub(crate) task: Task,
    pub(crate) asker: Option<Asker>,
    pub(crate) level: Level,
    pub(crate) within: Option<SecretHash>,
    pub(crate) watch: Option<SecretHash>,
    /// The FeliCa card that has proved itself, whose PIN is asked for next.
    pub(crate) proved: Option<Proved>,
    pub(crate) outcome: Option<Outcome>,
    /// The page of our own that was asked for.
    pub(crate) onward: Option<OwnPage>,
    pub(crate) expires_at: Timestamp,
}

impl Login {
    /// Whether its card opens a session, which the card's removal could end.
    pub(crate) fn opens_session(&self) -> bool {
        self.level.is_of_a_person() && self.task != Task::AddCard
    }

    /// The session that it led to, and whose, if it led to one.
    pub(super) fn opened(&self) -> Option<(&PersonId, &SecretHash)> {
        let outcome = self.outcome.as_ref()?;
        Some((&outcome.person, outcome.session.as_ref()?))
    }
}

/// A FeliCa card that has proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proved {
    pub(crate) card: CardId,
    pub(crate) at: Timestamp,
}

/// What the card proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) person: PersonId,
    /// The session opened; none for presence.
    pub(crate) session: Option<SecretHash>,
    pub(crate) authenticated_at: Timestamp,
    /// The end of the card's certificate, when it is to be told.
    pub(crate) ends_at: Option<Timestamp>,
}

/// What the card software is asked to sign.
pub(crate) struct Challenge<'a> {
    /// What was asked for before, as far as whoever asks knows.
    pub(crate) was: Task,
    pub(crate) task: Task,
    pub(crate) nonce: &'a str,
    pub(crate) expires_at: Timestamp,
    pub(crate) watch: Option<SecretHash>,
}

/// What came of taking a challenge out; it can be taken once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There it is, and it is gone from the row.
    Nonce(Box<Login>, String),
    /// It was there, but too old.
    Late,
    /// It was taken before, or never set.
    Used,
    /// No such sign-in in that browser.
    Unknown,
}

#[derive(Clone, sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    browser: Vec<u8>,
    task: String,
    provider: Option<String>,
    acs: Option<String>,
    request: Option<String>,
    requested_at: Option<i64>,
    relay_state: Option<String>,
    classes: Option<String>,
    lasting: Option<bool>,
    subject: Option<String>,
    level: String,
    within: Option<Vec<u8>>,
    nonce: Option<String>,
    nonce_expires_at: Option<i64>,
    /// The nonce that was taken out.
    spent: Option<String>,
    watch: Option<Vec<u8>>,
    proved: Option<Vec<u8>>,
    proved_at: Option<i64>,
    person: Option<String>,
    session: Option<Vec<u8>>,
    authenticated_at: Option<i64>,
    ends_at: Option<i64>,
    onward: Option<String>,
    expires_at: i64,
}

impl TryFrom<Row> for Login {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            outcome: outcome(&row)?,
            asker: asker(&row)?,
            proved: proved(row.proved, row.proved_at),
            task: Task::parse(&row.task).ok_or(StoreError::Corrupt("logins.task"))?,
            level: Level::parse(&row.level).ok_or(StoreError::Corrupt("logins.level"))?,
            id: row.id,
            within: row.within,
            watch: row.watch,
            onward: row.onward.as_deref().and_then(OwnPage::parse),
            expires_at: instant(row.expires_at),
        })
    }
}

fn asker(row: &Row) -> Result<Option<Asker>, StoreError> {
    let (Some(provider), Some(acs)) = (&row.provider, &row.acs) else { return Ok(None) };
    let wanted = row.classes.as_deref().and_then(Wanted::parse);
    Ok(Some(Asker {
        provider: provider.clone(),
        acs: acs.clone(),
        request: asked(row),
        relay_state: row.relay_state.clone(),
        wishes: Wishes {
            wanted: wanted.ok_or(StoreError::Corrupt("logins.classes"))?,
            lasting: row.lasting.unwrap_or_default(),
            subject: row.subject.clone(),
        },
    }))
}

fn asked(row: &Row) -> Option<Asked> {
    Some(Asked { id: row.request.clone()?, at: instant(row.requested_at?) })
}

fn proved(card: Option<Vec<u8>>, at: Option<i64>) -> Option<Proved> {
    Some(Proved { card: card?, at: instant(at?) })
}

fn outcome(row: &Row) -> Result<Option<Outcome>, StoreError> {
    let (Some(person), Some(at)) = (&row.person, row.authenticated_at) else { return Ok(None) };
    Ok(Some(Outcome {
        person: PersonId::parse(person).ok_or(StoreError::Corrupt("logins.person"))?,
        session: row.session.clone(),
        authenticated_at: instant(at),
        ends_at: row.ends_at.map(instant),
    }))
}

impl Store {
    pub(crate) async fn add_login(&self, login: &NewLogin<'_>) -> Result<(), StoreError> {
        let known = login.known.map(|session| Known {
            person: session.person.clone(),
            session: session.id.clone(),
            authenticated_at: micros(session.authenticated_at),
        });
        let login = AddLogin {
            id: login.id.to_owned(),
            browser: login.browser.clone(),
            task: login.task,
            asker: login.asker.clone(),
            level: login.level,
            within: login.within.clone(),
            known,
            onward: login.onward.clone(),
            challenge: login.challenge.clone(),
            expires_at: micros(login.expires_at),
        };
        self.entrances.logins.write(login).await
    }

    /// The sign-in, for the browser that began it and while it lasts.
    pub(crate) async fn login(
        &self,
        id: &str,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        self.login_row(id, browser, now).await?.map(Login::try_from).transpose()
    }

    /// The same, and the challenge that is open in it: set, not taken out, and still in time.
    pub(crate) async fn challenged_login(
        &self,
        id: &str,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(Login, OpenChallenge)>, StoreError> {
        let row = self.login_row(id, browser, now).await?;
        let Some(mut row) = row else { return Ok(None) };
        let Some((nonce, end)) = row.nonce.take().zip(row.nonce_expires_at) else {
            return Ok(None);
        };
        let (login, expires_at) = (Login::try_from(row)?, instant(end));
        Ok((now < expires_at).then_some((login, OpenChallenge { nonce, expires_at })))
    }

    /// By what the card agent says that the card which answered that challenge was pulled out. It is
    /// not kept: who has no key of ours cannot know it.
    pub(crate) fn watch_token(&self, nonce: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.keys.lookup(WATCH, nonce.as_bytes()))
    }

    /// Sets what the card is to sign, in place of what was set before, and gives the sign-in as it
    /// is now; for the browser that began it and while it lasts. `None`, and nothing set, also when
    /// it has its outcome already, or something else was asked for before.
    pub(crate) async fn set_challenge(
        &self,
        (id, browser): (&str, &SecretHash),
        challenge: &Challenge<'_>,
        now: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        let challenge = SetChallenge {
            id: id.to_owned(),
            browser: browser.clone(),
            now: micros(now),
            was: challenge.was,
            task: challenge.task,
            nonce: challenge.nonce.to_owned(),
            expires_at: micros(challenge.expires_at),
            watch: challenge.watch.clone(),
        };
        self.entrances.challenges.write(challenge).await
    }

    /// Takes the nonce out: of several that try, one gets it.
    pub(crate) async fn take_challenge(
        &self,
        id: &str,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let (id, browser) = (id.to_owned(), browser.clone());
        self.entrances.nonces.write(TakeChallenge { id, browser, now: micros(now) }).await
    }

    /// Notes that a FeliCa card has proved itself. `false` when the sign-in has its outcome already.
    pub(crate) async fn set_proved(&self, id: &str, proved: &Proved) -> Result<bool, StoreError> {
        let sql = "UPDATE logins SET proved = $2, proved_at = $3 WHERE id = $1 AND person IS NULL";
        let (card, at) = (proved.card.as_slice(), micros(proved.at));
        Ok(execute!(self.database.write(), sql, id, card, at)? == 1)
    }

    /// Notes whose card was tapped at the desk. `false` when the sign-in is gone or the card was
    /// stopped meanwhile.
    pub(crate) async fn set_presence(
        &self,
        id: &str,
        patient: &PersonId,
        used: &Use,
    ) -> Result<bool, StoreError> {
        let presence = SetPresence {
            store: self.clone(),
            login: id.to_owned(),
            patient: patient.clone(),
            used: used.clone(),
        };
        self.entrances.presences.write(presence).await
    }

    /// Takes the sign-in out for good: with its outcome (`finished`), or before it has one.
    pub(crate) async fn take_login(
        &self,
        id: &str,
        browser: &SecretHash,
        finished: bool,
        now: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        self.entrances.outcomes.write(TakeLogin::new(id, browser, finished, now)).await
    }

    /// Deletes the sign-ins that were given up.
    pub(crate) async fn sweep_logins(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM logins WHERE expires_at <= $1";
        Ok(execute!(self.database.write(), sql, micros(now))?)
    }

    async fn login_row(
        &self,
        id: &str,
        browser: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Row>, StoreError> {
        let (id, browser) = (id.to_owned(), browser.clone());
        Ok(self.readers.logins.read(LoginRead { id, browser, now: micros(now) }).await?)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::cards::tests::{HOLDER, put, shown};
    use super::super::hash_of;
    use super::super::persons::tests::id;
    use super::super::sessions::tests::{open, ready};
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;

    pub(crate) const TX: &str = "11112222333344445555666677778888";

    pub(crate) fn new_login() -> NewLogin<'static> {
        NewLogin {
            id: TX,
            browser: hash_of("browser"),
            task: Task::SignIn,
            asker: Some(Asker {
                provider: "https://portal.example/saml/metadata".into(),
                acs: "https://portal.example/saml/acs".into(),
                request: Some(Asked { id: "_request".into(), at: now() }),
                relay_state: Some("state".into()),
                wishes: Wishes::default(),
            }),
            level: Level::High,
            within: None,
            known: None,
            onward: None,
            challenge: None,
            expires_at: now() + SignedDuration::from_mins(10),
        }
    }

    fn challenge(nonce: &str) -> Challenge<'_> {
        let expires_at = now() + SignedDuration::from_secs(120);
        let (was, watch) = (Task::SignIn, Some(hash_of("watch")));
        Challenge { was, task: Task::SignIn, nonce, expires_at, watch }
    }

    /// Whether it was set.
    async fn set(store: &Store, id: &str, challenge: &Challenge<'_>) -> bool {
        let login = (id, &hash_of("browser"));
        store.set_challenge(login, challenge, now()).await.unwrap().is_some()
    }

    fn tap(store: &Store) -> Use {
        let certificate = Some(shown("40ab", now()));
        Use { card: store.card_id(HOLDER), at: now(), certificate }
    }

    #[tokio::test]
    async fn the_task_is_that_of_the_last_question() {
        for rig in both().await {
            let store = &rig.store;
            let own = NewLogin { asker: None, task: Task::Activate, ..new_login() };
            store.add_login(&own).await.unwrap();
            let seen = store.login(TX, &hash_of("browser"), now()).await.unwrap().unwrap();
            assert_eq!((seen.task, seen.asker), (Task::Activate, None));
            assert!(!set(store, TX, &challenge("n")).await, "another question was there before");
            let turned = Challenge { was: Task::Activate, ..challenge("n") };
            assert!(set(store, TX, &turned).await);
            let seen = store.login(TX, &hash_of("browser"), now()).await.unwrap().unwrap();
            assert_eq!(seen.task, Task::SignIn);
        }
    }

    #[tokio::test]
    async fn a_first_challenge_is_open_until_it_is_taken_or_over() {
        for rig in both().await {
            let (store, browser) = (&rig.store, hash_of("browser"));
            let (expires_at, watch) = (now() + SignedDuration::from_mins(5), hash_of("watch"));
            let challenge = FirstChallenge { nonce: "n".into(), expires_at, watch: watch.clone() };
            let login = NewLogin { challenge: Some(challenge), ..new_login() };
            store.add_login(&login).await.unwrap();
            let open = OpenChallenge { nonce: "n".into(), expires_at };
            let look = async |browser: &SecretHash, at| {
                let seen = store.challenged_login(TX, browser, at).await.unwrap();
                seen.map(|(login, challenge)| (login.watch, challenge))
            };
            assert_eq!(look(&browser, now()).await, Some((Some(watch), open)));
            assert_eq!(look(&hash_of("other"), now()).await, None);
            assert_eq!(look(&browser, expires_at).await, None);
            let taken = store.take_challenge(TX, &browser, now()).await.unwrap();
            assert!(matches!(taken, Taken::Nonce(_, nonce) if nonce == "n"));
            assert_eq!(look(&browser, now()).await, None);
        }
    }

    #[tokio::test]
    async fn whom_an_agent_watches_shows_in_its_token_to_nobody_else() {
        let (one, other) = (both().await, both().await);
        let [one, other] = [&one, &other].map(|rigs| rigs.first().unwrap());
        let token = one.store.watch_token("n");
        assert_eq!((token.len(), &token), (43, &one.store.watch_token("n")));
        assert!(token != one.store.watch_token("m") && token != other.store.watch_token("n"));
    }

    #[tokio::test]
    async fn a_sign_in_is_seen_by_its_own_browser_while_it_lasts() {
        for rig in both().await {
            let store = &rig.store;
            store.add_login(&new_login()).await.unwrap();
            let seen = store.login(TX, &hash_of("browser"), now()).await.unwrap().unwrap();
            assert_eq!((seen.asker, seen.outcome), (new_login().asker, None));
            assert_eq!(store.login(TX, &hash_of("other"), now()).await.unwrap(), None);
            let later = now() + SignedDuration::from_mins(10);
            assert_eq!(store.login(TX, &hash_of("browser"), later).await.unwrap(), None);
            assert_eq!(store.sweep_logins(now()).await.unwrap(), 0);
            assert_eq!(store.sweep_logins(later).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn what_was_asked_is_remembered_until_it_is_answered() {
        for rig in both().await {
            let store = &rig.store;
            let asker = new_login().asker.unwrap();
            let subject = Some("somebody".into());
            let wishes = Wishes { lasting: true, subject, ..Wishes::default() };
            for (id, asker) in [
                ("1", Asker { wishes: wishes.clone(), ..asker.clone() }),
                ("2", Asker { request: None, relay_state: None, ..asker }),
            ] {
                let login = NewLogin { id, asker: Some(asker.clone()), ..new_login() };
                store.add_login(&login).await.unwrap();
                let seen = store.login(id, &hash_of("browser"), now()).await.unwrap().unwrap();
                assert_eq!(seen.asker, Some(asker));
            }
        }
    }

    #[tokio::test]
    async fn a_session_that_is_known_is_the_outcome_from_the_beginning() {
        for rig in both().await {
            let (store, browser) = (&rig.store, hash_of("browser"));
            ready(store).await;
            open(store, "c", 'a', None).await;
            let session = store.session(&hash_of("c"), now()).await.unwrap().unwrap();
            let login = NewLogin { id: "known", known: Some(&session), ..new_login() };
            store.add_login(&login).await.unwrap();
            assert!(!set(store, "known", &challenge("n")).await);
            assert_eq!(store.take_login("known", &browser, false, now()).await.unwrap(), None);
            let taken = store.take_login("known", &browser, true, now()).await.unwrap().unwrap();
            assert_eq!(taken.outcome.unwrap().session, Some(session.id));
        }
    }

    #[tokio::test]
    async fn a_nonce_is_taken_once() {
        for rig in both().await {
            let (store, browser) = (&rig.store, hash_of("browser"));
            store.add_login(&new_login()).await.unwrap();
            assert_eq!(store.take_challenge(TX, &browser, now()).await.unwrap(), Taken::Used);
            let (other, ours) = (hash_of("other"), challenge("n0"));
            assert_eq!(store.set_challenge((TX, &other), &ours, now()).await.unwrap(), None);
            let end = new_login().expires_at;
            assert_eq!(store.set_challenge((TX, &browser), &ours, end).await.unwrap(), None);
            assert!(set(store, TX, &challenge("n1")).await);
            assert!(set(store, TX, &challenge("n2")).await);
            let taken = store.take_challenge(TX, &hash_of("other"), now()).await.unwrap();
            assert_eq!(taken, Taken::Unknown);
            let taken = store.take_challenge(TX, &browser, now()).await.unwrap();
            assert!(
                matches!(&taken, Taken::Nonce(login, nonce)
                if nonce == "n2" && login.watch == Some(hash_of("watch"))),
                "{taken:?}"
            );
            assert_eq!(store.take_challenge(TX, &browser, now()).await.unwrap(), Taken::Used);
        }
    }

    #[tokio::test]
    async fn of_many_that_take_a_nonce_at_once_one_gets_it() {
        for rig in both().await {
            rig.store.add_login(&new_login()).await.unwrap();
            assert!(set(&rig.store, TX, &challenge("n")).await);
            let tries = (0..16).map(|_| {
                let store = rig.store.clone();
                async move { store.take_challenge(TX, &hash_of("browser"), now()).await.unwrap() }
            });
            let taken = futures::future::join_all(tries).await;
            let lucky = taken.iter().filter(|taken| matches!(taken, Taken::Nonce(..))).count();
            assert_eq!(lucky, 1);
        }
    }

    #[tokio::test]
    async fn a_late_nonce_is_gone_too() {
        for rig in both().await {
            let (store, browser) = (&rig.store, hash_of("browser"));
            store.add_login(&new_login()).await.unwrap();
            assert!(set(store, TX, &challenge("n")).await);
            let late = now() + SignedDuration::from_secs(120);
            assert_eq!(store.take_challenge(TX, &browser, late).await.unwrap(), Taken::Late);
            assert_eq!(store.take_challenge(TX, &browser, now()).await.unwrap(), Taken::Used);
        }
    }

    #[tokio::test]
    async fn an_outcome_is_set_once_and_taken_once() {
        for rig in both().await {
            let (store, browser) = (&rig.store, hash_of("browser"));
            put(store, 'a', HOLDER).await;
            let tap = tap(store);
            store.add_login(&new_login()).await.unwrap();
            assert_eq!(store.take_login(TX, &browser, true, now()).await.unwrap(), None);
            assert!(store.set_presence(TX, &id('a'), &tap).await.unwrap());
            assert!(!store.set_presence(TX, &id('b'), &tap).await.unwrap());
            assert!(!set(store, TX, &challenge("n")).await);
            assert_eq!(store.take_login(TX, &browser, false, now()).await.unwrap(), None);
            let taken = store.take_login(TX, &browser, true, now()).await.unwrap().unwrap();
            assert_eq!(taken.outcome.unwrap().person, id('a'));
            assert_eq!(store.take_login(TX, &browser, true, now()).await.unwrap(), None);
        }
    }
}
