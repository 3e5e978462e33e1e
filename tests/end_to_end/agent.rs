//! Whoever has no business with the card agent gets the same empty refusal, whatever the reason.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use warifu_pki::FileKey;
use warifu_pki::jose::JwsSigner;
use warifu_service::Surroundings;

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};
use crate::walker::{IDP, Walker};

const ADDRESS: &str = "127.0.0.1:8447";

/// What a stranger can tell one answer from another by.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    status_line: String,
    header_names: BTreeSet<String>,
    body: Vec<u8>,
}

/// Sends a request with exactly these header lines and reads everything that comes back.
fn send(lines: &[(&str, &str)], body: &str) -> Reply {
    let mut stream = TcpStream::connect(ADDRESS).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "POST /v1/authenticate HTTP/1.1\r\n").unwrap();
    for (name, value) in lines {
        write!(stream, "{name}: {value}\r\n").unwrap();
    }
    let length = body.len();
    write!(stream, "Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    reply(&bytes)
}

fn reply(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    Reply {
        status_line: lines.next().unwrap(),
        header_names: lines.map(|line| line.split(':').next().unwrap().to_lowercase()).collect(),
        body: bytes[end + 4..].to_vec(),
    }
}

/// As the identity provider's page sends it.
fn page(host: &str, origin: &str, request: &str) -> Reply {
    let lines = [("Host", host), ("Origin", origin), ("Content-Type", "application/json")];
    send(&lines, &json!({ "request": request }).to_string())
}

/// The request that the login page holds.
async fn request(rig: &Rig) -> String {
    let mut walker = Walker::new(&rig.dir());
    let page = walker.get(&format!("{PORTAL}/login")).await;
    walker.follow(page).await.attribute("data-request").unwrap()
}

/// The parts of a signed request: head, claims, signature.
fn parts(request: &str) -> [&str; 3] {
    let parts: Vec<_> = request.split('.').collect();
    parts.try_into().unwrap()
}

fn claims(request: &str) -> Value {
    let [_, claims, _] = parts(request);
    let mut padded = claims.replace('-', "+").replace('_', "/");
    padded += &"=".repeat((4 - padded.len() % 4) % 4);
    serde_json::from_slice(&openssl::base64::decode_block(&padded).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    let text = openssl::base64::encode_block(value.to_string().as_bytes());
    text.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// The request with other claims under the old signature.
fn altered(request: &str, name: &str, value: Value) -> String {
    let mut claims = claims(request);
    claims[name] = value;
    let [head, _, signature] = parts(request);
    format!("{head}.{}.{signature}", encoded(&claims))
}

/// The request as the identity provider's own key would have signed it `seconds` ago.
fn signed_earlier(rig: &Rig, request: &str, seconds: i64) -> String {
    let key = FileKey::load(&rig.dir().join("idp/agent-request.key")).unwrap();
    let mut claims = claims(request);
    claims["tx"] = json!(Surroundings::system().hex(16));
    for time in ["iat", "exp"] {
        claims[time] = json!(claims[time].as_i64().unwrap() - seconds);
    }
    JwsSigner::new(Arc::new(key)).unwrap().sign("card-request+jwt", &claims).unwrap()
}

#[test]
fn strangers_all_get_the_same_empty_refusal() {
    isolated("agent::strangers_all_get_the_same_empty_refusal", || {
        crate::run(async {
            let rig = Rig::start();
            let refusal = page(ADDRESS, "https://evil.example", &request(&rig).await);
            assert_eq!(refusal.status_line, "HTTP/1.1 403 Forbidden");
            assert_eq!(refusal.body, b"");
            let genuine = request(&rig).await;
            for (what, host, origin) in [
                ("foreign origin", ADDRESS, "https://evil.example"),
                ("null origin", ADDRESS, "null"),
                ("the portal's origin", ADDRESS, PORTAL),
                ("an origin that begins alike", ADDRESS, "https://idp.localhost:8444.evil.example"),
                ("foreign host", "evil.example", IDP),
                ("foreign host with our port", "evil.example:8447", IDP),
                ("our host without its port", "127.0.0.1", IDP),
            ] {
                assert_eq!(page(host, origin, &genuine), refusal, "{what}");
            }
            for (what, request) in refused_requests(&rig, &genuine) {
                assert_eq!(page(ADDRESS, IDP, &request), refusal, "{what}");
            }
            once(&rig, &genuine, &refusal).await;
        });
    });
}

fn refused_requests(rig: &Rig, genuine: &str) -> Vec<(&'static str, String)> {
    let [head, body, signature] = parts(genuine);
    let none = encoded(&json!({ "alg": "none", "typ": "card-request+jwt" }));
    let now = claims(genuine)["iat"].as_i64().unwrap();
    vec![
        ("without a signature", format!("{head}.{body}.")),
        ("without even its place", format!("{head}.{body}")),
        ("signed with none", format!("{none}.{body}.")),
        ("signed with none, signature kept", format!("{none}.{body}.{signature}")),
        ("time of issue altered", altered(genuine, "iat", json!(now - 1))),
        ("end put off", altered(genuine, "exp", json!(now + 119))),
        ("nonce altered", altered(genuine, "nonce", json!("A".repeat(43) + "="))),
        ("made out to another", altered(genuine, "iss", json!("https://evil.example"))),
        ("stale, well signed", signed_earlier(rig, genuine, 300)),
        ("from the future, well signed", signed_earlier(rig, genuine, -300)),
        ("empty", String::new()),
    ]
}

/// None of the refusals was for want of anything else: the request itself is good, once; and a
/// request signed a moment ago is.
async fn once(rig: &Rig, genuine: &str, refusal: &Reply) {
    let _card = rig.insert("ueno-taro", FRONT);
    for request in [genuine.to_owned(), signed_earlier(rig, genuine, 5)] {
        let mut taken = let_in(&request).await;
        let said = taken.chunk().await.unwrap().expect("it says how far it is");
        assert!(said.starts_with(b"{\"state\":\"pin\""), "{said:?}");
        assert_eq!(&page(ADDRESS, IDP, &request), refusal, "replayed while under way");
        // The page goes away, and the request stays used.
        drop(taken);
        assert_eq!(&page(ADDRESS, IDP, &request), refusal, "replayed");
    }
}

/// Sends a good request, again while the sign-in before it is still being called off.
async fn let_in(request: &str) -> reqwest::Response {
    let client = warifu_service::tls::plain_client(Duration::from_secs(20)).unwrap();
    for _ in 0..100 {
        let call = client.post(format!("http://{ADDRESS}/v1/authenticate")).header("Origin", IDP);
        let answer = call.json(&json!({ "request": request })).send().await.unwrap();
        if answer.status() != 409 {
            assert_eq!(answer.status(), 200, "a good request is let in");
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the agent stays busy");
}
