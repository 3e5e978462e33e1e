//! What the holder's staff do with applications: the list, one of them, where it goes from there.
//!
//! Staff see what the application says, and nothing else of whoever sent it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::Submitted;
use super::id::ServiceId;
use super::manifest::{Becomes, Declaration, Form, Status};
use super::{LONGEST_REASON, MOST_LISTED, plain};

/// Which applications are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationState {
    /// Something is to be done about them.
    Open,
    /// Nothing more will happen.
    Closed,
}

impl ApplicationState {
    /// Those to be decided about the oldest first, those that are over the newest; at most
    /// [`MOST_LISTED`].
    #[must_use]
    pub fn in_order(self, mut all: Vec<Listed>) -> Vec<Listed> {
        all.sort_by(|a, b| (a.at, &a.reference).cmp(&(b.at, &b.reference)));
        if self == Self::Closed {
            all.reverse();
        }
        all.truncate(MOST_LISTED);
        all
    }
}

/// One application in a list: nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Which service's form it is.
    pub service: ServiceId,
    /// Its number.
    pub reference: String,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where it stands: a code of the form.
    pub status: String,
}

/// Relay → portal: applications to the organisation of the member of staff who asks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationList {
    /// In the order of [`ApplicationState::in_order`].
    pub applications: Vec<Listed>,
    /// How many there are in that state.
    pub count: u64,
    /// The services that they are of.
    pub services: Vec<(ServiceId, Declaration)>,
    /// Those of them whose holder gave no answer, so that their applications are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<ServiceId>,
}

/// Relay → portal: one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Which service's form it is.
    pub service: ServiceId,
    /// What was declared.
    pub declaration: Declaration,
    /// What was sent, where it stands, and what was decided.
    pub sent: Submitted,
}

/// Portal → relay: where the application goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// Where it stood when staff looked.
    pub from: String,
    /// Where it is to stand.
    pub to: String,
    /// Why, where the status wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Relay → connector: which applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorApplicationsRequest {
    /// In which state.
    pub state: ApplicationState,
}

/// Connector → relay: applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorApplications {
    /// In the order of [`ApplicationState::in_order`].
    pub applications: Vec<Listed>,
    /// How many there are in that state.
    pub count: u64,
}

/// Relay → connector: one application, and what is decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorApplicationRequest {
    /// Its number.
    pub reference: String,
    /// The decision; none to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle: Option<SettleRequest>,
}

/// Connector → relay: one application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorApplication {
    /// The service's name at this connector.
    pub service: String,
    /// The connector's pseudonym of whoever sent it, if that person is still linked.
    pub subject: Option<String>,
    /// What was sent, where it stands, and what was decided.
    pub sent: Submitted,
}

/// Why something cannot be decided about an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SettleError {
    /// The form has no such status, or it does not come after the present one.
    #[error("application.state")]
    State,
    /// It stands elsewhere by now.
    #[error("application.changed")]
    Changed,
    /// The status wants a reason.
    #[error("application.reason")]
    Reason,
    /// The reason is too long, or has characters that must not be shown.
    #[error("application.text")]
    Text,
}

impl SettleError {
    /// Every way to be refused.
    pub const ALL: [Self; 4] = [Self::State, Self::Changed, Self::Reason, Self::Text];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::State => "application.state",
            Self::Changed => "application.changed",
            Self::Reason => "application.reason",
            Self::Text => "application.text",
        }
    }
}

impl Declaration {
    /// Its form, if what is entered becomes an application.
    pub fn applications(&self) -> Option<&Form> {
        self.form.as_ref().filter(|form| form.becomes == Becomes::Application)
    }
}

impl Form {
    /// Where something can go from `status`: to every one that is listed after it, unless it is a
    /// last one. From one that the form no longer has, anywhere.
    pub fn next(&self, status: &str) -> &[Status] {
        let Some(place) = self.statuses.iter().position(|one| one.code == status) else {
            return &self.statuses;
        };
        let is_last = self.statuses.get(place).is_some_and(|one| one.last);
        if is_last { &[] } else { self.statuses.get(place + 1..).unwrap_or_default() }
    }

