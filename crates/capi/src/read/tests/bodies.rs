use super::*;

const MULTIPART: &str = "multipart/form-data; boundary=X-7";

/// The names of the events of a body, `-` for what is none.
fn names(content_type: &str, body: &[u8]) -> Vec<String> {
    with_request(content_type, body, |request| {
        let name = |element: &Element<'_>| match element {
            Ok(event) => event.event_name.as_deref().unwrap_or("").to_owned(),
            Err(_) => "-".to_owned(),
        };
        request.data.iter().map(name).collect()
    })
}

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

fn multipart(fields: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!("--X-7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    (fields.iter().map(part).collect::<String>() + "--X-7--\r\n").into_bytes()
}

#[test]
fn data_is_found_however_it_is_wrapped() {
    let list =
        json!([{"event_name": "A", "custom_data": {"content_name": "a \"b\" & c=d+é"}}, {"event_name": "B"}]);
    let strings: Vec<String> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    let strings = json!(strings);
    for data in [list, strings] {
        for json in [json!({"data": data}), json!({"data": data.to_string()})] {
            for content_type in ["application/json", "Application/JSON; charset=utf-8", "text/plain", ""] {
                assert_eq!(names(content_type, json.to_string().as_bytes()), ["A", "B"], "{json}");
            }
        }
        let fields = [("access_token", "EAAB"), ("data", &*data.to_string())];
        assert_eq!(names("application/x-www-form-urlencoded; charset=UTF-8", &form(&fields)), ["A", "B"]);
        assert_eq!(names(MULTIPART, &multipart(&fields)), ["A", "B"]);
    }
}

/// A list of strings in a form, as Meta's SDK for Python writes it.
#[test]
fn the_python_sdks_body_is_read() {
    let event = r#"{"event_name": "Purchase", "event_time": 1780000000, "user_data": {"em": ["62a14e"], "country": ["\u0131"]},
        "custom_data": {"currency": "try", "value": 142.52}, "action_source": "website"}"#;
    let data = json!([event, event]).to_string();
    let body = form(&[
        ("data", &data),
        ("test_event_code", "TEST1"),
        ("namespace_id", "12"),
        ("access_token", "EAAB"),
    ]);
    with_request("application/x-www-form-urlencoded", &body, |request| {
        assert_eq!((request.data.len(), request.has_data), (2, true));
        let event = request.data[1].as_ref().unwrap();
        assert_eq!(event.custom_data.as_ref().unwrap().value.as_ref().unwrap().as_str(), "142.52");
        assert!(event.user_data.as_ref().unwrap().country.as_ref().unwrap().iter().eq(["ı"]));
        let envelope = &request.envelope;
        assert_eq!(envelope.access_token.as_ref().unwrap().expose(), "EAAB");
        assert_eq!(
            (envelope.test_event_code.as_deref(), envelope.namespace_id.as_deref()),
            (Some("TEST1"), Some("12"))
        );
    });
}

/// JSON with objects, the token in it, as Meta's SDK for Node writes it.
#[test]
fn the_node_sdks_body_is_read() {
    let body = br#"{"data":[{"event_name":"Lead","event_time":1780000000,"user_data":{"em":["62a14e.AQQCAQMC"]}}],"partner_agent":"x_1","access_token":"EAAB","appsecret_proof":"5d17","upload_tag":7,"platforms":[{"name":"x"}],"trace":1}"#;
    with_request("application/json", body, |request| {
        let envelope = &request.envelope;
        assert_eq!(envelope.appsecret_proof.as_ref().unwrap().expose(), "5d17");
        assert_eq!(
            (envelope.partner_agent.as_deref(), envelope.upload_tag.as_deref()),
            (Some("x_1"), Some("7"))
        );
        assert_eq!(
            extra(&envelope.extra),
            [("platforms".into(), r#"[{"name":"x"}]"#.into()), ("trace".into(), "1".into()),]
        );
    });
}

#[test]
fn what_is_no_event_keeps_its_place() {
    let body = br#"{"data":[7,{"event_name":"A"},"no json","{\"event_name\":\"B\"}","{broken",null,[{}],"[1]",true,"  {} "]}"#;
    assert_eq!(names("", body), ["-", "A", "-", "B", "-", "-", "-", "-", "-", ""]);
    with_request("", br#"{"data":["x","7",{"a":1}]}"#, |request| {
        let kept: Vec<&str> =
            request.data[..2].iter().map(|element| element.as_ref().unwrap_err().get()).collect();
        assert_eq!(kept, [r#""x""#, r#""7""#]);
    });
}

#[test]
fn a_byte_order_mark_does_not_matter() {
    assert_eq!(names("application/json", "\u{feff}{\"data\":[{\"event_name\":\"A\"}]}".as_bytes()), ["A"]);
}

#[test]
fn multipart_is_read_as_it_is_found_in_the_wild() {
    let value = r#"[{"event_name":"A"}]"#;
    for (content_type, body) in [
        (
            "multipart/form-data; charset=utf-8; BOUNDARY=\"X 7\"",
            format!("--X 7\r\ncontent-disposition:form-data;name=data\r\n\r\n{value}\r\n--X 7--"),
        ),
        (
            MULTIPART,
            format!(
                "preamble\r\n--X-7\r\nContent-Type: application/json; charset=utf-8\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.json\"\r\n\r\n{value}\r\n--X-7--\r\nepilogue"
            ),
        ),
        (
            MULTIPART,
            format!(
                "--X-7\r\nContent-Disposition: form-data; name=\"upload_tag\"\r\n\r\n\r\n--X-7\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{value}\r\n--X-7--"
            ),
        ),
        (
            MULTIPART,
            format!(
                "--X-7\r\nContent-Type: text/plain\r\n\r\nnameless\r\n--X-7\r\nbroken\r\n--X-7\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{value}\r\n--X-7--"
            ),
        ),
    ] {
        assert_eq!(names(content_type, body.as_bytes()), ["A"], "{body}");
    }
}

#[test]
fn lists_of_events_that_are_large_are_read_quickly() {
    let event = json!({"event_name": "Lead"}).to_string();
    let many = vec![event.as_str(); 100_000];
    let data = json!(many).to_string();
    let body = form(&[("data", &data)]);
    with_request("application/x-www-form-urlencoded", &body, |request| {
        assert_eq!(
            (request.data.len(), request.surplus),
            (1000, 99_000),
            "more than Meta takes are only counted"
        );
    });
    let fields = "a=1&".repeat(250_000) + "data=[]";
    with_request("application/x-www-form-urlencoded", fields.as_bytes(), |request| {
        assert_eq!(request.envelope.extra.len(), 250_000);
    });
    let twice = format!(
        r#"{{"event_time":{{"x":1}},"event_time":1,{}"a":1}}"#,
        r#""event_time":[1],"#.repeat(100_000)
    );
    with_event(&twice, |event| assert_eq!(event.event_time, None));
}
