use serde_json::{Value, json};

use super::*;

fn opened(text: &str) -> (PastedKind, Value) {
    let opened = open(text.as_bytes()).unwrap();
    (opened.kind, serde_json::from_slice(&opened.json).unwrap())
}

/// `data` as Meta reads it: a text that holds JSON is opened.
fn events(text: &str) -> (PastedKind, Value) {
    let (kind, request) = opened(text);
    let data = match &request["data"] {
        Value::String(inner) => serde_json::from_str(inner).unwrap(),
        other => other.clone(),
    };
    (kind, data)
}

#[test]
fn forms_of_every_kind_stand_for_the_same_events() {
    let lead =
        json!([{ "event_name": "Lead", "event_time": "1790000000", "user_data": { "em": ["a", "b"] } }]);
    let brackets = "data[0][event_name]=Lead&data[0][event_time]=1790000000&data[0][user_data][em][]=a&data[0][user_data][em][]=b&access_token=x";
    assert_eq!(events(brackets), (PastedKind::BracketForm, lead.clone()));
    let encoded = brackets.replace('[', "%5B").replace(']', "%5D");
    assert_eq!(events(&encoded), (PastedKind::BracketForm, lead.clone()));
    assert_eq!(
        events(&brackets.replace("&data", "\ndata").replace("&access_token=x", "")),
        (PastedKind::BracketForm, lead.clone())
    );
    assert_eq!(events(&format!("access_token=x&{encoded}\n")), (PastedKind::BracketForm, lead.clone()));

    let text = lead.to_string();
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("data", &text)
        .append_pair("x", "1")
        .finish();
    assert_eq!(events(&form), (PastedKind::Form, lead.clone()));
    // As tools show it, and as nobody sends it.
    for lines in [
        format!("data={text}\naccess_token=x%20y"),
        format!(
            "access_token=x\r\ndata={}\r\ntest_event_code=TEST1\n",
            serde_json::to_string_pretty(&lead).unwrap()
        ),
        format!("data={text}&\naccess_token=x"),
    ] {
        assert_eq!(events(&lines), (PastedKind::Form, lead.clone()), "{lines}");
    }

    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{text}\r\n--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\nx\r\n--b--\r\n"
    );
    assert_eq!(events(&multipart), (PastedKind::Multipart, lead.clone()));
    assert_eq!(events(&multipart.replace('\r', "")), (PastedKind::Multipart, lead.clone()));

    for head in
        ["POST /v26.0/1/events HTTP/1.1\r\nHost: graph.facebook.com\r\n\r\n", "POST /x HTTP/2\nA: b\n\n"]
    {
        assert_eq!(events(&format!("{head}{{\"data\":{text}}}")), (PastedKind::Http, lead.clone()));
        assert_eq!(events(&format!("{head}{form}")), (PastedKind::Http, lead.clone()));
    }
}

#[test]
fn curl_commands_are_read_as_shells_read_them() {
    let lead = json!([{ "event_name": "Lead", "user_data": { "fn": "O'Brien" } }]);
    let text = lead.to_string();
    let single = text.replace('\'', "'\\''");
    let double = text.replace('"', "\\\"");
    for command in [
        format!(
            "curl -X POST \\\n  -F 'data={single}' \\\n  -F 'access_token=x' \\\n  https://graph.facebook.com/v26.0/1/events"
        ),
        format!("$ curl -s -F \"data={double}\" https://graph.facebook.com/v26.0/1/events | jq ."),
        format!("curl.exe -F \"data={double}\" ^\r\n https://graph.facebook.com/v26.0/1/events"),
        format!(
            "curl https://graph.facebook.com/v26.0/1/events -H 'Content-Type: application/json' -d '{{\"data\":{single}}}'"
        ),
        format!("curl --json \"{{\\\"data\\\":{double}}}\" https://graph.facebook.com/v26.0/1/events"),
        format!(
            "curl -sXPOST --data-urlencode 'data={single}' -d access_token=x https://graph.facebook.com/v26.0/1/events"
        ),
        format!("curl --form-string 'data={single}' --url https://graph.facebook.com/v26.0/1/events"),
    ] {
        assert_eq!(events(&command), (PastedKind::Curl, lead.clone()), "{command}");
    }
    for command in [
        format!("curl -F 'data={single}' -F 'access_token=<ACCESS_TOKEN>' https://x"),
        format!("curl -F access_token=@token.txt -F 'data={single}' https://x"),
        format!(
            "curl -F 'data={single}' -H \"Authorization: Bearer $(cat token)\" -F \"access_token=$TOKEN\" https://x"
        ),
    ] {
        assert_eq!(events(&command), (PastedKind::Curl, lead.clone()), "{command}");
    }
    let whole = format!("{{\"data\":{text}}}");
    let json = "curl -H 'Content-Type: application/json' https://graph.facebook.com/v26.0/1/events";
    let caret = whole.replace('"', "^\\^\"");
    for command in [
        format!("{json} --data-binary @- <<'EOF'\n{whole}\nEOF\n"),
        format!("{json} -d @- << EOT\n{whole}\nEOT"),
        format!("{json} --json @- <<-\"X\"\n\t{whole}\n\tX\necho done"),
        format!("{json} -d @- <<< '{}'", whole.replace('\'', "'\\''")),
        format!("cat <<EOF | {json} -d @-\n{whole}\nEOF"),
        format!("echo '{}' | {json} -d @-", whole.replace('\'', "'\\''")),
        format!("printf %s \"{}\" | {json} -d @-", whole.replace('"', "\\\"")),
        format!(
            "curl ^\"https://x/events^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  --data-raw ^\"{caret}^\""
        ),
        format!("{json} --data-raw $'{}'", whole.replace('\'', "\\'")),
    ] {
        assert_eq!(events(&command), (PastedKind::Curl, lead.clone()), "{command}");
    }
    let bracketed = "curl -F 'data[0][event_name]=Lead' -F \"data[0][user_data][fn]=O'Brien\" https://x";
    assert_eq!(events(bracketed), (PastedKind::Curl, lead));
}

