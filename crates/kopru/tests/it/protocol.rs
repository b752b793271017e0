//! `lint`, `normalize` and `cookies`: Meta's protocol on the command line.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

fn kopru(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn answers(arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    let input: Vec<String> = lines.iter().map(Value::to_string).collect();
    let input = input.join("\n");
    let (code, output, error) = kopru(arguments, &input);
    assert_eq!(code, Some(0), "{error}{output}");
    output.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn values_are_normalised_under_each_of_metas_readings() {
    for (rules, line, expected) in [
        (
            "both",
            json!({"type": "ct", "input": "São Paulo", "country": "BR"}),
            json!(["sãopaulo", "sopaulo"]),
        ),
        ("documentation", json!({"type": "zp", "input": "01310-100", "country": "BR"}), json!(["01310100"])),
        ("parameter-builder", json!({"type": "zp", "input": "01310-100"}), json!(["01310"])),
        (
            "both",
            json!({"type": "ph", "input": "+90 (0532) 123 45 67"}),
            json!(["905321234567", "9005321234567"]),
        ),
        ("both", json!({"type": "fn", "input": "IŞIL", "country": "TR"}), json!(["ışıl", "işil"])),
        ("both", json!({"type": "em", "input": "test@test"}), json!([])),
        ("parameter-builder", json!({"type": "fn", "input": "n/a"}), json!(["na"])),
    ] {
        let answer = &answers(&["normalize", "--rules", rules], std::slice::from_ref(&line))[0];
        assert_eq!(answer["normalized"], expected, "{rules} {line}");
        assert_eq!(answer["input"], line["input"]);
        let hashes: Vec<String> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|text| capi::sha256_hex(text.as_str().unwrap().as_bytes()))
            .collect();
        assert_eq!(answer["sha256"], json!(hashes), "{rules} {line}");
    }
}

#[test]
fn a_line_that_cannot_be_answered_says_why_and_keeps_the_others_in_step() {
    let input = "{\"type\":\"em\",\"input\":\"a@b.com\"}\n\nnonsense\n{\"type\":\"email\",\"input\":\"x\"}\n{\"type\":\"ge\",\"input\":\"Kadın\"}\n";
    let (code, output, _) = kopru(&["normalize"], input);
    assert_eq!(code, Some(1));
    let lines: Vec<Value> =
        output.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["normalized"], json!(["a@b.com"]));
    assert!(lines[1]["error"].as_str().unwrap().starts_with("each line must be JSON"));
    assert!(lines[2]["error"].as_str().unwrap().contains("none of em ph fn"));
    assert_eq!(lines[3]["normalized"], json!(["f"]));
}

#[test]
fn no_line_is_broken_by_a_line_end_of_unicode() {
    let (_, output, _) =
        kopru(&["normalize"], "{\"type\":\"external_id\",\"input\":\"a\u{2028}b\u{85}c\"}\n");
    assert_eq!(output.lines().count(), 1);
    assert!(!output.contains(['\u{2028}', '\u{85}']));
}

#[test]
fn a_browser_is_answered_with_its_cookies() {
    let lines = [
        json!({"host": "shop.example.co.uk", "resolver": "public-suffix-list", "query": {"fbclid": "IwAR2abc"},
               "x_forwarded_for": "203.0.113.7, 10.0.0.1", "now_ms": 1_790_000_000_000_i64, "random": 0.5}),
        json!({"host": "shop.example.com", "cookies": {"_fbc": "fb.1.1780000000000.old", "_fbp": "fb.1.1780000000000.77.AQQCAQMC"},
               "query": {"fbclid": "new"}, "now_ms": 1_790_000_000_000_i64}),
        json!({"host": "shop.example.com", "query": {"fbclid": "a", "shop": "b"}, "parameters": {"shop": "s"},
               "now_ms": 5, "random": 7}),
    ];
    let answers = answers(&["cookies"], &lines);
    assert_eq!(
        answers[0],
        json!({
            "fbc": "fb.2.1790000000000.IwAR2abc",
            "fbp": "fb.2.1790000000000.1073741823",
            "client_ip_address": "203.0.113.7",
            "cookies": [
                {"name": "_fbp", "value": "fb.2.1790000000000.1073741823", "maxAge": 7_776_000, "domain": "example.co.uk"},
                {"name": "_fbc", "value": "fb.2.1790000000000.IwAR2abc", "maxAge": 7_776_000, "domain": "example.co.uk"},
            ],
        })
    );
    assert_eq!(answers[1]["fbc"], "fb.1.1790000000000.new", "a new click replaces the old one");
    assert_eq!(answers[1]["fbp"], "fb.1.1780000000000.77");
    assert_eq!(answers[1]["cookies"].as_array().unwrap().len(), 1);
    assert_eq!(answers[2]["fbc"], "fb.1.5.a_s_b");
    assert_eq!(answers[2]["fbp"], "fb.1.5.7");
}

