use super::*;

#[test]
fn an_error_says_what_is_broken_and_where() {
    for (body, expected) in [
        (&b""[..], "the body is empty; it has to be {\"data\": [{…}]}"),
        (b"{\"data\":[", "the JSON ends too early (line 1, column 9)"),
        (b"{\"data\":\n[{}],}", "the JSON is broken: trailing comma (line 2, column 6)"),
        (
            b"{\"data\":[{\"event_name\":x}]}",
            "the JSON is broken: expected value; comments, undefined and NaN are none (line 1, column 24)",
        ),
        (
            b"{\"data\":[]} x",
            "something stands behind the JSON (line 1, column 13); give the JSON alone, and of several put no comma between them",
        ),
        (
            b"{\"data\":[{\"event_name\":\"\x01\"}]}",
            "the JSON is broken: control character (\\u0000-\\u001F) found while parsing a string (line 1, column 25)",
        ),
        (b"[]", "a request must be a JSON object with the list \"data\""),
        (b"7", "a request must be a JSON object with the list \"data\""),
        (b"\"{}\"", "a request must be a JSON object with the list \"data\""),
        (b"null", "a request must be a JSON object with the list \"data\""),
        (b"{\"data\":\"\xff\"}", "the text is not UTF-8 from byte 9 on"),
    ] {
        assert_eq!(error("application/json", body), expected, "{body:?}");
    }
    for (body, expected) in [
        ("", "the JSON ends too early (line 1, column 0)"),
        ("[1]", "an event must be a JSON object"),
        ("null", "an event must be a JSON object"),
    ] {
        assert_eq!(Event::from_slice(body.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn an_empty_form_has_no_data() {
    with_request("application/x-www-form-urlencoded", b"", |request| assert!(!request.has_data));
}

#[test]
fn a_broken_multipart_body_says_what_is_missing() {
    let part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";
    for (content_type, body, expected) in [
        ("multipart/form-data", "--b--".to_owned(), "must name its boundary"),
        ("multipart/form-data; boundary=", "--b--".to_owned(), "must name its boundary"),
        ("multipart/form-data; boundary=b", String::new(), "does not begin with the boundary"),
        ("multipart/form-data; boundary=b", "--c--".to_owned(), "does not begin with the boundary"),
        ("multipart/form-data; boundary=b", part.to_owned(), "is not closed by its boundary"),
        ("multipart/form-data; boundary=b", part.repeat(65) + "--b--", "more than 64 fields"),
    ] {
        let error = error(content_type, body.as_bytes());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn half_a_character_breaks_a_known_field_and_leaves_an_unknown_one_alone() {
    let said = Event::from_slice(br#"{"event_name":"\ud83d"}"#).unwrap_err().to_string();
    assert!(said.starts_with("the JSON is broken: ") && said.ends_with("(line 1, column 22)"), "{said}");
    with_request("", br#"{"data":[{"event_name":"\ud83d"}]}"#, |request| assert!(request.data[0].is_err()));
    with_event(r#"{"mine":"\ud83d"}"#, |event| assert_eq!(extra(&event.extra)[0].1, r#""\ud83d""#));
}

#[test]
fn very_deep_nesting_ends_in_an_error_or_is_kept() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    with_event(&format!(r#"{{"mine":{deep}}}"#), |event| assert_eq!(event.extra[0].1.get(), deep));
    with_request("", format!(r#"{{"mine":{deep},"data":[]}}"#).as_bytes(), |request| {
        assert!(request.has_data);
    });
    for known in
        [r#"{"data":[{"event_name":#}]}"#, r#"{"data":[#]}"#, r#"{"data":[{"custom_data":{"contents":#}}]}"#]
    {
        with_request("", known.replace('#', &deep).as_bytes(), |request| assert!(request.data[0].is_err()));
    }
    // Where a list stands that nobody looks into.
    with_request("", format!(r#"{{"data":{{"x":{deep}}}}}"#).as_bytes(), |request| {
        assert!(!request.has_data);
    });
    let folded = json!({"data": [deep]}).to_string();
    with_request("", folded.as_bytes(), |request| assert!(request.data[0].is_err()));
    // Of what stands beside the events there is but one.
    let said = error("", format!(r#"{{"test_event_code":{deep},"data":[]}}"#).as_bytes());
    assert!(said.contains("recursion limit exceeded"), "{said}");
}
