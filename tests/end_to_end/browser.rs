//! A real Chromium, driven over WebDriver, with axe-core at hand.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::rig::PORTAL;

const AXE: &str = include_str!("../browser/axe.min.js");
/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser window of one person.
pub struct Browser {
    pub page: Client,
    driver: Child,
}

impl Browser {
    /// Starts Chromium with `home` as the person's home folder, driven over `port`.
    pub async fn start(home: &Path, port: u16) -> Self {
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("HOME", home)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium-driver is installed");
        let page = connect(home, port).await;
        Self { page, driver }
    }

    /// Goes to an address.
    pub async fn open(&self, address: &str) {
        self.page.goto(address).await.unwrap();
    }

    /// Waits for an element and gives it.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}\n{}", self.describe().await),
        }
    }

    /// Waits for an element and clicks it.
    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys where the focus is, as a keyboard or a scanner does.
    pub async fn press(&self, keys: &str) {
        self.page.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// What an element says, also where it is folded away.
    pub async fn text_of(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
        let text = self.page.execute(script, vec![json!(css)]).await.unwrap();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page (shadow roots included) shows `text`.
    pub async fn see(&self, text: &str) {
        for _ in 0..PATIENCE.as_millis() / 100 {
            if self.text().await.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("waited in vain for {text:?}\n{}", self.describe().await);
    }

    /// Everything the page shows.
    pub async fn text(&self) -> String {
        let script = "return document.documentElement ? document.documentElement.innerText : ''";
        let text = self.page.execute(script, Vec::new()).await.unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    async fn describe(&self) -> String {
        let address = self.page.current_url().await.map(String::from).unwrap_or_default();
        format!("at {address}:\n{}", self.text().await)
    }

    /// Runs axe-core; nothing serious or critical may come of it.
    pub async fn check_accessibility(&self) {
        self.page.execute(AXE, Vec::new()).await.unwrap();
        // A colour on its way to another has the contrast of neither.
        let script = "const done = arguments[0]; \
                      Promise.allSettled(document.getAnimations().filter(\
                      a => a instanceof CSSTransition).map(a => a.finished)).then(\
                      () => axe.run()).then(r => done(r.violations.filter(\
                      v => v.impact === 'serious' || v.impact === 'critical').map(v => [v.id, \
                      v.help, v.nodes.map(n => n.html).slice(0, 3)])), e => done(String(e)))";
        let findings = self.page.execute_async(script, Vec::new()).await.unwrap();
        let address = self.page.current_url().await.unwrap();
        assert_eq!(findings, json!([]), "axe-core at {address}");
    }

    /// Goes to the portal's sign-in and opens the card software's window for the PIN, as far as
    /// it comes to that.
    pub async fn begin_sign_in(&self) {
        self.open(PORTAL).await;
        self.click("a[href='/login']").await;
        self.find("#login[data-screen]").await;
    }

    /// Signs in with the card that is in the reader, from the portal's first page.
    pub async fn sign_in(&self, pin: &str) {
        self.click("a[href='/login']").await;
        self.enter_pin(pin).await;
        self.find("form[action='/logout']").await;
    }

    /// Types the PIN into the card software's own window, and comes back to the page.
    pub async fn enter_pin(&self, pin: &str) {
        let field = self.in_pin_window("#pin").await;
        field.send_keys(pin).await.unwrap();
        self.click("button[value=pin]").await;
        self.leave_pin_window().await;
    }

    /// Types the code of the letter and a PIN of the person's own choice, twice, into the card
    /// software's window, and comes back to the page.
    pub async fn choose_pin(&self, code: &str, pin: &str) {
        let field = self.in_pin_window("#pin[name=code]").await;
        field.send_keys(code).await.unwrap();
        self.picture("agent-code").await;
        self.check_accessibility().await;
        self.click("button[value=code]").await;
        for again in [false, true] {
            let css = "#pin[name=pin]:not([readonly])";
            self.find(css).await.send_keys(pin).await.unwrap();
            self.picture(if again { "agent-new-pin-again" } else { "agent-new-pin" }).await;
            self.check_accessibility().await;
            self.click("button[value=pin]").await;
            // The page takes the next question into its place by itself.
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        self.leave_pin_window().await;
    }

    /// Chooses the card in that reader, of several, in the card software's window.
    pub async fn choose_card(&self, place: usize) {
        let button = format!("button[value='card:{place}']");
        self.in_pin_window(&button).await.click().await.unwrap();
        self.leave_pin_window().await;
    }

    /// Says yes to the card software's question before the last try.
    pub async fn consent_to_last_try(&self) {
        self.in_pin_window("button[value=yes]").await.click().await.unwrap();
        self.leave_pin_window().await;
    }

    /// Finds something in the card software's window, which opens on a press of the page's button
    /// and closes by itself when the card is done with: the last one may be about to.
    pub async fn in_pin_window(&self, css: &str) -> Element {
        for _ in 0..PATIENCE.as_millis() / 500 {
            if self.page.windows().await.unwrap().len() < 2 {
                self.first_window().await;
                self.find("#open-pin").await.click().await.unwrap();
            }
            self.newest_window().await;
            let wait = self.page.wait().at_most(Duration::from_millis(400));
            if let Ok(element) = wait.for_element(Locator::Css(css)).await {
                return element;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the card software's window shows no {css}");
    }

    /// Back to the page, when the card software's window has closed or is no longer needed.
    pub async fn leave_pin_window(&self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.first_window().await;
    }

    /// Chooses one of several answers that a form offers.
    pub async fn pick(&self, name: &str, value: &str) {
        self.click(&format!("label:has(input[name='{name}'][value='{value}'])")).await;
    }

    /// Waits until the identity provider's page is at that screen.
    pub async fn see_screen(&self, name: &str) {
        self.find(&format!("#login[data-screen='{name}']")).await;
    }

    /// Fills the desk's form and sends it: 保険者番号, 記号, 番号, 生年月日, 対象年月日.
    pub async fn check_number(&self, fields: [&str; 5]) {
        let names = ["insurer", "symbol", "number", "birth", "target"];
        for (name, value) in names.into_iter().zip(fields) {
            self.fill(&format!("#check [name={name}]"), value).await;
        }
        self.click("#check button").await;
    }

    /// The text of the table row that holds `text`.
    pub async fn row_with(&self, text: &str) -> String {
        let script = "return [...document.querySelectorAll('tr')].map(r => r.innerText)\
                      .find(t => t.includes(arguments[0])) ?? ''";
        let row = self.page.execute(script, vec![json!(text)]).await.unwrap();
        row.as_str().unwrap_or_default().to_owned()
    }

    /// Switches to the window that opened last; it may be closed by then.
    async fn newest_window(&self) {
        let windows = self.page.windows().await.unwrap();
        let _ = self.page.switch_to_window(windows.last().unwrap().clone()).await;
    }

    /// Switches back to the first window.
    async fn first_window(&self) {
        let windows = self.page.windows().await.unwrap();
        self.page.switch_to_window(windows[0].clone()).await.unwrap();
    }

    /// Gives Chromium a command of its own.
    pub async fn tell(&self, command: &'static str, parameters: Value) {
        self.page.issue_cmd(DevTools { command, parameters }).await.unwrap();
    }

    /// A picture of the page, for people who look at the artefacts.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("WARIFU_PICTURES") {
            std::fs::create_dir_all(&folder).unwrap();
            let png = self.page.screenshot().await.unwrap();
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A command of Chromium's own, beyond WebDriver.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/chromium/send_command", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let command = json!({ "cmd": self.command, "params": self.parameters });
        (Method::POST, Some(command.to_string()))
    }
}

async fn connect(home: &Path, port: u16) -> Client {
    let profile = home.join(format!("browser-{port}"));
    let arguments = [
        "--headless=new".to_owned(),
        // Inside a namespace of its own, as root, Chromium's sandbox cannot be set up.
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-first-run".to_owned(),
        "--lang=ja".to_owned(),
        "--window-size=1280,1600".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    let options = json!({
        "args": arguments,
        "prefs": {
            "intl.accept_languages": "ja,en",
            // As the policy AutoSelectCertificateForUrls: whatever certificate there is.
            "profile": { "content_settings": { "exceptions": { "auto_select_certificate": {
                "https://cards.localhost:8456,*": { "setting": { "filters": [{}] } },
            } } } },
        },
    });
    let Value::Object(capabilities) =
        json!({ "goog:chromeOptions": options, "acceptInsecureCerts": false })
    else {
        unreachable!("it is an object")
    };
    let address = format!("http://127.0.0.1:{port}");
    for _ in 0..100 {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.clone());
        if let Ok(client) = builder.connect(&address).await {
            // Saves files there without asking.
            let parameters = json!({ "behavior": "allow", "downloadPath": home });
            let command = "Browser.setDownloadBehavior";
            client.issue_cmd(DevTools { command, parameters }).await.unwrap();
            return client;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("Chromium does not start");
}
