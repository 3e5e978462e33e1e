//! The two peers: where they are, and what their pages say that they know.

use crate::browser::Browser;

/// A service provider of another maker.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The name of its folder.
    pub name: &'static str,
    pub address: &'static str,
    pub entity_id: &'static str,
}

/// `mod_auth_mellon` as K-MIX.
pub const KMIX: Peer = Peer {
    name: "kmix",
    address: "http://kmix.localhost:18081",
    entity_id: "http://kmix.localhost:18081/mellon/metadata",
};
/// Shibboleth SP as a personal health record.
pub const PHR: Peer = Peer {
    name: "phr",
    address: "http://phr.localhost:18082",
    entity_id: "http://phr.localhost:18082/shibboleth",
};

/// What a page says where the peer was not told.
pub const NOT_TOLD: &str = "知らされていません";

/// What a peer's page says that it knows of whoever signed in.
#[derive(Debug)]
pub struct Known {
    pub name: String,
    pub role: String,
    pub organization: String,
    pub pairwise: String,
    pub name_id: String,
    /// How and when, which Shibboleth alone tells its pages.
    pub class: String,
    pub authenticated: String,
}

impl Peer {
    /// The address of one of its pages.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Opens a page that asks for a sign-in.
    pub async fn visit(&self, browser: &Browser, path: &str) {
        browser.open(&self.at(path)).await;
    }

    /// Has the browser forget the peer's cookies, and so its session there.
    pub async fn forget(&self, browser: &Browser) {
        self.visit(browser, "/").await;
        browser.page.delete_all_cookies().await.unwrap();
    }
}

/// What the page says, once somebody is signed in.
pub async fn known(browser: &Browser) -> Known {
    browser.find("#pairwise").await;
    let script = "return Object.fromEntries([...document.querySelectorAll('td[id]')]\
                  .map(cell => [cell.id, cell.innerText]))";
    let cells = browser.page.execute(script, Vec::new()).await.unwrap();
    let text = |id: &str| cells[id].as_str().unwrap_or_default().to_owned();
    Known {
        name: text("name"),
        role: text("role"),
        organization: text("organization"),
        pairwise: text("pairwise"),
        name_id: text("name-id"),
        class: text("class"),
        authenticated: text("authenticated"),
    }
}
