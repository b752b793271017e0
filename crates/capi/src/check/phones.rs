//! Phone numbers that are given plain. What is hashed says nothing of whether such a number can exist.

use super::{Checks, Findings};
use crate::{
    Event, Key, Normalizer, Rules,
    normalize::{Dropped, hashed::Hashed},
    write::country_of,
};

/// How many of the values are looked at.
const VALUES_MAX: usize = 100;

/// Advises where the writer will drop a number because no country has it.
pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    let Some(user) = &event.user_data else { return };
    let Some(values) = &user.ph else { return };
    if values.iter().all(|value| Hashed::read(value).is_some()) {
        return;
    }
    let mut normalizer = Normalizer::new(Rules::Documentation, checks.now_s);
    normalizer.set_country_code(user.country.as_ref().and_then(country_of));
    let mut plain = values.iter().take(VALUES_MAX);
    if plain.any(|value| normalizer.forms(Key::Phone, value).dropped() == Some(Dropped::Impossible)) {
        findings.advise(
            "impossible_phone",
            "user_data.ph",
            "no country has such a phone number, so it helps nobody; give numbers with their country code",
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{check, sha256_hex};

    fn advice(user: &Value, as_sent: bool) -> Vec<&'static str> {
        let event = json!({"event_name": "Lead", "event_time": 1_780_000_000, "action_source": "phone_call",
            "user_data": user})
        .to_string();
        let event = Event::from_slice(event.as_bytes()).unwrap();
        let findings = check(&event, Checks { as_sent, ..Checks::at(1_780_000_060) });
        findings.iter().map(|finding| finding.code).filter(|code| *code == "impossible_phone").collect()
    }

    #[test]
    fn a_number_that_no_country_has_is_advised_once() {
        for (user, count) in [
            (json!({"ph": "89123456789"}), 1),
            (json!({"ph": ["89123456789", "88888123456", "905321234567"]}), 1),
            (json!({"ph": "15 2345-6789", "country": "AR"}), 1),
            (json!({"ph": "15 2345-6789", "country": sha256_hex(b"ar")}), 1),
            (json!({"ph": "11 15 2345-6789", "country": "AR"}), 0),
            (json!({"ph": "8 912 345-67-89", "country": "RU"}), 0),
            (json!({"ph": sha256_hex(b"89123456789")}), 0),
            (json!({"ph": ""}), 0),
            (json!({"em": "ada@example.com"}), 0),
        ] {
            for as_sent in [false, true] {
                assert_eq!(advice(&user, as_sent).len(), count, "{user}");
            }
        }
    }
}
