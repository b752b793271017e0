use proptest::prelude::*;

use super::*;

const SECRETS: [&str; 8] = [
    "EAABtoken",
    "proofsecret",
    "gatewaykey",
    "ada@example",
    "5321234567",
    "Lovelace",
    "Secretville",
    "ARAclick",
];

/// A request that holds each secret, in known, unknown and odd places.
fn request() -> String {
    json!({
        "access_token": "EAABtoken", "appsecret_proof": "proofsecret", "accessKey": "gatewaykey",
        "upload_tag": "of Lovelace", "note": "to ada@example.com", "platforms": [{"name": "Lovelace"}],
        "data": [
            {"event_name": "Lead", "user_data": {"em": "ada@example.com", "ph": ["5321234567"], "ln": {"last": "Lovelace"},
                "ct": "Secretville", "ctwa_clid": "ARAclick", "fbc": {"x": "Lovelace"}, "mine": "Lovelace"},
             "custom_data": {"value": "5321234567 TL", "contents": ["Lovelace"], "mine": "ada@example.com"}},
            "Lovelace", ["ada@example.com"], r#"{"event_name":"of Lovelace"}"#,
        ],
    })
    .to_string()
}

fn assert_discreet(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn printing_a_request_shows_names_only() {
    let (body, mut scratch) = (request(), Scratch::default());
    let request = read_request("application/json", body.as_bytes(), &mut scratch).unwrap();
    for printed in [
        format!("{request:?}"),
        format!("{request:#?}"),
        format!("{:?}", request.envelope),
        format!("{:?}", request.data[0]),
    ] {
        assert_discreet(&printed);
    }
    let printed = format!("{request:?}");
    for name in ["access_token", "user_data", "upload_tag", "note", "no event"] {
        assert!(printed.contains(name), "{printed}");
    }
    // Not as numbers of bytes, either.
    let event = request.data[0].as_ref().unwrap();
    let user = event.user_data.as_ref().unwrap();
    assert_eq!(format!("{:?}", user.ph), "Some(Values(1))");
    assert_discreet(&format!("{user:?} {:?}", event.custom_data));
}

proptest! {
    #[test]
    fn an_error_repeats_nothing_of_a_body(cut in 0_usize..900, byte in any::<u8>(), wrapped in any::<bool>()) {
        let mut body = request();
        if wrapped {
            let data = serde_json::from_str::<Value>(&body).unwrap()["data"].to_string();
            body = json!({"data": data, "access_token": "EAABtoken"}).to_string();
        }
        let mut body = body.into_bytes();
        let cut = cut % body.len();
        body[cut] = byte;
        for body in [&body[..], &body[..cut]] {
            for content_type in ["application/json", "multipart/form-data; boundary=Lovelace"] {
                let mut scratch = Scratch::default();
                if let Err(error) = read_request(content_type, body, &mut scratch) {
                    assert_discreet(&error.to_string());
                }
            }
        }
    }
}

#[test]
fn the_room_shows_nothing_of_what_was_decoded_in_it() {
    let mut scratch = Scratch::default();
    read_request("application/x-www-form-urlencoded", b"access_token=secret&data=[]", &mut scratch).unwrap();
    assert_eq!(format!("{scratch:?}"), "Scratch(..)");
}

#[test]
fn a_room_that_is_used_again_holds_the_new_body_only() {
    let mut scratch = Scratch::default();
    for name in ["Lead", "Contact"] {
        let body = format!("data=%5B%7B%22event_name%22%3A%22{name}%22%7D%5D");
        let request =
            read_request("application/x-www-form-urlencoded", body.as_bytes(), &mut scratch).unwrap();
        assert_eq!(request.data[0].as_ref().unwrap().event_name.as_deref(), Some(name));
    }
}
