//! Every shape of the catalogue, by what is particular about it.

use std::collections::BTreeSet;

use kopru_sandbox::hooks::{Door, Parameters, Signing, make, shapes, sign, sign_sha1};
use serde_json::{Value, json};

const NOW_MS: i64 = 1_763_884_700_456;

fn parameters() -> Parameters {
    let text = |text: &str| Some(text.to_owned());
    Parameters {
        phone: text("5511912345678"),
        name: text("Zoë/Ana 😀"),
        clid: text("ARAexample"),
        ad: text("1202"),
        waba: text("100200300400500"),
        page: text("111222333"),
        psid: text("444555666"),
        ig: text("17841400000000000"),
        sid: text("5551234567"),
        lead: Some(525_645_896_321_548),
        form: text("777"),
        stage: Some(880_002),
        pipeline: Some(770_001),
        price: text("12.5"),
        text: text("Ürün?"),
        id: text("77"),
        time: Some(1_763_884_700),
    }
}

fn body(door: Door, shape: &str) -> Value {
    let body = make(door, Some(shape), &parameters(), NOW_MS).unwrap().body;
    if door == Door::Kommo {
        let pairs = form_urlencoded::parse(body.as_bytes()).into_owned();
        return pairs.map(|(key, value)| (key, Value::from(value))).collect::<serde_json::Map<_, _>>().into();
    }
    serde_json::from_str(&body).unwrap()
}

/// Asserts what a door's shapes have at these places (under `at`, or in the whole body), where null stands for nothing at all, and that no
/// shape of the door was forgotten.
pub fn assert_shapes(door: Door, at: &str, table: &[(&str, &[(&str, Value)])]) {
    for (shape, places) in table {
        let body = body(door, shape);
        for (place, expected) in *places {
            let is_of_body = place.starts_with("/object") || place.starts_with("/entry");
            let pointer = if is_of_body { (*place).to_owned() } else { format!("{at}{place}") };
            let found = body.pointer(&pointer).cloned().unwrap_or_default();
            assert_eq!(found, *expected, "{door} {shape} {pointer}: {body}");
        }
    }
    let known: BTreeSet<&str> =
        shapes().iter().filter(|shape| shape.door == door).map(|shape| shape.name).collect();
    assert_eq!(table.iter().map(|(shape, _)| *shape).collect::<BTreeSet<_>>(), known, "{door}");
}

#[test]
fn all_are_ascii_and_signed_as_sent() {
    let names: BTreeSet<(Door, &str)> = shapes().iter().map(|shape| (shape.door, shape.name)).collect();
    assert_eq!(names.len(), shapes().len(), "names are unique");
    for shape in shapes() {
        assert!(shape.meaning.ends_with('.'), "{shape:?}");
        let hook = make(shape.door, Some(shape.name), &parameters(), NOW_MS).unwrap();
        assert!(hook.body.is_ascii(), "{shape:?}");
        let headers = hook.headers(&Signing::With("s".to_owned()));
        let header = |name| headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
        if shape.door == Door::Kommo {
            assert_eq!(header("X-Hub-Signature-256"), None);
            assert_eq!(header("Content-Type").unwrap(), "application/x-www-form-urlencoded");
            continue;
        }
        assert!(!hook.body.replace("\\/", "").contains('/'), "slashes are escaped: {}", hook.body);
        assert_eq!(header("X-Hub-Signature-256").unwrap(), sign("s", hook.body.as_bytes()));
        assert_eq!(header("X-Hub-Signature").unwrap(), sign_sha1("s", hook.body.as_bytes()));
        assert_eq!(header("Content-Type").unwrap(), "application/json");
        assert_eq!(hook.headers(&Signing::Unsigned).len(), 1);
        let wrong = hook.headers(&Signing::Wrong);
        assert!(wrong.len() == 3 && wrong != headers);
    }
}

/// The older signature has the well-known example of HMAC-SHA1 in RFC 2202.
#[test]
fn older_signature() {
    let right = "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    assert_eq!(sign_sha1("Jefe", b"what do ya want for nothing?"), right);
}

