//! Files that only their owner may read.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
};

/// How such a file is opened, or made if it is not there.
pub(super) fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
}
