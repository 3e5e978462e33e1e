//! What hostile documents point at, so that whoever follows them is caught: an address that somebody
//! listens at, and a file that notices being read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

const CANARY: &[u8] = b"canary";

pub struct Trap {
    listener: TcpListener,
    /// A pipe, opened for both ways so that no end ever waits for the other.
    pipe: File,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Trap {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let mut pipe = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        pipe.write_all(CANARY).unwrap();
        Self { listener, pipe, path, _folder: folder }
    }

    /// The same address by every scheme, and the file.
    pub fn addresses(&self) -> [String; 4] {
        let host = self.listener.local_addr().unwrap();
        let file = format!("file://{}", self.path.display());
        [format!("http://{host}/x"), format!("https://{host}/x"), format!("ftp://{host}/x"), file]
    }

    /// The address by HTTP.
    pub fn web(&self) -> String {
        let [web, ..] = self.addresses();
        web
    }

    /// The address of the file.
    pub fn file(&self) -> String {
        let [.., file] = self.addresses();
        file
    }

    /// Whether nobody called and nobody read the file.
    pub fn is_untouched(&self) -> bool {
        let nobody_called =
            self.listener.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        nobody_called && self.canary_is_whole()
    }

    /// Takes out what is in the pipe, behind a mark that keeps the reading from waiting.
    fn canary_is_whole(&self) -> bool {
        let (mut pipe, mut left) = (&self.pipe, [0; 64]);
        pipe.write_all(b".").unwrap();
        let length = pipe.read(&mut left).unwrap();
        pipe.write_all(CANARY).unwrap();
        left[..length] == [CANARY, b"."].concat()
    }
}

#[test]
fn a_trap_notices_who_steps_into_it() {
    let trap = Trap::new();
    assert!(trap.is_untouched() && trap.is_untouched());
    std::net::TcpStream::connect(trap.listener.local_addr().unwrap()).unwrap();
    assert!(!trap.is_untouched());
    assert!(trap.is_untouched());
    File::open(&trap.path).unwrap().read_exact(&mut [0; 3]).unwrap();
    assert!(!trap.is_untouched());
}
