//! Every act of the clinics' and insurers' pages asks the matrix of roles and tasks.

use std::collections::BTreeSet;

use warifu_contract::duty::{Duty, Matrix, May};

use super::rig::Rig;

/// Method, path and the act that it is.
const ACTS: [(&str, &str, Duty); 26] = [
    ("GET", "/desk", Duty::Check),
    ("POST", "/desk/check", Duty::Check),
    ("POST", "/desk/tap", Duty::Check),
    ("GET", "/desk/tap/finish?h=x", Duty::Check),
    ("POST", "/desk/scan", Duty::Check),
    ("POST", "/desk/dependant", Duty::Check),
    ("POST", "/desk/label", Duty::Check),
    ("POST", "/desk/slip", Duty::Check),
    ("POST", "/desk/dispute", Duty::Check),
    ("GET", "/desk/disputes", Duty::Check),
    ("POST", "/desk/disputes", Duty::Check),
    ("GET", "/desk/records", Duty::Check),
    ("POST", "/desk/records/tap", Duty::Check),
    ("GET", "/desk/records/arrive?h=x", Duty::Check),
    ("POST", "/desk/records/next", Duty::Check),
    ("POST", "/desk/records/read", Duty::Check),
    ("POST", "/desk/records/service", Duty::Check),
    ("GET", "/desk/history", Duty::ReadChecks),
    ("POST", "/desk/history", Duty::ReadChecks),
    ("GET", "/insurer", Duty::ReadAnswers),
    ("GET", "/insurer/ratios", Duty::ReadAnswers),
    ("GET", "/insurer/answers", Duty::ReadAnswers),
    ("POST", "/insurer/answers", Duty::ReadAnswers),
    ("GET", "/insurer/disputes", Duty::AnswerDisputes),
    ("POST", "/insurer/disputes", Duty::AnswerDisputes),
    ("POST", "/insurer/dispute", Duty::AnswerDisputes),
];

/// Every role of every matrix, and some that are in none.
fn roles() -> Vec<String> {
    let matrices = [Matrix::insurer(), Matrix::clinic(), Matrix::centre()];
    let known = matrices.into_iter().flat_map(Matrix::roles);
    known.chain(["resident", "card-clerk"].map(|role| format!("urn:warifu:role:{role}"))).collect()
}

#[tokio::test]
async fn each_act_is_for_those_whose_task_it_is() {
    let rig = Rig::new().await;
    for role in roles() {
        let name = role.strip_prefix("urn:warifu:role:").unwrap();
        let mut visitor = rig.signed_in(name).await;
        for (method, path, duty) in ACTS {
            let response = match method {
                "GET" => visitor.get(path).await,
                _ => visitor.post(path, &[]).await,
            };
            let refused = response.status() == 403;
            assert_eq!(refused, duty.of([role.as_str()]) == May::No, "{name}: {method} {path}");
        }
    }
}

#[test]
fn no_route_of_these_pages_is_missing_from_the_table() {
    let source = include_str!("../portal.rs");
    let routes = source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let ours: BTreeSet<_> = routes
        .filter(|path| path.starts_with("/desk") || path.starts_with("/insurer"))
        // Nobody is signed in any more, there.
        .filter(|path| *path != "/desk/signed-out")
        .collect();
    let known: BTreeSet<_> =
        ACTS.iter().filter_map(|(_, path, _)| path.split('?').next()).collect();
    assert_eq!(ours, known);
}
