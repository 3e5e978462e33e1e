//! The Assuan protocol as far as a pinentry needs it: lines of at most 1000 bytes, one command,
//! one answer (libassuan manual, "Server responses").

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::{Zeroize, Zeroizing};

/// The longest line, including its end.
const LINE: usize = 1000;
/// The longest answer that is collected; a PIN is much shorter.
const ANSWER: usize = 256;
/// How many comment and status lines may come before an answer.
const CHATTER: usize = 64;
/// `GPG_ERR_CANCELED` and `GPG_ERR_FULLY_CANCELED`, the lower half of the error number.
const CANCELLED: [u32; 2] = [99, 198];
/// `GPG_ERR_NOT_CONFIRMED`: the answer "no" to CONFIRM.
const NOT_CONFIRMED: u32 = 114;
/// `GPG_ERR_TIMEOUT`: nobody answered.
const TIMEOUT: u32 = 62;

/// What went wrong in a talk with a pinentry.
#[derive(Debug, thiserror::Error)]
pub(super) enum AssuanError {
    #[error("cancelled")]
    Cancelled,
    #[error("not confirmed")]
    NotConfirmed,
    #[error("refused with error {0}")]
    Refused(u32),
    #[error("broke the protocol")]
    Protocol,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// One talk with a server that is already connected.
pub(super) struct Assuan<R, W> {
    lines: Lines<R>,
    output: W,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Assuan<R, W> {
    /// Waits for the greeting.
    pub(super) async fn greet(input: R, output: W) -> Result<Self, AssuanError> {
        let mut talk = Self { lines: Lines::new(input), output };
        talk.answer().await?;
        Ok(talk)
    }

    /// Sends a command and gives its data, if any.
    pub(super) async fn command(
        &mut self,
        name: &str,
        argument: &str,
    ) -> Result<Zeroizing<Vec<u8>>, AssuanError> {
        let line = line(name, argument)?;
        self.output.write_all(line.as_bytes()).await?;
        self.output.flush().await?;
        self.answer().await
    }

    /// Sends a command that a server may not know, and does not mind.
    pub(super) async fn offer(&mut self, name: &str, argument: &str) -> Result<(), AssuanError> {
        match self.command(name, argument).await {
            Ok(_) | Err(AssuanError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn answer(&mut self) -> Result<Zeroizing<Vec<u8>>, AssuanError> {
        let mut data = Zeroizing::new(Vec::with_capacity(ANSWER));
        for _ in 0..CHATTER {
            let line = self.lines.next().await?;
            match split(&line) {
                (b"OK", _) => return Ok(data),
                (b"ERR", rest) => return Err(refusal(rest)),
                (b"D", rest) => unescape(rest, &mut data)?,
                (b"S", _) => {}
                (word, _) if word.starts_with(b"#") => {}
                _ => return Err(AssuanError::Protocol),
            }
        }
        Err(AssuanError::Protocol)
    }
}

/// A command line: what could end it or be taken for an escape is percent-escaped.
fn line(name: &str, argument: &str) -> Result<String, AssuanError> {
    let mut line = name.to_owned();
    if !argument.is_empty() {
        line.push(' ');
        line.push_str(&escape(argument));
    }
    line.push('\n');
    if line.len() > LINE { Err(AssuanError::Protocol) } else { Ok(line) }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '\n' => escaped.push_str("%0A"),
            '\r' => escaped.push_str("%0D"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Appends `text` with `%XX` turned back into bytes. Never lets `into` grow, so that no unwiped
/// memory is left behind.
fn unescape(text: &[u8], into: &mut Vec<u8>) -> Result<(), AssuanError> {
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => (hex(*high)? << 4 | hex(*low)?, tail),
            (b'%', _) => return Err(AssuanError::Protocol),
            (plain, tail) => (*plain, tail),
        };
        if into.len() == into.capacity() {
            return Err(AssuanError::Protocol);
        }
        into.push(byte);
        rest = tail;
    }
    Ok(())
}

fn hex(digit: u8) -> Result<u8, AssuanError> {
    let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    value.ok_or(AssuanError::Protocol)
}

fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let at = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (word, rest) = line.split_at(at);
    (word, rest.strip_prefix(b" ").unwrap_or(rest))
}

/// The error number holds its source in the upper half (libgpg-error).
fn refusal(rest: &[u8]) -> AssuanError {
    let (number, _) = split(rest);
    let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<u32>().ok());
    match number.map(|number| number & 0xFFFF) {
        Some(code) if CANCELLED.contains(&code) => AssuanError::Cancelled,
        Some(TIMEOUT) => AssuanError::Cancelled,
        Some(NOT_CONFIRMED) => AssuanError::NotConfirmed,
        Some(code) => AssuanError::Refused(code),
        None => AssuanError::Protocol,
    }
}

/// Lines out of a stream, through memory that is wiped: one of them holds the PIN.
struct Lines<R> {
    input: R,
    buffer: Zeroizing<[u8; LINE]>,
    filled: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(input: R) -> Self {
        Self { input, buffer: Zeroizing::new([0; LINE]), filled: 0 }
    }

    async fn next(&mut self) -> Result<Zeroizing<Vec<u8>>, AssuanError> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(line);
            }
            let space = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let count = self.input.read(space).await?;
            if count == 0 {
                return Err(AssuanError::Protocol);
            }
            self.filled += count;
        }
    }

