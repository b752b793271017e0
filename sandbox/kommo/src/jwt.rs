//! Tokens in the shape of Kommo's: JWTs, of which clients read `exp` and other claims without verifying them.
//!
//! The claims are those of Kommo's tokens. The signature is none: only the sandbox issues tokens, and it
//! knows its own again.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::crm::Account;

/// As Kommo's begin.
const HEADER: &str = r#"{"typ":"JWT","alg":"RS256"}"#;
/// Begin and end of long-lived tokens: the years 2026 to 2036.
const LONG_LIVED: (i64, i64) = (1_767_225_600, 2_082_758_400);
/// No address can have these names, so a client that trusts the claim reaches nobody.
const API_DOMAIN: &str = "api.kommo.invalid";
const BASE_DOMAIN: &str = "kommo.invalid";

/// The long-lived token of an account; `secret` tells those of two sandboxes apart.
pub(crate) fn long_lived(account: &Account, secret: &str) -> String {
    let id = const_hex::encode(Sha256::digest(secret));
    token(account, &id, "", LONG_LIVED)
}

/// A token of this id and audience that is valid between the two times.
pub(crate) fn token(account: &Account, id: &str, client_id: &str, (from, to): (i64, i64)) -> String {
    let claims = json!({
        "aud": client_id,
        "jti": id,
        "iat": from,
        "nbf": from,
        "exp": to,
        "sub": account.id.saturating_add(1).to_string(),
        "grant_type": "",
        "account_id": account.id,
        "base_domain": BASE_DOMAIN,
        "version": 2,
        "scopes": ["crm", "files", "files_delete", "notifications", "push_notifications"],
        "user_flags": 0,
        "api_domain": API_DOMAIN,
    });
    let encoded = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let signed = format!("{}.{}", encoded(HEADER.as_bytes()), encoded(claims.to_string().as_bytes()));
    // As long as one of RS256, so that a column too short for it shows.
    let mut signature = Vec::new();
    for block in 0..8_u8 {
        signature.extend(Sha256::digest([signed.as_bytes(), &[block]].concat()));
    }
    format!("{signed}.{}", encoded(&signature))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn s2_a_client_reads_its_claims() {
        let account = Account::default();
        let token = token(&account, "1", "c-1", (100, 200));
        let parts: Vec<&str> = token.split('.').collect();
        let decoded = |part: &str| -> Value {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(parts.len(), 3);
        assert_eq!(decoded(parts[0])["typ"], "JWT");
        let claims = decoded(parts[1]);
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(100), &json!(200)));
        assert_eq!((&claims["aud"], &claims["account_id"]), (&json!("c-1"), &json!(account.id)));
        assert!(claims["api_domain"].as_str().unwrap().ends_with(".invalid"), "nobody is reached with it");
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap().len(), 256);
        assert_ne!(long_lived(&account, "a"), long_lived(&account, "b"));
    }
}
