//! The bytes of each party's databases, and where in them a value stands, in any form.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXUPPER};

/// Bytes at the start of a value by which places are found where it may stand.
pub const START: usize = 6;

/// The bytes of each party's databases, write-ahead logs included.
pub struct Databases(BTreeMap<String, Vec<u8>>);

impl Databases {
    /// Of the demonstration in `dir`.
    pub fn read(dir: &Path) -> Self {
        let mut all = BTreeMap::new();
        for party in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if party.file_type().unwrap().is_dir() {
                let bytes = database_bytes(&party.path());
                if !bytes.is_empty() {
                    all.insert(party.file_name().into_string().unwrap(), bytes);
                }
            }
        }
        let parties: Vec<_> = all.keys().map(String::as_str).collect();
        let connectors = [
            "care", "checkup", "city", "health", "hospital", "insurer", "pension", "rail",
            "school", "society",
        ];
        let connectors = connectors.map(|id| format!("connector-{id}"));
        let others = ["idp", "portal", "register", "relay", "witness"].map(str::to_owned);
        let expected = [&["ca".to_owned()], connectors.as_slice(), &others].concat();
        assert_eq!(parties, expected);
        Self(all)
    }

    /// For each of `forms`, the parties whose files hold it: one pass over each file for all.
    pub fn holders(&self, forms: &[Vec<u8>]) -> Vec<BTreeSet<&str>> {
        let mut by_start = HashMap::<&[u8], Vec<usize>>::new();
        for (place, form) in forms.iter().enumerate() {
            by_start.entry(&form[..START]).or_default().push(place);
        }
        let mut holders = vec![BTreeSet::new(); forms.len()];
        for (party, bytes) in &self.0 {
            for (at, window) in bytes.windows(START).enumerate() {
                for place in by_start.get(window).into_iter().flatten() {
                    if bytes[at..].starts_with(&forms[*place]) {
                        holders[*place].insert(party.as_str());
                    }
                }
            }
        }
        holders
    }
}

fn database_bytes(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let is_database = |path: &PathBuf| {
        let kind = path.extension().and_then(OsStr::to_str);
        kind.is_some_and(|kind| kind == "db" || kind == "db-wal")
    };
    files.filter(is_database).flat_map(|path| std::fs::read(path).unwrap()).collect()
}

/// The text as it is, in capitals, and the bytes it stands for, if it is hexadecimal or base32.
pub fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![value.as_bytes().to_vec()];
    if let Ok(bytes) = HEXLOWER.decode(value.as_bytes()) {
        forms.push(HEXUPPER.encode(&bytes).into_bytes());
        forms.push(bytes);
    }
    let local = value.split('@').next().unwrap_or(value).to_ascii_uppercase();
    if let (32, Ok(bytes)) = (local.len(), BASE32_NOPAD.decode(local.as_bytes())) {
        forms.push(local.into_bytes());
        forms.push(bytes);
    }
    forms.retain(|form| form.len() >= START);
    forms
}

#[test]
fn what_is_there_is_found_in_every_form() {
    let found = |bytes: &[u8], value: &str| {
        let databases = Databases(BTreeMap::from([("party".to_owned(), bytes.to_vec())]));
        databases.holders(&forms(value)).iter().any(|holders| !holders.is_empty())
    };
    let hexadecimal = "00ff7a0102030405";
    assert!(found(b"..00ff7a0102030405", hexadecimal));
    assert!(found(b"..00FF7A0102030405.", hexadecimal));
    assert!(found(&[9, 0, 0, 255, 122, 1, 2, 3, 4, 5, 9], hexadecimal));
    assert!(!found(&[9, 0, 255, 122, 1, 2, 3, 4, 6], hexadecimal) && !found(b"", hexadecimal));
    let subject = "mzxw6ytboi2dcmrtgq2tmnzyhezdcmrt";
    let bytes = BASE32_NOPAD.decode(subject.to_ascii_uppercase().as_bytes()).unwrap();
    assert!(found(&bytes, &format!("{subject}@idp.localhost")));
    assert!(found(&[&[1, 2], bytes.as_slice(), &[3]].concat(), subject));
}
