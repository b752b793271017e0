//! By what the person of an event can be recognised.

use kopru_core::{Identifier, JoinKey, Trust};

use super::*;

fn who(user: &Value) -> Vec<Identifier> {
    let mut event = event(&json!({}));
    event["user_data"] = json!({"fbc": "fb.1.1779999000000.IwAR2abcDEF"});
    merge(&mut event["user_data"], user);
    one(&event).who
}

fn join() -> JoinKey {
    one_business().only().unwrap().join.clone()
}

#[test]
fn hashed_and_plain_sightings_meet() {
    let hash = ada();
    let plain = who(&json!({"em": " Ada@Example.com"}));
    let hashed = who(&json!({"em": hash.to_uppercase()}));
    let exact = join().email("ada@example.com");
    let by_hash = join().match_hash("em", &hash);
    let nodes: Vec<_> = plain.iter().map(|known| (&known.node, known.trust)).collect();
    assert_eq!(nodes, [(&exact, Trust::Other), (&by_hash, Trust::HashOnly)]);
    assert_eq!(hashed.len(), 1);
    assert_eq!((&hashed[0].node, hashed[0].trust), (&by_hash, Trust::HashOnly));
    for known in plain.iter().chain(&hashed) {
        let match_key = known.match_key.as_ref().unwrap();
        assert_eq!((&*match_key.key, &*match_key.hashes), ("em", &[hash.clone()][..]));
    }
    // In Turkey, the country of the business.
    let plain = who(&json!({"ph": "0532 111 22 33"}));
    let hashed = who(&json!({"ph": [capi::sha256_hex(b"905321112233")]}));
    assert_eq!(plain[0].node, join().phone("905321112233"));
    assert_eq!(plain.last().unwrap().node, hashed[0].node);
    let abroad = who(&json!({"ph": "0151 23456789", "country": "DE"}));
    assert_eq!(abroad[0].node, join().phone("4915123456789"));
}

#[test]
fn what_is_told_of_an_identifier_is_what_meta_gets() {
    let user = json!({"ph": "(31) 8888-7777", "country": "BR", "external_id": "C-7"});
    let mut event = event(&json!({}));
    event["user_data"] = user;
    let activity = one(&event);
    let sent = sent(&activity);
    for known in &activity.who {
        let match_key = known.match_key.as_ref().unwrap();
        assert_eq!(sent["user_data"][&match_key.key], json!(match_key.hashes), "{}", match_key.key);
    }
    assert!(activity.who.len() >= 3);
}

#[test]
fn ids_of_browsers_devices_and_shops() {
    let node = |kind: &str, exact: &str| join().identifier(kind, exact);
    let external = format!("{DATASET}:{}", capi::sha256_hex(b"C-7"));
    for (user, expected) in [
        (json!({"fbp": "fb.1.1779999000000.123"}), vec![node("fbp", "fb.1.1779999000000.123")]),
        (json!({"fbp": "fb.1.1779999000000.123.AQYCAQMA"}), vec![node("fbp", "fb.1.1779999000000.123")]),
        (json!({"fbp": "fb.1.1779999000000.123.AQICAQMC"}), vec![]),
        (json!({"fbp": "fb.1.1779999000000.0"}), vec![]),
        (json!({"fbp": "fb.1.5.123"}), vec![]),
        (json!({"fbp": "fb.1.1779999000000.abc"}), vec![]),
        (json!({"fbp": "undefined"}), vec![]),
        (
            json!({"madid": "38400000-8CF0-11BD-B23E-10B96E40000D"}),
            vec![node("madid", "38400000-8cf0-11bd-b23e-10b96e40000d")],
        ),
        (json!({"madid": "00000000-0000-0000-0000-000000000000"}), vec![]),
        (json!({"madid": ada()}), vec![]),
        (json!({"anon_id": "XZ0001"}), vec![node("anon_id", "XZ0001")]),
        (json!({"anon_id": "{{anon_id}}"}), vec![]),
        (json!({"fb_login_id": 1_234_567_890_123_i64}), vec![node("fb_login_id", "1234567890123")]),
        (json!({"external_id": ["C-7"]}), vec![node("external_id", &external)]),
        (json!({"external_id": capi::sha256_hex(b"C-7")}), vec![node("external_id", &external)]),
        (json!({"external_id": "null"}), vec![]),
        (json!({"external_id": "guest"}), vec![]),
        (json!({"external_id": "Misafir"}), vec![]),
        (json!({"external_id": "not-logged-in"}), vec![]),
        (json!({"external_id": "-1"}), vec![]),
        (json!({"em": capi::sha256_hex(b"")}), vec![]),
        (json!({"em": capi::sha256_hex(b"null")}), vec![]),
        (json!({"em": "n/a", "ph": "-"}), vec![]),
        (json!({"em": "d41d8cd98f00b204e9800998ecf8427f"}), vec![]),
    ] {
        let nodes: Vec<_> = who(&user).into_iter().map(|known| known.node).collect();
        assert_eq!(nodes, expected, "{user}");
    }
}

