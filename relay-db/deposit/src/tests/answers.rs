//! What is answered, and when.

use jiff::SignedDuration;
use jiff::civil::date;
use warifu_contract::eligibility::{FieldHint, Verdict};

use super::bed::*;
use crate::*;

const TODAY: jiff::civil::Date = date(2026, 11, 20);

fn family() -> Vec<Row> {
    vec![joined("高", "12", 1), joined("高", "12", 2), joined("", "77", 1)]
}

fn verdict(answer: &Answer) -> Verdict {
    answer.found.decision.verdict
}

#[tokio::test]
async fn nothing_is_seen_before_it_is_live_and_everything_after() {
    for bed in beds("whole").await {
        let asked = question("高", "12", 2, TODAY);
        assert_eq!(verdict(&bed.ask(&asked).await), Verdict::InsurerSilent);
        let ready = bed.put(Kind::Full, 1, family().into_iter().map(Ok).collect()).await;
        assert_eq!((ready.state, ready.cards, ready.lines), (State::Ready, 2, 3));
        assert_eq!(verdict(&bed.ask(&asked).await), Verdict::InsurerSilent);
        bed.clock.advance(SignedDuration::from_mins(1));
        let live = bed.deposits.go_live(&insurer(), ready.number, false).await.unwrap();
        let answer = bed.ask(&asked).await;
        assert_eq!(verdict(&answer), Verdict::Valid);
        assert_eq!(Some(answer.as_of), live.live_at);
        assert_eq!(answer.usual_lag_days, Some(5));
        let coverage = answer.found.decision.coverage.unwrap();
        assert_eq!(coverage.relationship.as_deref(), Some("妻"));
        assert_eq!(coverage.insured_name.unwrap().text, "名1");
        assert_eq!(coverage.copay_percent, Some(30));
    }
}

#[tokio::test]
async fn many_are_answered_at_once_in_order() {
    for bed in beds("many").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let elsewhere = Question {
            query: warifu_contract::card_key::CardQuery {
                insurer: warifu_contract::card_key::InsurerKey::parse("99999999").unwrap(),
                ..question("高", "12", 1, TODAY).query
            },
            day: TODAY,
        };
        let questions = [
            question("", "77", 1, TODAY),
            elsewhere,
            question("高", "13", 1, TODAY),
            question("高", "12", 2, TODAY),
            question("高", "12", 9, TODAY),
        ];
        let answers = bed.deposits.decide(&questions).await.unwrap();
        let verdicts: Vec<_> = answers.iter().map(verdict).collect();
        let expected = [
            Verdict::Valid,
            Verdict::InsurerUnknown,
            Verdict::NumberUnknown,
            Verdict::Valid,
            Verdict::DependantUnknown,
        ];
        assert_eq!(verdicts, expected);
        let hundreds: Vec<_> = questions.iter().cycle().take(700).cloned().collect();
        let answers = bed.deposits.decide(&hundreds).await.unwrap();
        assert!(answers.iter().zip(expected.iter().cycle()).all(|(a, v)| verdict(a) == *v));
        assert!(bed.deposits.decide(&[]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_near_miss_names_the_field_and_nothing_else() {
    for bed in beds("hints").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let hints = [
            (question("高", "13", 1, TODAY), Some(FieldHint::Number)),
            (question("高", "0012", 1, TODAY), Some(FieldHint::Number)),
            (question("東", "12", 1, TODAY), Some(FieldHint::Symbol)),
            (question("高", "13", 9, TODAY), None),
            (question("高", "34", 1, TODAY), None),
        ];
        for (asked, hint) in hints {
            let answer = bed.deposits.decide_with_hint(&asked).await.unwrap();
            assert_eq!(verdict(&answer), Verdict::NumberUnknown, "{asked:?}");
            assert_eq!(answer.found.decision.hint, hint, "{asked:?}");
            assert_eq!(answer.found.decision.coverage, None);
        }
    }
}

#[tokio::test]
async fn what_does_not_change_writes_nothing_and_what_is_missing_goes() {
    for bed in beds("differences").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let mut again = family();
        again.rotate_left(2);
        let same = bed.deposit(Kind::Full, 2, again).await;
        assert_eq!((same.written, same.removed, same.held), (0, 0, 2));
        let asked = question("", "77", 1, TODAY);
        let before = bed.ask(&asked).await;
        let without = bed.deposit(Kind::Full, 3, family()[..2].to_vec()).await;
        assert_eq!((without.written, without.removed, without.held), (0, 1, 2));
        assert_eq!(verdict(&bed.ask(&asked).await), Verdict::NumberUnknown);
        let then = bed.deposits.decide_as_known(&asked, before.as_of).await.unwrap();
        assert_eq!(then, before, "what was answered can be answered again");
    }
}

#[tokio::test]
async fn a_file_that_would_take_too_much_away_waits_for_a_yes() {
    for bed in beds("guard").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let cut = bed.put(Kind::Full, 2, Vec::new()).await;
        assert_eq!((cut.state, cut.removed), (State::Ready, 2));
        let refused = bed.deposits.go_live(&insurer(), cut.number, false).await;
        assert!(matches!(refused, Err(IntakeError::Confirm { ended: 2, held: 2 })));
        let other = bed.try_put(Kind::Full, 3, Vec::new()).await;
        assert!(matches!(other, Err(IntakeError::Busy(2, State::Ready))));
        let gone = bed.deposits.cancel(&insurer(), cut.number).await.unwrap();
        assert_eq!(gone.state, State::Cancelled);
        // Nothing of it comes to light with the next one.
        bed.deposit(Kind::Changes, 4, Vec::new()).await;
        assert_eq!(verdict(&bed.ask(&question("", "77", 1, TODAY)).await), Verdict::Valid);
    }
}

