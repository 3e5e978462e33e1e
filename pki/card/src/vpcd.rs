//! Puts a virtual card into a virtual reader of a real pcscd (the driver vpcd of vsmartcard).
//!
//! The driver listens, the card connects: the connection is the card in the reader. Both ways a
//! frame is a length (two bytes, big-endian) and so many bytes. From the reader one byte is a
//! signal, more are a command APDU; from the card come answers and the ATR.
//!
//! A port takes one card at a time: a second connection would wait unseen.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::virtual_card::{SharedCard, VirtualCard};

/// The port of the first virtual reader; the second is the next one.
pub const FIRST_PORT: u16 = 35963;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long to wait before trying again to connect.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How soon a card that is to be removed notices.
const NOTICE: Duration = Duration::from_millis(50);
/// How long the reader may take to accept an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const ASK_ATR: u8 = 0x04;

/// A card in a reader, driven by a thread of its own. Dropping it takes the card out.
pub struct Inserted {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Inserted {
    /// Takes the card out; returns when the connection is closed.
    pub fn remove(self) {
        drop(self);
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Puts the card into the reader that listens at `address`, and puts it back whenever pcscd
/// starts anew. pcscd sees the card about 0.4 s later.
pub fn insert(card: SharedCard, address: SocketAddr) -> io::Result<Inserted> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread =
        thread::Builder::new().name("vpcd".into()).spawn(move || run(&card, address, &stopped))?;
    Ok(Inserted { stop, thread: Some(thread) })
}

/// Is the card in the reader at `address` until `stop` becomes true. Blocks.
pub fn run(card: &SharedCard, address: SocketAddr, stop: &AtomicBool) {
    while !stop.load(Ordering::Acquire) {
        // Whatever ended the connection: the reader is gone, and may come back.
        let _ = connect(address).and_then(|stream| serve(card, stream, stop));
        card.lock().reset();
        pause(stop);
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_LIMIT)?;
    // The ports of vpcd are among those the system hands out itself: while nobody listens, a
    // connection now and then reaches itself, and would keep pcscd from its port.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(NOTICE))?;
    stream.set_write_timeout(Some(WRITE_LIMIT))?;
    Ok(stream)
}

fn pause(stop: &AtomicBool) {
    let started = Instant::now();
    while started.elapsed() < RETRY_AFTER && !stop.load(Ordering::Acquire) {
        thread::sleep(NOTICE);
    }
}

fn serve(card: &SharedCard, mut stream: TcpStream, stop: &AtomicBool) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Acquire) {
        acknowledge_at_once(&stream)?;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => frames.extend(buffer.get(..length).unwrap_or_default()),
            Err(error) if is_pause(&error) => continue,
            Err(error) => return Err(error),
        }
        while let Some(frame) = frames.take() {
            if let Some(answer) = react(&mut *card.lock(), &frame) {
                stream.write_all(&framed(&answer))?;
            }
        }
    }
    Ok(())
}

/// The driver sends the length and the rest in two goes and waits in between until the first is
/// acknowledged, which Linux likes to put off for 40 ms: on each command. Holds for one read.
fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_quickack(true)?;
    let _ = stream;
    Ok(())
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn react(card: &mut dyn VirtualCard, frame: &[u8]) -> Option<Vec<u8>> {
    match frame {
        [POWER_OFF | POWER_ON | RESET] => {
            card.reset();
            None
        }
        [ASK_ATR] => Some(card.atr().to_vec()),
        apdu => Some(card.handle(apdu)),
    }
}

fn framed(answer: &[u8]) -> Vec<u8> {
    // No answer is nearly as long as the length can tell.
    let length = u16::try_from(answer.len()).unwrap_or(u16::MAX);
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(answer.iter().take(usize::from(length)));
    frame
}

/// Bytes that came in, cut into frames wherever TCP cut them. Holds one frame and one read at
/// most, because frames are taken before more is read.
#[derive(Default)]
struct Frames(Vec<u8>);

impl Frames {
    fn extend(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let frame = rest.get(..length)?.to_vec();
        self.0.drain(..2 + length);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_survive_any_cutting(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
            cut in 1usize..50,
        ) {
            let stream: Vec<u8> = frames.iter().flat_map(|frame| framed(frame)).collect();
            let (mut parser, mut seen) = (Frames::default(), Vec::new());
            for piece in stream.chunks(cut) {
                parser.extend(piece);
                seen.extend(std::iter::from_fn(|| parser.take()));
            }
            prop_assert_eq!(seen, frames);
            prop_assert!(parser.0.is_empty());
        }
    }
}
