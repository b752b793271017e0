//! Sealing: what could identify a person is encrypted before it touches the disk.
//!
//! Format of a sealed value: 24 bytes nonce, then XChaCha20-Poly1305 ciphertext with its tag. The
//! context in which the value is kept (`fact`, `conversion`, ...) is authenticated with it, so a
//! value moved elsewhere does not open.

use std::sync::atomic::{AtomicU64, Ordering};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use kopru_core::JoinKey;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;

const NONCE_BYTES: usize = 24;

/// The key that seals personal data, and from which each workspace's joining key is derived.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        capi::from_hex(text.trim()).map(|key| Self(Zeroizing::new(key))).ok_or(Error::NotAKey)
    }

    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, std::io::Error> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }

    /// The key as 64 hexadecimal digits, for its file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(capi::hex(self.0.as_ref()))
    }

    /// The joining key of a workspace.
    pub fn join_key(&self, workspace: &str) -> JoinKey {
        JoinKey::new(&self.derive("join", workspace))
    }

    /// A short text by which a store recognises its key.
    pub(crate) fn fingerprint(&self) -> String {
        let mut text = capi::hex(&self.derive("fingerprint", ""));
        text.truncate(16);
        text
    }

    fn derive(&self, purpose: &str, name: &str) -> [u8; 32] {
        let master = JoinKey::new(&self.0);
        Sha256::new().chain_update(master.token(purpose, name)).chain_update(*self.0).finalize().into()
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// Seals and opens values.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    /// Random for each process; with the counter no nonce is used twice.
    prefix: [u8; 16],
    counter: AtomicU64,
}

impl Seal {
    pub(crate) fn new(key: &DataKey) -> Result<Self, Error> {
        let mut prefix = [0; 16];
        getrandom::fill(&mut prefix).map_err(Error::database)?;
        Ok(Self { cipher: XChaCha20Poly1305::new((&*key.0).into()), prefix, counter: AtomicU64::new(0) })
    }

    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..16].copy_from_slice(&self.prefix);
        nonce[16..].copy_from_slice(&self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context.as_bytes() })
            .map_err(|_| Error::corrupt(format!("a value of {context} could not be sealed")))?;
        let mut value = Vec::with_capacity(NONCE_BYTES + sealed.len());
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    pub(crate) fn open(&self, context: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        let broken = || Error::corrupt(format!("a sealed value of {context} does not open"));
        let (nonce, sealed) = value.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        self.cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context.as_bytes() })
            .map_err(|_| broken())
    }
}

impl Seal {
    /// Opens a text; `None` if it does not open.
    pub(crate) fn open_text(&self, context: &str, value: &[u8]) -> Option<String> {
        String::from_utf8(self.open(context, value).ok()?).ok()
    }

    /// Seals a text, if there is one.
    pub(crate) fn seal_text(&self, context: &str, text: Option<&str>) -> Result<Option<Vec<u8>>, Error> {
        text.map(|text| self.seal(context, text.as_bytes())).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(byte: &str) -> Seal {
        Seal::new(&DataKey::from_hex(&byte.repeat(32)).unwrap()).unwrap()
    }

    #[test]
    fn a_value_opens_in_its_room_with_its_key_and_unaltered() {
        let value = seal("5a").seal("fact", b"click").unwrap();
        assert_eq!(seal("5a").open("fact", &value).unwrap(), b"click");
        assert!(seal("5a").open("conversion", &value).is_err(), "another context");
        assert!(seal("a5").open("fact", &value).is_err(), "another key");
        for place in 0..value.len() {
            let mut altered = value.clone();
            altered[place] ^= 1;
            assert!(seal("5a").open("fact", &altered).is_err(), "byte {place}");
            assert!(seal("5a").open("fact", &value[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_alike() {
        let (one, other) = (seal("5a"), seal("5a"));
        let values = [&one, &one, &other].map(|seal| seal.seal("fact", b"click").unwrap());
        assert!(values[0] != values[1] && values[0] != values[2] && values[1] != values[2]);
        assert!(values.iter().all(|value| !value.windows(5).any(|part| part == b"click")));
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_shows_itself_only_when_asked() {
        let text = "0123456789abcdefABCDEF0123456789".repeat(2);
        let key = DataKey::from_hex(&format!(" {text}\n")).unwrap();
        assert_eq!(*key.to_hex(), text.to_lowercase());
        assert_eq!(format!("{key:?}"), "DataKey(..)");
        let wrong = [
            "",
            "0",
            &text[1..],
            &format!("{text}0"),
            &format!("+{}", &text[1..]),
            &"ü".repeat(32),
            &"g".repeat(64),
        ];
        for wrong in wrong {
            assert!(matches!(DataKey::from_hex(wrong), Err(Error::NotAKey)), "{wrong}");
        }
    }

    #[test]
    fn what_a_key_gives_rise_to_never_changes() {
        // After a change here no stored value opens, and no phone joins what is stored of it.
        let key = DataKey::from_hex(&"5a".repeat(32)).unwrap();
        assert_eq!(key.fingerprint(), "508d028e4cf032ca");
        assert_eq!(
            key.join_key("acme").phone("905321112233").as_str(),
            "phone:a54965801279c5cc36c5ff9be3311a4e"
        );
        assert_ne!(key.join_key("acme").token("a", "b"), key.join_key("acme2").token("a", "b"));
    }

    #[test]
    fn new_keys_differ() {
        assert_ne!(*DataKey::generate().unwrap().to_hex(), *DataKey::generate().unwrap().to_hex());
    }
}
