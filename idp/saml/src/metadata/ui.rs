//! Reading what an entity says about itself to people (SAML metadata extensions for login and
//! discovery user interface, `mdui:UIInfo`).

use crate::metadata::role::extensions;
use crate::metadata::{LocalizedText, Logo};
use crate::namespace::Namespace::Ui;
use crate::tree::{Element, ShapeError};

/// The longest logo that is kept, in bytes; a `data:` URL carries the whole picture.
const LOGO_LIMIT: usize = 64 * 1024;

/// What stands under `mdui:UIInfo` of a role.
pub(super) struct UiInfo<'t>(Option<&'t Element>);

impl<'t> UiInfo<'t> {
    pub fn of(role: &'t Element) -> Self {
        Self(extensions(role).find(|element| element.is(Ui, "UIInfo")))
    }

    /// The texts of this name, each in its language.
    pub fn texts(&self, name: &'static str) -> Result<Vec<LocalizedText>, ShapeError> {
        self.all(name).map(|element| read_text(element, name)).collect()
    }

    /// The addresses of this name, each in its language. What is no address of a page is passed
    /// over, since somebody may follow it.
    pub fn pages(&self, name: &'static str) -> Result<Vec<LocalizedText>, ShapeError> {
        let mut pages = self.texts(name)?;
        pages.retain(|page| is_page(&page.text));
        Ok(pages)
    }

    /// The first logo that can be shown without a request in the clear.
    pub fn logo(&self) -> Option<Logo> {
        self.all("Logo").find_map(read_logo)
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &'t Element> {
        self.0.into_iter().flat_map(move |info| info.all(Ui, name))
    }
}

/// Whether a text is the address of a web page.
pub(super) fn is_page(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn read_text(element: &Element, name: &'static str) -> Result<LocalizedText, ShapeError> {
    Ok(LocalizedText {
        language: element.required("xml:lang")?.to_owned(),
        text: element.some_text(name)?.to_owned(),
    })
}

fn read_logo(element: &Element) -> Option<Logo> {
    let url = element.some_text("Logo").ok()?;
    let is_shown = url.starts_with("https://") || url.starts_with("data:image/");
    if !is_shown || url.len() > LOGO_LIMIT {
        return None;
    }
    Some(Logo {
        url: url.to_owned(),
        width: element.attribute("width")?.parse().ok()?,
        height: element.attribute("height")?.parse().ok()?,
    })
}
