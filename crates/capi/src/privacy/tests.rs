use super::*;

#[test]
fn what_looks_personal() {
    for text in [
        "a@b.com",
        "mail ayse@example.com.tr now",
        "x=a%40b.co",
        "+90 532 123 45 67",
        "(650) 555-1212",
        "0090 532 1234567",
        "06 12 34 56 78",
    ] {
        assert!(is_personal_text(text), "{text}");
    }
    for text in [
        "",
        "@",
        "a@b",
        "0000123456789",
        "@media screen",
        "2x@1.5",
        "1234567890",
        "2026-11-24 10:00",
        "SKU-1234-5678",
        "12345",
        "1 234 567,00",
        "36 38 40 42 44",
        "12-24-36-48-60",
        "/a@2x.png",
        "logo@3X.webp",
        "2026-11-24 1000",
    ] {
        assert!(!is_personal_text(text), "{text}");
    }
}

#[test]
fn names_that_are_addresses_or_numbers_are_not_shown() {
    for name in ["ada@ex.io", "x ada@ex.io", "905321234567", " 5321234567 ", "+90 532 123 45 67"] {
        assert_eq!(shown_in_path(name), "…", "{name}");
    }
    for (name, said) in
        [("em.ail", "em\u{2024}ail"), ("12345678", "12345678"), ("item_905321234567x", "item_905321234567x")]
    {
        assert_eq!(shown_in_path(name), said);
    }
}

