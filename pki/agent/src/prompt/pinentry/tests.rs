use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::prompt::Complaint;
use crate::prompt::pty::Pty;
use crate::prompt::question::tests::{all, choice, code_question, question};

const SCRIPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pinentry.sh");
const CANCELLED: &str = "ERR 83886179 Operation cancelled <Pinentry>";

/// A scripted pinentry that will give these answers.
fn scripted(answers: &[&str]) -> (Pinentry, TempDir) {
    let play = tempfile::tempdir().unwrap();
    fs::write(play.path().join("answers"), answers.join("\n") + "\n").unwrap();
    let mut pinentry = Pinentry { program: SCRIPTED.into(), options: Vec::new() };
    pinentry = pinentry.with_option("play", play.path().to_str().unwrap());
    (pinentry, play)
}

fn heard(play: &TempDir) -> String {
    fs::read_to_string(play.path().join("heard")).unwrap()
}

#[tokio::test]
async fn a_pin_is_asked_for_with_all_that_must_be_said() {
    let (pinentry, play) = scripted(&["D 123456\\nOK"]);
    assert!(pinentry.pin(&question()).await.is_ok());
    let heard = heard(&play);
    for line in [
        "SETTITLE 割符カード: 暗証番号",
        "SETDESC 「割符ポータル 100%25」に入ります。%0Aたずねているところ: https://idp.example%0A",
        "SETPROMPT カードの暗証番号",
        "SETCANCEL やめる",
        "GETPIN",
    ] {
        assert!(heard.contains(line), "{line} is missing in {heard}");
    }
    assert!(!heard.contains("SETERROR"));
}

#[tokio::test]
async fn what_is_no_pin_is_asked_for_again() {
    let (pinentry, play) = scripted(&["D 1234\\nOK", "OK", "D 12345%36\\nOK"]);
    assert!(pinentry.pin(&question()).await.is_ok());
    assert_eq!(heard(&play).matches("SETERROR 暗証番号は、6けた").count(), 2);
}

#[tokio::test]
async fn a_wrong_pin_is_said_to_have_been_wrong() {
    let (pinentry, play) = scripted(&["D 123456\\nOK"]);
    let question =
        Question { complaint: Some(Complaint::Wrong), tries_left: Some(2), ..question() };
    pinentry.pin(&question).await.unwrap();
    let heard = heard(&play);
    assert!(heard.contains("SETERROR カードの番号と違いました") && heard.contains("あと2回"));
}

#[tokio::test]
async fn cancelling_and_saying_no_end_the_question() {
    let (pinentry, _play) = scripted(&[CANCELLED]);
    assert!(matches!(pinentry.pin(&question()).await, Err(PromptError::Cancelled)));
    let (pinentry, _play) = scripted(&["ERR 83886194 Not confirmed"]);
    assert!(matches!(pinentry.consent(&question()).await, Err(PromptError::Cancelled)));
}

#[tokio::test]
async fn consent_is_asked_for_by_a_question_without_a_field() {
    let (pinentry, play) = scripted(&["OK"]);
    let question = Question { tries_left: Some(1), ..question() };
    assert!(pinentry.consent(&question).await.is_ok());
    let heard = heard(&play);
    assert!(heard.contains("CONFIRM") && !heard.contains("GETPIN"));
    assert!(heard.contains("SETDESC 入力できるのは、あと1回です"));
}

#[tokio::test]
async fn the_code_of_the_letter_is_asked_for_by_its_name() {
    let (pinentry, play) = scripted(&["D 123456\\nOK", "OK", "D 4826 1937\\nOK"]);
    let code = pinentry.code(&code_question()).await.unwrap();
    assert_eq!(code.digits(), "48261937");
    let heard = heard(&play);
    for line in ["SETPROMPT 初期化コード", "手紙", "SETERROR 初期化コードは、8けた"]
    {
        assert!(heard.contains(line), "{line} is missing in {heard}");
    }
}

