//! Both of the identity provider's signing keys are exchanged in the middle of it all: the next are
//! announced, then they sign, then the last ones go. Nobody has to sign in again.

use std::path::Path;
use std::process::Command;

use toml::{Table, Value};
use warifu_saml::decode_post;

use crate::browser::Browser;
use crate::rig::{PIN, PORTAL};
use crate::walker::Walker;

use super::peer::{KMIX, PHR, Peer, known};
use super::stage::Stage;

/// The keys by their names in the configuration and in the folder, what makes the next of each, and
/// the peer that each signs for.
const KEYS: [(&str, &str, &str, Peer); 2] = [
    ("saml_p256", "saml-p256", "ec -pkeyopt ec_paramgen_curve:P-256", PHR),
    ("saml_rsa", "saml-rsa", "rsa:3072", KMIX),
];

/// One step of the exchange: which keys sign, which only stand in the metadata, and whether the peers
/// read the metadata again. A key is the last ("") or the next ("next-").
struct Step {
    signs: &'static str,
    announced: Option<&'static str>,
    read_by_peers: bool,
}

const STEPS: [Step; 3] = [
    Step { signs: "", announced: Some("next-"), read_by_peers: true },
    Step { signs: "next-", announced: Some(""), read_by_peers: false },
    Step { signs: "next-", announced: None, read_by_peers: true },
];

/// Sessions and new sign-ins go on at every step.
pub async fn without_a_gap(stage: &mut Stage) {
    let folder = stage.rig.dir().join("idp");
    for (_, name, algorithm, _) in KEYS {
        make_next(&folder, name, algorithm);
    }
    let browser = stage.rig.browser().await;
    KMIX.visit(&browser, "/secure").await;
    browser.enter_pin(PIN).await;
    known(&browser).await;
    PHR.visit(&browser, "/secure").await;
    let session = known(&browser).await.name_id;

    for step in STEPS {
        stage.rig.kill_demo();
        configure(&stage.config(), &folder, &step);
        std::fs::write(stage.rig.dir().join("portal/idp-metadata.xml"), stage.metadata()).unwrap();
        stage.rig.start_demo();
        if step.read_by_peers {
            stage.refresh();
        }
        goes_on(&browser, &session).await;
        new_sign_ins(stage, &folder, &step).await;
    }
}

/// Who was signed in still is, at the identity provider and at the PHR.
async fn goes_on(browser: &Browser, session: &str) {
    PHR.visit(browser, "/secure").await;
    assert_eq!(known(browser).await.name_id, session, "the session at the PHR went on");
    KMIX.forget(browser).await;
    KMIX.visit(browser, "/secure").await;
    known(browser).await;
    browser.open(&format!("{PORTAL}/login")).await;
    browser.find("form[action='/logout']").await;
}

/// Whoever comes new is let in by everybody, on the word of the key that signs now.
async fn new_sign_ins(stage: &Stage, folder: &Path, step: &Step) {
    for (_, name, _, peer) in KEYS {
        let mut walker = Walker::new(&stage.rig.dir());
        let answer = walker.reach_answer_for(&peer.at("/secure")).await;
        let xml = String::from_utf8(decode_post(&answer.response).unwrap()).unwrap();
        let pem =
            std::fs::read_to_string(folder.join(format!("{}{name}.pem", step.signs))).unwrap();
        let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        assert!(xml.contains(&certificate), "{peer:?} is answered with another key: {xml}");
        let page = walker.deliver(&answer).await;
        let page = walker.follow(page).await;
        assert!(page.body.contains("id=\"pairwise\""), "{peer:?}: {} {}", page.status, page.body);
    }
    Walker::new(&stage.rig.dir()).sign_in().await;
}

/// Makes the next key with its certificate.
fn make_next(folder: &Path, name: &str, algorithm: &str) {
    let file = |kind: &str| folder.join(format!("next-{name}.{kind}"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=next", "-newkey"])
        .args(algorithm.split(' '))
        .arg("-keyout")
        .arg(file("key"))
        .arg("-out")
        .arg(file("pem"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Writes the step into the identity provider's configuration file.
fn configure(config: &Path, folder: &Path, step: &Step) {
    let mut settings: Table = std::fs::read_to_string(config).unwrap().parse().unwrap();
    for (key, name, _, _) in KEYS {
        let file = |which: &str, kind: &str| {
            Value::from(folder.join(format!("{which}{name}.{kind}")).to_str().unwrap())
        };
        let section = settings["keys"][key].as_table_mut().unwrap();
        section["key"]["file"] = file(step.signs, "key");
        section["certificate"] = file(step.signs, "pem");
        let announced: Vec<_> = step.announced.iter().map(|which| file(which, "pem")).collect();
        section.insert("announced".to_owned(), announced.into());
    }
    std::fs::write(config, settings.to_string()).unwrap();
}
