mod hooks;
mod reading;

use super::*;

fn kommo() -> Kommo {
    Kommo { origin: "kommo:acme".into(), consent_field: Some("Reklam izni".into()) }
}

#[test]
fn an_account_has_one_origin() {
    for (address, origin) in [
        ("https://acme.kommo.com", "kommo:acme"),
        (" https://ACME.kommo.com/leads/?x=1 ", "kommo:acme"),
        ("acme.kommo.com", "kommo:acme"),
        ("http://127.0.0.1:8490", "kommo:127.0.0.1:8490"),
        ("https://a.b.kommo.com", "kommo:a.b.kommo.com"),
        ("https://crm.example.com:8443/x", "kommo:crm.example.com:8443"),
    ] {
        assert_eq!(origin_of(address), origin);
    }
}
