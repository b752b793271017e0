//! Support trace ids: 23 url-safe characters that begin with `A`, as in recorded answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sandbox_http::letters;
use sha2::{Digest, Sha256};

pub(super) fn id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(std::process::id().to_be_bytes());
    hash.update(now.as_nanos().to_be_bytes());
    hash.update(n.to_be_bytes());
    let mut id = letters(&hash.finalize());
    id.truncate(22);
    id.insert(0, 'A');
    id
}
