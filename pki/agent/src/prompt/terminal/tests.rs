use super::*;
use crate::prompt::pty::Pty;
use crate::prompt::question::tests::{choice, code_question, question};

/// A terminal of its own, on which `keys` are typed when `cue` is shown, line by line; and what was
/// shown on it in the end.
fn typing(
    cue: &'static str,
    keys: &'static [&'static str],
) -> (Terminal, tokio::task::JoinHandle<String>) {
    let mut pty = Pty::open();
    let terminal = Terminal::at(pty.path().into());
    let typing = tokio::task::spawn_blocking(move || {
        for line in keys {
            pty.wait_for(cue);
            std::thread::sleep(GLANCE * 2);
            pty.type_in(line);
        }
        // What is written last may still be on its way to the screen.
        std::thread::sleep(GLANCE * 4);
        pty.shown()
    });
    (terminal, typing)
}

async fn ask(
    question: Question,
    cue: &'static str,
    keys: &'static [&'static str],
) -> (Result<Pin, PromptError>, String) {
    let (terminal, typing) = typing(cue, keys);
    let answer = terminal.pin(&question).await;
    (answer, typing.await.unwrap())
}

#[tokio::test]
async fn a_pin_is_read_without_showing_it() {
    let (answer, shown) = ask(question(), "暗証番号: ", &["123456\n"]).await;
    assert!(answer.is_ok());
    assert!(shown.contains("https://idp.example") && shown.contains("あと3回"));
    assert!(!shown.contains("123456"), "{shown}");
}

#[tokio::test]
async fn an_empty_line_or_the_end_of_input_cancels() {
    for keys in [&["\n"], &["\x04"]] {
        let (answer, _) = ask(question(), "暗証番号: ", keys).await;
        assert!(matches!(answer, Err(PromptError::Cancelled)));
    }
}

#[tokio::test]
async fn what_is_no_pin_is_asked_for_again() {
    let (answer, shown) = ask(question(), "暗証番号: ", &["12\n", "123456\n"]).await;
    assert!(answer.is_ok());
    assert!(shown.contains("6けたから8けた"));
}

#[tokio::test]
async fn the_code_is_read_as_it_stands_in_the_letter() {
    let (terminal, typing) = typing("初期化コード: ", &["4826\n", "4826 1937\n"]);
    let code = terminal.code(&code_question()).await.unwrap();
    assert_eq!(code.digits(), "48261937");
    let shown = typing.await.unwrap();
    assert!(shown.contains("手紙") && shown.contains("8けたの数字です"), "{shown}");
}

#[tokio::test]
async fn a_card_is_chosen_by_its_number() {
    let (terminal, typing) = typing("Enter", &["0\n", "3\n", "2\n"]);
    assert_eq!(terminal.choose(&choice()).await.unwrap(), 1);
    assert!(typing.await.unwrap().contains("1: 手前のカードリーダー"));
    let (terminal, typing) = self::typing("Enter", &["\n"]);
    assert!(matches!(terminal.choose(&choice()).await, Err(PromptError::Cancelled)));
    typing.await.unwrap();
}

async fn consent(line: &'static str) -> Result<(), PromptError> {
    let mut pty = Pty::open();
    let terminal = Terminal::at(pty.path().into());
    let typing = tokio::task::spawn_blocking(move || {
        pty.wait_for("yes");
        std::thread::sleep(GLANCE * 2);
        pty.type_in(line);
        pty
    });
    let answer = terminal.consent(&question()).await;
    drop(typing.await.unwrap());
    answer
}

#[tokio::test]
async fn only_yes_is_yes() {
    assert!(consent("yes\n").await.is_ok());
    for line in ["\n", "y\n", "123456\n"] {
        assert!(matches!(consent(line).await, Err(PromptError::Cancelled)), "{line:?}");
    }
}

#[tokio::test]
async fn a_dropped_question_gives_the_terminal_its_echo_back() {
    let pty = Pty::open();
    let terminal = Terminal::at(pty.path().into());
    let question = question();
    let echoes = || {
        let file = File::open(pty.path()).unwrap();
        tcgetattr(&file).unwrap().local_modes.contains(LocalModes::ECHO)
    };
    assert!(echoes());
    let mut asking = terminal.pin(&question);
    let waited = tokio::time::timeout(GLANCE * 4, &mut asking).await;
    assert!(waited.is_err() && !echoes());
    drop(asking);
    assert!(echoes());
}

#[tokio::test]
async fn without_a_terminal_there_is_no_prompt() {
    let terminal = Terminal::at("/dev/null".into());
    assert!(matches!(terminal.pin(&question()).await, Err(PromptError::Failed(_))));
}
