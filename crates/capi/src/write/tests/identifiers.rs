use super::*;
use crate::event::UserData;

const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const MD5: &str = "0cc175b9c0f1b6a831c399e269772661";

#[test]
fn a_hash_is_kept_in_lowercase_and_once() {
    for name in HASHED {
        for (value, kept) in [
            (json!(HASH), json!([HASH])),
            (json!(format!(" {} ", HASH.to_uppercase())), json!([HASH])),
            (json!(MD5.to_uppercase()), json!([MD5])),
            (json!(format!("{HASH}.AQQCAQMC")), json!([format!("{HASH}.AQQCAQMC")])),
            (json!([HASH, MD5, HASH.to_uppercase(), HASH]), json!([HASH, MD5])),
            (json!([HASH, EMPTY_SHA256]), json!([HASH])),
            (json!(EMPTY_SHA256.to_uppercase()), Value::Null),
            (json!([EMPTY_SHA256, "", " "]), Value::Null),
        ] {
            // The Parameter Builder puts its mark behind the keys that it knows.
            if value.to_string().contains('.') && Key::from_name(name).is_none() {
                continue;
            }
            assert_eq!(user_field(name, &value), kept, "{name}: {value}");
        }
    }
}

#[test]
fn what_is_not_hashed_at_meta_leaves_as_it_is() {
    let plain = UserData::FIELDS.iter().filter(|name| !HASHED.contains(*name) && **name != "fbp");
    for name in plain {
        assert_eq!(user_field(name, &json!("Ab.1-x")), json!("Ab.1-x"), "{name}");
    }
}

#[test]
fn parts_of_names_and_dates_are_hashed_too() {
    let hash = |text: &str| json!([sha256_hex(text.as_bytes())]);
    for (name, value, expected) in [
        ("f5first", json!(" George "), hash("georg")),
        ("f5first", json!("Ŝtéphane"), hash("ŝtéph")),
        ("f5last", json!("Li"), hash("li")),
        ("fi", json!("Ada"), hash("a")),
        ("dobd", json!(1), hash("01")),
        ("dobd", json!("31"), hash("31")),
        ("dobd", json!("32"), Value::Null),
        ("dobm", json!("2"), hash("02")),
        ("dobm", json!("13"), Value::Null),
        ("doby", json!("1997"), hash("1997")),
        ("doby", json!("97"), Value::Null),
        ("doby", json!("19999"), Value::Null),
        ("app_user_id", json!(" User 1 "), hash("User 1")),
    ] {
        assert_eq!(user_field(name, &value), expected, "{name}: {value}");
    }
}

#[test]
fn what_was_left_out_is_said() {
    let json = json!({"user_data": {"em": ["n/a", "ada@example.com"], "ph": [EMPTY_SHA256], "dobd": "99", "ge": "", "fn": "-"}});
    let (_, written) = write_with(&mut normalizer(Rules::Both), &json.to_string());
    let dropped: Vec<(&str, Dropped)> = written.dropped.iter().map(|(name, why)| (&**name, *why)).collect();
    assert_eq!(
        dropped,
        [
            ("em", Dropped::Nonsense),
            ("ph", Dropped::HashOfNothing),
            ("fn", Dropped::Nonsense),
            ("dobd", Dropped::Unreadable),
        ]
    );
    assert!(written.emptied.names().eq(["ph", "fn", "dobd"]));
}

#[test]
fn the_country_of_the_person_decides_how_a_phone_is_read() {
    let of = |country: Value| {
        let mut normalizer = normalizer(Rules::Documentation).in_country("DE");
        let json = json!({"user_data": {"ph": "0532 123 45 67", "country": country}});
        let (out, _) = write_with(&mut normalizer, &json.to_string());
        assert_eq!(normalizer.country(), Some("de"), "the normaliser is as before");
        serde_json::from_str::<Value>(&out).unwrap()["user_data"]["ph"].clone()
    };
    let turkish = json!([sha256_hex(b"905321234567")]);
    for country in [json!("TR"), json!("Türkiye"), json!(sha256_hex(b"tr")), json!(["", "tr"])] {
        assert_eq!(of(country.clone()), turkish, "{country}");
    }
    assert_ne!(of(Value::Null), turkish);
}

#[test]
fn long_lists_and_long_values_take_linear_time() {
    let hashes: Vec<String> = (0..50_000).map(|n: u32| sha256_hex(&n.to_le_bytes())).collect();
    let twice = [hashes.clone(), hashes.clone()].concat();
    assert_eq!(user_field("em", &json!(twice)), json!(hashes));
    let names: Vec<String> = (0..100_000).map(|n| format!("name {}", n % 1000)).collect();
    assert_eq!(user_field("external_id", &json!(names)).as_array().unwrap().len(), 1000);

    // A value of 1 MiB, and a quarter of it in all forms that might be slow to look at.
    for (unit, length) in [
        ("a@", 1 << 20),
        ("a", 1 << 18),
        ("0", 1 << 18),
        (" ", 1 << 18),
        ("é", 1 << 18),
        ("%40", 1 << 18),
        ("a.", 1 << 18),
        ("1/", 1 << 18),
        ("+", 1 << 18),
        ("\"", 1 << 18),
        ("\u{1}", 1 << 18),
    ] {
        let long = unit.repeat(length / unit.len());
        let user: serde_json::Map<_, _> =
            HASHED.iter().map(|name| ((*name).to_owned(), json!(long))).collect();
        let json = json!({"user_data": user, "event_source_url": format!("https://a.example/{long}?{long}"),
            "custom_data": {"content_name": long, "mine": long, "list": [long]}});
        let (out, _) = write_with(&mut normalizer(Rules::Both), &json.to_string());
        assert!(serde_json::from_str::<Value>(&out).is_ok(), "{unit}");
    }
}
