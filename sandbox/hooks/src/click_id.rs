//! Click ids that every sandbox knows again.
//!
//! The webhook makers may run in another process than the sandbox that later sees the event. So their
//! `ctwa_clid`s end with a seal over the WhatsApp Business Account and the rest of the id: a made-up id is
//! still refused, as Meta does.

use sandbox_http::letters;
use sha2::{Digest, Sha256};

const BEGIN: &str = "ARA";
/// One hash as letters.
const SEAL_LETTERS: usize = 32;

/// A click id for a click on an ad of this account; `id` tells clicks apart.
pub fn make(waba_id: &str, id: &str) -> String {
    let parts = ["1", "2", "3"].map(|part| letters(&hash(&["click", part, waba_id, id])));
    let body = format!("{BEGIN}{}", parts.concat());
    let seal = seal(waba_id, &body);
    format!("{body}{seal}")
}

/// Whether this is a click id that [`make`] has made for the account.
pub fn is_of(waba_id: &str, clid: &str) -> bool {
    let body = clid.len().checked_sub(SEAL_LETTERS).and_then(|end| clid.split_at_checked(end));
    body.is_some_and(|(body, given)| body.starts_with(BEGIN) && given == seal(waba_id, body))
}

fn seal(waba_id: &str, body: &str) -> String {
    letters(&hash(&["seal", waba_id, body]))
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_for_one_account_and_not_made_up() {
        let clid = make("222", "1");
        assert!(clid.len() >= 100 && clid.starts_with("ARA"), "{clid}");
        assert_ne!(clid, make("222", "2"));
        for (account, id, expected) in [
            ("222", clid.clone(), true),
            ("223", clid.clone(), false),
            ("222", clid.to_lowercase(), false),
            ("222", clid[..clid.len() - 1].to_owned(), false),
            ("222", format!("{clid}A"), false),
            ("222", "ARA".to_owned(), false),
            ("222", "ä".repeat(40), false),
        ] {
            assert_eq!(is_of(account, &id), expected, "{id}");
        }
    }
}
