//! Time and randomness, given to the agent from outside so that tests can hold both still.

use std::sync::Arc;

use jiff::Timestamp;

type Now = dyn Fn() -> Timestamp + Send + Sync;
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// Where the agent takes the time and its random bytes from.
#[derive(Clone)]
pub struct Surroundings {
    now: Arc<Now>,
    fill: Arc<Fill>,
}

impl Surroundings {
    /// `now` tells the time; `fill` fills a buffer with unpredictable bytes.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), fill: Arc::new(fill) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// 128 random bits as 32 lowercase hexadecimal digits.
    pub(crate) fn token(&self) -> String {
        let mut bytes = [0; 16];
        (self.fill)(&mut bytes);
        data_encoding::HEXLOWER.encode(&bytes)
    }
}
