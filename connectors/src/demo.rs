//! Virtual people for the demonstration: who they are, and what each kind of connector holds
//! about them. The data stand in `data/`; nobody in them exists.

mod files;
mod load;
pub mod services;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use jiff::civil::Date;
use warifu_contract::person::Sex;

use crate::config::ConnectorKind;
use crate::store::StoreError;

pub use load::{load, load_residents};

use files::Data;

/// A virtual person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// The name in commands and data files, e.g. `ueno-taro`.
    pub key: String,
    /// 氏名.
    pub name: String,
    /// カナ氏名.
    pub name_kana: String,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    pub birth_date: Date,
    /// 住所.
    pub address: String,
    /// 旧姓・旧氏名.
    pub former_names: Vec<String>,
    /// The kinds of connector that know the person.
    pub memberships: Vec<ConnectorKind>,
}

/// A data file contradicts itself or another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("demo.data: {file}: {what}")]
pub struct DemoDataError {
    /// Which file.
    pub file: &'static str,
    /// What is wrong, by key.
    pub what: String,
}

/// Why a store cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The data are wrong.
    #[error(transparent)]
    Data(#[from] DemoDataError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

static DATA: LazyLock<Result<Data, DemoDataError>> = LazyLock::new(Data::read);

fn data() -> Result<&'static Data, DemoDataError> {
    DATA.as_ref().map_err(Clone::clone)
}

/// Every virtual person, in the order of the data.
pub fn people() -> Result<&'static [DemoPerson], DemoDataError> {
    Ok(&data()?.people)
}
