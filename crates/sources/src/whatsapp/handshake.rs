//! Who is calling: the token of the handshake and the signature of a body, both compared in
//! constant time. After Meta's documentation of webhooks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Request;

/// Longest challenge that is sent back, bytes; Meta's are short numbers.
const CHALLENGE_MAX: usize = 128;

/// The challenge to send back, if the token is right.
pub(super) fn answer(verify_token: &str, request: &Request<'_>) -> Option<String> {
    if verify_token.is_empty() || request.parameter("hub.mode")? != "subscribe" {
        return None;
    }
    // Digests have one length, so the comparison does not show the token's.
    let (given, ours) =
        (Sha256::digest(request.parameter("hub.verify_token")?), Sha256::digest(verify_token));
    if !bool::from(given.as_slice().ct_eq(ours.as_slice())) {
        return None;
    }
    // It is echoed into a response, so nothing that a browser could take for markup.
    let challenge = request.parameter("hub.challenge")?;
    let sane = (1..=CHALLENGE_MAX).contains(&challenge.len())
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    sane.then_some(challenge)
}

/// Whether `sha256=<hex>` is the HMAC-SHA256 of the raw bytes under the app's secret.
pub(super) fn is_signed(app_secret: &str, header: Option<&[u8]>, body: &[u8]) -> bool {
    // Anybody could sign with an empty secret.
    if app_secret.is_empty() {
        return false;
    }
    let Some(given) = header.and_then(|header| header.strip_prefix(b"sha256=")).and_then(digest_of_hex)
    else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return false };
    mac.update(body);
    mac.finalize().into_bytes().as_slice().ct_eq(&given).into()
}

fn digest_of_hex(hex: &[u8]) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if hex.len() != 2 * digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
        let nibble = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(nibble(0)? << 4 | nibble(1)?).ok()?;
    }
    Some(digest)
}
