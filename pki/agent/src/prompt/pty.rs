//! A pseudo-terminal for the tests: what programs show on it can be read, and keys typed into it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Pty {
    keyboard: File,
    path: String,
    screen: Arc<Mutex<Vec<u8>>>,
    /// Held so that the terminal lives on between the programs that use it.
    _other_end: File,
}

impl Pty {
    pub(crate) fn open() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let other_end = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let keyboard = File::from(master);
        let screen = Arc::default();
        watch(keyboard.try_clone().unwrap(), Arc::clone(&screen));
        Self { keyboard, path, screen, _other_end: other_end }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    pub(crate) fn wait_for(&self, text: &str) {
        let begun = Instant::now();
        while !self.shown().contains(text) {
            assert!(begun.elapsed() < PATIENCE, "{text} was never shown, but {}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn watch(mut screen: File, shown: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut part = [0; 1024];
        while let Ok(count @ 1..) = screen.read(&mut part) {
            shown.lock().unwrap().extend_from_slice(&part[..count]);
        }
    });
}
