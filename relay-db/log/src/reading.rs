//! Proofs from stored tiles.
//!
//! The library asks for all its tiles in one call that cannot wait for a database. So the proof
//! is run twice: once to learn which tiles it needs, then with the tiles at hand. The library
//! checks every tile against the signed root before it uses it.

use std::cell::RefCell;

use tlog_tiles::{
    Error, HASH_SIZE, Hash, Tile, TileHashReader, TileReader, prove_record, prove_tree,
};

use crate::checkpoint::Checkpoint;
use crate::error::LogError;
use crate::store::Store;
use crate::tree::{TILE_HEIGHT, TileId, Tiles};

/// The hashes that lead from leaf `index` to the root of `head`.
pub(crate) async fn inclusion(
    store: &Store,
    head: &Checkpoint,
    index: u64,
) -> Result<Vec<Hash>, LogError> {
    prove(store, head, |reader| prove_record(head.size, index, reader)).await
}

/// The hashes that lead from the root over the first `old` leaves to the root of `head`.
pub(crate) async fn consistency(
    store: &Store,
    head: &Checkpoint,
    old: u64,
) -> Result<Vec<Hash>, LogError> {
    if old == 0 {
        return Ok(Vec::new());
    }
    prove(store, head, |reader| prove_tree(head.size, old, reader)).await
}

async fn prove(
    store: &Store,
    head: &Checkpoint,
    run: impl Fn(&TileHashReader<'_>) -> Result<Vec<Hash>, Error>,
) -> Result<Vec<Hash>, LogError> {
    let list = WantList::default();
    // Fails on purpose at the first read, unless no tile is needed at all.
    let _ = run(&TileHashReader::new(head.size, head.root, &list));
    let shelf = Shelf(store.tiles(list.0.into_inner()).await?);
    run(&TileHashReader::new(head.size, head.root, &shelf)).map_err(LogError::altered)
}

fn id_of(tile: &Tile) -> TileId {
    TileId { level: tile.level(), number: tile.level_index() }
}

/// The first run: nothing is there, and what is asked for is noted.
#[derive(Default)]
struct WantList(RefCell<Vec<TileId>>);

impl TileReader for WantList {
    fn height(&self) -> u8 {
        TILE_HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        self.0.borrow_mut().extend(tiles.iter().map(id_of));
        Err(Error::IndexesNotInTree)
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// Stored tiles, cut to the width asked for: a tile may have grown since the head was signed.
struct Shelf(Tiles);

impl TileReader for Shelf {
    fn height(&self) -> u8 {
        TILE_HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let cut = |tile: &Tile| {
            let width = usize::try_from(tile.width()).ok()? * HASH_SIZE;
            self.0.get(&id_of(tile))?.get(..width).map(<[u8]>::to_vec)
        };
        tiles.iter().map(|tile| cut(tile).ok_or(Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}