/// A shop's search page has a `query`, too, and it is none of the click's business.
#[test]
fn only_lines_of_the_recorded_suite_carry_its_further_parameter() {
    let line = json!({"host": "a.example.com", "query": {"query": "shoes"}, "referer": "b.example?fbclid=A", "now_ms": 5});
    let mut recorded = line.clone();
    recorded["clock_pinned"] = json!(false);
    let answers = answers(&["cookies"], &[line, recorded]);
    assert_eq!(answers[0]["fbc"], "fb.1.5.A");
    assert_eq!(answers[1]["fbc"], "fb.1.5.A_test_shoes");
}

#[test]
fn cookies_are_those_that_browsers_keep_and_what_is_null_has_its_reason() {
    let now_ms = 1_790_000_000_000_i64;
    for (mut line, domain, fbc, address) in [
        (
            json!({"host": "example.com.tr", "query": {"fbclid": "IwAR2"}}),
            "example.com.tr",
            Ok("fb.2.1790000000000.IwAR2"),
            "",
        ),
        (json!({"host": "a.b.example.com"}), "example.com", Err("neither the query nor"), ""),
        (
            json!({"host": "example.com", "query": "?a=1&fbclid=IwAR2"}),
            "example.com",
            Ok("fb.1.1790000000000.IwAR2"),
            "",
        ),
        (
            json!({"host": "example.com", "query": {"fbclid": ["IwAR1", "IwAR2"]}}),
            "example.com",
            Ok("fb.1.1790000000000.IwAR2"),
            "",
        ),
        (
            json!({"host": "example.com", "query": {"fbclid": "abc; Domain=evil.test"}}),
            "example.com",
            Err("what stands where the click id belongs"),
            "",
        ),
        (
            json!({"host": "example.com", "query": {"fbclid": "undefined"}}),
            "example.com",
            Err("a placeholder"),
            "",
        ),
        (
            json!({"host": "example.com", "cookies": "x=1; _fbc=fb.1.1680000000000.IwAR2"}),
            "example.com",
            Err("the click of the cookie _fbc is older"),
            "",
        ),
        (
            json!({"host": "example.com", "cookies": "_fbc=fb.1.1680000000000.Old; _fbc=fb.1.1789000000000.New; _fbc=fb.1.1785000000000.Other"}),
            "example.com",
            Ok("fb.1.1789000000000.New"),
            "",
        ),
        (
            json!({"host": "example.com", "cookies": {"_fbc": ["undefined", "fb.1.1789000000000.New"]}}),
            "example.com",
            Ok("fb.1.1789000000000.New"),
            "",
        ),
        (
            json!({"host": "example.com", "cookies": ["x=1; _fbc=fb.1.1789000000000.New", "_fbc=fb.1.1785000000000.Other"]}),
            "example.com",
            Ok("fb.1.1789000000000.New"),
            "",
        ),
        (
            json!({"host": "example.com", "cookies": {"_fbi": "81.2.69.142"}, "remote_address": "::ffff:10.0.0.3"}),
            "example.com",
            Err("neither"),
            "81.2.69.142",
        ),
        (
            json!({"host": "example.com", "x_forwarded_for": ["10.0.0.1", "81.2.69.142:5555"], "remote_address": "10.0.0.2"}),
            "example.com",
            Err("neither"),
            "81.2.69.142",
        ),
        (
            json!({"host": "example.com", "x_forwarded_for": "9.9.9.9, 81.2.69.142", "trusted_proxies": ["10.0.0.0/8"],
                   "remote_address": "10.0.0.2"}),
            "example.com",
            Err("neither"),
            "81.2.69.142",
        ),
    ] {
        line["now_ms"] = json!(now_ms);
        let answer = &answers(&["cookies"], std::slice::from_ref(&line))[0];
        assert_eq!(answer["cookies"][0]["domain"], domain, "{line}");
        match fbc {
            Ok(fbc) => {
                assert_eq!(
                    (&answer["fbc"], &answer["reasons"]["fbc"]),
                    (&json!(fbc), &Value::Null),
                    "{line}"
                );
            }
            Err(why) => {
                assert_eq!(answer["fbc"], Value::Null, "{line}");
                assert!(answer["reasons"]["fbc"].as_str().unwrap().starts_with(why), "{answer}");
            }
        }
        let known = answer["client_ip_address"].as_str().unwrap_or_default();
        assert_eq!(known, address, "{line}");
        assert_eq!(answer["reasons"]["client_ip_address"].is_string(), known.is_empty(), "{line}");
    }
}

