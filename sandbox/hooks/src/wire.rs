//! What all of Meta's webhooks share: how a body is escaped and how it is signed.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::Sha256;

/// The value of Meta's `X-Hub-Signature-256`: HMAC-SHA256 over the body's bytes as they are sent.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length, so the other arm is never used.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", const_hex::encode(mac.finalize().into_bytes()))
}

/// The value of Meta's older `X-Hub-Signature`, which Meta still sends and some libraries still read.
pub fn sign_sha1(app_secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha1={}", const_hex::encode(mac.finalize().into_bytes()))
}

/// The JSON as Meta writes it: non-ASCII characters as `\u00e4`, slashes as `\/`. Both occur only within
/// strings.
pub(super) fn as_meta_writes(json: &Value) -> String {
    let json = json.to_string();
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            ' '..='~' => out.push(letter),
            _ => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    out.push_str("\\u");
                    out.push_str(&const_hex::encode(unit.to_be_bytes()));
                }
            }
        }
    }
    out
}

/// An object of the texts that are there.
pub(super) fn present<const N: usize>(texts: [(&str, &Option<String>); N]) -> Map<String, Value> {
    let known = |(key, text): (&str, &Option<String>)| {
        text.as_deref().map(|text| (key.to_owned(), Value::from(text)))
    };
    texts.into_iter().filter_map(known).collect()
}
