//! A client of the relay: it has the portal's certificate, and the tickets that the identity
//! provider would give.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_idp::{Idp, IdpConfig};
use warifu_pki::{
    Certificate, Confirmation, FileKey, Organization, PublicKey, Purpose, Ticket, TicketIssuer,
};
use warifu_service::tls::{self, ClientConfig};
use warifu_service::{Surroundings, config};

use crate::walker::IDP;

const RELAY: &str = "https://localhost:8445";

/// Somebody's access to the relay.
#[derive(Clone)]
pub struct Access {
    http: Client,
    token: String,
}

/// For whom a ticket is.
struct SignedIn {
    subject: String,
    roles: Vec<String>,
    organization: Option<Organization>,
}

impl Access {
    /// A receptionist's.
    pub async fn of_desk(dir: &Path) -> Self {
        let organization =
            Organization { code: "3719999999".to_owned(), name: "見本医院".to_owned() };
        let desk = SignedIn {
            subject: "a-receptionist".to_owned(),
            roles: vec!["urn:warifu:role:clinic-desk".to_owned()],
            organization: Some(organization),
        };
        Self::exchange(dir, desk).await.expect("a ticket is exchanged")
    }

    /// That of the resident whose card has this holder reference; the refusal if there is none.
    pub async fn of_resident(dir: &Path, holder: &str) -> Result<Self, StatusCode> {
        let config = config::load::<IdpConfig>(&dir.join("idp/config.toml")).unwrap();
        let idp = Idp::open(config, Surroundings::system()).await.unwrap();
        let person = idp.person_of_card(holder).await.unwrap().expect("the person is known");
        let resident = SignedIn {
            subject: idp.relay_subject(&person),
            roles: vec!["urn:warifu:role:resident".to_owned()],
            organization: None,
        };
        Self::exchange(dir, resident).await
    }

    async fn exchange(dir: &Path, who: SignedIn) -> Result<Self, StatusCode> {
        let config = ClientConfig {
            ca: dir.join("ca.pem"),
            certificate: Some(dir.join("portal/tls.pem")),
            key: Some(dir.join("portal/tls.key")),
        };
        let http = tls::client(&config, Duration::from_secs(20)).unwrap();
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &ticket(dir, who)),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ];
        let answer = http.post(format!("{RELAY}/token")).form(&form).send().await.unwrap();
        if !answer.status().is_success() {
            return Err(answer.status());
        }
        let answer: Value = answer.json().await.unwrap();
        Ok(Self { http, token: answer["access_token"].as_str().unwrap().to_owned() })
    }

    /// The newest signed head of the log.
    pub async fn head(&self) -> String {
        let call = self.http.get(format!("{RELAY}/log/checkpoint"));
        call.send().await.unwrap().text().await.unwrap()
    }

    /// How the relay answers to the question for the own history.
    pub async fn history(&self) -> StatusCode {
        let call = self.http.get(format!("{RELAY}/history?limit=1")).bearer_auth(&self.token);
        call.send().await.unwrap().status()
    }

    /// An eligibility check under that key; none when no answer came.
    pub async fn check(&self, key: usize) -> Option<EligibilityAnswer> {
        let number = if key.is_multiple_of(5) { "999" } else { "001" };
        let body = json!({
            "subject": {
                "by": "number", "insurer_number": "00000001", "symbol": "東京",
                "number": number, "branch": null, "birth_date": "1955-05-05",
            },
            "target_date": null,
            "idempotency_key": format!("resilience-{key:08}"),
        });
        let call = self.http.post(format!("{RELAY}/eligibility")).bearer_auth(&self.token);
        let answer = call.json(&body).send().await.ok()?;
        assert_eq!(answer.status(), 200, "the relay answers or is gone");
        answer.json().await.ok()
    }
}

/// A ticket as the identity provider gives it to the portal.
fn ticket(dir: &Path, who: SignedIn) -> String {
    let surroundings = Surroundings::system();
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let relay = PublicKey::from_pem(&read("relay/ticket.pub")).unwrap();
    let portal = Certificate::from_pem(&read("portal/tls.pem")).unwrap();
    let key = FileKey::load(&dir.join("idp/ticket.key")).unwrap();
    let now = surroundings.now().as_second();
    let ticket = Ticket {
        iss: IDP.to_owned(),
        aud: "urn:warifu:relay".to_owned(),
        sub: who.subject,
        jti: surroundings.hex(16),
        iat: now,
        exp: now + 300,
        acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI".to_owned(),
        auth_time: now,
        cnf: Confirmation { x5t_s256: portal.thumbprint() },
        purpose: Purpose::Records,
        roles: who.roles,
        organization: who.organization,
        act: None,
        holder: None,
    };
    TicketIssuer::new(Arc::new(key), &relay).unwrap().issue(&ticket).unwrap()
}
