//! A person's browser without a window: it keeps cookies, goes where a person would go, and can
//! stop at any step with what it then holds in its hands.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};
use warifu_service::tls::{self, ClientConfig};

use crate::rig::{PIN, PORTAL};

/// The identity provider's address.
pub const IDP: &str = "https://idp.localhost:8444";
/// The card agent's address.
pub const AGENT: &str = "http://127.0.0.1:8447";

/// No single answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Redirects in a row.
const REDIRECTS: usize = 8;

/// One browser of one person.
pub struct Walker {
    https: Client,
    plain: Client,
    cookies: BTreeMap<String, BTreeMap<String, Cookie>>,
    pin: String,
}

/// A cookie that was set, and whether it goes along with what another site's page posts.
struct Cookie {
    value: String,
    crosses_sites: bool,
}

/// What the person types into the agent's page.
struct Typing<'a> {
    code: &'a str,
    pin: &'a str,
}

impl<'a> Typing<'a> {
    /// Kind and text of the answers at a state.
    fn answers(&self, state: &str) -> Vec<(&'static str, &'a str)> {
        match state {
            "pin" => vec![("pin", self.pin)],
            "code" => vec![("code", self.code)],
            "new-pin" => vec![("pin", self.pin); 2],
            _ => Vec::new(),
        }
    }
}

/// A page, a document, or a redirect not yet followed.
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub took: Duration,
}

/// The identity provider's answer, which the browser would now post to the service provider.
#[derive(Clone)]
pub struct Answer {
    pub acs: String,
    pub response: String,
    pub relay_state: Option<String>,
}

impl Page {
    /// The value of an attribute, by its first occurrence.
    pub fn attribute(&self, name: &str) -> Option<String> {
        attribute(&self.body, name)
    }

    /// The value of the input with that name.
    pub fn field(&self, name: &str) -> Option<String> {
        let at = self.body.find(&format!("name=\"{name}\""))?;
        attribute(&self.body[at..], "value")
    }

    /// The code of the problem, on a page or in a document.
    pub fn code(&self) -> Option<String> {
        if let Ok(document) = serde_json::from_str::<Value>(&self.body) {
            return document["code"].as_str().map(str::to_owned);
        }
        let (_, small) = self.body.split_once("<small class=\"quiet\">")?;
        let words = small.split(['<', '·']).next()?.split_whitespace();
        words.last().filter(|word| word.contains('.')).map(str::to_owned)
    }

    /// Where the redirect leads.
    pub fn location(&self) -> Option<Url> {
        let target = self.headers.get(LOCATION)?.to_str().ok()?;
        Some(self.url.join(target).unwrap())
    }

    /// The answer that this page would post by itself.
    pub fn answer(&self) -> Answer {
        let form = self.body.find("id=\"answer\"");
        let form = form.unwrap_or_else(|| panic!("no answer at {}:\n{}", self.url, self.body));
        Answer {
            acs: attribute(&self.body[form..], "action").unwrap(),
            response: self.field("SAMLResponse").unwrap(),
            relay_state: self.field("RelayState"),
        }
    }

    fn is_login(&self) -> bool {
        self.attribute("data-request").is_some()
    }
}

impl Walker {
    /// A browser that trusts the demonstration in `dir`.
    pub fn new(dir: &Path) -> Self {
        let config = ClientConfig { ca: dir.join("ca.pem"), certificate: None, key: None };
        Self {
            https: tls::client(&config, PATIENCE).unwrap(),
            plain: tls::plain_client(PATIENCE).unwrap(),
            cookies: BTreeMap::new(),
            pin: PIN.to_owned(),
        }
    }

    /// The same with a person whose card has another PIN.
    pub fn with_pin(self, pin: &str) -> Self {
        Self { pin: pin.to_owned(), ..self }
    }

    /// Signs in at the portal with the card that is in the reader; the page it ends at.
    pub async fn sign_in(&mut self) -> Page {
        let answer = self.reach_answer().await;
        let page = self.deliver(&answer).await;
        let page = self.follow(page).await;
        assert_eq!(page.status, StatusCode::OK, "{}: {}", page.url, page.body);
        page
    }

    /// Goes as far as the identity provider's answer to the portal, and stops with it.
    pub async fn reach_answer(&mut self) -> Answer {
        self.reach_answer_for(&format!("{PORTAL}/login")).await
    }