#[tokio::test]
async fn wrong_records_are_told_and_too_many_refuse_the_file() {
    for bed in beds("wrong").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let wrong = |card: Option<(&str, &str)>| {
            let card = card.map(|(symbol, number)| (symbol.to_owned(), number.to_owned()));
            Err(Wrong { line: 9, field: "生年月日", code: "date", card, fatal: false })
        };
        let mut rows: Vec<_> = (10..20).map(|n| Ok(joined("高", &n.to_string(), 1))).collect();
        rows.push(wrong(Some(("", "77"))));
        let status = bed.put(Kind::Full, 2, rows).await;
        assert_eq!((status.state, status.wrong), (State::Ready, 1));
        assert_eq!(status.removed, 0, "a card with a wrong record stays as it was");
        let faults = bed.deposits.faults(&insurer(), status.number).await.unwrap();
        let expected = Fault { line: 9, field: "生年月日".to_owned(), code: "date".to_owned() };
        assert_eq!(faults, [expected]);
        bed.deposits.go_live(&insurer(), status.number, false).await.unwrap();
        assert_eq!(verdict(&bed.ask(&question("", "77", 1, TODAY)).await), Verdict::Valid);
        let rows = vec![Ok(joined("高", "12", 1)), wrong(None)];
        let refused = bed.put(Kind::Full, 3, rows).await;
        assert_eq!((refused.state, refused.lines), (State::Refused, 2));
        let written = ["330019", "00330019", "３３００１９", "330019", "330020", "330019"];
        let rows = written.map(|number| {
            let card = format!("8{}", number.len());
            Ok(Row { insurer_number: number.to_owned(), ..joined("高", &card, 1) })
        });
        let read = bed.put(Kind::Changes, 5, rows.into()).await;
        assert_eq!((read.state, read.lines, read.wrong), (State::Ready, 6, 1), "however written");
        bed.deposits.cancel(&insurer(), read.number).await.unwrap();
        let other = Row { insurer_number: "330020".to_owned(), ..joined("高", "12", 1) };
        let refused = bed.put(Kind::Full, 4, vec![Ok(other)]).await;
        assert_eq!(refused.state, State::Refused);
        let runs = bed.folder.path().join("runs");
        assert_eq!(std::fs::read_dir(runs).unwrap().count(), 0, "no run stays behind");
    }
}

#[tokio::test]
async fn the_insurer_itself_is_as_it_was_known() {
    for bed in beds("terms").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let asked = question("", "77", 1, TODAY);
        let before = bed.ask(&asked).await;
        bed.clock.advance(SignedDuration::from_hours(1));
        let mut config = bed.config.clone();
        config.insurers[0].until = Some(date(2026, 3, 31));
        let surroundings = bed.deposits.0.surroundings.clone();
        let later = Deposits::open(&config, bed.ring.clone(), surroundings).await.unwrap();
        let answer = later.decide(std::slice::from_ref(&asked)).await.unwrap().remove(0);
        assert_eq!(verdict(&answer), Verdict::InsurerUnknown);
        assert_eq!(later.decide_as_known(&asked, before.as_of).await.unwrap(), before);
        let never = later.decide_as_known(&asked, start() - SignedDuration::from_hours(1)).await;
        assert_eq!(verdict(&never.unwrap()), Verdict::InsurerUnknown);
    }
}

#[tokio::test]
async fn whoever_asks_at_the_same_time_gets_the_answer_to_the_own_question() {
    for bed in beds("together").await {
        bed.deposit(Kind::Full, 1, family()).await;
        let asked = [
            (question("", "77", 1, TODAY), Verdict::Valid),
            (question("高", "13", 1, TODAY), Verdict::NumberUnknown),
            (question("高", "12", 9, TODAY), Verdict::DependantUnknown),
        ];
        let asking = asked.iter().cycle().take(900).map(|(question, expected)| {
            let (deposits, question) = (bed.deposits.clone(), question.clone());
            let answer = tokio::spawn(async move { deposits.decide_with_hint(&question).await });
            (answer, *expected)
        });
        for (answer, expected) in asking.collect::<Vec<_>>() {
            assert_eq!(verdict(&answer.await.unwrap().unwrap()), expected);
        }
        // One who does not wait takes nobody's answer away.
        let hurried = bed.deposits.clone();
        let gone = question("", "77", 1, TODAY);
        drop(tokio::spawn(async move { hurried.decide_with_hint(&gone).await }));
        assert_eq!(verdict(&bed.ask(&asked[0].0).await), Verdict::Valid);
    }
}
