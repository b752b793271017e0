//! Names of accounts and ids within them.

use serde_json::Value;

use crate::lenient::text;

/// Most digits of an id: every one fits 64 bits, so that a CRM never refuses a list for one of them.
const ID_DIGITS_MAX: usize = 18;

/// The name of an account: `kommo:acme` for `https://acme.kommo.com`, `kommo:` with
/// host and port for any other address.
pub fn name_of(account_url: &str) -> String {
    let address = account_url.trim().to_ascii_lowercase();
    let after_scheme = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let account = host.strip_suffix(".kommo.com").filter(|account| !account.contains('.'));
    format!("kommo:{}", account.unwrap_or(host))
}

/// Whether a text is an id of Kommo: digits, not zero (which stands for nobody) and without
/// leading zeros (so that one record has one id).
pub(super) fn is_id(text: &str) -> bool {
    (1..=ID_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}

/// The id that a value is.
pub(super) fn id(value: &Value) -> Option<String> {
    text(value).filter(|id| is_id(id))
}

/// The id in an object's member.
pub(super) fn id_of(object: &Value, key: &str) -> Option<String> {
    id(object.get(key)?)
}