#[test]
fn properties_of_ones_own() {
    let personal = |name, json: &str| is_personal(name, &RawValue::from_string(json.to_owned()).unwrap());
    assert!(personal("note", r#""write to a@b.com""#));
    assert!(personal("note", r#""a@b.com""#));
    assert!(personal("Customer-Email", r#""somebody""#));
    assert!(personal("phone", "905321234567"));
    assert!(personal("customer_phone", "\"5321234567\""));
    assert!(!personal("headphone", "\"Sony\""));
    assert!(!personal("order_number", "5321234567"));
    assert!(personal("customer", r#"{"first_name":"Ada"}"#));
    assert!(personal("list", r#"[1,{"x":["+90 532 123 45 67"]}]"#));
    assert!(personal("ada@example.com", "true"));
    assert!(personal("customers", r#"{"ada@example.com":1}"#));
    assert!(personal("user_data", r#"{"fn":"Ada"}"#));
    assert!(personal("note", r#""\ud83d of a@b.com""#), "half a character hides nothing");
    assert!(personal("note", r#"{"large":1e999,"x":"a@b.com"}"#));
    assert!(personal("note", &format!("{}\"a@b.com\"{}", "[".repeat(500), "]".repeat(500))));
    assert!(!personal("colour", r#""red""#));
    assert!(!personal("phone", "null"));
    assert!(!personal("sku", "905321234567"));
    assert!(!personal("name", r#""Red shoes""#));
}

#[test]
fn addresses_of_pages() {
    for (url, clean) in [
        (
            "https://shop.example.com/thanks?order=1&utm_source=fb",
            "https://shop.example.com/thanks?order=1&utm_source=fb",
        ),
        ("https://shop.example.com/?email=a%40b.com&fbclid=X", "https://shop.example.com/?fbclid=X"),
        ("https://shop.example.com/?fbclid=X&phone=5321234567", "https://shop.example.com/?fbclid=X"),
        ("https://shop.example.com/?tel=%2B90+532+123+45+67", "https://shop.example.com/"),
        ("https://shop.example.com/u/a@b.com/cart#a@b.com", "https://shop.example.com/u/cart"),
        ("https://shop.example.com/?q=%2B905321234567&x=1#top", "https://shop.example.com/?x=1#top"),
        ("https://ada:secret@shop.example.com/cart", "https://shop.example.com/cart"),
        ("https://ada%40example.com@shop.example.com/", "https://shop.example.com/"),
        ("https://shop.example.com/?ada@example.com=1&x=1", "https://shop.example.com/?x=1"),
        ("https://shop.example.com/?email=&x=1", "https://shop.example.com/?email=&x=1"),
        ("/u/a@b.com?x=1", "/u?x=1"),
        (
            "/?ln=de&st=1&ct=2&db=main&ge=fr&fn=main&mobile=true&address=1",
            "/?ln=de&st=1&ct=2&db=main&ge=fr&fn=main&mobile=true&address=1",
        ),
        ("/?ln=en-US&mobile=1&st=ok", "/?ln=en-US&mobile=1&st=ok"),
        ("/?ln=Lovelace&fn=Ada&mobile=5321234567&db=19900101&ge=f&st=Berlin&x=1", "/?x=1"),
        ("/img/a@2x.png?x=1", "/img/a@2x.png?x=1"),
        ("/?tel=12&email=x", "/"),
        (
            "https://shop.example.com/u/ada@example.com./x?utm_source=ada@example.com.",
            "https://shop.example.com/u/x",
        ),
        (
            "https://shop.example.com/u/ada%2540example.com/x?a=ada%252540example.com",
            "https://shop.example.com/u/x",
        ),
        ("https://shop.example.com/u?a=ada&#64;example.com&b=1", "https://shop.example.com/u?b=1"),
        ("https://shop.example.com/u/ada&commat;example.com/x#64;", "https://shop.example.com/u/x#64;"),
        ("https://shop.example.com/?a=ada\u{FF20}example.com&b=1", "https://shop.example.com/?b=1"),
        ("https://shop.example.com/?q=write+ada+%40+example.com&b=1", "https://shop.example.com/?b=1"),
        ("https://shop.example.com/?q=call+0532+000+00+01&b=1", "https://shop.example.com/?b=1"),
        ("https://shop.example.com/?adres=x&soyad%C4%B1=x&b=1", "https://shop.example.com/?b=1"),
        ("https://shop.example.com/?adres=x&soyad=x&b=1", "https://shop.example.com/?b=1"),
        (
            "https://shop.example.com/p/8691234567890?sku=05320000001",
            "https://shop.example.com/p/8691234567890?sku=05320000001",
        ),
        ("https://maps.example/@41.01,28.97,15z", "https://maps.example/@41.01,28.97,15z"),
    ] {
        assert_eq!(clean_url(url), clean);
        assert_eq!(clean_url(clean), clean);
    }
}

#[test]
fn of_addresses_only_what_is_allowed_stays() {
    let is_allowed = |name: &str| matches!(name, "fbclid" | "utm_source");
    for (given, kept) in [
        ("", ""),
        ("/a?b=c", "/a"),
        ("https://example.com", "https://example.com"),
        ("https://example.com/?fbclid=IwAR2", "https://example.com/?fbclid=IwAR2"),
        ("https://example.com/?fbclid=IwAR2.AQICAQMC", "https://example.com/?fbclid=IwAR2.AQICAQMC"),
        ("https://example.com/?a=1&fbclid=x&b=2&utm_source=y", "https://example.com/?fbclid=x&utm_source=y"),
        ("https://example.com/?%66bclid=x", "https://example.com/?%66bclid=x"),
        ("https://example.com/?utm_source=%2B90%20532%20111%2022%2033", "https://example.com/"),
        ("https://example.com/?utm_source=ada%2540example.com", "https://example.com/"),
        ("https://example.com/a#b?fbclid=x", "https://example.com/a"),
        ("https://example.com/%2B905321112233/a", "https://example.com/a"),
        ("https://example.com/2026-01-02/123456789", "https://example.com/2026-01-02/123456789"),
        ("mailto:ada@example.com", ""),
        ("(532) 111 22 33", ""),
    ] {
        let once = only_allowed(given, is_allowed);
        assert_eq!(once, kept, "{given}");
        assert_eq!(only_allowed(&once, is_allowed), kept);
    }
}

#[test]
fn known_fields_that_hold_what_is_personal() {
    for (field, text, is_personal) in [
        ("order_id", "+90 532 111 22 33", true),
        ("order_id", "532-111-2233", false),
        ("content_ids", "+905321112233", true),
        ("content_ids", "+1", false),
        ("content_name", "(532) 111 22 33", true),
        ("messaging_channel", "ada@example.com", true),
        ("client_user_agent", "Mozilla/5.0 (compatible; bot; admin@example.com)", false),
        ("client_user_agent", "ada@example.com", true),
        ("client_user_agent", "+90 532 111 22 33", true),
        ("event_id", "ada@example.com", false),
    ] {
        assert_eq!(is_personal_in(field, text), is_personal, "{field} {text}");
    }
}
