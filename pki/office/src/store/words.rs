//! Words in columns: an enum's name on the wire is its name in a row.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::OfficeError;

/// The word of a value whose JSON is a string.
pub(super) fn word<T: Serialize>(column: &'static str, value: T) -> Result<String, OfficeError> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(OfficeError::record(column, "")),
    }
}

/// The value of a word.
pub(super) fn value<T: DeserializeOwned>(
    table: &'static str,
    row: &str,
    word: &str,
) -> Result<T, OfficeError> {
    let json = Value::String(word.to_owned());
    serde_json::from_value(json).map_err(|_| OfficeError::record(table, row))
}
