//! Sealing: what could identify a person is encrypted before it touches the disk.
//!
//! A sealed value is `format (1 byte) · key id (4) · nonce (24) · XChaCha20-Poly1305 ciphertext with its tag`.
//! The nonce is the value's own random id. The place in which the value is kept (`fact`, `identity`, ...) and
//! the number of its workspace are authenticated with it, so that a value that was moved elsewhere does not
//! open. Who writes seals before the writer's turn; the writer itself can only open ([`Opener`]).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use kopru_core::WorkspaceId;

use crate::Error;

const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 5;
const NONCE_BYTES: usize = 24;

/// A cipher with the id by which its values name it.
pub(crate) struct SealingKey {
    id: u32,
    cipher: XChaCha20Poly1305,
}

impl SealingKey {
    pub(crate) fn new(id: u32, secret: &[u8; 32]) -> Self {
        Self { id, cipher: XChaCha20Poly1305::new(secret.into()) }
    }
}

/// Opens values of one workspace, with whichever of its keys they were sealed.
pub(crate) struct Opener {
    workspace: WorkspaceId,
    keys: Vec<SealingKey>,
}

impl Opener {
    pub(crate) fn open(&self, place: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        let broken = || Error::corrupt(format!("a sealed value of {place} does not open"));
        let (head, rest) = value.split_first_chunk::<HEAD_BYTES>().ok_or_else(broken)?;
        let [format, id @ ..] = head;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let id = u32::from_be_bytes(*id);
        let key = self.keys.iter().find(|key| key.id == id && *format == FORMAT).ok_or_else(broken)?;
        let aad = aad(head, place, self.workspace);
        key.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad }).map_err(|_| broken())
    }

    /// Opens a text; `None` if it does not open.
    pub(crate) fn open_text(&self, place: &str, value: &[u8]) -> Option<String> {
        String::from_utf8(self.open(place, value).ok()?).ok()
    }
}

/// Seals values of one workspace with the newest of its keys.
pub(crate) struct Seal {
    opener: Arc<Opener>,
    /// Random for each process; with the counter no nonce is used twice.
    prefix: [u8; 16],
    counter: AtomicU64,
}

impl Seal {
    /// Seals with the last of these keys, and opens with all.
    pub(crate) fn new(workspace: WorkspaceId, keys: Vec<SealingKey>) -> Result<Self, Error> {
        let mut prefix = [0; 16];
        getrandom::fill(&mut prefix).map_err(Error::database)?;
        Ok(Self { opener: Arc::new(Opener { workspace, keys }), prefix, counter: AtomicU64::new(0) })
    }

    /// Whoever only opens.
    pub(crate) fn opener(&self) -> &Arc<Opener> {
        &self.opener
    }

    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = || Error::corrupt(format!("a value of {place} could not be sealed"));
        let Opener { workspace, keys } = &*self.opener;
        let key = keys.last().ok_or_else(failed)?;
        let mut nonce = [0; NONCE_BYTES];
        nonce[..16].copy_from_slice(&self.prefix);
        nonce[16..].copy_from_slice(&self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let mut value = Vec::with_capacity(HEAD_BYTES + NONCE_BYTES + plain.len() + 16);
        value.push(FORMAT);
        value.extend_from_slice(&key.id.to_be_bytes());
        let aad = aad(&value, place, *workspace);
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .map_err(|_| failed())?;
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Seals a text, if there is one.
    pub(crate) fn seal_text(&self, place: &str, text: Option<&str>) -> Result<Option<Vec<u8>>, Error> {
        text.map(|text| self.seal(place, text.as_bytes())).transpose()
    }
}

/// What is authenticated beside the value: its head, its workspace and its place. Only the last part has no
/// fixed length.
fn aad(head: &[u8], place: &str, workspace: WorkspaceId) -> Vec<u8> {
    [head, &workspace.0.to_be_bytes(), place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal_of(workspace: u32, ids: &[u32]) -> Seal {
        let keys = ids.iter().map(|id| SealingKey::new(*id, &[*id as u8; 32])).collect();
        Seal::new(WorkspaceId(workspace), keys).unwrap()
    }

    #[test]
    fn a_value_opens_in_its_place_with_its_key_and_unaltered() {
        let value = seal_of(1, &[7]).seal("fact", b"click").unwrap();
        let open = |seal: Seal, place: &str, value: &[u8]| seal.opener().open(place, value);
        assert_eq!(open(seal_of(1, &[7]), "fact", &value).unwrap(), b"click");
        assert!(open(seal_of(1, &[7]), "conversion", &value).is_err(), "another place");
        assert!(open(seal_of(2, &[7]), "fact", &value).is_err(), "another workspace");
        assert!(open(seal_of(1, &[8]), "fact", &value).is_err(), "another key");
        for place in 0..value.len() {
            let mut altered = value.clone();
            altered[place] ^= 1;
            assert!(open(seal_of(1, &[7]), "fact", &altered).is_err(), "byte {place}");
            assert!(open(seal_of(1, &[7]), "fact", &value[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let old = seal_of(1, &[7]).seal("fact", b"click").unwrap();
        let both = seal_of(1, &[7, 8]);
        assert_eq!(both.opener().open("fact", &old).unwrap(), b"click");
        let new = both.seal("fact", b"click").unwrap();
        assert!(seal_of(1, &[7]).opener().open("fact", &new).is_err());
        assert_eq!(seal_of(1, &[8]).opener().open("fact", &new).unwrap(), b"click");
    }

    #[test]
    fn the_same_value_is_never_sealed_alike() {
        let (one, other) = (seal_of(1, &[7]), seal_of(1, &[7]));
        let values = [&one, &one, &other].map(|seal| seal.seal("fact", b"click").unwrap());
        assert!(values[0] != values[1] && values[0] != values[2] && values[1] != values[2]);
        assert!(values.iter().all(|value| !value.windows(5).any(|part| part == b"click")));
    }
}
