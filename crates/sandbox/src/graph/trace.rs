//! Support trace ids: 23 url-safe characters that begin with `A`, as in recorded answers.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

pub(super) fn id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut hash = Sha256::new();
    hash.update(std::process::id().to_be_bytes());
    hash.update(n.to_be_bytes());
    let digest = hash.finalize();
    let tail = digest.iter().take(22).map(|byte| char::from(ALPHABET[usize::from(byte % 64)]));
    std::iter::once('A').chain(tail).collect()
}
