//! Where a service has its control socket.

use std::path::{Path, PathBuf};

/// Where a service has its socket: in the folder of the store, which only its owner can look into.
pub fn socket_in(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}
