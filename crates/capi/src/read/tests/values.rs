use super::*;
use crate::{MessagingChannel, event::Amount};

/// What came of a field: a value, nothing, or what was kept as it came.
fn outcome(field: Option<String>, extra: &crate::event::Extra<'_>, name: &str) -> String {
    match (field, super::extra(extra).as_slice()) {
        (Some(value), []) => value,
        (None, []) => "nothing".to_owned(),
        (None, [(extra, json)]) if extra == name => format!("kept {json}"),
        both => panic!("{both:?}"),
    }
}

#[test]
fn a_text_may_be_a_number() {
    for (json, expected) in [
        (r#""order-7""#, "order-7"),
        (r#""a\u0131\n\"b""#, "aı\n\"b"),
        (r#""""#, ""),
        ("7", "7"),
        ("-7", "-7"),
        ("18446744073709551615", "18446744073709551615"),
        ("1.5", "1.5"),
        ("null", "nothing"),
        ("[]", "nothing"),
        ("{}", "nothing"),
        ("true", "kept true"),
        ("[1,2]", "kept [1,2]"),
        (r#"{"id":7}"#, r#"kept {"id":7}"#),
    ] {
        with_event(&format!(r#"{{"event_id":{json}}}"#), |event| {
            assert_eq!(
                outcome(event.event_id.as_ref().map(ToString::to_string), &event.extra, "event_id"),
                expected,
                "{json}"
            );
        });
    }
}

#[test]
fn a_whole_number_may_be_a_text() {
    for (json, expected) in [
        ("1780000000", "1780000000"),
        (r#""1780000000""#, "1780000000"),
        (r#"" -5 ""#, "-5"),
        ("1780000000.0", "1780000000"),
        ("1.78e9", "1780000000"),
        ("9223372036854775807", "9223372036854775807"),
        (r#""""#, "nothing"),
        ("null", "nothing"),
        ("9223372036854775808", "kept 9223372036854775808"),
        ("1.5", "kept 1.5"),
        ("1e300", "kept 1e+300"),
        ("true", "kept true"),
        (r#""1780000000.0""#, r#"kept "1780000000.0""#),
        (r#""soon""#, r#"kept "soon""#),
    ] {
        with_event(&format!(r#"{{"event_time":{json}}}"#), |event| {
            assert_eq!(
                outcome(event.event_time.map(|time| time.to_string()), &event.extra, "event_time"),
                expected,
                "{json}"
            );
        });
    }
}

#[test]
fn a_yes_or_no_may_be_a_number_or_a_text() {
    for (json, expected) in [
        ("true", "true"),
        ("1", "true"),
        (r#""1""#, "true"),
        (r#""True""#, "true"),
        ("false", "false"),
        ("0", "false"),
        (r#""false""#, "false"),
        (r#""""#, "nothing"),
        ("null", "nothing"),
        ("2", "kept 2"),
        ("1.0", "kept 1.0"),
        (r#""yes""#, r#"kept "yes""#),
    ] {
        with_event(&format!(r#"{{"opt_out":{json}}}"#), |event| {
            assert_eq!(
                outcome(event.opt_out.map(|flag| flag.to_string()), &event.extra, "opt_out"),
                expected,
                "{json}"
            );
        });
    }
}

#[test]
fn an_amount_keeps_its_decimals_as_number_and_as_text() {
    for digits in [
        "49.90",
        "49.9",
        "0",
        "0.1",
        "-0.0",
        "1e3",
        "1E+3",
        "1.5e-7",
        "12345678901234567890.12",
        "0.30000000000000004",
        "100000000000000000000000000000000000000000",
    ] {
        for json in [digits.to_owned(), format!("\"{digits}\""), format!("\" {digits} \"")] {
            with_event(&format!(r#"{{"custom_data":{{"value":{json}}}}}"#), |event| {
                let value = event.custom_data.as_ref().unwrap().value.as_ref();
                assert_eq!(value.map(Amount::as_str), Some(digits), "{json}");
            });
        }
    }
    for odd in [
        r#""49,90""#,
        r#""1.500,00""#,
        r#""$5""#,
        r#""5 TL""#,
        r#""+5""#,
        r#"".5""#,
        r#""5.""#,
        r#""05""#,
        r#""1e""#,
        r#""NaN""#,
        r#""0x10""#,
        r#""1e999""#,
        "1e999",
        "true",
        "[5]",
        r#"{"amount":5}"#,
    ] {
        with_event(&format!(r#"{{"custom_data":{{"value":{odd},"currency":"TRY"}}}}"#), |event| {
            let data = event.custom_data.as_ref().unwrap();
            assert_eq!(
                outcome(data.value.as_ref().map(|_| String::new()), &data.extra, "value"),
                format!("kept {odd}")
            );
            assert_eq!(data.currency.as_deref(), Some("TRY"));
        });
    }
    for nothing in ["null", r#""""#] {
        with_event(&format!(r#"{{"custom_data":{{"value":{nothing}}}}}"#), |event| {
            assert!(event.custom_data.as_ref().unwrap().is_empty(), "{nothing}");
        });
    }
}

#[test]
fn an_id_of_digits_keeps_them_all() {
    for (json, expected) in [
        ("525645896321548", "525645896321548"),
        ("12345678901234567", "12345678901234567"),
        (r#""12345678901234567""#, "12345678901234567"),
        ("18446744073709551615", "18446744073709551615"),
        ("null", "nothing"),
        ("5.25e14", "kept 525000000000000.0"),
        ("true", "kept true"),
    ] {
        with_event(&format!(r#"{{"user_data":{{"lead_id":{json}}}}}"#), |event| {
            let user = event.user_data.as_ref().unwrap();
            assert_eq!(
                outcome(user.lead_id.as_ref().map(|id| id.0.to_string()), &user.extra, "lead_id"),
                expected,
                "{json}"
            );
        });
    }
}

#[test]
fn one_text_alone_is_a_list_of_one() {
    for (json, expected) in [
        (r#""sku1""#, r#"["sku1"]"#),
        ("7", r#"["7"]"#),
        (r#"["a",7,2.5,null,""]"#, r#"["a", "7", "2.5", "", ""]"#),
        (r#""[\"a\",\"b\"]""#, r#"["a", "b"]"#),
        (r#"[true,{"id":1}]"#, r#"["", ""]"#),
        ("[]", "[]"),
        ("null", "nothing"),
        (r#"{"a":1}"#, r#"kept {"a":1}"#),
    ] {
        with_event(&format!(r#"{{"custom_data":{{"content_ids":{json}}}}}"#), |event| {
            let data = event.custom_data.as_ref().unwrap();
            let ids = data.content_ids.as_ref().map(|ids| format!("{:?}", ids.0));
            assert_eq!(outcome(ids, &data.extra, "content_ids"), expected, "{json}");
        });
    }
}

#[test]
fn an_identifier_of_another_shape_is_empty_and_never_kept_as_it_came() {
    for (json, expected) in [
        (r#""ada@example.com""#, &["ada@example.com"][..]),
        (r#"["a",5321234567]"#, &["a", "5321234567"]),
        ("5321234567", &["5321234567"]),
        ("5321234567.0", &["5321234567"]),
        ("[null]", &[]),
        ("[]", &[]),
        ("1.5", &[""]),
        ("true", &[""]),
        (r#"{"first":"Ada"}"#, &[""]),
        (r#"[["Ada"],{"first":"Ada"},true]"#, &["", "", ""]),
    ] {
        with_event(&format!(r#"{{"user_data":{{"fn":{json},"em":"x"}}}}"#), |event| {
            let user = event.user_data.as_ref().unwrap();
            let values: Vec<&str> = user.first_name.as_ref().unwrap().iter().map(|value| &**value).collect();
            assert_eq!(values, expected, "{json}");
            assert!(user.em.is_some() && user.extra.is_empty());
        });
    }
}

#[test]
fn things_that_are_no_objects_keep_their_place() {
    with_event(r#"{"custom_data":{"contents":[{"id":1},"sku",null,{"id":"2","quantity":"3"}]}}"#, |event| {
        let things = &event.custom_data.as_ref().unwrap().contents.as_ref().unwrap().list;
        assert_eq!(things[0].as_ref().unwrap().id.as_deref(), Some("1"));
        assert_eq!(things[1].as_ref().unwrap_err().get(), "\"sku\"");
        assert_eq!(things[2].as_ref().unwrap_err().get(), "null");
        assert_eq!(things[3].as_ref().unwrap().quantity, Some(3));
    });
}

#[test]
fn words_are_taken_as_they_are_written() {
    with_event(r#"{"messaging_channel":"whatsapp"}"#, |event| {
        assert_eq!(event.messaging_channel, Some(MessagingChannel::Whatsapp));
    });
    with_event(r#"{"messaging_channel":"WhatsApp"}"#, |event| {
        assert_eq!(event.messaging_channel, Some(MessagingChannel::Other("WhatsApp".into())));
    });
}

#[test]
fn what_does_not_fit_harms_no_neighbour() {
    let json = r#"{"opt_out":"perhaps","event_id":"7","user_data":{"fbc":[1],"ph":"5","lead_id":{"x":1},"fbp":"fb"},
        "app_data":[1],"custom_data":{"value":"x","num_items":"2","contents":7},"event_name":"Lead"}"#;
    with_event(json, |event| {
        assert_eq!(
            format!("{event:?}"),
            r#"["event_name", "event_id", "user_data", "custom_data", "opt_out", "app_data"]"#
        );
        let (user, data) = (event.user_data.as_ref().unwrap(), event.custom_data.as_ref().unwrap());
        assert_eq!(format!("{user:?}"), r#"["ph", "fbp", "fbc", "lead_id"]"#);
        assert_eq!((user.fbp.as_deref(), data.num_items), (Some("fb"), Some(2)));
        assert_eq!(extra(&data.extra), [("value".into(), "\"x\"".into()), ("contents".into(), "7".into())]);
        assert_eq!(
            extra(&event.extra),
            [("opt_out".into(), "\"perhaps\"".into()), ("app_data".into(), "[1]".into())]
        );
    });
}

#[test]
fn unknown_fields_are_kept_byte_for_byte() {
    let raw = r#"{"b" : 1.10,  "a":[ 1e5, "\u00e9\/", 12345678901234567890123 ], "a":null}"#;
    let json = format!(
        r#"{{"mine":{raw},"custom_data":{{"mine":{raw},"none":null,"empty":"","list":[]}},"user_data":{{"mine":{raw}}}}}"#
    );
    let expected = [("mine".to_owned(), raw.to_owned())];
    with_event(&json, |event| {
        assert_eq!(extra(&event.extra), expected);
        assert_eq!(extra(&event.custom_data.as_ref().unwrap().extra), expected);
        assert_eq!(extra(&event.user_data.as_ref().unwrap().extra), expected);
    });
    // Also out of a string.
    let body = json!({"data": [json]}).to_string();
    with_request("", body.as_bytes(), |request| {
        assert_eq!(extra(&request.data[0].as_ref().unwrap().extra), expected);
    });
}

#[test]
fn of_a_field_that_comes_twice_the_last_counts() {
    for (json, name, time, kept) in [
        (r#"{"event_name":"A","event_name":"B"}"#, Some("B"), None, 0),
        (r#"{"event_time":1,"event_time":{"x":1}}"#, None, None, 1),
        (r#"{"event_time":{"x":1},"event_time":1}"#, None, Some(1), 0),
        (r#"{"event\u005fname":"A"}"#, Some("A"), None, 0),
    ] {
        with_event(json, |event| {
            let read = (event.event_name.as_deref(), event.event_time, event.extra.len());
            assert_eq!(read, (name, time, kept), "{json}");
        });
    }
    with_event(r#"{"user_data":{"em":"a","ph":"1"},"user_data":{"em":"b"}}"#, |event| {
        let user = event.user_data.as_ref().unwrap();
        assert!(user.em.as_ref().unwrap().iter().eq(["b"]) && user.ph.is_none());
    });
    with_request("", br#"{"data":[{}],"data":[{},{}]}"#, |request| assert_eq!(request.data.len(), 2));
}