#[tokio::test]
async fn cards_are_offered_one_after_the_other() {
    let (pinentry, play) = scripted(&["ERR 83886194 Not confirmed", "OK"]);
    assert_eq!(pinentry.choose(&choice()).await.unwrap(), 1);
    let heard = heard(&play);
    assert!(heard.contains("SETNOTOK") && heard.contains("手前のカードリーダー"), "{heard}");
    let (pinentry, _play) = scripted(&[CANCELLED]);
    assert!(matches!(pinentry.choose(&choice()).await, Err(PromptError::Cancelled)));
}

/// A line of the protocol has its limit, and Japanese takes three bytes a letter.
#[tokio::test]
async fn the_longest_question_fits_into_a_line() {
    let longest = all().into_iter().map(|question| Question {
        relying_party: "あ".repeat(66),
        origin: format!("https://{}.example", "a".repeat(63)),
        reader: "b".repeat(64),
        ..question
    });
    let longest = longest.max_by_key(|question| question.description().len()).unwrap();
    let (pinentry, _play) = scripted(&["OK"]);
    let question = Question { tries_left: Some(1), ..longest };
    let answer = pinentry.consent(&question).await;
    assert!(answer.is_ok(), "{answer:?} for {question:?}");
}

#[tokio::test]
async fn a_question_that_is_dropped_closes_the_window() {
    let (pinentry, play) = scripted(&["hang"]);
    let question = question();
    let asked = tokio::time::timeout(Duration::from_secs(1), pinentry.pin(&question)).await;
    assert!(asked.is_err(), "it must still be asking");
    let pid = fs::read_to_string(play.path().join("pid")).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    let begun = Instant::now();
    while process.exists() && begun.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!process.exists(), "the pinentry is still there");
}

#[tokio::test]
async fn a_program_that_is_missing_or_no_pinentry_fails() {
    for program in ["/nowhere/pinentry", "/bin/true", "/bin/cat"] {
        let pinentry = Pinentry { program: program.into(), options: Vec::new() };
        let question = question();
        let asking = tokio::time::timeout(Duration::from_secs(2), pinentry.pin(&question));
        // `cat` greets nobody; whoever asked gives up by dropping the question.
        let failed = matches!(asking.await, Ok(Err(PromptError::Failed(_))) | Err(_));
        assert!(failed, "{program}");
    }
}

#[test]
fn the_terminal_is_passed_on_where_there_is_one() {
    let variable = |name: &str| (name == "GPG_TTY").then(|| "/dev/pts/1".to_owned());
    assert_eq!(options_from(variable), [("ttyname".to_owned(), "/dev/pts/1".to_owned())]);
    assert!(options_from(|_| Some(String::new())).is_empty());
}

/// The real programs, on a terminal of their own.
async fn on_a_terminal(program: &str, keys: &str) -> Option<Result<Pin, PromptError>> {
    if which(program).is_none() {
        eprintln!("skipped: {program} is not installed");
        return None;
    }
    let mut terminal = Pty::open();
    let pinentry = Pinentry { program: program.into(), options: Vec::new() }
        .with_option("ttyname", terminal.path())
        .with_option("ttytype", "xterm")
        .with_option("lc-ctype", "C.UTF-8");
    let keys = keys.to_owned();
    let typing = tokio::task::spawn_blocking(move || {
        terminal.wait_for("idp.example");
        terminal.type_in(&keys);
        terminal
    });
    let question = Question { language: crate::words::Language::En, ..question() };
    let answer = pinentry.pin(&question).await;
    let shown = typing.await.unwrap().shown();
    assert!(!shown.contains("123456"), "the PIN was shown: {shown}");
    Some(answer)
}

fn which(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}

#[tokio::test]
async fn pinentry_curses_gives_the_pin_that_was_typed() {
    if let Some(answer) = on_a_terminal("pinentry-curses", "123456\r").await {
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test]
async fn pinentry_curses_can_be_cancelled() {
    if let Some(answer) = on_a_terminal("pinentry-curses", "12\t\t\r").await {
        assert!(matches!(answer, Err(PromptError::Cancelled)), "{answer:?}");
    }
}

#[tokio::test]
async fn pinentry_tty_gives_the_pin_that_was_typed() {
    if let Some(answer) = on_a_terminal("pinentry-tty", "123456\r").await {
        assert!(answer.is_ok(), "{answer:?}");
    }
}
