//! The last line of a backup: the checksum of everything before it.
//!
//! SQLite knows from the head of its file where the database ends, and leaves what follows alone. So a backup
//! stays one file, whose checksum cannot be mislaid, and `head -c -86 FILE | sha256sum` checks it anywhere.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write},
};

use sha2::{Digest as _, Sha256};

use crate::Error;

const TITLE: &[u8] = b"kopru-backup-sha256: ";
/// The title, 64 digits and the end of the line.
const LINE_BYTES: usize = TITLE.len() + 64 + 1;
/// How much is read at a time.
const CHUNK: usize = 1024 * 1024;

/// The checksum that stands at the end of a backup.
pub(super) struct Checksum {
    said: [u8; 32],
    /// How many bytes it is of.
    pub(super) of: u64,
}

/// Writes the checksum of all that is in a file to its end.
pub(super) fn append(file: &mut File) -> io::Result<()> {
    let of = file.metadata()?.len();
    let found = copy(file, of, &mut io::sink(), &mut |_| {})?;
    file.seek(SeekFrom::Start(of))?;
    file.write_all(&written(&found))
}

/// The line in which a checksum stands.
fn written(sum: &[u8; 32]) -> Vec<u8> {
    [TITLE, capi::hex(sum).as_bytes(), b"\n"].concat()
}

/// The checksum at the end of a file; `None` if there is none.
pub(super) fn at_end(file: &mut File) -> io::Result<Option<Checksum>> {
    let Some(of) = file.metadata()?.len().checked_sub(LINE_BYTES as u64) else { return Ok(None) };
    let mut line = [0; LINE_BYTES];
    file.seek(SeekFrom::Start(of))?;
    file.read_exact(&mut line)?;
    let digits = line.strip_prefix(TITLE).and_then(|rest| rest.strip_suffix(b"\n"));
    let said = digits.and_then(|digits| capi::from_hex(str::from_utf8(digits).ok()?));
    // As it was written: a letter of the other case has a bit that flipped.
    Ok(said.filter(|said| line == *written(said)).map(|said| Checksum { said, of }))
}

impl Checksum {
    /// Reads all that it is of, and writes it to somewhere; says how many bytes it has got to.
    ///
    /// # Errors
    /// [`Error::Altered`] if it is the checksum of something else.
    pub(super) fn verify(
        &self,
        file: &mut File,
        to: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let found = copy(file, self.of, to, progress).map_err(Error::unwritable)?;
        if found == self.said {
            return Ok(());
        }
        let shown = |sum: &[u8]| capi::hex(&sum[..8]);
        Err(Error::Altered { said: shown(&self.said), found: shown(&found) })
    }
}

/// Copies the first bytes of a file; returns their checksum.
fn copy(file: &mut File, of: u64, to: &mut dyn Write, progress: &mut dyn FnMut(u64)) -> io::Result<[u8; 32]> {
    file.seek(SeekFrom::Start(0))?;
    let (mut from, mut done) = (file.take(of), 0);
    let (mut sum, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(sum.finalize().into());
        }
        sum.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
        done += read as u64;
        progress(done);
    }
}
