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

/// Appends SHA-256 in lowercase hex, 64 bytes.
pub(crate) fn push_sha256_hex(bytes: &[u8], out: &mut Vec<u8>) {
    push_hex(&Sha256::digest(bytes), out);
}

/// Lowercase hex. By table: formatting each byte costs several times the hash itself.
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(bytes.len() * 2);
    push_hex(bytes, &mut digits);
    digits.into_iter().map(char::from).collect()
}

fn push_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(bytes.iter().flat_map(|byte| PAIRS[usize::from(*byte)]));
}

/// The two hexadecimal digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// 32 bytes from 64 hexadecimal digits of either case; `None` for anything else.
pub fn from_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(place..place + 2)?, 16).ok()?;
    }
    Some(bytes)
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
    fn hex_is_read_back() {
        let bytes = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
        assert_eq!(from_hex(&hex(&bytes).to_uppercase()), Some(bytes));
        for wrong in ["", "00", &"+f".repeat(32), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hex_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 1, 0xab, 0xff]), "0001abff");
    }
}
