//! The question: what goes where, in words, and the very values that will be sent.

use askama::Template;
use axum::response::Response;
use warifu_saml::metadata::{LocalizedText, Logo};
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::Open;
use crate::answer::{Reply, Told, What};
use crate::config::{AttributeName, Origin};
use crate::person::Role;
use crate::view::View;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    page: Page<'a>,
    title: String,
    lead: String,
    service: String,
    purpose: String,
    description: Option<&'a str>,
    logo: Option<&'a Logo>,
    privacy: Option<&'a str>,
    host: String,
    items: Vec<Item>,
    tx: &'a str,
    set: &'a str,
}

/// One thing that would be told.
struct Item {
    title: String,
    about: String,
    values: Vec<Value>,
}

/// A value as it is sent, and in words where it is a code.
struct Value {
    text: String,
    words: Option<String>,
}

/// Asks the person of the sign-in `tx`.
pub(crate) fn ask(
    reply: &Reply<'_>,
    tx: &str,
    open: &Open,
    view: &View,
) -> Result<Response, Problem> {
    let (words, language) = (&reply.centre.words, view.language);
    let voice = view.voice(words);
    let role = &reply.provider.role;
    let service = reply.provider.name(language);
    let to = [("provider", service.as_str().into())];
    let page = ConsentPage {
        page: view.page(words),
        title: voice.tell("consent-title", &to),
        lead: voice.tell("consent-lead", &to),
        purpose: voice.tell("consent-purpose-sign-in", &to),
        service,
        description: fitting(&role.descriptions, language),
        logo: role.logo.as_ref().filter(|logo| is_here(logo)),
        privacy: fitting(&role.privacy_urls, language),
        host: Origin::of(&reply.asker.acs).map_or_else(String::new, |at| at.host().to_owned()),
        items: open.told.iter().map(|told| item(told, voice)).collect(),
        tx,
        set: &open.set,
    };
    view.render(&page, "form-action 'self'; img-src 'self' data:")
}

/// Whether the picture came with the metadata. One that had to be fetched would tell its host of the
/// visit before the person has agreed to anything.
fn is_here(logo: &Logo) -> bool {
    logo.url.starts_with("data:")
}

/// The text in that language, else the first.
fn fitting(texts: &[LocalizedText], language: Language) -> Option<&str> {
    let fitting = texts.iter().find(|text| text.language == language.tag()).or(texts.first());
    fitting.map(|text| text.text.as_str())
}

fn item(told: &Told, voice: Voice<'_>) -> Item {
    let key = key(told.what.as_str());
    let value = |text: &String| Value { text: text.clone(), words: words(told.what, text, voice) };
    Item {
        title: voice.say(&key),
        about: voice.attribute(&key, "about"),
        values: told.values.iter().map(value).collect(),
    }
}

/// The key of the words for a thing that is told.
pub(super) fn key(what: &str) -> String {
    format!("told-{what}")
}

/// What a role is called among people.
fn words(what: What, value: &str, voice: Voice<'_>) -> Option<String> {
    let role = (what == What::Attribute(AttributeName::Roles)).then(|| Role::from_urn(value));
    let role = role.flatten().filter(|role| *role == Role::Resident);
    role.map(|_| voice.say("role-resident"))
}
