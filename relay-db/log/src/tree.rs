//! The growing edge of the Merkle tree (RFC 6962 §2.1), kept as tiles of 256 hashes
//! (C2SP tlog-tiles): what the sequencer needs to take the next leaf and to name the root.

use std::collections::BTreeMap;

use tlog_tiles::{EMPTY_HASH, HASH_SIZE, Hash, Tile, node_hash};

/// Levels of the tree in one tile: a full tile has `1 << TILE_HEIGHT` hashes.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes in a full tile.
const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Which tile: its level in the tiling and its number within that level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 holds leaves; each hash of a level covers a full tile of the level below.
    pub level: u8,
    /// From the left, from 0.
    pub number: u64,
}

/// Stored tiles, by their identity.
pub type Tiles = BTreeMap<TileId, Vec<u8>>;

/// The right edge of a tree of `size` leaves.
#[derive(Debug, Clone)]
pub struct Edge {
    size: u64,
    /// Roots of the complete subtrees, the largest first: one for each bit set in `size`.
    peaks: Vec<Hash>,
    /// Tiles that are not full, or changed since [`Edge::settle`].
    open: Tiles,
}

/// The stored tiles do not make a tree of the size asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile {level}/{number} is missing or too short", level = .0.level, number = .0.number)]
pub struct TileMissing(pub TileId);

impl Edge {
    /// The edge of the empty tree.
    pub fn empty() -> Self {
        Self { size: 0, peaks: Vec::new(), open: Tiles::new() }
    }

    /// The tiles that [`Edge::from_tiles`] needs for a tree of `size` leaves.
    pub fn tiles_of(size: u64) -> Vec<TileId> {
        (0..8)
            .map(|level| (level, size >> (u32::from(TILE_HEIGHT) * u32::from(level))))
            .filter(|(_, hashes)| hashes % TILE_WIDTH != 0)
            .map(|(level, hashes)| TileId { level, number: hashes / TILE_WIDTH })
            .collect()
    }

    /// Takes up a tree of `size` leaves from its stored `tiles`.
    pub fn from_tiles(size: u64, mut tiles: Tiles) -> Result<Self, TileMissing> {
        let mut edge = Self { size, ..Self::empty() };
        for id in Self::tiles_of(size).into_iter().rev() {
            let width = (size >> (u32::from(TILE_HEIGHT) * u32::from(id.level))) % TILE_WIDTH;
            let bytes = usize::try_from(width).unwrap_or(0) * HASH_SIZE;
            let mut tile = tiles.remove(&id).ok_or(TileMissing(id))?;
            if tile.len() < bytes {
                return Err(TileMissing(id));
            }
            tile.truncate(bytes);
            edge.peaks.extend(peaks_of(&tile));
            edge.open.insert(id, tile);
        }
        Ok(edge)
    }

    /// Leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf hash at index [`Edge::size`].
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut place = self.size;
        let mut level = 0;
        self.store(level, place, hash);
        while place & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(left, hash);
            place >>= 1;
            level += 1;
            self.store(level, place, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        joined.unwrap_or(EMPTY_HASH)
    }

    /// Every tile that must be stored again, with its bytes.
    pub fn open_tiles(&self) -> impl Iterator<Item = (TileId, &[u8])> {
        self.open.iter().map(|(id, tile)| (*id, tile.as_slice()))
    }

    /// To be called when the open tiles are stored: full ones need not be kept.
    pub fn settle(&mut self) {
        let full = usize::from(u8::MAX) + 1;
        self.open.retain(|_, tile| tile.len() < full * HASH_SIZE);
    }

    /// Only every [`TILE_HEIGHT`]th level is stored; the others follow from it.
    fn store(&mut self, level: u8, place: u64, hash: Hash) {
        if level.is_multiple_of(TILE_HEIGHT) {
            let id = TileId { level: level / TILE_HEIGHT, number: place / TILE_WIDTH };
            self.open.entry(id).or_default().extend_from_slice(&hash.0);
        }
    }
}

/// The roots of the complete subtrees over a partial tile's hashes, the largest first.
fn peaks_of(tile: &[u8]) -> Vec<Hash> {
    let mut peaks = Vec::new();
    let mut rest = tile;
    for bit in (0..TILE_HEIGHT).rev() {
        let width = HASH_SIZE << bit;
        if (tile.len() / HASH_SIZE) >> bit & 1 == 1
            && let Some((subtree, after)) = rest.split_at_checked(width)
        {
            peaks.push(Tile::subtree_hash(subtree));
            rest = after;
        }
    }
    peaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tlog_tiles::{Error, HashReader, record_hash, stored_hashes_for_record_hash, tree_hash};

    /// The library's own dense storage, as the yardstick.
    #[derive(Default)]
    struct Dense(Vec<Hash>);

    impl HashReader for Dense {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
            Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
        }
    }

    fn leaf(index: u64) -> Hash {
        record_hash(&index.to_be_bytes())
    }

    fn dense(size: u64) -> Dense {
        let mut dense = Dense::default();
        for index in 0..size {
            let more = stored_hashes_for_record_hash(index, leaf(index), &dense).unwrap();
            dense.0.extend(more);
        }
        dense
    }

    fn grown(size: u64) -> (Edge, Tiles) {
        let mut stored = Tiles::new();
        let mut edge = Edge::empty();
        for index in 0..size {
            edge.push(leaf(index));
            stored.extend(edge.open_tiles().map(|(id, tile)| (id, tile.to_vec())));
            edge.settle();
        }
        (edge, stored)
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(Edge::empty().root(), EMPTY_HASH);
        assert_eq!(Edge::from_tiles(0, Tiles::new()).unwrap().root(), EMPTY_HASH);
    }

    #[test]
    fn a_missing_or_short_tile_is_named() {
        let (_, mut stored) = grown(300);
        let id = TileId { level: 0, number: 1 };
        stored.get_mut(&id).unwrap().truncate(43 * HASH_SIZE);
        assert_eq!(Edge::from_tiles(300, stored.clone()).unwrap_err(), TileMissing(id));
        stored.remove(&id);
        assert_eq!(Edge::from_tiles(300, stored).unwrap_err(), TileMissing(id));
    }

    #[test]
    fn settling_keeps_only_tiles_that_grow() {
        let (edge, _) = grown(512);
        let open: Vec<_> = edge.open_tiles().map(|(id, tile)| (id, tile.len())).collect();
        assert_eq!(open, [(TileId { level: 1, number: 0 }, 2 * HASH_SIZE)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn roots_and_tiles_are_those_of_the_library(size in 0u64..1500) {
            let reference = dense(size);
            let (edge, stored) = grown(size);
            prop_assert_eq!(edge.root(), tree_hash(size, &reference).unwrap());
            for tile in Tile::new_tiles(TILE_HEIGHT, 0, size) {
                let id = TileId { level: tile.level(), number: tile.level_index() };
                prop_assert_eq!(&stored[&id], &tile.read_data(&reference).unwrap());
            }
        }

        #[test]
        fn a_tree_taken_up_again_grows_like_one_never_left(first in 0u64..700, more in 1u64..600) {
            let (_, stored) = grown(first);
            let mut edge = Edge::from_tiles(first, stored).unwrap();
            for index in first..first + more {
                edge.push(leaf(index));
            }
            prop_assert_eq!(edge.root(), grown(first + more).0.root());
        }
    }
}
