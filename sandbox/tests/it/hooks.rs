//! The bodies of webhooks.

use kopru_sandbox::hooks::{
    KommoAction, KommoHook, KommoLead, Referral, WhatsappChange, WhatsappEntry, WhatsappKind,
    WhatsappMessage, WhatsappStatus, kommo, sign, whatsapp,
};
use serde_json::{Value, json};

fn message(id: &str) -> WhatsappMessage {
    WhatsappMessage {
        from: Some("5511912345678".to_owned()),
        name: "Ana".to_owned(),
        id: id.to_owned(),
        timestamp: 1_763_884_700,
        ..WhatsappMessage::default()
    }
}

fn parsed(entries: &[WhatsappEntry]) -> Value {
    serde_json::from_str(&whatsapp(entries)).unwrap()
}

#[test]
fn signature_of_the_documentation() {
    let body = br#"{"object":"page","entry":[]}"#;
    let right = "sha256=3b38910fd4c2e5c834930c9fd805f746ee525de8bee6b29c36fbabcbb61670c2";
    assert_eq!(sign("app_secret_123", body), right);
}

#[test]
fn first_message_after_a_click() {
    let first = WhatsappMessage {
        referral: Some(Referral::ad("120200000000000000", "ARAexample")),
        ..message("wamid.EXAMPLE")
    };
    assert_eq!(
        parsed(&[WhatsappEntry::of("100200300400500", first)]),
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "100200300400500", "changes": [{
            "field": "messages", "value": {
                "messaging_product": "whatsapp",
                "metadata": { "display_phone_number": "15551230000", "phone_number_id": "106540352242922" },
                "contacts": [{ "profile": { "name": "Ana" }, "wa_id": "5511912345678" }],
                "messages": [{
                    "from": "5511912345678", "id": "wamid.EXAMPLE", "timestamp": "1763884700", "type": "text",
                    "text": { "body": "Hi" },
                    "referral": {
                        "source_url": "https://fb.me/xyz", "source_id": "120200000000000000",
                        "source_type": "ad", "headline": "Offer", "body": "Chat with us",
                        "media_type": "image", "image_url": "https://example.com/i.jpg",
                        "ctwa_clid": "ARAexample", "welcome_message": { "text": "Hello" },
                    },
                }],
            },
        }] }] })
    );
}

#[test]
fn variants_in_one_body() {
    let status_ad = Referral { ctwa_clid: None, ..Referral::ad("1", "") };
    let audio = WhatsappKind::Other { name: "audio".to_owned(), content: json!({ "id": "a" }) };
    let by_username = WhatsappMessage {
        from: None,
        user_id: Some("BR.1502576394655843".to_owned()),
        kind: audio,
        referral: Some(status_ad),
        ..message("wamid.2")
    };
    let empty = WhatsappMessage { referral: Some(Referral::ad("1", "")), ..message("wamid.3") };
    let change = WhatsappChange {
        messages: vec![message("wamid.1"), by_username, empty],
        ..WhatsappChange::default()
    };
    let delivered = WhatsappStatus {
        id: "wamid.0".to_owned(),
        status: "delivered".to_owned(),
        timestamp: 1,
        recipient_id: "5511912345678".to_owned(),
        ..WhatsappStatus::default()
    };
    let statuses = WhatsappChange { statuses: vec![delivered], ..WhatsappChange::default() };
    let entries = [
        WhatsappEntry { waba_id: "1".to_owned(), changes: vec![change, statuses] },
        WhatsappEntry::of("2", message("wamid.4")),
    ];
    let body = parsed(&entries);
    assert_eq!(body["entry"][1]["id"], "2");
    let value = &body["entry"][0]["changes"][0]["value"];
    assert_eq!(value["contacts"].as_array().unwrap().len(), 2);
    assert_eq!(
        value["contacts"][1],
        json!({ "profile": { "name": "Ana" }, "user_id": "BR.1502576394655843" })
    );
    let messages = value["messages"].as_array().unwrap();
    assert!(messages[0].get("referral").is_none());
    assert!(messages[1].get("from").is_none() && messages[1]["referral"].get("ctwa_clid").is_none());
    assert_eq!((&messages[1]["type"], &messages[1]["audio"]["id"]), (&json!("audio"), &json!("a")));
    assert_eq!(messages[2]["referral"]["ctwa_clid"], "");
    let value = &body["entry"][0]["changes"][1]["value"];
    assert!(value.get("messages").is_none() && value.get("contacts").is_none());
    assert_eq!(value["statuses"][0]["status"], "delivered");
}

#[test]
fn escaped_as_meta_escapes() {
    let text = "Käse 😀 a/b \"q\"";
    let message = WhatsappMessage { kind: WhatsappKind::Text(text.to_owned()), ..message("wamid.1") };
    let body = whatsapp(&[WhatsappEntry::of("1", message)]);
    assert!(body.is_ascii());
    assert!(body.contains(r#"K\u00e4se \ud83d\ude00 a\/b \"q\""#), "{body}");
    let back: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(back["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"], text);
}

#[test]
fn kommo_bodies() {
    let lead = |id: u64| KommoLead {
        id,
        name: "Ana & Söhne + 1".to_owned(),
        status_id: 142,
        old_status_id: Some(880_001),
        pipeline_id: 770_001,
        tags: vec![(901, "vip".to_owned())],
        more: vec![("[custom_fields][2][values][0]".to_owned(), "1700006400".to_owned())],
        ..KommoLead::default()
    };
    let hook = KommoHook {
        leads: vec![
            (KommoAction::Status, lead(1)),
            (KommoAction::Update, lead(2)),
            (KommoAction::Status, KommoLead { price: "1500".to_owned(), ..lead(3) }),
        ],
        ..KommoHook::default()
    };
    let encoded = kommo(&hook);
    assert!(encoded.starts_with("account%5Bsubdomain%5D=acme&") && !encoded.contains('['));
    let raw = kommo(&KommoHook { percent_encoded: false, account_first: false, ..hook.clone() });
    assert!(
        raw.starts_with("leads[status][0][id]=1&leads[status][0][name]=Ana %26 S%C3%B6hne %2B 1&"),
        "{raw}"
    );
    let pairs = |body: &str| {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        pairs.sort();
        pairs
    };
    assert_eq!(pairs(&encoded), pairs(&raw), "both say the same");
    let value = |key: &str| {
        let pairs = pairs(&raw);
        pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.clone())
    };
    for (key, expected) in [
        ("leads[status][0][name]", Some("Ana & Söhne + 1")),
        ("leads[status][0][price]", Some("")),
        ("leads[status][1][id]", Some("3")),
        ("leads[status][1][price]", Some("1500")),
        ("leads[update][0][old_status_id]", Some("880001")),
        ("leads[update][0][old_pipeline_id]", None),
        ("leads[status][0][tags][0][name]", Some("vip")),
        ("leads[status][0][custom_fields][2][values][0]", Some("1700006400")),
        ("account[_links][self]", Some("https://acme.kommo.com")),
    ] {
        assert_eq!(value(key).as_deref(), expected, "{key}");
    }
}
