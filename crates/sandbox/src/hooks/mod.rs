//! Bodies of webhooks as WhatsApp and Kommo send them, and the signature of Meta's.
//!
//! These are plain functions over data. They send nothing: a test or a demo posts the body itself.

mod kommo;
mod whatsapp;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use kommo::{
    KommoAction, KommoContact, KommoEntry, KommoHook, KommoLead, KommoMessage, KommoNote, KommoTalk,
    KommoTask, KommoUnsorted, kommo, kommo_digital_pipeline,
};
pub use whatsapp::{
    Referral, WhatsappChange, WhatsappEntry, WhatsappKind, WhatsappMessage, WhatsappStatus, whatsapp,
};

/// The value of Meta's `X-Hub-Signature-256`: HMAC-SHA256 over the body's bytes as they are sent.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length, so the other arm is never used.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
