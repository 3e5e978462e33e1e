//! Cards: a keyed hash leads to the person.

use jiff::Timestamp;
use warifu_service::storage::{Connection, Read, Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_optional, fetch_over};

use super::readers::in_places;
use super::{Store, StoreError};
use crate::person::{CardState, Person, PersonId};

const CONTEXT: &str = "cards.id";
const CERTIFICATE: &str = "cards.certificate";

/// The keyed hash by which a card is known.
pub(crate) type CardId = Vec<u8>;
/// A certificate's name here: a keyed hash of its issuer and serial number.
pub(crate) type CertificateId = Vec<u8>;

/// What the identity provider knows of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) id: CardId,
    pub(crate) person: PersonId,
    /// By which scheme others issued it; none for the card office's.
    pub(crate) scheme: Option<String>,
    pub(crate) state: CardState,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) used_at: Option<Timestamp>,
    /// The end of the certificate that it answered with last.
    pub(crate) expires_at: Option<Timestamp>,
    /// Of a FeliCa card: the card of the card office that it stands beside.
    pub(crate) beside: Option<CardId>,
}

/// A card, and what is said of whoever holds it now.
#[derive(Debug)]
pub(crate) struct KnownCard {
    pub(crate) card: Card,
    pub(crate) holder: Person,
}

/// An answer of a card that was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) card: CardId,
    pub(crate) at: Timestamp,
    /// The certificate that it answered with; FeliCa cards have none.
    pub(crate) certificate: Option<UsedCertificate>,
}

/// A certificate that a card answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedCertificate {
    /// `x5t#S256` of its issuer.
    pub(crate) issuer: String,
    /// Its serial number in hexadecimal.
    pub(crate) serial: String,
    /// Its end.
    pub(crate) expires_at: Timestamp,
    /// The holder reference in it, where the card office issued it.
    pub(crate) holder: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Vec<u8>,
    person: String,
    scheme: Option<String>,
    state: String,
    activated_at: Option<i64>,
    used_at: Option<i64>,
    expires_at: Option<i64>,
    beside: Option<Vec<u8>>,
}

/// A card and what is sealed of its holder.
#[derive(sqlx::FromRow)]
pub(super) struct KnownRow {
    #[sqlx(flatten)]
    card: Row,
    profile: Vec<u8>,
}

/// The card of this name, and its holder; one statement for all that are looked up at once.
pub(super) struct KnownRead {
    id: CardId,
}

#[derive(sqlx::FromRow)]
struct Placed {
    place: i64,
    #[sqlx(flatten)]
    found: KnownRow,
}

impl Read for KnownRead {
    type Found = KnownRow;

    async fn read(
        these: &[Self],
        on: &mut Connection,
    ) -> Result<Vec<Option<KnownRow>>, sqlx::Error> {
        let sql = "WITH v (place, wanted) AS (VALUES {rows}) \
                   SELECT v.place, cards.*, persons.profile FROM v \
                   JOIN cards ON cards.id = v.wanted JOIN persons ON persons.id = cards.person";
        let asked: Vec<_> = (0_i64..).zip(these).collect();
        let rows = fetch_over!(
            on.on(),
            Placed,
            sql,
            &asked,
            |one| one.map(|(place, _)| *place),
            one.map(|(_, one)| one.id.as_slice()),
        )?;
        Ok(in_places(these.len(), rows.into_iter().map(|row| (row.place, row.found))))
    }
}

impl TryFrom<Row> for Card {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            person: PersonId::parse(&row.person).ok_or(StoreError::Corrupt("cards.person"))?,
            scheme: row.scheme,
            state: CardState::parse(&row.state).ok_or(StoreError::Corrupt("cards.state"))?,
            activated_at: row.activated_at.map(instant),
            used_at: row.used_at.map(instant),
            expires_at: row.expires_at.map(instant),
            beside: row.beside,
        })
    }
}

const COLUMNS: &str = "id, person, scheme, state, activated_at, used_at, expires_at, beside";

impl Store {
    /// The name here of a card, by whom it stands for: the holder reference or, where others issued
    /// it, what its scheme knows the holder by.
    pub(crate) fn card_id(&self, holder: &str) -> CardId {
        self.keys.lookup(CONTEXT, holder.as_bytes()).to_vec()
    }

