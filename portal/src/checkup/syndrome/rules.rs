//! What differs between the editions of the programme beside the limits, as data.
//!
//! 標準的な健診・保健指導プログラム, editions of 2008 (平成20年度), 2013 (平成25年度: HbA1c in NGSP),
//! 2018 (平成30年度: casual glucose) and 2024 (令和6年度: casual triglyceride).
//! HbA1c of a check-up was told in JDS until 31 March 2013 (the ministry's notice for 平成24年度), since
//! then in NGSP, which is 1.02 × JDS + 0.25 by the Japan Diabetes Society: 5.2 became 5.6.

use jiff::civil::Date;

use crate::checkup::limits::HBA1C;
use crate::dates::words::fiscal_year_of;

/// The rules of one edition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The first fiscal year (年度) they are for.
    pub from: i16,
    /// JLAC10 codes of HbA1c in the unit of the edition, by method.
    pub hba1c: &'static [&'static str],
    /// HbA1c that counts for the syndrome, percent; none where HbA1c alone decides nothing.
    pub hba1c_syndrome: Option<f64>,
    /// HbA1c that counts for guidance, percent.
    pub hba1c_guidance: f64,
    /// Whether glucose taken at any time (随時血糖) counts where none was taken fasting.
    pub casual_sugar: bool,
}

const JDS: &[&str] =
    &["3D045000001906202", "3D045000001920402", "3D045000001927102", "3D045000001999902"];

const EDITION_2008: Rules = Rules {
    from: 2008,
    hba1c: JDS,
    hba1c_syndrome: None,
    hba1c_guidance: 5.2,
    casual_sugar: false,
};
const EDITION_2013: Rules = Rules {
    from: 2013,
    hba1c: HBA1C,
    hba1c_syndrome: Some(6.0),
    hba1c_guidance: 5.6,
    ..EDITION_2008
};
const EDITION_2018: Rules = Rules { from: 2018, casual_sugar: true, ..EDITION_2013 };
const EDITION_2024: Rules = Rules { from: 2024, ..EDITION_2018 };

/// Every edition, oldest first.
pub const EDITIONS: [Rules; 4] = [EDITION_2008, EDITION_2013, EDITION_2018, EDITION_2024];

/// The rules for a check-up taken on `day`; none before there were any.
pub fn rules_of(day: Date) -> Option<&'static Rules> {
    let year = fiscal_year_of(day);
    EDITIONS.iter().rev().find(|rules| rules.from <= year)
}
