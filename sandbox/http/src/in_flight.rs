//! Bytes of bodies and of large answers, which count for as long as anybody holds them.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;

/// All bodies that are being read or worked on may have this many bytes together.
const MOST_BODY_BYTES: usize = 256 * 1024 * 1024;
/// All large answers that are on their way may have this many bytes together.
const MOST_ANSWER_BYTES: usize = 512 * 1024 * 1024;

/// Bytes of every sandbox of the process.
static BODIES: AtomicUsize = AtomicUsize::new(0);
static ANSWERS: AtomicUsize = AtomicUsize::new(0);

/// That there is no room for more bytes at this moment.
pub(crate) struct Full;

/// Bytes of one body or answer; given back when it is dropped.
pub(crate) struct Taken {
    bytes: usize,
    most: usize,
    all: &'static AtomicUsize,
}

impl Taken {
    pub(crate) fn for_a_body() -> Self {
        Self { bytes: 0, most: MOST_BODY_BYTES, all: &BODIES }
    }

    pub(crate) fn for_an_answer() -> Self {
        Self { bytes: 0, most: MOST_ANSWER_BYTES, all: &ANSWERS }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Says whether there is room for more.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Full> {
        self.bytes += bytes;
        let all = self.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > self.most { Err(Full) } else { Ok(()) }
    }

    /// Bytes that count for as long as anybody holds them.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Held { bytes, _taken: self })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Held {
    bytes: Bytes,
    _taken: Taken,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
