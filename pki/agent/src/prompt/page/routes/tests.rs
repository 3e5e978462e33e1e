use super::*;
use crate::prompt::Complaint;
use crate::prompt::page::Asked;
use crate::prompt::question::tests::{all, choice, code_question, question};

fn render(showing: &Showing, language: Language) -> String {
    Page { language, showing, version: 7 }.render().unwrap()
}

fn showing(asking: Asking) -> Showing {
    Showing::Question(Asked { id: "ab".into(), asking, malformed: false })
}

fn with_tries(tries: u8) -> Question {
    Question { tries_left: Some(tries), complaint: Some(Complaint::Wrong), ..question() }
}

#[test]
fn forms_are_read_and_secrets_checked() {
    let form = Form::parse(b"question=ab&answer=pin&pin=123456");
    assert_eq!(form.id, "ab");
    assert!(matches!(form.answer(), Some(Answer::Pin(_))));
    assert!(Form::parse(b"question=ab&answer=pin&pin=12").answer().is_none());
    assert!(Form::parse(b"question=ab&answer=code&code=1234").answer().is_none());
    let code = Form::parse(b"question=ab&answer=code&code=4826+1937");
    assert!(matches!(code.answer(), Some(Answer::Code(_))));
    assert!(matches!(Form::parse(b"answer=card:1").answer(), Some(Answer::Card(1))));
    assert!(matches!(Form::parse(b"answer=card:-1").answer(), Some(Answer::No)));
    assert!(matches!(Form::parse(b"answer=cancel&pin=123456").answer(), Some(Answer::No)));
    assert!(matches!(Form::parse(b"").answer(), Some(Answer::No)));
}

proptest::proptest! {
    #[test]
    fn any_form_is_survived(body in proptest::collection::vec(proptest::num::u8::ANY, 0..1024)) {
        let _ = Form::parse(&body).answer();
    }
}

#[test]
fn the_page_says_who_asks_and_how_many_tries_are_left() {
    let page = render(&showing(Asking::Secret(with_tries(2))), Language::Ja);
    for part in [
        "https://idp.example",
        "割符ポータル 100%",
        "あと2回",
        "●●○",
        "type=\"password\"",
        "lang=\"ja\"",
        "カードの番号と違いました",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("<script>"), "inline code");
}

#[test]
fn the_last_try_asks_for_consent_before_there_is_a_field() {
    let page = render(&showing(Asking::Consent(with_tries(1))), Language::En);
    assert!(page.contains("1 try left") && !page.contains("type=\"password\""));
}

/// Whoever types eight digits off a letter must see them: three slips and the card is lost.
#[test]
fn the_code_of_the_letter_is_seen_while_it_is_typed() {
    let page = render(&showing(Asking::Secret(code_question())), Language::Ja);
    for part in ["name=\"code\"", "type=\"text\"", "手紙", "あと3回", "value=\"code\""] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("type=\"password\""));
    let last = Question { tries_left: Some(1), ..code_question() };
    let page = render(&showing(Asking::Consent(last)), Language::Ja);
    assert!(page.contains("作りなおし") && !page.contains("name=\"code\""));
}

#[test]
fn a_new_pin_is_asked_for_twice_and_hidden() {
    for (wanted, text) in [(Wanted::New, "新しい暗証番号"), (Wanted::Again, "もう一度")]
    {
        let question = Question { wanted, tries_left: None, ..code_question() };
        let page = render(&showing(Asking::Secret(question)), Language::Ja);
        assert!(page.contains(text) && page.contains("type=\"password\""), "{page}");
        assert!(!page.contains("id=\"tries\""), "nothing is counted");
    }
}

#[test]
fn cards_are_told_apart_by_their_readers() {
    let page = render(&showing(Asking::Card(choice())), Language::Ja);
    for part in ["手前のカードリーダー", "value=\"card:0\"", "value=\"card:1\""] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("<b>"), "names must not become markup");
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let question = Question { relying_party: "<script>x</script>".into(), ..question() };
    assert!(!render(&showing(Asking::Secret(question)), Language::Ja).contains("<script>x"));
}

#[test]
fn every_state_renders_in_both_languages() {
    let endings = [
        Ending::Done,
        Ending::Blocked(PkiKind::Piv),
        Ending::Lost,
        Ending::CardGone,
        Ending::Cancelled,
        Ending::Failed,
    ];
    for language in [Language::Ja, Language::En] {
        let mut states: Vec<Showing> =
            endings.iter().map(|ending| Showing::Ended(*ending, language)).collect();
        states.extend([Showing::Nothing, Showing::Checking(language)]);
        states.extend([Showing::Withdrawn(language), showing(Asking::Card(choice()))]);
        states.extend(all().into_iter().map(|question| showing(Asking::Secret(question))));
        for showing in &states {
            let page = render(showing, language);
            assert!(page.contains("<main") && page.contains("data-version=\"7\""));
            let missing = ["step-", "-heading", "explain-", "status-", "-is-fine", "consent-"]
                .iter()
                .find(|stem| page.contains(**stem));
            assert_eq!(missing, None, "{page}");
        }
    }
}
