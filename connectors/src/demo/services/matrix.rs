//! The services of the trial's seven consortia, line by line as they were listed, and where each of
//! them is here.

use warifu_contract::services::{Audience, ServiceId};

use super::super::DemoDataError;

const FILE: &str = "services/matrix.csv";
const MATRIX: &str = include_str!("../../../data/services/matrix.csv");

/// For whom a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// 医療機関.
    Clinic,
    /// 利用者.
    Resident,
    /// 小中学生, whom those who look after them read for.
    Pupil,
    /// 市役所.
    City,
}

impl Side {
    /// As which a declared service lets them in.
    pub fn audience(self) -> Audience {
        match self {
            Self::Clinic => Audience::Clinic,
            Self::Resident => Audience::Resident,
            Self::Pupil => Audience::Guardian,
            Self::City => Audience::CityClerk,
        }
    }
}

/// Where a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A page of the portal that is written by hand, e.g. `/insurance`.
    Page(String),
    /// A declared service.
    Service(ServiceId),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// For whom.
    pub side: Side,
    /// As it was listed.
    pub service: String,
    /// How many of the seven consortia had it.
    pub consortia: u8,
    /// Where it is here.
    pub place: Place,
}

/// Every line, in the table's order.
pub fn matrix() -> Result<Vec<Line>, DemoDataError> {
    let lines = MATRIX.lines().skip(1);
    lines
        .map(|text| line(text).ok_or_else(|| DemoDataError { file: FILE, what: text.to_owned() }))
        .collect()
}

fn line(text: &str) -> Option<Line> {
    let mut cells = text.split(',');
    let side = match cells.next()? {
        "clinic" => Side::Clinic,
        "resident" => Side::Resident,
        "pupil" => Side::Pupil,
        "city" => Side::City,
        _ => return None,
    };
    let (service, consortia, place) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?);
    let place = if place.starts_with('/') {
        Place::Page(place.to_owned())
    } else {
        Place::Service(place.parse().ok()?)
    };
    Some(Line { side, service: service.to_owned(), consortia, place })
}