#[test]
fn a_shops_ids_are_its_datasets_and_identifiers_are_bounded() {
    let event = event(&json!({"user_data": {"em": null, "fbp": null, "external_id": "c-7"}}));
    let body = json!({"data": [event]}).to_string();
    let here = taken(take_at(JSON, body.as_bytes(), |_| ())).activities.remove(0).who;
    let there = taken(take_at(JSON, body.as_bytes(), |door| door.dataset = "42")).activities.remove(0).who;
    assert_eq!((here.len(), there.len()), (1, 1));
    assert_ne!(here[0].node, there[0].node);
    let list = |of: fn(usize) -> String| (0..50).map(of).collect::<Vec<_>>();
    let many = who(&json!({
        "em": list(|n| format!("p{n}@example.com")), "ph": list(|n| format!("+22997{n:06}")),
        "external_id": list(|n| n.to_string()), "fbp": "fb.1.1779999000000.123", "anon_id": "a-1",
        "madid": "38400000-8cf0-11bd-b23e-10b96e40000d", "fb_login_id": 1_234_567,
    }));
    // Three of each, most of them in more than one form: there is room for all by which an event can be told.
    assert_eq!(many.len(), 21);
    assert!(many.len() < super::super::people::IDENTIFIERS_MAX);
}

#[test]
fn the_readings_of_a_key_are_the_configurations() {
    let event = event(&json!({"user_data": {"em": null, "fbp": null, "ph": "0532 111 22 33"}}));
    let body = json!({"data": [event]}).to_string();
    for rules in [Rules::Documentation, Rules::ParameterBuilder, Rules::Both] {
        let activity = taken(take_at(JSON, body.as_bytes(), |door| door.rules = rules)).activities.remove(0);
        assert_eq!(activity.who[0].node, join().phone("905321112233"), "{rules:?}");
        let hash = join().match_hash("ph", &capi::sha256_hex(b"905321112233"));
        assert_eq!(activity.who[1].node, hash, "{rules:?}");
        let match_key = activity.who[0].match_key.clone().unwrap();
        assert_eq!(sent(&activity)["user_data"]["ph"], json!(match_key.hashes), "{rules:?}");
    }
}

/// The hash of a word that many write for nobody joins nobody, as the word itself does not.
#[test]
fn the_hash_of_a_word_for_nobody_joins_nobody() {
    let who = |key: &str, text: &str| {
        let value = capi::sha256_hex(text.as_bytes());
        let mut event = event(&json!({}));
        event["user_data"] = json!({key: value, "client_ip_address": "81.2.69.142"});
        one(&event).who.len()
    };
    for word in [
        "guest",
        "Guest",
        "GUEST",
        "misafir",
        "ziyaretçi",
        "anonymous",
        "undefined",
        "null",
        "test",
        "0",
        "-1",
    ] {
        assert_eq!(who("external_id", word), 0, "{word}");
    }
    for word in ["test@test.com", "noemail@noemail.com", "none@none.de", "null", "guest@guest.com"] {
        assert_eq!(who("em", word), 0, "{word}");
    }
    for word in ["0000000000", "1111111111", "undefined"] {
        assert_eq!(who("ph", word), 0, "{word}");
    }
    for (key, word) in [("external_id", "guest-17"), ("em", "ada@example.com"), ("ph", "905321112233")] {
        assert!(who(key, word) > 0, "{word}");
    }
}

/// What nobody would find again by is not kept, and does not leave.
#[test]
fn of_a_key_no_more_values_are_kept_than_the_person_is_found_by() {
    let many = json!(["a@x.example", "", "b@x.example", "c@x.example", "d@x.example", "e@x.example"]);
    let asked = event(&json!({"user_data": {"em": many, "ph": ["+905321112233", " ", "+905321112234"]}}));
    let taken = taken(take(&json!({"data": [asked]})));
    let activity = &taken.activities[0];
    let sent = sent(activity);
    assert_eq!(sent["user_data"]["em"].as_array().map(Vec::len), Some(3), "{sent}");
    assert_eq!(sent["user_data"]["ph"].as_array().map(Vec::len), Some(2), "{sent}");
    let found = activity.who.iter().filter(|one| one.match_key.as_ref().is_some_and(|key| key.key == "em"));
    assert_eq!(found.count(), 6, "each by its exact form and by its hash");
    let answer = body_of(&taken.reply.make(TurnedOut::default()));
    let advice = answer["kopru"]["advice"].as_array().unwrap();
    let paths: Vec<&str> = advice.iter().filter_map(|one| one["path"].as_str()).collect();
    // Of the empty ones, and of those beyond three.
    assert_eq!(paths, ["user_data.em", "user_data.ph", "user_data.em"], "{answer}");
}