    /// Puts a card under a person; the same card again under the same person changes nothing.
    /// `false` when the card belongs to somebody else.
    pub(super) async fn put_card(
        &self,
        tx: &mut Transaction,
        card: &NewCard<'_>,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO cards (id, person, scheme, state, replaces, told_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (id) DO UPDATE SET person = cards.person \
                   WHERE cards.person = excluded.person";
        let (person, state) = (card.person.as_str(), card.state.as_str());
        let rows = execute!(
            tx.on(),
            sql,
            card.id.as_slice(),
            person,
            card.scheme,
            state,
            card.replaces.as_deref(),
            micros(card.told_at)
        )?;
        Ok(rows == 1)
    }

    pub(crate) async fn card(&self, id: &CardId) -> Result<Option<Card>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM cards WHERE id = $1"));
        fetch_optional!(self.database.read(), Row, sql, id.as_slice())?
            .map(Card::try_from)
            .transpose()
    }

    /// The card and its holder, who is always there.
    pub(crate) async fn known_card(&self, id: &CardId) -> Result<Option<KnownCard>, StoreError> {
        let known = self.readers.cards.read(KnownRead { id: id.clone() }).await?;
        let Some(KnownRow { card, profile }) = known else { return Ok(None) };
        let card = Card::try_from(card)?;
        Ok(Some(KnownCard { holder: self.open_profile(&card.person, &profile)?, card }))
    }

    /// The card in a transaction that may change it.
    pub(super) async fn card_in(
        &self,
        tx: &mut Transaction,
        id: &CardId,
    ) -> Result<Option<Card>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM cards WHERE id = $1"));
        fetch_optional!(tx.on(), Row, sql, id.as_slice())?.map(Card::try_from).transpose()
    }

    /// A person's cards, those used last first; at most 32.
    pub(crate) async fn cards_of(&self, person: &PersonId) -> Result<Vec<Card>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM cards WHERE person = $1 \
             ORDER BY COALESCE(used_at, 0) DESC, id LIMIT 32"
        ));
        let rows = fetch_all!(self.database.read(), Row, sql, person.as_str())?;
        rows.into_iter().map(Card::try_from).collect()
    }

    /// The cards of a person, in a transaction.
    pub(super) async fn cards_of_in(
        &self,
        tx: &mut Transaction,
        person: &PersonId,
    ) -> Result<Vec<Card>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM cards WHERE person = $1"));
        let rows = fetch_all!(tx.on(), Row, sql, person.as_str())?;
        rows.into_iter().map(Card::try_from).collect()
    }

    /// The FeliCa cards that stand, or stood, beside a card.
    pub(super) async fn cards_beside(
        &self,
        tx: &mut Transaction,
        id: &CardId,
    ) -> Result<Vec<Card>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM cards WHERE beside = $1"));
        let rows = fetch_all!(tx.on(), Row, sql, id.as_slice())?;
        rows.into_iter().map(Card::try_from).collect()
    }

    /// Sets the state of a card, unless something later was said before; what has ended stays so.
    /// Whether the state is another now.
    pub(super) async fn set_card_state(
        &self,
        tx: &mut Transaction,
        id: &CardId,
        state: CardState,
        told_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE cards SET state = $2, told_at = $3 \
                   WHERE id = $1 AND told_at <= $3 AND state <> $2 AND state <> $4";
        let (state, at, over) = (state.as_str(), micros(told_at), CardState::Ended.as_str());
        Ok(execute!(tx.on(), sql, id.as_slice(), state, at, over)? == 1)
    }

    /// Puts a card into use that waited for it. `false` when it did not.
    pub(super) async fn activate_card(
        &self,
        tx: &mut Transaction,
        id: &CardId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE cards SET state = $2, activated_at = $3 WHERE id = $1 AND state = $4";
        let (active, issued) = (CardState::Active.as_str(), CardState::Issued.as_str());
        Ok(execute!(tx.on(), sql, id.as_slice(), active, micros(now), issued)? == 1)
    }

    /// Notes that a card answered, and with which certificate. `false` when it is not in use any
    /// more: a card stopped meanwhile opens nothing.
    pub(super) async fn note_use(
        &self,
        tx: &mut Transaction,
        used: &Use,
    ) -> Result<bool, StoreError> {
        let Some(shown) = &used.certificate else { return self.note_tap(tx, used).await };
        let sql = "UPDATE cards SET used_at = $2, issuer = $3, certificate = $4, expires_at = $5 \
                   WHERE id = $1 AND state = $6";
        let (at, end) = (micros(used.at), micros(shown.expires_at));
        let (issuer, certificate) =
            (shown.issuer.as_str(), self.certificate_id(&shown.issuer, &shown.serial));
        let active = CardState::Active.as_str();
        Ok(execute!(tx.on(), sql, used.card.as_slice(), at, issuer, certificate, end, active)? == 1)
    }

    /// Notes that a card said that it is there, with no certificate that opens a session. `false` when
    /// the card, or the one that it stands beside, is not in use any more: that one's row is touched,
    /// so that whoever stops it at this moment finds what was opened.
    pub(super) async fn note_tap(
        &self,
        tx: &mut Transaction,
        used: &Use,
    ) -> Result<bool, StoreError> {
        let (card, active) = (used.card.as_slice(), CardState::Active.as_str());
        let sql = "UPDATE cards SET state = state WHERE state = $2 \
                   AND id = (SELECT COALESCE(beside, id) FROM cards WHERE id = $1)";
        if execute!(tx.on(), sql, card, active)? != 1 {
            return Ok(false);
        }
        let sql = "UPDATE cards SET used_at = $2 WHERE id = $1 AND state = $3";
        Ok(execute!(tx.on(), sql, card, micros(used.at), active)? == 1)
    }

    /// The name here of a certificate, by its issuer (`x5t#S256`) and its serial number in
    /// hexadecimal. The authority knows the number too, and must not be joined by it.
    pub(crate) fn certificate_id(&self, issuer: &str, serial: &str) -> CertificateId {
        self.keys.lookup(CERTIFICATE, format!("{issuer}/{serial}").as_bytes()).to_vec()
    }

    /// The card that answered last with this certificate.
    pub(crate) async fn card_by_certificate(
        &self,
        certificate: &CertificateId,
    ) -> Result<Option<CardId>, StoreError> {
        let sql = "SELECT id, certificate FROM cards WHERE certificate = $1";
        let read = self.database.read();
        let row = fetch_optional!(read, Certified, sql, certificate.as_slice())?;
        Ok(row.map(|row| row.id))
    }

    /// Every card of that issuer that somebody is signed in with, or with a FeliCa card beside it, and
    /// its certificate.
    pub(crate) async fn cards_in_sessions(
        &self,
        issuer: &str,
    ) -> Result<Vec<(CardId, CertificateId)>, StoreError> {
        let sql = "SELECT DISTINCT cards.id, cards.certificate FROM sessions \
                   JOIN cards AS used ON used.id = sessions.card \
                   JOIN cards ON cards.id = COALESCE(used.beside, used.id) \
                   WHERE cards.issuer = $1";
        let rows = fetch_all!(self.database.read(), Certified, sql, issuer)?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id, row.certificate?))).collect())
    }

    /// Removes a card that others issued. `false` when the person has no such card.
    pub(super) async fn drop_foreign_card(
        &self,
        tx: &mut Transaction,
        id: &CardId,
        person: &PersonId,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM cards WHERE id = $1 AND person = $2 AND scheme IS NOT NULL";
        Ok(execute!(tx.on(), sql, id.as_slice(), person.as_str())? == 1)
    }
}

