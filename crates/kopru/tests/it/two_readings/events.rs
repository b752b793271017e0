//! Events of every kind, good ones and such with up to three faults.

use super::{CLICK, INSTAGRAM, PAGE, PERSON, WABA};
use serde_json::{Value, json};
use testkit::Random;

const DAY_S: i64 = 86_400;
pub const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const LEAD: u64 = 525_645_896_321_548;

/// The event that is drawn, for the given time.
pub fn event(random: &mut Random, now_s: i64) -> Value {
    let mut event = good(random, now_s);
    for _ in 0..random.below(4) {
        mutate(&mut event, random, now_s);
    }
    match random.below(60) {
        0 => random.pick(&[json!(null), json!([]), json!(7), json!("event"), json!([event])]),
        1 | 2 => event.to_string().into(),
        _ => event,
    }
}

pub fn good(random: &mut Random, now_s: i64) -> Value {
    let name = random.pick(&["Purchase", "Purchase", "Lead", "ViewContent", "LeadSubmitted", "Booked"]);
    let chat_name = random.pick(&["Purchase", "Purchase", "LeadSubmitted", "RatingProvided", "AddToCart"]);
    let person = random.pick(&PEOPLE)();
    let source = random.pick(&[
        "website",
        "app",
        "email",
        "phone_call",
        "chat",
        "physical_store",
        "system_generated",
        "other",
        "business_messaging",
        "business_messaging",
        "business_messaging",
    ]);
    let mut event = json!({
        "event_name": name, "event_time": now_s - 60, "event_id": "1", "action_source": source,
        "user_data": person, "custom_data": {
            "currency": "EUR", "value": 49.9, "contents": [{ "id": "sku1", "quantity": 1 }],
        },
    });
    match source {
        "website" => event["event_source_url"] = json!("https://shop.example.com/"),
        "app" => {
            event["app_data"] = json!({
                "advertiser_tracking_enabled": 1, "application_tracking_enabled": 1, "extinfo": extinfo(),
            });
        }
        "system_generated" => {
            event["user_data"]["lead_id"] = LEAD.into();
            event["custom_data"] = json!({ "event_source": "crm", "lead_event_source": "Kommo" });
        }
        "business_messaging" => {
            let (channel, ids) = random.pick(&[
                ("messenger", json!({ "page_id": PAGE, "page_scoped_user_id": PERSON })),
                ("instagram", json!({ "ig_account_id": INSTAGRAM, "ig_sid": "9988" })),
                ("whatsapp", json!({ "whatsapp_business_account_id": WABA, "ctwa_clid": CLICK })),
                ("whatsapp", json!({ "page_id": PAGE, "ctwa_clid": CLICK })),
            ]);
            event["event_name"] = chat_name.into();
            event["messaging_channel"] = channel.into();
            event["user_data"] = ids;
        }
        _ => {}
    }
    event
}

pub fn extinfo() -> Value {
    json!([
        "i2",
        "com.example.shop",
        "1.0",
        "1.0.7",
        "17.4",
        "iPhone15,3",
        "tr_TR",
        "GMT+3",
        "Carrier",
        "390",
        "844",
        "3",
        "6",
        "128",
        "64",
        "Europe/Istanbul",
    ])
}

const PEOPLE: [fn() -> Value; 12] = [
    || json!({ "em": [HASH] }),
    || json!({ "ph": HASH, "country": HASH }),
    || json!({ "fn": HASH, "ln": HASH }),
    || json!({ "fn": HASH, "ge": HASH }),
    || json!({ "ln": [HASH], "ge": HASH }),
    || json!({ "db": HASH, "client_user_agent": "curl/8" }),
    || json!({ "ct": HASH, "st": HASH, "zp": HASH, "ge": HASH, "country": HASH }),
    || json!({ "client_user_agent": "curl/8" }),
    || json!({ "client_user_agent": "curl/8", "client_ip_address": "8.8.8.8" }),
    || json!({ "external_id": "user-1" }),
    || json!({ "fbp": "fb.1.1700000000000.123" }),
    || json!({}),
];

/// Changes one place of the event: as often to a value that is of interest just there as to one that is
/// odd anywhere.
fn mutate(event: &mut Value, random: &mut Random, now_s: i64) {
    // Another id would be one that only Meta, or the sandbox, can judge.
    const IDS: [&str; 5] =
        ["page_id", "page_scoped_user_id", "ctwa_clid", "whatsapp_business_account_id", "ig_account_id"];
    let (path, of_interest) = random.pick(&PLACES);
    let mut values = odd();
    if !IDS.iter().any(|id| path.ends_with(id)) {
        values.extend([json!("x"), json!(0), json!(-1), json!(1.5), json!(7)]);
    }
    if random.below(2) == 0 {
        values = of_interest(now_s);
    }
    let value = random.pick(&values);
    put(event, path, value);
}

fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!(" "),
        json!([]),
        json!({}),
        json!([null]),
        json!([""]),
        json!([[]]),
        json!(["x"]),
        json!([["x"]]),
        json!({ "a": 1 }),
        json!(true),
        json!(false),
    ]
}