#[test]
fn defaults_are_of_now_and_new_each_time() {
    for shape in shapes() {
        let at = |now_ms| make(shape.door, Some(shape.name), &Parameters::default(), now_ms).unwrap().body;
        // Errors of the number, and of its history, have neither a time nor an id.
        let is_timeless = matches!(shape.name, "errors" | "history-declined");
        assert_eq!(at(NOW_MS) == at(NOW_MS + 2_000), is_timeless, "{shape:?}");
        assert_eq!(at(NOW_MS), at(NOW_MS), "{shape:?}");
        for far in [i64::MIN, i64::MAX] {
            make(shape.door, None, &Parameters { time: Some(far), ..Parameters::default() }, far).unwrap();
        }
    }
    let first = |door| make(door, None, &Parameters::default(), NOW_MS).unwrap().shape;
    assert_eq!(
        Door::ALL.map(first),
        ["ad-click", "ad-first-message", "ad-first-message", "lead", "stage-move"]
    );
}

#[test]
fn unknown_names_list_the_known() {
    let why = make(Door::Leadgen, Some("leed"), &Parameters::default(), NOW_MS).unwrap_err().to_string();
    assert_eq!(why, "leadgen has no shape called \"leed\"; known are lead, organic, batch");
    let why = Door::from_name("telegram").unwrap_err().to_string();
    assert_eq!(
        why,
        "no door is called \"telegram\"; known are whatsapp, messenger, instagram, leadgen, kommo"
    );
}

fn ad(more: &Value) -> Value {
    let base = json!({
        "ref": "promo-1", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "1202",
        "ads_context_data": { "ad_title": "Offer", "photo_url": "https://example.com/p.jpg" },
    });
    crate::changed(&base, more)
}

fn no_ad(source: &str) -> Value {
    json!({ "ref": "promo-1", "source": source, "type": "OPEN_THREAD" })
}

#[test]
fn messenger() {
    let showing = |key: &str, value: &str| {
        let mut shown = json!({ "ad_title": "Offer" });
        shown[key] = value.into();
        ("/message/referral/ads_context_data", shown)
    };
    let get_started = json!({ "mid": "m_77", "title": "Get Started", "payload": "GET_STARTED" });
    let plugin = crate::changed(
        &no_ad("CUSTOMER_CHAT_PLUGIN"),
        &json!({ "referer_uri": "https://shop.example.com/" }),
    );
    assert_shapes(
        Door::Messenger,
        "/entry/0/messaging/0",
        &[
            (
                "ad-first-message",
                &[
                    ("/object", json!("page")),
                    ("/entry/0/id", json!("111222333")),
                    ("/entry/0/time", json!(1_763_884_700_123_u64)),
                    ("/sender/id", json!("444555666")),
                    ("/recipient/id", json!("111222333")),
                    ("/timestamp", json!(1_763_884_700_000_u64)),
                    ("/message", json!({ "mid": "m_77", "text": "Ürün?", "referral": ad(&json!({})) })),
                ],
            ),
            (
                "ad-get-started",
                &[("/postback", crate::changed(&get_started, &json!({ "referral": ad(&json!({})) })))],
            ),
            (
                "ad-existing-thread",
                &[
                    ("/referral", ad(&json!({ "ads_context_data": { "post_id": "111222333_999" } }))),
                    ("/message", Value::Null),
                ],
            ),
            ("ad-video", &[showing("video_url", "https://example.com/v.mp4")]),
            ("ad-product", &[showing("product_id", "888")]),
            ("ad-flow", &[showing("flow_id", "999")]),
            ("ad-without-source", &[("/referral", ad(&json!({ "source": null })))]),
            ("short-link", &[("/referral", no_ad("SHORTLINK"))]),
            ("chat-plugin", &[("/referral", plugin)]),
            ("message", &[("/message", json!({ "mid": "m_77", "text": "Ürün?" }))]),
            ("quick-reply", &[("/message/quick_reply/payload", json!("YES"))]),
            (
                "attachment",
                &[("/message/attachments/0/type", json!("image")), ("/message/text", Value::Null)],
            ),
            ("postback", &[("/postback", get_started)]),
            (
                "echo",
                &[
                    ("/message/is_echo", json!(true)),
                    ("/sender/id", json!("111222333")),
                    ("/recipient/id", json!("444555666")),
                ],
            ),
            ("read", &[("/read", json!({ "watermark": 1_763_884_700_000_u64 }))]),
            ("delivery", &[("/delivery/mids/0", json!("m_business.77"))]),
            ("optin", &[("/optin/ref", json!("promo-1"))]),
            (
                "batch",
                &[
                    ("/message/referral", ad(&json!({}))),
                    ("/entry/0/messaging/1/read/watermark", json!(1_763_884_700_000_u64)),
                    ("/entry/1/id", json!("1112223339")),
                    ("/entry/1/messaging/0/sender/id", json!("4445556669")),
                    ("/entry/1/messaging/0/recipient/id", json!("1112223339")),
                ],
            ),
        ],
    );
}

