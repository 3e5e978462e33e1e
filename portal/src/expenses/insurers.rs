//! The answers of all insurers of a person: who changes work within a year has two, and the year is
//! one all the same.

use jiff::Timestamp;
use warifu_contract::records::{DisplayName, ExpensesRecord, Panel, PanelOutcome, Record};

/// What came of asking every insurer, in an order that does not tell who answered first.
#[derive(Debug, Clone)]
pub struct Answers(Vec<Panel>);

/// What one insurer told.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Who holds the record.
    pub source: Option<&'a DisplayName>,
    /// The bills of all years.
    pub record: &'a ExpensesRecord,
    /// When they were last changed.
    pub as_of: Timestamp,
}

/// An insurer whose bills should be here and are not.
#[derive(Debug, Clone, Copy)]
pub struct Lack<'a> {
    /// Why, as the relay said it.
    pub panel: &'a Panel,
}

impl Answers {
    /// All the panels of one question.
    pub fn new(mut panels: Vec<Panel>) -> Self {
        for panel in &mut panels {
            if matches!(panel.outcome, PanelOutcome::Ready { .. }) && Told::by(panel).is_none() {
                panel.outcome = PanelOutcome::Failed { code: "source.broken".to_owned() };
            }
        }
        panels.sort_by(|one, other| name(one).cmp(&name(other)));
        Self(panels)
    }

    /// What came.
    pub fn told(&self) -> Vec<Told<'_>> {
        self.0.iter().filter_map(Told::by).collect()
    }

    /// Every insurer without a record, be it that there is nothing to tell.
    pub fn without_record(&self) -> impl Iterator<Item = &Panel> {
        self.0.iter().filter(|panel| !matches!(panel.outcome, PanelOutcome::Ready { .. }))
    }

    /// Whose bills are not here though there may be some.
    pub fn lacking(&self) -> Vec<Lack<'_>> {
        let lacks = |panel: &&Panel| match panel.outcome {
            PanelOutcome::Ready { .. } | PanelOutcome::Empty => false,
            // Nobody is linked; or somebody is, who does not know the person any more.
            PanelOutcome::NotLinked => panel.source.is_some(),
            _ => true,
        };
        self.0.iter().filter(lacks).map(|panel| Lack { panel }).collect()
    }
}

impl<'a> Told<'a> {
    /// What the panel tells, if it does.
    pub fn by(panel: &'a Panel) -> Option<Self> {
        let PanelOutcome::Ready { record, as_of } = &panel.outcome else { return None };
        let Record::Expenses(record) = record.as_ref() else { return None };
        Some(Self { source: panel.source.as_ref(), record, as_of: *as_of })
    }
}

impl<'a> Lack<'a> {
    /// The insurer's Japanese name; of an unknown one, that it is.
    pub fn name(self) -> &'a str {
        name(self.panel).unwrap_or("不明")
    }

    /// The stable code of the reason.
    pub fn code(self) -> &'a str {
        match &self.panel.outcome {
            PanelOutcome::Refused { code } | PanelOutcome::Failed { code } => code,
            PanelOutcome::Resting { .. } => "source.resting",
            PanelOutcome::NotLinked => "subject.unknown",
            PanelOutcome::Ready { .. } | PanelOutcome::Empty => "",
        }
    }
}

fn name(panel: &Panel) -> Option<&str> {
    panel.source.as_ref().map(|source| source.ja.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use warifu_contract::records::Service;

    fn of(name: &str, outcome: PanelOutcome) -> Panel {
        let source = DisplayName { ja: name.into(), en: name.into() };
        Panel { source: Some(source), ..samples::panel(Service::Expenses, outcome) }
    }

    #[test]
    fn whoever_may_have_bills_and_sends_none_is_lacking() {
        let outcomes = samples::outcomes(Service::Expenses);
        let count = outcomes.len();
        let answers = Answers::new(outcomes.into_iter().map(|one| of("a", one)).collect());
        assert_eq!(answers.told().len(), 1);
        assert_eq!(answers.lacking().len(), count - 2, "a record, and nothing to tell");
        assert!(answers.lacking().iter().all(|lack| !lack.code().is_empty()));
        let nobody = samples::panel(Service::Expenses, PanelOutcome::NotLinked);
        let nobody = Answers::new(vec![Panel { source: None, ..nobody }]);
        assert!(nobody.lacking().is_empty());
    }

    #[test]
    fn a_record_of_another_kind_is_no_answer() {
        let strange = of("a", samples::ready(Service::Pension));
        assert_eq!(Answers::new(vec![strange]).lacking()[0].code(), "source.broken");
    }

    #[test]
    fn the_order_is_by_name() {
        let ready = || samples::ready(Service::Expenses);
        let both = [of("a", ready()), of("b", ready())];
        let [one, other] = both.clone();
        let order = |panels: Vec<Panel>| -> Vec<String> {
            let answers = Answers::new(panels);
            answers.told().iter().map(|told| told.source.unwrap().ja.clone()).collect()
        };
        assert_eq!(order(both.into()), order(vec![other, one]));
    }
}