    /// The same from an address at which any service provider begins a sign-in.
    pub async fn reach_answer_for(&mut self, address: &str) -> Answer {
        let page = self.get(address).await;
        let page = self.follow(page).await;
        self.pass_login(page).await.unwrap_or_else(|refusal| panic!("refused: {refusal:?}"))
    }

    /// Signs in as far as the answer, or gives the code with which the card is refused.
    pub async fn try_card(&mut self) -> Result<Answer, String> {
        let page = self.get(&format!("{PORTAL}/login")).await;
        let page = self.follow(page).await;
        self.pass_login(page).await
    }

    /// From wherever the portal led: the answer at once, or the login page and then the answer.
    pub async fn pass_login(&mut self, page: Page) -> Result<Answer, String> {
        if !page.is_login() {
            return Ok(page.answer());
        }
        let said = self.ask_card(&page).await;
        let next = self.hand_over(&page, &said).await?;
        let page = self.get(next.as_str()).await;
        // The card may have been stopped at this very moment.
        if page.status == StatusCode::OK { Ok(page.answer()) } else { Err(page.code().unwrap()) }
    }

    /// The login page to which the address of a service provider leads.
    pub async fn reach_login(&mut self, address: &str) -> Page {
        let page = self.get(address).await;
        let page = self.follow(page).await;
        assert!(page.is_login(), "{}: {}", page.url, page.body);
        page
    }

    /// The agent's last word on the login page's request: what the card in the reader answers.
    pub async fn ask_card(&self, page: &Page) -> Value {
        self.ask_agent(page, &Typing { code: "", pin: &self.pin }).await
    }

    /// Puts the card in the reader into use with the letter's code and a PIN of the holder's choice;
    /// the code with which it is refused, if it is.
    pub async fn activate(&mut self, code: &str, pin: &str) -> Result<Page, String> {
        let page = self.get(&format!("{IDP}/activate")).await;
        let page = self.follow(page).await;
        let said = self.ask_agent(&page, &Typing { code, pin }).await;
        let next = self.hand_over(&page, &said).await?;
        let page = self.get(next.as_str()).await;
        Ok(self.follow(page).await)
    }

    /// Gives the agent's last word to the identity provider: where it goes on, or the refusal.
    pub async fn hand_over(&mut self, page: &Page, said: &Value) -> Result<Url, String> {
        let Some(kind) = ["token", "felica"].into_iter().find(|kind| said.get(kind).is_some())
        else {
            return Err(said["error"]["code"].as_str().unwrap().to_owned());
        };
        let body = json!({ "tx": page.attribute("data-tx"), kind: said[kind] });
        let accepted = self.post_json(&format!("{IDP}/login/{kind}"), &body).await;
        if accepted.status != StatusCode::OK {
            return Err(accepted.code().unwrap());
        }
        let next: Value = serde_json::from_str(&accepted.body).unwrap();
        Ok(accepted.url.join(next["next"].as_str().unwrap()).unwrap())
    }