    /// The codes of the statuses after which nothing more will happen.
    pub fn last(&self) -> impl Iterator<Item = &str> {
        self.statuses.iter().filter(|status| status.last).map(|status| status.code.as_str())
    }
}

impl SettleRequest {
    /// Checks the decision about something that stands at `now_at`.
    pub fn check(&self, form: &Form, now_at: &str) -> Result<(), SettleError> {
        if now_at != self.from {
            return Err(SettleError::Changed);
        }
        let next = form.next(now_at).iter().find(|status| status.code == self.to);
        let next = next.ok_or(SettleError::State)?;
        match self.reason.as_deref() {
            None if next.refuses => Err(SettleError::Reason),
            None => Ok(()),
            Some(reason) if reason.trim().is_empty() => Err(SettleError::Reason),
            Some(reason) => {
                let fits =
                    reason.chars().count() <= LONGEST_REASON && plain(reason, true) == reason;
                if fits { Ok(()) } else { Err(SettleError::Text) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::FormField;
    use super::*;
    use crate::records::DisplayName;
    use proptest::prelude::*;

    fn form() -> Form {
        let words = |text: &str| DisplayName { ja: text.to_owned(), en: text.to_owned() };
        let status = |code: &str, last, refuses| Status {
            code: code.to_owned(),
            words: words(code),
            last,
            refuses,
        };
        Form {
            title: words("title"),
            note: words("note"),
            button: words("button"),
            becomes: Becomes::Application,
            fields: vec![FormField { field: "day".into(), required: true }],
            statuses: vec![
                status("received", false, false),
                status("ready", false, false),
                status("done", true, false),
                status("refused", true, true),
            ],
        }
    }

    fn settle(from: &str, to: &str, reason: Option<&str>) -> SettleRequest {
        let owned = str::to_owned;
        SettleRequest { from: owned(from), to: owned(to), reason: reason.map(owned) }
    }

    #[test]
    fn an_application_goes_forwards_and_what_hurts_has_a_reason() {
        let form = form();
        let codes = |from: &str| -> Vec<&str> {
            form.next(from).iter().map(|one| one.code.as_str()).collect()
        };
        let all: [(&str, Vec<&str>); 4] = [
            ("received", vec!["ready", "done", "refused"]),
            ("ready", vec!["done", "refused"]),
            ("done", vec![]),
            ("gone", vec!["received", "ready", "done", "refused"]),
        ];
        for (from, next) in all {
            assert_eq!(codes(from), next, "{from}");
        }
        for (from, to, reason, expected) in [
            ("received", "done", None, Ok(())),
            ("received", "ready", Some("明日から"), Ok(())),
            ("ready", "received", None, Err(SettleError::State)),
            ("ready", "ready", None, Err(SettleError::State)),
            ("done", "refused", Some("x"), Err(SettleError::State)),
            ("received", "nowhere", None, Err(SettleError::State)),
            ("ready", "refused", None, Err(SettleError::Reason)),
            ("ready", "refused", Some("  "), Err(SettleError::Reason)),
            ("ready", "refused", Some("書類が足りません。\n2枚目"), Ok(())),
            ("ready", "refused", Some("\u{202E}x"), Err(SettleError::Text)),
        ] {
            assert_eq!(settle(from, to, reason).check(&form, from), expected, "{from} {to}");
        }
        let late = settle("received", "done", None).check(&form, "ready");
        assert_eq!(late, Err(SettleError::Changed));
        let long = "長".repeat(LONGEST_REASON + 1);
        let long = settle("ready", "refused", Some(&long)).check(&form, "ready");
        assert_eq!(long, Err(SettleError::Text));
    }

    proptest! {
        #[test]
        fn nothing_goes_back(from in 0_usize..4, to in ".{0,9}|received|ready|done|refused") {
            let form = form();
            let from = form.statuses[from].code.clone();
            let taken = settle(&from, &to, Some("x")).check(&form, &from).is_ok();
            let place = |code: &str| form.statuses.iter().position(|one| one.code == code);
            prop_assert!(!taken || place(&to) > place(&from));
        }
    }
}