/// A card to put under a person.
pub(super) struct NewCard<'a> {
    pub(super) id: CardId,
    pub(super) person: &'a PersonId,
    pub(super) scheme: Option<&'a str>,
    pub(super) state: CardState,
    pub(super) replaces: Option<CardId>,
    pub(super) told_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Certified {
    id: Vec<u8>,
    certificate: Option<Vec<u8>>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::persons::tests::{id, taro};
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;

    pub(crate) const HOLDER: &str = "00112233445566778899aabbccddeeff";

    /// Puts the person and the card with that holder reference there, in use.
    pub(crate) async fn put(store: &Store, person: char, holder: &str) -> bool {
        let mut tx = store.database.begin().await.unwrap();
        store.put_person(&mut tx, &id(person), &taro(), now()).await.unwrap();
        let card = NewCard {
            id: store.card_id(holder),
            person: &id(person),
            scheme: None,
            state: CardState::Active,
            replaces: None,
            told_at: now(),
        };
        let own = store.put_card(&mut tx, &card).await.unwrap();
        tx.commit().await.unwrap();
        own
    }

    /// A certificate of the issuer `issuer`.
    pub(crate) fn shown(serial: &str, expires_at: Timestamp) -> UsedCertificate {
        let (issuer, serial) = ("issuer".into(), serial.into());
        UsedCertificate { issuer, serial, expires_at, holder: Some(HOLDER.into()) }
    }

    async fn set(store: &Store, state: CardState, at: Timestamp) -> bool {
        let mut tx = store.database.begin().await.unwrap();
        let id = store.card_id(HOLDER);
        let changed = store.set_card_state(&mut tx, &id, state, at).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    async fn state(store: &Store) -> CardState {
        store.card(&store.card_id(HOLDER)).await.unwrap().unwrap().state
    }

    #[tokio::test]
    async fn a_card_leads_to_its_person_and_to_nobody_else() {
        for rig in both().await {
            let store = &rig.store;
            assert!(put(store, 'a', HOLDER).await);
            assert!(put(store, 'a', HOLDER).await, "not repeatable");
            assert!(!put(store, 'b', HOLDER).await, "changed hands");
            let card = store.card(&store.card_id(HOLDER)).await.unwrap().unwrap();
            assert_eq!((card.person, card.state, card.scheme), (id('a'), CardState::Active, None));
            assert_eq!(store.card(&store.card_id(&"f".repeat(32))).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn the_last_word_about_a_card_counts_and_an_end_is_for_good() {
        let second = SignedDuration::from_secs(1);
        for rig in both().await {
            let store = &rig.store;
            assert!(!set(store, CardState::Ended, now()).await, "no such card");
            put(store, 'a', HOLDER).await;
            assert!(set(store, CardState::Suspended, now() + second + second).await);
            assert!(!set(store, CardState::Active, now() + second).await, "said before");
            assert_eq!(state(store).await, CardState::Suspended);
            assert!(set(store, CardState::Ended, now() + second + second).await);
            assert!(!set(store, CardState::Active, now() + SignedDuration::from_mins(1)).await);
            assert_eq!(state(store).await, CardState::Ended);
        }
    }

    #[tokio::test]
    async fn a_card_is_put_into_use_once() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', HOLDER).await;
            let id = store.card_id(HOLDER);
            let mut tx = store.database.begin().await.unwrap();
            assert!(!store.activate_card(&mut tx, &id, now()).await.unwrap());
            store.set_card_state(&mut tx, &id, CardState::Issued, now()).await.unwrap();
            assert!(store.activate_card(&mut tx, &id, now()).await.unwrap());
            assert!(!store.activate_card(&mut tx, &id, now()).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!(store.card(&id).await.unwrap().unwrap().activated_at, Some(now()));
        }
    }

    #[tokio::test]
    async fn a_certificate_leads_to_the_card_that_used_it_last() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', HOLDER).await;
            let used = Use {
                card: store.card_id(HOLDER),
                at: now(),
                certificate: Some(shown("40ab", now() + SignedDuration::from_hours(24))),
            };
            let mut tx = store.database.begin().await.unwrap();
            assert!(store.note_use(&mut tx, &used).await.unwrap());
            tx.commit().await.unwrap();
            let found = async |issuer| {
                let certificate = store.certificate_id(issuer, "40ab");
                store.card_by_certificate(&certificate).await.unwrap()
            };
            assert_eq!(found("issuer").await.as_ref(), Some(&used.card));
            assert_eq!(found("other").await, None);
            let card = store.card(&used.card).await.unwrap().unwrap();
            let end = used.certificate.as_ref().map(|shown| shown.expires_at);
            assert_eq!((card.used_at, card.expires_at), (Some(now()), end));
            set(store, CardState::Suspended, now()).await;
            let mut tx = store.database.begin().await.unwrap();
            assert!(!store.note_use(&mut tx, &used).await.unwrap(), "stopped meanwhile");
        }
    }

    #[tokio::test]
    async fn the_holder_reference_is_not_in_the_row() {
        for rig in both().await {
            put(&rig.store, 'a', HOLDER).await;
            let sql = "SELECT id, certificate FROM cards";
            let row = fetch_optional!(rig.store.database.read(), Certified, sql).unwrap().unwrap();
            assert_eq!(row.id.len(), 32);
            assert_ne!(row.id, super::super::hash_of(HOLDER), "a plain hash can be guessed");
        }
    }
}