    /// What the page's script does: asks the agent, and, as the person would, types into the
    /// agent's own page. The last line it says.
    async fn ask_agent(&self, page: &Page, typing: &Typing<'_>) -> Value {
        let verb = page.attribute("data-verb").unwrap();
        let request = page.attribute("data-request").unwrap();
        let call = self.plain.post(format!("{AGENT}/v1/{verb}")).header(ORIGIN, IDP);
        let mut stream = call.json(&json!({ "request": request })).send().await.unwrap();
        assert_eq!(stream.status(), StatusCode::OK, "the agent refuses a genuine request");
        let (mut waiting, mut seen) = (Vec::new(), String::new());
        while let Some(chunk) = stream.chunk().await.unwrap() {
            waiting.extend_from_slice(&chunk);
            while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = waiting.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).unwrap();
                let Some(state) = event["state"].as_str() else { return event };
                let url = event["url"].as_str().unwrap_or_default();
                for (kind, text) in typing.answers(state) {
                    self.type_in(url, kind, text, &mut seen).await;
                }
            }
        }
        panic!("the agent hung up without a last word");
    }

    /// Answers the question that the agent's page asks now; `seen` is the last one.
    async fn type_in(&self, url: &str, kind: &str, text: &str, seen: &mut String) {
        loop {
            let page = self.plain.get(url).send().await.unwrap().text().await.unwrap();
            let asked = page.find("name=\"question\"").map(|at| attribute(&page[at..], "value"));
            if let Some(question) = asked.flatten().filter(|question| question != seen) {
                *seen = question;
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let form = [("question", seen.as_str()), ("answer", kind), (kind, text)];
        let sent = self.plain.post(url).header(ORIGIN, AGENT).form(&form).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    }

    /// Posts an answer from the identity provider's page, as its script does.
    pub async fn deliver(&mut self, answer: &Answer) -> Page {
        let mut form = vec![("SAMLResponse", answer.response.as_str())];
        form.extend(answer.relay_state.as_deref().map(|state| ("RelayState", state)));
        self.post_form(&answer.acs, IDP, &form).await
    }

    /// Who is signed in at the portal.
    pub async fn session(&mut self) -> Value {
        let url = Url::parse(&format!("{PORTAL}/session")).unwrap();
        let call = self.call(Method::GET, &url, None).header(ACCEPT, "application/json");
        let page = self.send(url, call).await;
        serde_json::from_str(&page.body).unwrap_or_else(|_| panic!("not JSON: {}", page.body))
    }

    /// One request for a page; redirects are not followed.
    pub async fn get(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let call = self.call(Method::GET, &url, None).header(ACCEPT, "text/html");
        self.send(url, call).await
    }

    /// Follows redirects to their end.
    pub async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..REDIRECTS {
            match page.location() {
                Some(next) if page.status.is_redirection() => {
                    page = self.get(next.as_str()).await;
                }
                _ => return page,
            }
        }
        panic!("redirects without end, at {}", page.url);
    }

    /// Sends a form from a page of `origin`.
    pub async fn post_form(&mut self, url: &str, origin: &str, form: &[(&str, &str)]) -> Page {
        let url = Url::parse(url).unwrap();
        let call = self.call(Method::POST, &url, Some(origin)).header(ACCEPT, "text/html");
        self.send(url, call.form(form)).await
    }

    async fn post_json(&mut self, url: &str, body: &Value) -> Page {
        let url = Url::parse(url).unwrap();
        let origin = url.origin().ascii_serialization();
        let call = self.call(Method::POST, &url, Some(&origin)).header(ACCEPT, "application/json");
        self.send(url, call.json(body)).await
    }

    /// Asks for a page whose pieces the caller reads as they come.
    pub async fn open_stream(&mut self, url: &str) -> Response {
        let url = Url::parse(url).unwrap();
        let call = self.call(Method::GET, &url, None).header(ACCEPT, "text/html");
        call.send().await.unwrap()
    }

    /// Our cookies are `SameSite=Lax`: with what another site's page posts, they stay at home.
    fn call(&self, method: Method, url: &Url, origin: Option<&str>) -> RequestBuilder {
        let own = url.origin().ascii_serialization();
        let foreign = origin.is_some_and(|origin| origin != own);
        let client = if url.scheme() == "https" { &self.https } else { &self.plain };
        let mut call = client.request(method, url.clone());
        if let Some(origin) = origin {
            call = call.header(ORIGIN, origin);
        }
        let jar = self.cookies.get(url.host_str().unwrap()).into_iter().flatten();
        let sent = jar.filter(|(_, cookie)| cookie.crosses_sites || !foreign);
        let line: Vec<_> = sent.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
        if line.is_empty() { call } else { call.header(COOKIE, line.join("; ")) }
    }

    async fn send(&mut self, url: Url, call: RequestBuilder) -> Page {
        let started = Instant::now();
        let response = call.send().await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        self.keep_cookies(&url, &headers);
        let body = response.text().await.unwrap();
        Page { url, status, headers, body, took: started.elapsed() }
    }

    fn keep_cookies(&mut self, url: &Url, headers: &HeaderMap) {
        let jar = self.cookies.entry(url.host_str().unwrap().to_owned()).or_default();
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let is_over = line.contains("Max-Age=0");
            if name.starts_with("__Host-") && is_over && !line.contains("; Secure") {
                // No browser heeds such a line (RFC 6265bis section 5.7).
                continue;
            }
            if name.starts_with("__Host-") {
                for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                    assert!(is_over || line.contains(part), "{part} is missing: {line}");
                }
            }
            if is_over {
                jar.remove(name);
            } else {
                let crosses_sites = line.contains("SameSite=None");
                jar.insert(name.to_owned(), Cookie { value: value.to_owned(), crosses_sites });
            }
        }
    }
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    Some(plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}