#[test]
fn the_parameter_builders_answer_is_given_when_it_is_asked_for() {
    let lines = [
        json!({"host": "example.com.tr", "resolver": "parameter-builder", "now_ms": 5}),
        json!({"host": "x.shop.com", "domains": ["shop.com"], "resolver": "parameter-builder", "now_ms": 5,
               "cookies": {"_fbc": "fb.1.1.a b"}, "remote_address": "::ffff:10.0.0.3"}),
    ];
    let answers = answers(&["cookies"], &lines);
    assert_eq!(answers[0]["cookies"][0]["domain"], "com.tr");
    assert_eq!(answers[1]["cookies"][0]["domain"], "shop.com");
    assert_eq!(answers[1]["fbc"], "fb.1.1.a b");
    assert_eq!(answers[1]["client_ip_address"], "::ffff:10.0.0.3");

    for (line, mend) in [
        (json!({"resolver": "psl"}), "known are \"public-suffix-list\", \"host\" and \"parameter-builder\""),
        (json!({"query": 5}), "query must be an object, or the text as it stands in the request"),
        (json!({"trusted_proxies": ["proxy"]}), "write for example \"10.0.0.7\" or \"10.0.0.0/8\""),
    ] {
        let (_, output, _) = kopru(&["cookies"], &format!("{line}\n"));
        let answer: Value = serde_json::from_str(&output).unwrap();
        assert!(answer["error"].as_str().unwrap().contains(mend), "{output}");
    }
}

#[test]
fn lint_says_what_meta_would_say() {
    let body = json!({"data": [
        {"event_name": "Lead", "event_time": 1_790_000_000, "action_source": "phone_call", "user_data": {"ph": [capi::sha256_hex(b"905321234567")]}},
        {"event_name": "Purchase", "event_time": 1_790_000_000, "action_source": "phone_call",
         "user_data": {"ph": "905321234567"}, "custom_data": {"currency": "TRY"}},
        "{\"event_name\":\"PageView\"}",
    ]})
    .to_string();
    let (code, output, _) = kopru(&["lint", "--now", "1790000060"], &body);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("lint", output);

    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("access_token", "secret")
        .append_pair("data", &body[8..body.len() - 1])
        .finish();
    let (code, same, _) = kopru(&["lint", "--now", "1790000060", "-"], &form);
    assert_eq!((code, same), (Some(1), output), "a form reads like JSON");

    let good =
        json!({"data": [{"event_name": "Lead", "event_time": 1_790_000_000, "action_source": "website",
        "user_data": {"em": capi::sha256_hex(b"a@b.com")}}]})
        .to_string();
    assert_eq!(kopru(&["lint", "--now", "1790000060"], &good).0, Some(0));
    let (code, strict, _) = kopru(&["lint", "--strict", "--json", "--now", "1790000060"], &good);
    assert_eq!(code, Some(1));
    let strict: Value = serde_json::from_str(&strict).unwrap();
    assert_eq!(strict["events"][0]["subcode"], 2_804_019);
    assert_eq!(strict["events"][0]["findings"][0]["path"], "$['data'][0]['event_source_url']");
}