#[test]
fn a_command_that_sends_json_as_a_form_is_told_so() {
    let opened = open(b"curl -d '{\"data\":[]}' https://x").unwrap();
    assert!(opened.advice[0].contains("Content-Type"));
    let opened = open(b"curl -H 'content-type: application/json' -d '{\"data\":[]}' https://x").unwrap();
    assert!(opened.advice.is_empty());
}

#[test]
fn what_is_no_body_is_named() {
    for (text, said) in [
        ("", "nothing"),
        ("{'data': []}", "single quotes"),
        ("<?php $x = 1;", "PHP"),
        ("Array\n(\n    [data] => Array", "PHP"),
        ("fbq('track', 'Purchase')", "pixel"),
        ("<html>", "page"),
        ("fetch('https://graph.facebook.com')", "program code"),
        ("curl https://graph.facebook.com/v26.0/1/events", "sends no body"),
        ("curl -d @body.json https://x", "file"),
        ("curl -F 'data=<events.json' https://x", "file"),
        ("POST /x HTTP/1.1\r\nHost: y\r\n\r\n", "without its body"),
        ("curl -d @- https://x", "its input"),
        ("cat body.json | curl -d @- https://x", "does not begin"),
        ("curl --json '{\"data\":[]} https://x", "never closed"),
        ("curl -d \"$BODY\" https://x", "variable"),
        ("curl -d \"data=$DATA\" https://x", "variable"),
        ("curl -F \"data=${DATA}\" https://x", "variable"),
        ("curl --json '{\"data\":[{\"event_time\":'$(date +%s)'}]}' https://x", "$(…)"),
        ("curl -F 'data=[{\"event_time\":'\"$(date +%s)\"'}]' https://x", "$(…)"),
        ("curl -d 'data=[{\"event_time\":'$(date +%s)'}]' https://x", "$(…)"),
        (
            "curl --json \"{\\\"data\\\":[{\\\"event_time\\\":$NOW}]}\" https://x",
            "variable of the shell; put",
        ),
        ("const body = {\"data\": []};", "program code"),
        ("$body = @'\n{}\n'@\nInvoke-RestMethod -Body $body", "program code"),
        ("wget --post-data='{\"data\":[]}' https://x", "another program"),
        ("```json\n{}\n```", "Markdown"),
        ("// body\n{\"data\": []}", "comment"),
        ("2026-11-29 INFO {\"data\":[]}", "before the JSON"),
        ("hello", "JSON object"),
    ] {
        let message = match open(text.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(_) => looks_like(text.as_bytes()).to_owned(),
        };
        assert!(message.contains(said), "{text}: {message}");
    }
}

#[test]
fn names_with_brackets_cannot_make_much_of_little() {
    assert!(open(format!("data{}=1", "[a]".repeat(50)).as_bytes()).is_err());
    let (_, request) = opened("data[999999999]=a&data[7]=b&data[x=c");
    assert_eq!(request, json!({ "data": { "7": "b", "999999999": "a", "x": "c" } }));
    let (_, request) = opened("data[0]=a&data[0][b]=c&data[1]=d");
    assert_eq!(request, json!({ "data": [{ "b": "c" }, "d"] }));
}

#[test]
fn fields_behind_a_list_without_numbers_are_said_to_be_events_of_their_own() {
    for (text, count) in [
        ("data[][event_name]=Lead&data[][event_time]=1", 2),
        ("data%5B%5D%5Bevent_name%5D=Lead", 2),
        ("data[0][event_name]=Lead", 1),
        ("data[]={\"event_name\":\"Lead\"}", 1),
    ] {
        assert_eq!(open(text.as_bytes()).unwrap().advice.len(), count, "{text}");
    }
}
