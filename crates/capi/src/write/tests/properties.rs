use proptest::{prelude::*, sample::select};

use serde_json::value::RawValue;

use super::*;
use crate::{Checks, Scratch, check, check_element, check_request, read_request, refusal};

fn rules() -> impl Strategy<Value = Rules> {
    select(vec![Rules::Documentation, Rules::ParameterBuilder, Rules::Both])
}

/// Checks and writes all that can be read, and looks whether what leaves is JSON.
fn survive(content_type: &str, body: &[u8]) {
    let mut scratch = Scratch::default();
    let Ok(request) = read_request(content_type, body, &mut scratch) else { return };
    check_request(&request);
    for element in &request.data {
        check_element(element, Checks { strict: true, as_sent: true, ..Checks::at(NOW_S) });
        let Ok(event) = element else { continue };
        let mut out = Vec::new();
        write_event(event, &mut normalizer(Rules::Both), &mut out);
        serde_json::from_slice::<&RawValue>(&out).unwrap();
    }
}

proptest! {
    #[test]
    fn what_leaves_is_json_and_of_the_person_only_hashes(event in arbitrary::event(), rules in rules()) {
        let (out, _) = write_with(&mut normalizer(rules), &event.to_string());
        let out: Value = serde_json::from_str(&out).unwrap();
        for name in HASHED {
            for value in out["user_data"].get(name).into_iter().flat_map(|values| values.as_array().unwrap()) {
                prop_assert!(Hashed::read(value.as_str().unwrap()).is_some_and(|hashed| !hashed.is_of_nothing()), "{name}: {value}");
            }
        }
    }

    #[test]
    fn what_was_written_is_written_the_same_again(event in arbitrary::event(), rules in rules()) {
        let mut normalizer = normalizer(rules);
        let (once, _) = write_with(&mut normalizer, &event.to_string());
        // Where everything was personal an empty object or address is left, the first time.
        let once = if once.contains("{}") || once.contains(r#":"""#) { write_with(&mut normalizer, &once).0 } else { once };
        let (twice, written) = write_with(&mut normalizer, &once);
        prop_assert_eq!(once, twice);
        prop_assert!(written.dropped.is_empty() && written.emptied.is_empty(), "{written:?}");
    }

    #[test]
    fn a_plain_identifier_leaves_nowhere(name in select(&HASHED[..]), text in arbitrary::text(), rules in rules(), as_list in any::<bool>()) {
        if text.len() <= 5 || Hashed::read(&text).is_some() {
            return Ok(());
        }
        let value = if as_list { json!([text, [text], {"x": text}, text]) } else { json!(text) };
        let (out, _) = write_with(&mut normalizer(rules), &json!({"user_data": {name: value}}).to_string());
        prop_assert!(!out.contains(&text), "{out}");
        let quoted = json!(text).to_string();
        prop_assert!(!out.contains(&quoted[1..quoted.len() - 1]), "{out}");
    }

    #[test]
    fn the_refusal_alone_is_the_first_of_all_findings(event in arbitrary::event(), strict in any::<bool>(), as_sent in any::<bool>()) {
        let event = event.to_string();
        let event = Event::from_slice(event.as_bytes()).unwrap();
        let checks = Checks { strict, as_sent, ..Checks::at(NOW_S) };
        let all = check(&event, checks);
        let alone = refusal(&event, checks);
        prop_assert_eq!(alone.as_ref(), all.refusal());
        // What nobody looks for is not said first.
        let refusals = all.iter().take_while(|finding| finding.is_refusal()).count();
        prop_assert!(all.iter().skip(refusals).all(|finding| !finding.is_refusal()));
    }

    #[test]
    fn a_finding_repeats_no_identifier(text in "[A-Z][a-z]{2,8}[0-9]{3,5}", name in select(&HASHED[..])) {
        let event = json!({"event_name": "Lead", "user_data": {name: [text, 1, {"x": text}]}});
        let event = event.to_string();
        let event = Event::from_slice(event.as_bytes()).unwrap();
        for finding in &check(&event, Checks { strict: true, as_sent: true, ..Checks::at(NOW_S) }) {
            prop_assert!(!finding.to_string().contains(&text), "{finding}");
        }
        let debug = format!("{event:?}");
        prop_assert!(!debug.contains(&text));
    }

    #[test]
    fn any_bytes_are_survived(body in any::<Vec<u8>>(), text in arbitrary::text()) {
        for content_type in ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", &text] {
            survive(content_type, &body);
            survive(content_type, text.as_bytes());
        }
    }

    #[test]
    fn any_request_is_survived_in_any_encoding(
        events in proptest::collection::vec(arbitrary::event(), 0..3), as_strings in any::<bool>(), cut in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let data = if as_strings { events.iter().map(Value::to_string).collect() } else { json!(events) };
        let list = data.to_string();
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("data", &list).finish();
        let multipart = format!("--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{list}\r\n--b--");
        for (content_type, body) in [
            ("application/json", json!({"data": data}).to_string()),
            ("application/json", json!({"data": list}).to_string()),
            ("application/x-www-form-urlencoded", form),
            ("multipart/form-data; boundary=b", multipart),
        ] {
            let mut body = body.into_bytes();
            survive(content_type, &body);
            let place = cut.index(body.len());
            body[place] = byte;
            survive(content_type, &body);
            survive(content_type, &body[..place]);
        }
    }
}
