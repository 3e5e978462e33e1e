//! What the staff do on the portal's pages.

use fantoccini::Locator;
use serde_json::json;
use warifu_card::vpcd::Inserted;

use crate::browser::Browser;
use crate::rig::{PIN, PORTAL, RECEPTION, Rig};

impl Browser {
    /// Signs a member of staff in, whose card stays in the staff's reader.
    pub async fn staff(&self, rig: &Rig, name: &str) -> Inserted {
        self.is_signed_out().await;
        let card = rig.insert(name, RECEPTION);
        self.open(PORTAL).await;
        self.sign_in(PIN).await;
        card
    }

    /// Waits until nobody is signed in at the portal.
    pub async fn is_signed_out(&self) {
        for _ in 0..100 {
            self.open(PORTAL).await;
            if self.has("a[href='/login']").await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        panic!("somebody stays signed in:\n{}", self.text().await);
    }

    /// Takes an application of the resident of this test; its 受付番号.
    pub async fn apply(&self, name: &str, address: &str) -> String {
        self.open(&format!("{PORTAL}/office/new")).await;
        self.fill("#name", name).await;
        self.fill("#kana", "たかはし わたる").await;
        self.fill("#birth", "S63.4.12").await;
        self.pick("sex", "male").await;
        self.fill("#address", address).await;
        self.fill("#phone", "０８７－８３９－２０１１").await;
        self.click("label:has(#consent)").await;
        self.looked_at("office-new").await;
        self.click("form[action='/office/new'] button.primary").await;
        self.see("申請を受け付けました").await;
        self.looked_at("office-applied").await;
        let address = self.page.current_url().await.unwrap();
        address.path_segments().unwrap().next_back().unwrap().to_owned()
    }

    /// Goes to a card's page.
    pub async fn open_card(&self, id: &str) {
        self.open(&format!("{PORTAL}/office/cards/{id}")).await;
    }

    /// Presses the button of a deed that is done at once.
    pub async fn do_at_once(&self, deed: &str) {
        self.click(&format!("form[action$='/{deed}'] button")).await;
    }

    /// Goes to the page of a deed that asks first.
    pub async fn ask(&self, deed: &str) {
        self.click(&format!("a[href$='/{deed}']")).await;
        self.find("main form.stack").await;
    }

    /// Does what the page asks about.
    pub async fn confirm(&self) {
        self.click("main form.stack .row button").await;
    }

    /// Sees that a button is there, does not work, and says why.
    pub async fn is_closed(&self, words: &str) {
        assert!(self.is_disabled(words).await, "{words}:\n{}", self.text().await);
    }

    /// Whether a button of these words is disabled and names its reason.
    pub async fn is_disabled(&self, words: &str) -> bool {
        let script = "return [...document.querySelectorAll('button')].some(b => \
                      b.textContent === arguments[0] && b.disabled && document.getElementById(\
                      b.getAttribute('aria-describedby')).textContent.length > 5)";
        self.page.execute(script, vec![json!(words)]).await.unwrap() == json!(true)
    }

    /// Whether there is such an element now.
    pub async fn has(&self, css: &str) -> bool {
        self.page.find(Locator::Css(css)).await.is_ok()
    }

    /// The texts of all such elements.
    pub async fn texts_of(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)";
        let texts = self.page.execute(script, vec![json!(css)]).await.unwrap();
        serde_json::from_value(texts).unwrap()
    }

    /// Looks at the page: with axe-core, and for people by a picture.
    pub async fn looked_at(&self, name: &str) {
        self.check_accessibility().await;
        self.picture(name).await;
    }
}
