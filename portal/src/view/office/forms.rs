//! Pages that are mainly a form: a new application, a search, a deed.

use askama::Template;
use warifu_service::web::Page;

use super::Notice;
use super::list::ListView;
use crate::form::{FieldError, FieldLook, FieldView};
use crate::view::Fact;
use crate::view::site::Site;

/// A new application.
#[derive(Debug, Template)]
#[template(path = "office/apply.html")]
pub struct ApplyScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// For the form.
    pub stamp: String,
    /// How it came.
    pub channel: Vec<FieldView>,
    /// Who applies.
    pub person: Vec<FieldView>,
    /// Who applies in the person's place.
    pub proxy: Vec<FieldView>,
    /// The consent.
    pub consent: Vec<FieldView>,
    /// For whom a member of staff works.
    pub employment: Vec<FieldView>,
    /// The part for staff is open.
    pub for_staff: bool,
}

/// A search and what it found.
#[derive(Debug, Template)]
#[template(path = "office/search.html")]
pub struct SearchScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// For the form.
    pub stamp: String,
    /// By number.
    pub numbers: Vec<FieldView>,
    /// By person.
    pub person: Vec<FieldView>,
    /// What was found; none before the search.
    pub found: Option<ListView>,
}

/// A deed that is asked on a page of its own.
#[derive(Debug, Template)]
#[template(path = "office/deed.html")]
pub struct DeedScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// Where the form goes.
    pub action: String,
    /// Where one goes instead.
    pub back: String,
    /// For the form.
    pub stamp: String,
    /// The card's version when this was shown.
    pub version: u32,
    /// What is asked.
    pub title: String,
    /// Which card.
    pub facts: Vec<Fact>,
    /// What will happen.
    pub what: String,
    /// What cannot be undone.
    pub last: Option<String>,
    /// What it wants to know.
    pub fields: Vec<FieldView>,
    /// The button.
    pub button: String,
}
