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

#[test]
fn the_number_of_a_thing_is_not_taken_for_a_phone() {
    let personal = |name, json: &str| is_personal(name, &RawValue::from_string(json.to_owned()).unwrap());
    for (name, value) in [
        ("sku", "212-555-1212"),
        ("order_ref", "2026-1128-0042"),
        ("order_ref", "0532-112-8004"),
        ("ref", "650.555.1212"),
        ("article", "0123-456-7890"),
        ("stok_kodu", "0532 000 00 01"),
        ("urunKodu", "532 000 00 01"),
        ("parca_no", "650-555-1212"),
        ("lot", "(650) 555-1212"),
        ("barkod", "869 123 456 7890"),
        ("gtin", "(01)08691234567890"),
        ("gtin13", "8691234567890"),
        ("isbn", "978-3-16-148410-0"),
        ("tracking_number", "1Z 999 AA1 01 2345 6784"),
        ("kargo_takip_no", "420 94107 9205 5902"),
        ("variant", "0532-000-00-01"),
        ("transaction_id", "0090-532-0000001"),
        ("delivery_date", "28.11.2026 10:30:00"),
        ("note", "28.11.2026 10:30:00"),
        ("note", "2026-11-28T10:30:00+03:00"),
        ("uuid", "550e8400-e29b-41d4-a716-446655440000"),
        ("note", "550e8400-e29b-41d4-a716-446655440000"),
        ("customer_id", "1001"),
        ("customer_id", "7065416728813"),
        ("musteri_no", "120012345"),
    ] {
        assert!(!personal(name, &Value::from(value).to_string()), "{name} {value}");
    }
    for (name, value) in [
        ("note", "212-555-1212"),
        ("number", "0532 000 00 01"),
        ("sku", "+90 532 000 00 01"),
        ("sku", "ada@example.com"),
        ("order_ref", "tel:05320000001"),
        ("order_ref", "Tel 05320000001"),
        ("phone", "212-555-1212"),
        ("phone_code", "0532 000 00 01"),
        ("contact_ref", "0532 000 00 01"),
        ("iletisim_no", "0532 000 00 01"),
        ("customer_id", "0532 000 00 01"),
        ("customer_id", "05320000001"),
        ("musteri_no", "905320000001"),
        ("abone_no", "05320000001"),
        ("sender_ref", "05320000001"),
        ("cariKod", "05320000001"),
        ("wa_id", "905320000001"),
        ("tc", "10000000146"),
        ("lead_id", "05320000001"),
        ("member", "05320000001"),
    ] {
        assert!(personal(name, &Value::from(value).to_string()), "{name} {value}");
    }
    assert!(!personal("order", r#"{"ref":"212-555-1212","items":[{"sku":"0532-000-00-01"}]}"#));
    assert!(personal("order", r#"{"ref":"212-555-1212","buyer":{"note":"212-555-1212"}}"#));
    assert_eq!(
        clean_url("/?sku=212-555-1212&note=212-555-1212&ref=0532+000+00+01"),
        "/?sku=212-555-1212&ref=0532+000+00+01"
    );
    assert_eq!(clean_url("/u/ada(at)example.com/x?a=ada%5Bat%5Dexample.com&b=1"), "/u/x?b=1");
}

#[test]
fn names_of_events_hold_no_number_that_can_be_called() {
    for name in [
        "Lead_05320000001",
        "Lead-905320000001",
        "Lead05320000001",
        "Lead_0532_000_00_01",
        "Lead-0532-000-00-01",
        "Lead_650_555_1212",
        "Lead_905320000001_x",
        "lead_+905320000001",
        "6505551212_call",
        "05320000001",
        "Lead_ada@example.com",
        "Lead ada(at)example.com",
        "Lead ٠٥٣٢٠٠٠٠٠٠١",
    ] {
        assert!(is_personal_event_name(name), "{name}");
    }
    for name in [
        "Purchase",
        "fb_mobile_purchase",
        "Lead_2026",
        "Campaign_20261128",
        "Lead 28.11.2026",
        "Order_1001",
        "Sale_1795817940",
    ] {
        assert!(!is_personal_event_name(name), "{name}");
    }
}