/// A body with events that are alike.
fn many(count: usize, event: &Value) -> String {
    json!({ "data": vec![event; count] }).to_string()
}

#[test]
fn lint_says_what_is_alike_once_and_counts_beyond_a_thousand() {
    let event = json!({"event_name": "Lead", "event_time": 1_790_000_000, "action_source": "phone_call", "user_data": {"email": "x", "em": capi::sha256_hex(b"a@b.co")}});
    let (code, output, _) = kopru(&["lint", "--now", "1790000060"], &many(3, &event));
    assert_eq!(code, Some(0));
    assert_eq!(
        output,
        "advice $['data'][0]['user_data']['email']: Meta's key is em (SHA-256 of the value); under this name it is ignored (the same in 2 more events: 1, 2)\n\
         3 events, none refused, 3 with advice\n"
    );
    let (code, output, _) = kopru(&["lint", "--now", "1790000060"], &many(1001, &event));
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "refused 100 data: a request takes 1000 events and this one has 1001; split it");
    assert!(lines[1].ends_with("(the same in 1000 more events: 1, 2, 3, 4, 5, …)"), "{output}");
    assert_eq!(
        lines.last(),
        Some(&"1001 events, none refused, 1001 with advice: Meta would refuse the whole request")
    );
}

#[test]
fn lint_reads_what_people_paste() {
    let event = json!({"event_name": "Purchase", "event_time": 1_790_000_000, "action_source": "phone_call", "user_data": {"em": [capi::sha256_hex(b"a@b.co")]}, "custom_data": {"value": 7}});
    let list = json!([event]).to_string();
    let refusal = "refused 100/2804010 $['data'][0]['custom_data']['currency']: a purchase needs a currency, an ISO 4217 code such as TRY";
    for (body, kind) in [
        (format!("curl -X POST -F 'data={list}' -F access_token=x https://graph.facebook.com/v26.0/1/events"), "read as a curl command"),
        (format!("--b\nContent-Disposition: form-data; name=\"data\"\n\n{list}\n--b--\n"), "read as a multipart form"),
        (
            "data[0][event_name]=Purchase&data[0][event_time]=1790000000&data[0][action_source]=phone_call&data[0][user_data][em]=62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f&data[0][custom_data][value]=7".to_owned(),
            "read as a form with brackets in its names",
        ),
    ] {
        let (code, output, _) = kopru(&["lint", "--now", "1790000060"], &body);
        assert_eq!(code, Some(1), "{output}");
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.first(), Some(&refusal), "{output}");
        assert!(lines.contains(&kind), "{output}");
    }
    let (_, alone, _) = kopru(&["lint", "--now", "1790000060"], &event.to_string());
    assert!(alone.starts_with(refusal), "{alone}");
    assert!(alone.contains("refused 100 data: the request needs the list \"data\""), "{alone}");
    let (_, lines, _) = kopru(&["lint", "--now", "1790000060"], &format!("{event}\n{event}\n"));
    assert!(lines.contains("(the same in 1 more event: 1)"), "{lines}");
    assert!(!lines.contains("refused 100 data"), "{lines}");
}

#[test]
fn lint_mends_what_has_one_right_mend_and_says_what_it_left() {
    let body = json!({"data": [{"event_name": "purchase", "event_time": 1_790_000_000_000_i64, "action_source": "phone_call",
        "user_data": {"email": "Ada@Example.com"}, "custom_data": {"currency": "try", "value": "1.299,90"}}]})
    .to_string();
    let (code, output, said) = kopru(&["lint", "--fix", "--now", "1790000060"], &body);
    assert_eq!(code, Some(1), "{said}");
    let mended: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(
        mended,
        json!({"data": [{"event_name": "Purchase", "event_time": 1_790_000_000, "action_source": "phone_call",
            "user_data": {"em": capi::sha256_hex(b"ada@example.com")}, "custom_data": {"currency": "TRY", "value": "1.299,90"}}]})
    );
    insta::assert_snapshot!("lint-fix", said);
}

