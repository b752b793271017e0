//! Digests in the lowercase hex in which Meta wants them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// `appsecret_proof`: HMAC-SHA256 of the access token under the app's secret, which shows that
/// the caller owns the app that issued the token. Formula after Meta's own SDKs.
pub fn appsecret_proof(app_secret: &str, access_token: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("any key length");
    mac.update(access_token.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// SHA-256 in lowercase hex, the form of Meta's match hashes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lowercase hex. By table: formatting each byte costs several times the hash itself.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_what_metas_sdk_computes() {
        assert_eq!(
            appsecret_proof("app_secret_123", "EAAB_token_abc"),
            "5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531"
        );
    }

    #[test]
    fn sha256_of_nothing() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn hex_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 1, 0xab, 0xff]), "0001abff");
    }
}
