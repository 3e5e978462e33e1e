//! Linking, as the connector sees it: which member does the card office's voucher mean, and from
//! when until when may the relay speak of that member?
//!
//! Nothing that is answered here names anybody, and no pseudonym opens anything before it is
//! confirmed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_contract::linking::{
    Attributes, Candidate, ConfirmRequest, EndRequest, Found, LinkDone, MOST_CANDIDATES,
    MatchAnswer, MatchRequest, find,
};
use warifu_pki::VoucherOpener;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::Inner;
use super::book::Book;
use super::caller::Caller;
use crate::store::{Bound, MemberId};

/// What the access log calls this service.
pub(super) const SERVICE: &str = "linking";
/// Bytes of a pseudonym.
pub(super) const PSEUDONYM: usize = 16;

/// Which member does this voucher mean?
#[utoipa::path(
    post,
    path = "/v1/links/match",
    request_body = MatchRequest,
    responses((status = 200, body = MatchAnswer), (status = "4XX", body = ProblemDocument)),
    security(("relay" = [])),
)]
pub(super) async fn find_member(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<MatchRequest>,
) -> Result<Json<MatchAnswer>, Problem> {
    let opener = inner.vouchers.as_ref().ok_or_else(closed)?;
    let errand = caller.require_linking()?;
    let said = vouched(opener, errand, &request.voucher, caller.now())?;
    let book = inner.book()?;
    let near = book.near(&said).await?;
    let (found, is_certain) = find(&said, &near.members);
    let mut offers = Vec::new();
    for one in found.iter().take(MOST_CANDIDATES) {
        offers.push(Offer::new(&inner, &book, one).await?);
    }
    let candidates = offers.iter().map(|offer| offer.candidate.clone()).collect();
    let answer = MatchAnswer::of(candidates, found.len(), is_certain && near.is_complete);
    let member = offers.first().map(|offer| book.called(&offer.key));
    caller.log(&inner, SERVICE, member.as_ref().map(MemberId::as_str), answer.word()).await?;
    let offers: Vec<_> = offers.into_iter().map(Offer::into_row).collect();
    book.offer(errand, &offers, caller.now()).await?;
    Ok(Json(answer))
}

/// This candidate is the person: from now on the pseudonym stands for the member.
#[utoipa::path(
    post,
    path = "/v1/links/confirm",
    request_body = ConfirmRequest,
    responses((status = 200, body = LinkDone), (status = "4XX", body = ProblemDocument)),
    security(("relay" = [])),
)]
pub(super) async fn confirm(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConfirmRequest>,
) -> Result<Json<LinkDone>, Problem> {
    let errand = caller.require_linking()?;
    let bound = inner.book()?.bind(errand, &request.pseudonym, caller.now()).await?;
    let (member, result) = match &bound {
        Bound::Done(member) => (Some(member), "bound"),
        Bound::NotOffered => (None, "link.not-offered"),
        Bound::Taken(member) => (Some(member), "link.taken"),
    };
    caller.log(&inner, SERVICE, member.map(MemberId::as_str), result).await?;
    match bound {
        Bound::Done(_) => Ok(done(&caller)),
        Bound::NotOffered => Err(Problem::new(StatusCode::NOT_FOUND, "link.not-offered")),
        Bound::Taken(_) => Err(Problem::new(StatusCode::CONFLICT, "link.taken")),
    }
}

/// The ceremony, or the link, is over. The same again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/links/end",
    request_body = EndRequest,
    responses((status = 200, body = LinkDone), (status = "4XX", body = ProblemDocument)),
    security(("relay" = [])),
)]
pub(super) async fn end(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<EndRequest>,
) -> Result<Json<LinkDone>, Problem> {
    let errand = caller.require_linking()?;
    let member = inner.book()?.end(errand, request.pseudonym.as_deref()).await?;
    let member = member.as_ref().map(MemberId::as_str);
    caller.log(&inner, SERVICE, member, request.why.word()).await?;
    Ok(done(&caller))
}

/// A member with the pseudonym that is offered for it.
struct Offer {
    /// What the holder calls the member.
    key: String,
    candidate: Candidate,
}

impl Offer {
    async fn new(inner: &Inner, book: &Book<'_>, found: &Found<'_>) -> Result<Self, Problem> {
        let key = found.member.person.reference.clone();
        let membership = book.membership(&key).await?;
        let pseudonym = inner.surroundings.hex(PSEUDONYM);
        let candidate = found.candidate(pseudonym, inner.config.name.clone(), membership);
        Ok(Self { key, candidate })
    }

    fn into_row(self) -> (String, String) {
        (self.candidate.pseudonym, self.key)
    }
}

pub(super) fn vouched(
    opener: &VoucherOpener,
    errand: &str,
    voucher: &str,
    now: Timestamp,
) -> Result<Attributes, Problem> {
    let refused = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    let voucher = opener
        .open::<Attributes>(voucher, now)
        .map_err(|error| refused("voucher.refused").caused_by(&error))?;
    if voucher.sub != errand {
        return Err(refused("voucher.other-ceremony"));
    }
    if !voucher.attributes.is_bounded() {
        return Err(refused("voucher.refused"));
    }
    Ok(voucher.attributes)
}

fn done(caller: &Caller) -> Json<LinkDone> {
    Json(LinkDone { at: caller.now() })
}

pub(super) fn closed() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "linking.closed")
}