#[test]
fn lint_says_what_is_broken_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    for (body, expected) in [
        (
            &b"{\"data\":[{\"event_name\":\"Lead\",}]}"[..],
            "the JSON is broken: trailing comma (line 1, column 31)",
        ),
        (b"{\"data\":[", "the JSON ends too early (line 1, column 9)"),
        (b"{\"data\":[\xff]}", "the text is not UTF-8 from byte 9 on"),
        (b"7", "a request must be a JSON object with the list \"data\""),
        (b"{\"data\":[{}\n {}]}", "the JSON is broken: expected `,` or `]` (line 2, column 2)"),
        (
            b"{\"data\":[{},\n{\"a\":}]}",
            "the JSON is broken: expected value; comments, undefined and NaN are none (line 2, column 6)",
        ),
        (
            b"{'data': []}",
            "this is no JSON: keys and texts stand in single quotes, as in Python or JavaScript; give what json.dumps or JSON.stringify makes of it",
        ),
    ] {
        std::fs::write(&file, body).unwrap();
        let (code, _, error) = kopru(&["lint", file.to_str().unwrap()], "");
        assert_eq!(code, Some(1));
        assert_eq!(error, format!("kopru: {}: {expected}\n", file.display()));
    }
    assert_eq!(kopru(&["lint", "there-is-no-such-file.json"], "").0, Some(2));
}

/// What the README shows works where it is pasted.
#[test]
fn the_commands_of_the_readme_work_when_pasted() {
    let readme = include_str!("../../../../README.md");
    let (_, section) = readme.split_once("## Meta's protocol on the command line").unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let commands = std::path::Path::new(env!("CARGO_BIN_EXE_kopru")).parent().unwrap();
    let path = format!("{}:{}", commands.display(), std::env::var("PATH").unwrap());
    let run = Command::new("sh").args(["-c", block]).current_dir(folder.path()).env("PATH", path).output();
    let run = run.unwrap();
    let (output, error) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    for said in
        ["refused 100/2804023", "\"currency\":\"TRY\"", "\"sha256\":", "\"fbc\"", "1 event, 1 refused"]
    {
        assert!(output.contains(said), "{said}: {output}{error}");
    }
    assert!(error.contains("mended $['data'][0]['custom_data']['currency']"), "{error}");
    assert!(!error.contains("No such file"), "{error}");
}

#[test]
fn lint_mends_each_of_several_bodies() {
    let event = json!({"event_name": "lead", "event_time": 1_790_000_000, "action_source": "phone_call",
        "user_data": {"em": capi::sha256_hex(b"ada@example.com")}});
    let mut mended = event.clone();
    mended["event_name"] = "Lead".into();
    let body = json!({"data": [event]});
    for input in [format!("{event}\n{body}\n"), format!("{body} {body}"), format!("{event}\n\n{event}")] {
        let (code, output, said) = kopru(&["lint", "--fix", "--now", "1790000060"], &input);
        assert_eq!(code, Some(0), "{said}");
        let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, [json!({"data": [mended]}), json!({"data": [mended]})], "{input}");
        assert!(said.contains("mended body 2 $['data'][0]['event_name']"), "{said}");
    }
    let (code, output, said) = kopru(&["lint", "--fix"], &format!("{body};"));
    assert_eq!((code, output.as_str()), (Some(1), ""));
    assert!(said.contains("behind the JSON"), "{said}");
}

#[test]
fn lint_says_one_thing_of_what_is_no_request() {
    for (body, words) in [
        (
            json!([{"method": "POST", "relative_url": "1/events", "body": "data=[]"}]),
            "batch of the Graph API",
        ),
        (json!({"data": {"3": {"event_name": "Lead"}}}), "array_values"),
        (json!({"data": "{\"event_name\":\"Lead\"}"}), "into a list"),
        (json!({"data": [[{"event_name": "Lead"}]]}), "a list within the list"),
        (json!({"log": {"entries": ["x".repeat(2 << 20)]}}), "HAR"),
    ] {
        for arguments in [&["lint"][..], &["lint", "--json"]] {
            let (code, output, _) = kopru(arguments, &body.to_string());
            assert_eq!(code, Some(1), "{output}");
            assert!(output.contains(words) && !output.contains("needs the list"), "{output}");
            assert_eq!(output.matches("refused 100").count().max(1), 1, "{output}");
        }
    }
}
