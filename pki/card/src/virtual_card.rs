//! Cards that are software: for the demonstration, for tests, and for trying things without a
//! reader. Other programs take them for real ones.

mod authenticate;
mod builder;
mod chain;
mod extras;
mod jpki;
mod kept;
mod key;
mod lite_s;
mod management;
mod memory;
mod objects;
mod piv_card;
mod reader;
mod reference;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use builder::VirtualPivBuilder;
pub use jpki::VirtualJpki;
pub use key::KeySlot;
pub use lite_s::VirtualLiteS;
pub use memory::VirtualCardError;
pub use piv_card::VirtualPiv;
pub use reader::FelicaReader;

/// Any card made of software, as a reader sees it.
pub trait VirtualCard: Send {
    /// What the card says first when it gets power (answer to reset, ISO/IEC 7816-3, 8).
    fn atr(&self) -> &[u8];

    /// Power off, power on or reset: everything that is not in lasting memory is forgotten.
    fn reset(&mut self);

    /// Answers one command APDU with `data || SW1 SW2`. Any bytes at all get an answer.
    fn handle(&mut self, apdu: &[u8]) -> Vec<u8>;
}

/// Fills a buffer with random bytes. Used for the card's challenges.
pub type Randomness = Box<dyn FnMut(&mut [u8]) + Send>;

/// A card that can be handed from one reader to the next. It is in one reader at a time.
#[derive(Clone)]
pub struct SharedCard(Arc<Mutex<dyn VirtualCard>>);

impl SharedCard {
    /// Takes the card into shared hands.
    pub fn new(card: impl VirtualCard + 'static) -> Self {
        Self(Arc::new(Mutex::new(card)))
    }

    /// Whether both are the very same card.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The card itself, for the one who holds it now.
    pub fn lock(&self) -> MutexGuard<'_, dyn VirtualCard + 'static> {
        // A card keeps no half-done state across a panic that a reset does not clear.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
