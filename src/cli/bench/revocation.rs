//! What the certification authority says about revocation: OCSP answers, signed on demand and kept,
//! and the making of a list.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::x509::X509;
use warifu_pki::ocsp::{Answer, CertStatus, Request, Responder};
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, Lists, Profile, Publication, Reason,
    RevokedEntry, Signer, Subject, Validity, crl,
};
use warifu_service::Surroundings;
use warifu_service::tls::plain_client;

use super::limits::Echo;
use super::load::{self, Worker, on_one_core};
use super::report::Figure;
use super::say;
use super::stage::{PATIENCE, Stage};
use crate::cli::demo::folder::Member;

/// Bytes of the to-be-signed part of an answer, about.
const CONTENT: [u8; 256] = [0x5a; 256];
const NONCE: [u8; 32] = [0x5a; 32];
/// Clients at the same time, each on a connection of its own.
const CLIENTS: usize = 32;
/// Revoked cards, and the lists that they are spread over.
const REVOKED: usize = 100_000;
const LISTS: usize = 64;
const LIST_URL: &str = "http://localhost/crl/cards-1-00.crl";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// OCSP in process and over HTTP; lists by their size.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let world = World::new(&stage.surroundings)?;
    let mut figures = vec![on_demand(&world, lasting).await?];
    figures.extend(kept(stage, lasting).await?);
    figures.push(list(&world, REVOKED / LISTS, lasting).await?);
    figures.push(list(&world, REVOKED, lasting).await?);
    Ok(figures)
}

/// An authority of the bench's own.
struct World {
    surroundings: Surroundings,
    cards: Authority,
    validity: Validity,
}

impl World {
    fn new(surroundings: &Surroundings) -> anyhow::Result<Self> {
        let entropy = surroundings.entropy.as_ref();
        let validity = Validity::lasting(surroundings.now(), DAY);
        let key = || -> anyhow::Result<Arc<dyn Signer>> {
            Ok(Arc::new(FileKey::generate(KeyAlgorithm::P256)?))
        };
        let publication =
            Publication { lists: Lists::One(LIST_URL.to_owned()), ..Publication::default() };
        let root = Authority::self_signed_root("Bench root", key()?, validity, entropy)?;
        let name = "Bench cards";
        let profile = &Profile::CARDS_AUTHORITY;
        let cards = root.issue_ca(profile, name, key()?, publication, validity, entropy)?;
        Ok(Self { surroundings: surroundings.clone(), cards, validity })
    }

    fn issue(&self, profile: &Profile, name: &str, key: &FileKey) -> anyhow::Result<Certificate> {
        let entropy = self.surroundings.entropy.as_ref();
        let validity = Validity::lasting(self.validity.not_before, DAY / 2);
        let subject = Subject::named(name);
        Ok(self.cards.issue(profile, &subject, key.public_key(), validity, entropy)?)
    }
}

async fn on_demand(world: &World, lasting: Duration) -> anyhow::Result<Figure> {
    say("OCSP answers signed on demand");
    let key = FileKey::generate(KeyAlgorithm::P256)?;
    let certificate = world.issue(&Profile::OCSP_SIGNER, "Bench OCSP", &key)?;
    let issuer = world.cards.certificate();
    let responder = Responder::new(issuer, certificate, Arc::new(key.clone()))?;
    let holder = world.surroundings.hex(16);
    let card_key = FileKey::generate(KeyAlgorithm::P256)?;
    let card = world.issue(&Profile::CARD_AUTHENTICATION, &holder, &card_key)?;
    let request = Request::parse(&request(&card, issuer)?)?;
    let now = world.surroundings.now();
    let answer = move || {
        let asked = request.asked().first().context("nothing was asked")?;
        let status = CertStatus::Good;
        let answer = Answer { asked, status, this_update: now, next_update: now + DAY };
        Ok(responder.respond(&[answer], Some(&NONCE), now).map(drop)?)
    };
    let answered = on_one_core(lasting, answer).await?;
    let signed = on_one_core(lasting, move || Ok(key.sign(&CONTENT).map(drop)?)).await?;
    let what = "OCSP answer signed on demand, P-256, 1 core";
    Ok(Figure::rate(what, answered).beside("bare P-256 signature", signed))
}

/// Asks the demonstration's authority about one of its cards.
async fn kept(stage: &Stage, lasting: Duration) -> anyhow::Result<[Figure; 2]> {
    say("OCSP answers over HTTP");
    let card = stage.cards.first().context("there is no card")?.certificate();
    let bundle = std::fs::read(stage.file(Member::Ca, "cards-1.pem"))?;
    let body = request(card, &Certificate::from_pem(&bundle)?)?;
    let url = format!("{}/ocsp", stage.folder.address(Member::Ca));
    let clients = |url: &str, body: &[u8]| -> anyhow::Result<Vec<Client>> {
        let client = |_| {
            let http = plain_client(PATIENCE)?;
            Ok(Client { http, url: url.to_owned(), body: body.to_vec() })
        };
        (0..CLIENTS).map(client).collect()
    };
    let answered = load::run(clients(&url, &body)?, lasting).await?;
    let echo = Echo::plain().await?;
    let bare = load::run(clients(echo.url(), &body)?, lasting / 2).await?;
    let what = format!("OCSP answer kept, over HTTP, {CLIENTS} at once");
    let figure = Figure::loaded(what, &answered).beside_bare("bare HTTP echo", &bare, 1.0);
    Ok([figure, Figure::loaded(format!("  bare HTTP echo, {CLIENTS} at once"), &bare)])
}

async fn list(world: &World, entries: usize, lasting: Duration) -> anyhow::Result<Figure> {
    say(&format!("revocation lists of {entries} cards"));
    let now = world.surroundings.now();
    let revoked: Vec<_> = (0..entries).map(|_| entry(&world.surroundings, now)).collect();
    let size = crl::build(&world.cards, LIST_URL, &revoked, 1, now, now + DAY)?.len();
    let cards = world.cards.clone();
    let build = move || {
        crl::build(&cards, LIST_URL, &revoked, 1, now, now + DAY)?;
        Ok(())
    };
    let rate = on_one_core(lasting, build).await?;
    let what = format!("revocation list of {entries} cards ({} kB) signed", size / 1000);
    Ok(Figure::rate(what, rate))
}

fn entry(surroundings: &Surroundings, at: Timestamp) -> RevokedEntry {
    let mut serial = surroundings.bytes::<16>().to_vec();
    serial.iter_mut().take(1).for_each(|first| *first = (*first & 0x3f) | 0x40);
    RevokedEntry { serial, at, reason: Reason::KeyCompromise }
}

/// An OCSP request about `card` as OpenSSL makes it.
fn request(card: &Certificate, issuer: &Certificate) -> anyhow::Result<Vec<u8>> {
    let (card, issuer) = (X509::from_der(card.der())?, X509::from_der(issuer.der())?);
    let mut request = OcspRequest::new()?;
    request.add_id(OcspCertId::from_cert(MessageDigest::sha256(), &card, &issuer)?)?;
    Ok(request.to_der()?)
}

struct Client {
    http: reqwest::Client,
    url: String,
    body: Vec<u8>,
}

impl Worker for Client {
    async fn once(&mut self) -> anyhow::Result<()> {
        let call = self.http.post(&self.url).body(self.body.clone());
        let call = call.header("content-type", "application/ocsp-request");
        let answer = call.send().await?.error_for_status()?.bytes().await?;
        ensure!(answer.len() >= self.body.len(), "an answer of {} bytes", answer.len());
        Ok(())
    }
}