    fn take_line(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let filled = self.buffer.get(..self.filled)?;
        let end = filled.iter().position(|byte| *byte == b'\n')?;
        let line = filled.get(..end)?;
        let line = Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        self.buffer.copy_within(end + 1..self.filled, 0);
        self.filled -= end + 1;
        if let Some(stale) = self.buffer.get_mut(self.filled..) {
            stale.zeroize();
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn talk(script: &[u8]) -> Result<Zeroizing<Vec<u8>>, AssuanError> {
        let mut talk = Assuan::greet(script, tokio::io::sink()).await?;
        talk.command("GETPIN", "").await
    }

    #[tokio::test]
    async fn data_is_put_together_and_unescaped() {
        let script = b"# hello\nOK ready\nS PIN_REPEATED\nD 12%33\nD 456%25\nOK\n";
        assert_eq!(**talk(script).await.unwrap(), *b"123456%");
    }

    #[tokio::test]
    async fn cancelling_is_told_from_failing() {
        let with = |error: &str| format!("OK\nERR {error}\n").into_bytes();
        for number in ["83886179 Operation cancelled <Pinentry>", "99"] {
            assert!(matches!(talk(&with(number)).await, Err(AssuanError::Cancelled)), "{number}");
        }
        let no = talk(&with("83886194 Not confirmed")).await;
        assert!(matches!(no, Err(AssuanError::NotConfirmed)));
        assert!(matches!(talk(&with("536871187 Unknown")).await, Err(AssuanError::Refused(275))));
        assert!(matches!(talk(b"OK\nERR what\n").await, Err(AssuanError::Protocol)));
    }

    #[tokio::test]
    async fn what_is_no_pinentry_is_an_error_and_not_a_hang() {
        assert!(matches!(talk(b"HTTP/1.1 200 OK\n").await, Err(AssuanError::Protocol)));
        assert!(matches!(talk(b"").await, Err(AssuanError::Protocol)));
        let long = vec![b'x'; LINE + 1];
        assert!(matches!(talk(&long).await, Err(AssuanError::Protocol)));
        let chatter = "# again\n".repeat(CHATTER + 1);
        assert!(matches!(talk(chatter.as_bytes()).await, Err(AssuanError::Protocol)));
    }

    #[test]
    fn commands_stay_on_their_line() {
        assert_eq!(line("SETDESC", "100%\nBYE").unwrap(), "SETDESC 100%25%0ABYE\n");
        assert!(line("SETDESC", &"あ".repeat(400)).is_err());
    }

    proptest! {
        #[test]
        fn escaping_comes_back(text in "\\PC{0,60}|[%\r\n ]{0,60}") {
            let mut back = Vec::with_capacity(ANSWER);
            unescape(escape(&text).as_bytes(), &mut back).unwrap();
            prop_assert_eq!(back, text.into_bytes());
        }

        #[test]
        fn any_answer_is_survived(script in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(talk(&script));
        }
    }
}