#[test]
fn instagram() {
    assert_shapes(
        Door::Instagram,
        "/entry/0/messaging/0",
        &[
            (
                "ad-first-message",
                &[
                    ("/object", json!("instagram")),
                    ("/entry/0/id", json!("17841400000000000")),
                    ("/entry/0/time", json!(1_763_884_700_123_u64)),
                    ("/sender/id", json!("5551234567")),
                    ("/recipient/id", json!("17841400000000000")),
                    ("/message/referral", ad(&json!({}))),
                ],
            ),
            ("ad-ice-breaker", &[("/postback/referral", ad(&json!({})))]),
            ("ad-existing-thread", &[("/referral", ad(&json!({}))), ("/message", Value::Null)]),
            (
                "ad-video",
                &[("/message/referral/ads_context_data/video_url", json!("https://example.com/v.mp4"))],
            ),
            ("ad-without-source", &[("/referral", ad(&json!({ "source": null })))]),
            ("link", &[("/referral", no_ad("IGME-SOURCE-LINK"))]),
            ("message", &[("/message", json!({ "mid": "m_77", "text": "Ürün?" }))]),
            ("attachment", &[("/message/attachments/0/type", json!("image"))]),
            ("story-reply", &[("/message/reply_to/story/id", json!("1"))]),
            ("postback", &[("/postback/payload", json!("GET_STARTED")), ("/postback/referral", Value::Null)]),
            ("echo", &[("/message/is_echo", json!(true)), ("/recipient/id", json!("5551234567"))]),
            ("seen", &[("/read", json!({ "mid": "m_business.77" }))]),
            ("reaction", &[("/reaction/action", json!("react")), ("/reaction/emoji", json!("❤"))]),
            ("batch", &[("/entry/1/messaging/0/sender/id", json!("55512345679"))]),
        ],
    );
}

#[test]
fn leadgen() {
    let value = json!({
        "leadgen_id": "525645896321548", "page_id": "111222333", "form_id": "777",
        "adgroup_id": "120200000000000001", "ad_id": "1202", "created_time": 1_763_884_700,
    });
    assert_shapes(
        Door::Leadgen,
        "/entry/0/changes/0",
        &[
            (
                "lead",
                &[
                    ("/object", json!("page")),
                    ("/entry/0/id", json!("111222333")),
                    ("/entry/0/time", json!(1_763_884_701)),
                    ("", json!({ "field": "leadgen", "value": value })),
                ],
            ),
            ("organic", &[("/value", crate::changed(&value, &json!({ "ad_id": null, "adgroup_id": null })))]),
            (
                "batch",
                &[
                    ("/entry/0/changes/1/value/leadgen_id", json!("525645896321549")),
                    ("/entry/1/changes/0/value/leadgen_id", json!("525645896321550")),
                    ("/entry/1/changes/0/value/page_id", json!("1112223339")),
                ],
            ),
        ],
    );
}

#[test]
fn kommo() {
    let raw = make(Door::Kommo, Some("stage-move-raw"), &parameters(), NOW_MS).unwrap().body;
    assert!(raw.starts_with("leads[status][0][id]=525645896321548&"), "{raw}");
    let stage = |action: &str, key: &str| format!("/leads[{action}][0][{key}]");
    let (status, old, update) =
        (stage("status", "status_id"), stage("status", "old_status_id"), stage("update", "status_id"));
    let (old_pipeline, update_old, add) =
        (stage("status", "old_pipeline_id"), stage("update", "old_status_id"), stage("add", "status_id"));
    let (moved, from) = (json!("880002"), json!("880001"));
    assert_shapes(
        Door::Kommo,
        "",
        &[
            (
                "stage-move",
                &[
                    (&status, moved.clone()),
                    (&old, from.clone()),
                    (&update, Value::Null),
                    (&old_pipeline, Value::Null),
                ],
            ),
            ("stage-move-raw", &[(&status, moved.clone()), (&old, from.clone())]),
            ("stage-move-twice", &[(&status, moved.clone()), (&update, moved.clone()), (&update_old, from)]),
            ("pipeline-move", &[(&old_pipeline, json!("770002"))]),
            ("update", &[(&update, moved.clone()), (&update_old, Value::Null)]),
            ("add", &[(&add, moved)]),
        ],
    );
}
