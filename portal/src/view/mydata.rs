//! One's own records to take home.

use askama::Template;
use warifu_service::web::Page;

use super::site::Site;

/// The page that offers them.
#[derive(Debug, Template)]
#[template(path = "mydata.html")]
pub struct MyDataScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of the reason why records cannot be had.
    pub no_records: Option<&'static str>,
}

/// Everything on one page, for paper; its panels follow at
/// [`PANELS`](super::screens::PANELS).
#[derive(Debug, Template)]
#[template(path = "mydata_print.html")]
pub struct MyDataPrintScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Each record's slot, its name, and what stands there until it comes.
    pub waiting: Vec<(&'static str, String, String)>,
}
