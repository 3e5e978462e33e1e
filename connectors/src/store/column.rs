//! Columns to values: whatever a row holds that cannot be is named by table and column.

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use warifu_contract::coverage::Validity;

use super::StoreError;

/// The table whose rows are read.
#[derive(Clone, Copy)]
pub(crate) struct Table(pub(crate) &'static str);

impl Table {
    pub(crate) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.0, column }
    }

    pub(crate) fn date(self, column: &'static str, text: &str) -> Result<Date, StoreError> {
        text.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn validity(self, from: &str, until: Option<&str>) -> Result<Validity, StoreError> {
        let from = self.date("valid_from", from)?;
        let until = until.map(|until| self.date("valid_until", until)).transpose()?;
        Ok(Validity { from, until })
    }

    /// A value kept under its name on the wire, e.g. `male`.
    pub(crate) fn word<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: String,
    ) -> Result<T, StoreError> {
        serde_json::from_value(text.into()).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn to_json<T: Serialize>(
        self,
        column: &'static str,
        value: &T,
    ) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|_| self.corrupt(column))
    }

    /// The name on the wire of a value that is one word.
    pub(crate) fn to_word<T: Serialize>(
        self,
        column: &'static str,
        value: T,
    ) -> Result<String, StoreError> {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(word)) => Ok(word),
            _ => Err(self.corrupt(column)),
        }
    }
}
