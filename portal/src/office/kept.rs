//! A form on its way when its sender had to sign in again: kept sealed in the session, and given
//! back to the same person only.
//!
//! Each form bears a stamp that says, sealed, for whom it was made. By it a form is known to be
//! the person's own, and is still theirs after the session has ended.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use warifu_service::Problem;

use crate::access::SignedIn;
use crate::form::Typed;
use crate::shared::Shared;

/// Under which key a session holds the form.
const KEY: &str = "kept-form";
/// The hidden field of each form.
const FIELD: &str = "stamp";
const SEALED_FOR: &[u8] = b"office.form";
/// Characters of a stamp at most.
const LONGEST_STAMP: usize = 512;
/// Characters of a form that is kept; the longest of ours has about two thousand.
const LONGEST_FORM: usize = 16 * 1024;

/// What a stamp says.
#[derive(Serialize, Deserialize)]
struct Stamp {
    owner: String,
    /// Makes each form another one.
    once: String,
}

/// A form that waits for its sender.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    owner: String,
    path: String,
    typed: Typed,
}

/// A new stamp for a form of this person.
pub fn stamp(app: &Shared, me: &SignedIn) -> String {
    let stamp = Stamp { owner: owner(app, me), once: app.surroundings.hex(16) };
    let plain = serde_json::to_vec(&stamp).unwrap_or_default();
    let entropy = app.surroundings.entropy.as_ref();
    BASE64URL_NOPAD.encode(&app.keys.seal(SEALED_FOR, &plain, entropy))
}

/// Whether the form was made for this person.
pub fn is_own(app: &Shared, me: &SignedIn, typed: &Typed) -> bool {
    owner_of(app, typed).is_some_and(|found| found == owner(app, me))
}

/// Keeps the form until its sender has signed in again and opens `path`. A form without a stamp
/// of ours is dropped: nobody fills our database with theirs.
pub async fn keep(
    app: &Shared,
    session: &Session,
    path: &str,
    typed: &Typed,
) -> Result<(), Problem> {
    let Some(owner) = owner_of(app, typed) else { return Ok(()) };
    if typed.length() > LONGEST_FORM {
        return Ok(());
    }
    put(session, Some(Kept { owner, path: path.to_owned(), typed: typed.clone() })).await
}

/// The form that waits in `session` for whoever has just signed in.
pub async fn for_person(
    app: &Shared,
    session: &Session,
    me: &SignedIn,
) -> Result<Option<Kept>, Problem> {
    let kept: Option<Kept> = session.get(KEY).await.map_err(|cause| Problem::internal(&cause))?;
    Ok(kept.filter(|kept| kept.owner == owner(app, me)))
}

/// Lets the form wait in `session`.
pub async fn put(session: &Session, kept: Option<Kept>) -> Result<(), Problem> {
    let Some(kept) = kept else { return Ok(()) };
    session.insert(KEY, kept).await.map_err(|cause| Problem::internal(&cause))
}

/// The form that waits for the page at `path`, once.
pub async fn take(session: &Session, path: &str) -> Result<Option<Typed>, Problem> {
    let failed = |cause| Problem::internal(&cause);
    let kept: Option<Kept> = session.get(KEY).await.map_err(failed)?;
    let Some(kept) = kept.filter(|kept| kept.path == path) else { return Ok(None) };
    session.remove::<Kept>(KEY).await.map_err(failed)?;
    Ok(Some(kept.typed))
}

fn owner(app: &Shared, me: &SignedIn) -> String {
    let person = [me.issuer.as_bytes(), &[0], me.subject.as_bytes()].concat();
    BASE64URL_NOPAD.encode(&app.keys.lookup("office.form.owner", &person))
}

fn owner_of(app: &Shared, typed: &Typed) -> Option<String> {
    let text = typed.at(FIELD);
    if text.len() > LONGEST_STAMP {
        return None;
    }
    let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let plain = app.keys.open(SEALED_FOR, &sealed).ok()?;
    serde_json::from_slice::<Stamp>(&plain).ok().map(|stamp| stamp.owner)
}
