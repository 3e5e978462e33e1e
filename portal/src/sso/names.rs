//! The names under which an identity provider knows the session that somebody has here.

use serde::{Deserialize, Serialize};
use warifu_saml::{Login, NameId};

/// The name and the session index of an assertion, to be told back as they came (the identity
/// provider finds the session by them).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    value: String,
    format: Option<String>,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
    session_index: Option<String>,
}

/// Shows no name.
impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// Those of a sign-in, where it brought a name.
    pub fn of(login: &Login) -> Option<Self> {
        let name = login.name_id.clone()?;
        Some(Self {
            value: name.value,
            format: name.format,
            name_qualifier: name.name_qualifier,
            sp_name_qualifier: name.sp_name_qualifier,
            session_index: login.session_index.clone(),
        })
    }

    /// The name itself.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The index of the session, where the identity provider gives one.
    pub fn session_index(&self) -> Option<&str> {
        self.session_index.as_deref()
    }

    /// The name as it stood in the assertion.
    pub fn name_id(&self) -> NameId {
        NameId {
            value: self.value.clone(),
            format: self.format.clone(),
            name_qualifier: self.name_qualifier.clone(),
            sp_name_qualifier: self.sp_name_qualifier.clone(),
        }
    }
}
