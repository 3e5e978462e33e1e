//! A resident register that knows three people.

use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::date;
use tokio_util::sync::CancellationToken;
use warifu_contract::identity::{FourItems, IdentityAnswer, IdentityRequest, Resident, decide};
use warifu_contract::person::{Name, Sex};
use warifu_service::http::{ListenConfig, Server};

use crate::federation::Federation;

/// Serves until `stop`; gives the address.
pub async fn serve(federation: &Federation, stop: CancellationToken) -> String {
    federation.party("register").await;
    let config = ListenConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(federation.server_tls("register")),
    };
    let server = Server::bind(&config).await.unwrap();
    let address = format!("https://localhost:{}", server.address().port());
    let router = Router::new().route("/identity-proof", post(answer));
    tokio::spawn(server.serve(router, stop));
    address
}

async fn answer(Json(request): Json<IdentityRequest>) -> Json<IdentityAnswer> {
    let residents = ["上野 太郎", "山﨑 髙志", "𠮷野 花子"].map(resident);
    let outcome = decide(&request.items, &residents);
    Json(IdentityAnswer { outcome, as_of: Timestamp::UNIX_EPOCH })
}

fn resident(name: &str) -> Resident {
    let FourItems { address, birth_date, sex, .. } = applicant(name);
    let digit = name.chars().map(u32::from).sum::<u32>() % 16;
    Resident {
        reference: format!("{digit:x}").repeat(32),
        name: Name { text: name.to_owned(), kana: "カナ シメイ".to_owned() },
        address,
        birth_date,
        sex,
        departed: None,
    }
}

/// What that person writes into the form.
pub fn applicant(name: &str) -> FourItems {
    FourItems {
        name: name.to_owned(),
        kana: Some("カナ シメイ".to_owned()),
        address: "香川県高松市番町一丁目8番15号".to_owned(),
        birth_date: date(1980, 5, 5),
        sex: Sex::Male,
    }
}
