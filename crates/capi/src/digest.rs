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
    hex(&sha256(bytes))
}

/// Appends SHA-256 in lowercase hex, 64 bytes.
pub(crate) fn push_sha256_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let mut digits = [0; 64];
    // The lengths match, so it cannot fail.
    let _ = const_hex::encode_to_slice(sha256(bytes), &mut digits);
    out.extend_from_slice(&digits);
}

/// SHA-256. Nearly everything that is hashed here fits into one block of 64 bytes, with a mark and
/// the length behind it, and needs none of what streaming needs.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    const LENGTH_AT: usize = 56;
    if bytes.len() >= LENGTH_AT {
        return Sha256::digest(bytes).into();
    }
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    block[bytes.len()] = 0x80;
    block[LENGTH_AT..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    let mut state = START;
    sha2::block_api::compress256(&mut state, &[block]);
    let mut digest = [0; 32];
    for (place, word) in digest.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Lowercase hex.
pub fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

/// 32 bytes from 64 hexadecimal digits of either case; `None` for anything else.
pub fn from_hex(digits: &str) -> Option<[u8; 32]> {
    // The library takes a leading `0x`, too.
    if digits.len() != 64 {
        return None;
    }
    const_hex::decode_to_array(digits).ok()
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
    fn one_block_or_more_is_the_same_hash() {
        for length in 0..200 {
            let bytes = vec![u8::try_from(length).unwrap(); length];
            assert_eq!(sha256(&bytes), <[u8; 32]>::from(Sha256::digest(&bytes)), "{length}");
        }
    }

    #[test]
    fn hex_is_read_back() {
        let bytes = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
        assert_eq!(from_hex(&hex(&bytes).to_uppercase()), Some(bytes));
        for wrong in
            ["", "00", &format!("0x{}", "0".repeat(62)), &"+f".repeat(32), &"é".repeat(32), &"0".repeat(65)]
        {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hex_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 1, 0xab, 0xff]), "0001abff");
    }
}
