//! The data key: the one secret of a store that is kept elsewhere. It wraps the keys of the workspaces and
//! seals nothing else.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;

const NONCE_BYTES: usize = 24;

/// The key that wraps the keys of the workspaces.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        capi::from_hex(text.trim()).map(|key| Self(Zeroizing::new(key))).ok_or(Error::NotAKey)
    }

    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, std::io::Error> {
        Ok(Self(random_key().map_err(std::io::Error::other)?))
    }

    /// The key as 64 hexadecimal digits, for its file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(capi::hex(self.0.as_ref()))
    }

    /// A short text by which a store recognises its key, and from which nobody can tell it.
    pub fn fingerprint(&self) -> String {
        let mut text = capi::hex(&self.derived("fingerprint"));
        text.truncate(16);
        text
    }

    /// Seals another key; `what` says whose and what for, and is authenticated with it.
    pub(crate) fn wrap(&self, what: &str, key: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(Error::database)?;
        let payload = Payload { msg: key, aad: what.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::corrupt(format!("{what} could not be wrapped")))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`DataKey::wrap`] gave.
    pub(crate) fn unwrap_key(&self, what: &str, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let broken = || Error::corrupt(format!("{what} does not open"));
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let payload = Payload { msg: sealed, aad: what.as_bytes() };
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())?;
        let opened = Zeroizing::new(opened);
        opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| broken())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.derived("wrap")).into())
    }

    fn derived(&self, purpose: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update((purpose.len() as u64).to_be_bytes())
            .chain_update(purpose)
            .chain_update(*self.0)
            .finalize()
            .into()
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// 32 bytes of the system's randomness.
pub(crate) fn random_key() -> Result<Zeroizing<[u8; 32]>, getrandom::Error> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // After a change here no store opens any more.
        let key = DataKey::from_hex(&"5a".repeat(32)).unwrap();
        assert_eq!(key.fingerprint(), "b08345215390a5fd");
        assert_eq!(
            capi::hex(&key.derived("wrap")),
            "42158a1e22e3e16658d29ddb40f81d81e06e05f04edddd13370ff588cfc29907"
        );
    }

    #[test]
    fn a_wrapped_key_opens_for_whom_it_was_wrapped() {
        let key = DataKey::generate().unwrap();
        let wrapped = key.wrap("key 1 of workspace 1", &[7; 32]).unwrap();
        assert_eq!(*key.unwrap_key("key 1 of workspace 1", &wrapped).unwrap(), [7; 32]);
        assert!(key.unwrap_key("key 1 of workspace 2", &wrapped).is_err());
        assert!(DataKey::generate().unwrap().unwrap_key("key 1 of workspace 1", &wrapped).is_err());
        assert!(!wrapped.windows(32).any(|part| part == [7; 32]));
    }

    #[test]
    fn new_keys_differ() {
        assert_ne!(*DataKey::generate().unwrap().to_hex(), *DataKey::generate().unwrap().to_hex());
    }
}
