//! Texts: bytes as letters that fit into an address, and texts cut to a length that can be kept.

/// Longest path in the records.
pub const MOST_PATH_BYTES: usize = 1024;
/// Longest method in the records; HTTP takes any word for one.
pub const MOST_METHOD_BYTES: usize = 20;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// One url-safe letter a byte.
pub fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect()
}

/// The beginning of a text.
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", &text[..end])
}
