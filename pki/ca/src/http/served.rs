//! What is served from memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use tokio::sync::Mutex;

use crate::ocsp::{Answers, Delegates};
use crate::publication::{Heads, ListKey};

/// What the process remembers of what is out, so that most answers need no database.
#[derive(Default)]
pub(crate) struct Served {
    heads: RwLock<Option<Arc<Heads>>>,
    /// The lists that were served last: as many as there are lists.
    lists: RwLock<HashMap<ListKey, (i64, Bytes)>>,
    /// Held by the one who publishes, so that the same list is not signed twice.
    pub(crate) publishing: Mutex<()>,
    /// Held by the one who looks what is out.
    pub(crate) looking: Mutex<()>,
    pub(crate) answers: Answers,
    pub(crate) delegates: Delegates,
}

impl Served {
    pub(crate) fn heads(&self) -> Option<Arc<Heads>> {
        self.heads.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_heads(&self, heads: Arc<Heads>) {
        *self.heads.write().unwrap_or_else(PoisonError::into_inner) = Some(heads);
    }

    pub(super) fn list(&self, key: ListKey, number: i64) -> Option<Bytes> {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.get(&key).filter(|(kept, _)| *kept == number).map(|(_, list)| list.clone())
    }

    pub(super) fn keep_list(&self, key: ListKey, number: i64, list: Bytes) {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        lists.insert(key, (number, list));
    }
}
