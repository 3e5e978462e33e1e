//! Which tile a path names (C2SP tlog-tiles): `<L>/<N>[.p/<W>]`, the number in elements of three
//! digits, all but the last of which begin with `x`.

use crate::proof::decimal;
use crate::tree::{TILE_HEIGHT, TileId};

/// Levels of a tiling at most.
const LEVELS: u64 = 64;
/// Each element of a path has so many numbers.
const BASE: u64 = 1_000;

/// A tile as it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    pub(crate) id: TileId,
    /// Hashes in it, 1 to 256.
    pub(crate) width: usize,
}

impl TilePath {
    /// Reads what follows `/tile/`; none when it names no tile of hashes.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = decimal(level).filter(|level| *level < LEVELS)?;
        let full = 1 << TILE_HEIGHT;
        let (elements, width) = match rest.split_once(".p/") {
            Some((elements, width)) => {
                (elements, decimal(width).filter(|width| (1..full).contains(width))?)
            }
            None => (rest, full),
        };
        let id = TileId { level: u8::try_from(level).ok()?, number: number(elements)? };
        Some(Self { id, width: usize::try_from(width).ok()? })
    }

    /// Whether it will never be wider.
    pub fn is_full(&self) -> bool {
        self.width == 1 << TILE_HEIGHT
    }
}

/// The number that the elements write; none if they could have been fewer.
fn number(elements: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut rest = elements;
    while let Some((element, more)) = rest.split_once('/') {
        number = number.checked_mul(BASE)?.checked_add(digits(element.strip_prefix('x')?)?)?;
        if number == 0 {
            return None;
        }
        rest = more;
    }
    number.checked_mul(BASE)?.checked_add(digits(rest)?)
}

fn digits(element: &str) -> Option<u64> {
    let three = element.len() == 3 && element.bytes().all(|byte| byte.is_ascii_digit());
    three.then(|| element.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(path: &str) -> Option<(u8, u64, usize)> {
        TilePath::parse(path).map(|tile| (tile.id.level, tile.id.number, tile.width))
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(parsed("0/x001/x234/067"), Some((0, 1_234_067, 256)));
        assert_eq!(parsed("1/000.p/17"), Some((1, 0, 17)));
        assert!(TilePath::parse("0/273").unwrap().is_full());
        assert!(!TilePath::parse("0/273.p/112").unwrap().is_full());
    }

    #[test]
    fn other_spellings_entries_and_empty_tiles_are_refused() {
        for path in [
            "entries/000",
            "data/000",
            "0/0",
            "00/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "64/000",
            "255/000",
            "0/001/234/067",
            "0/x001",
            "0/x000/001",
            "-1/000",
            "",
            "0",
            "0/",
            "0/000/",
        ] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_is_read_or_refused(path in "(?s).{0,80}", near in "[0-9]{1,3}/(x[0-9]{3}/){0,8}[0-9]{3}(\\.p/[0-9]{1,4})?") {
            let _ = TilePath::parse(&path);
            let _ = TilePath::parse(&near);
        }
    }
}