/// Sets a value. Objects on the way that are missing are made; where something else is, nothing is set.
pub fn put(event: &mut Value, path: &str, value: Value) {
    let mut at = event;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let next = match at {
            Value::Object(fields) => fields.entry(part).or_insert_with(|| json!({})),
            Value::Array(items) => {
                let Some(item) = part.parse().ok().and_then(|place: usize| items.get_mut(place)) else {
                    return;
                };
                item
            }
            _ => return,
        };
        if parts.peek().is_none() {
            *next = value;
            return;
        }
        at = next;
    }
}

/// A place, and the values that are of interest just there at a time.
type Place = (&'static str, fn(i64) -> Vec<Value>);

const PLACES: [Place; 61] = [
    ("event_name", |_| {
        vec![
            json!("Purchase"),
            json!("purchase"),
            json!("Lead"),
            json!("LeadSubmitted"),
            json!("OrderShipped"),
        ]
    }),
    ("event_time", times),
    ("event_time", times),
    ("event_time", times),
    ("user_data", |_| PEOPLE.iter().map(|person| person()).collect()),
    ("user_data", |_| PEOPLE.iter().map(|person| person()).collect()),
    ("action_source", |_| SOURCES.map(Value::from).to_vec()),
    ("action_source", |_| SOURCES.map(Value::from).to_vec()),
    ("messaging_channel", |_| {
        ["messenger", "instagram", "whatsapp", "WhatsApp", "sms", "whatsapp "].map(Value::from).to_vec()
    }),
    ("messaging_channel", |_| ["messenger", "instagram", "whatsapp"].map(Value::from).to_vec()),
    ("event_source_url", |_| vec![json!("https://shop.example.com/")]),
    ("custom_data", |_| vec![json!({ "value": 1 }), json!({ "currency": "USD" })]),
    ("custom_data.value", amounts),
    ("custom_data.value", amounts),
    ("custom_data.currency", currencies),
    ("custom_data.order_id", orders),
    ("custom_data.currency", currencies),
    ("custom_data.contents", contents),
    ("custom_data.contents", contents),
    ("custom_data.contents.0", |_| vec![json!({ "id": 5 })]),
    ("custom_data.contents.0.id", |_| vec![json!("sku2"), json!(12)]),
    ("custom_data.contents.0.quantity", |_| odd()),
    ("custom_data.order_id", |_| odd()),
    ("app_data", |_| vec![json!({ "extinfo": extinfo() })]),
    ("app_data.extinfo", extinfos),
    ("app_data.extinfo", extinfos),
    ("app_data.extinfo.0", |_| vec![json!("a2")]),
    ("app_data.extinfo.4", |_| vec![json!("17"), json!(17), json!(17.4)]),
    ("user_data.lead_id", leads),
    ("user_data.lead_id", leads),
    ("user_data.em", |_| vec![json!(HASH), json!([HASH, ""]), json!("ada@example.com")]),
    ("user_data.ph", |_| vec![json!(HASH), json!(905_321_234_567_u64)]),
    ("user_data.fn", |_| vec![json!(HASH)]),
    ("user_data.ln", |_| vec![json!(HASH)]),
    ("user_data.ge", |_| vec![json!(HASH), json!("f")]),
    ("user_data.db", |_| vec![json!(HASH), json!(19_800_101)]),
    ("user_data.ct", |_| vec![json!(HASH)]),
    ("user_data.st", |_| vec![json!(HASH)]),
    ("user_data.zp", |_| vec![json!(HASH)]),
    ("user_data.country", |_| vec![json!(HASH), json!("tr")]),
    ("user_data.external_id", |_| vec![json!("user-1"), json!(17), json!(["a", "b"])]),
    ("user_data.client_ip_address", |_| vec![json!("8.8.8.8")]),
    ("user_data.client_user_agent", |_| vec![json!("curl/8")]),
    ("user_data.fbc", |_| vec![json!("fb.1.1700000000000.abc")]),
    ("user_data.fbp", |_| vec![json!("fb.1.1700000000000.123")]),
    ("user_data.madid", |_| vec![json!("abc")]),
    ("user_data.anon_id", |_| vec![json!("abc")]),
    ("user_data.subscription_id", |_| vec![json!("abc")]),
    ("user_data.fb_login_id", |_| vec![json!(123), json!("123")]),
    ("user_data.f5first", |_| vec![json!(HASH)]),
    ("user_data.doby", |_| vec![json!(HASH)]),
    ("user_data.app_user_id", |_| vec![json!(HASH)]),
    ("user_data.instagram_business_account_id", |_| vec![json!(INSTAGRAM)]),
    ("user_data.nonsense", |_| vec![json!("abc")]),
    ("user_data.page_id", |_| vec![json!(PAGE), json!(111_222_333)]),
    ("user_data.page_scoped_user_id", |_| vec![json!(PERSON), json!(444_555_666)]),
    ("user_data.whatsapp_business_account_id", |_| vec![json!(WABA), json!(100_200_300_400_500_u64)]),
    ("user_data.ctwa_clid", |_| vec![json!(CLICK)]),
    ("user_data.ig_account_id", |_| vec![json!(INSTAGRAM), json!(17_841_400_000_000_000_u64)]),
    ("user_data.ig_sid", |_| vec![json!("9988"), json!(9988)]),
    ("data_processing_options", |_| vec![json!(["LDU"])]),
];

const SOURCES: [&str; 12] = [
    "website",
    "app",
    "email",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "other",
    "business_messaging",
    "Website",
    "web",
    "offline",
];

fn times(now_s: i64) -> Vec<Value> {
    let mut times: Vec<Value> = [7, 62]
        .into_iter()
        .flat_map(|days| [-1, 0, 1].map(|more| json!(now_s - days * DAY_S + more)))
        .collect();
    times.extend([3599, 3600, 3601].map(|ahead| json!(now_s + ahead)));
    times.extend([
        json!(now_s.to_string()),
        json!((now_s - 8 * DAY_S).to_string()),
        json!(format!(" {now_s} ")),
        json!(now_s as f64),
        json!(now_s as f64 - 0.5),
        json!(now_s * 1000),
        json!((now_s * 1000).to_string()),
        json!("2026-05-28T20:26:40Z"),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!("99999999999999999999"),
        json!("1e9"),
    ]);
    times
}

fn amounts(_: i64) -> Vec<Value> {
    let texts = [
        "49.90",
        " 5 ",
        "5.",
        ".5",
        "+5",
        "05",
        "-3",
        "1e3",
        "1e999",
        "49,90",
        "1,234.50",
        "5 EUR",
        "NaN",
        "inf",
        "0x10",
        "12.500",
        "1.000",
        "-12.500",
        "0.500",
        "1234.500",
        "12.5000",
        "١٢.٥٠٠",
    ];
    let numbers = [json!(0), json!(-1), json!(1e300), json!(0.1), json!(u64::MAX)];
    texts.map(Value::from).into_iter().chain(numbers).collect()
}

fn orders(_: i64) -> Vec<Value> {
    let texts = [
        "1001",
        "1001.0",
        "1001.",
        "1001.5",
        "2026.114",
        "12e5",
        "1e5",
        "1e+21",
        "1.5E16",
        "1.e5",
        "12.5e3",
        "1e++5",
        "1.23457E+17",
        "ORD.0",
        "-1.0",
        "e5",
        "٣.0",
    ];
    let numbers =
        [json!(1001), json!(1001.0), json!(1.5e300), json!(-1), json!(u64::MAX), json!(true), json!([1.0])];
    texts.map(Value::from).into_iter().chain(numbers).collect()
}

fn currencies(_: i64) -> Vec<Value> {
    [
        "EUR", "eur", " usd ", "TRY", "KWD", "EURO", "€", "ZZZ", "XXX", "XAU", "HRK", "BGN", "ANG", "CUC",
        "SLL", "ZWL", "XCG", "ZWG", "CLF", "MXV", "USN", "CHE", "XDR", "E R", "eu", "Eur",
    ]
    .map(Value::from)
    .to_vec()
}

fn contents(_: i64) -> Vec<Value> {
    let many = |count| Value::from(vec![json!({ "id": "1", "quantity": 1 }); count]);
    vec![
        json!("sku1"),
        json!([{ "id": "a" }, { "quantity": 1 }]),
        json!([{ "id": "a" }, "b"]),
        json!([null]),
        json!({ "id": "a" }),
        json!({ "0": { "id": "a" } }),
        json!("[{\"id\":\"a\"}]"),
        json!([{}]),
        many(1000),
        many(1001),
    ]
}

fn extinfos(_: i64) -> Vec<Value> {
    let with = |place: usize, value: Value| {
        let mut entries = extinfo();
        entries[place] = value;
        entries
    };
    let places: serde_json::Map<_, _> = extinfo()
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(place, value)| (place.to_string(), value.clone()))
        .collect();
    let mut short = places.clone();
    short.retain(|place, _| place.len() == 1);
    let mut long = places.clone();
    long.insert("16".into(), json!("x"));
    let list = |count: usize| {
        Value::from(extinfo().as_array().unwrap().iter().cycle().take(count).cloned().collect::<Vec<_>>())
    };
    vec![
        list(15),
        list(17),
        with(0, json!("")),
        with(4, json!("")),
        with(4, json!(" ")),
        with(5, json!(null)),
        with(9, json!(390)),
        places.into(),
        short.into(),
        long.into(),
        json!(extinfo().to_string()),
    ]
}

fn leads(_: i64) -> Vec<Value> {
    vec![
        json!(LEAD),
        json!(LEAD.to_string()),
        json!(format!(" {LEAD} ")),
        json!(LEAD as f64),
        json!(52_564_589_632_154_u64),
        json!(52_564_589_632_154_876_u64),
        json!(525_645_896_321_548_765_u64),
        json!("l:525645896321548"),
        json!(-(LEAD as i64)),
        json!("000000000000000"),
    ]
}
