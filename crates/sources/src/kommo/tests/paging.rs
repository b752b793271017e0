use kopru_core::QuestionKind;
use serde_json::{Value, json};

use super::kommo;
use crate::{Call, NotUnderstood, Upstream};

/// The path of the page that follows.
pub(super) fn next_page(body: &[u8]) -> Result<Option<String>, NotUnderstood> {
    Ok(kommo().next(&Call::get("/api/v4/leads"), body)?.map(|call| call.path))
}

#[test]
fn what_an_answer_may_be_grows_with_the_list() {
    let max = |kind, questions| kommo().answer_max(kind, questions);
    assert_eq!(max(QuestionKind::Deal, 1).pages, 2);
    assert!(max(QuestionKind::Deal, 60).pages >= 2 && max(QuestionKind::Deal, 60).bytes < 11 * 1024 * 1024);
    assert!(max(QuestionKind::Deal, 30).bytes < max(QuestionKind::Deal, 60).bytes);
    assert!(max(QuestionKind::StageLog, 10).pages > 10);
    assert!(max(QuestionKind::Catalogue, 1).bytes > 1024 * 1024);
}

#[test]
fn the_next_page_never_leads_to_another_host() {
    let next = |href: Value| next_page(json!({"_links": {"next": {"href": href}}}).to_string().as_bytes());
    let path = "/api/v4/leads?page=2&filter%5Bid%5D%5B%5D=5&limit=250";
    for href in
        [format!("https://acme.kommo.com{path}"), format!("https://evil.example{path}"), path.to_owned()]
    {
        assert_eq!(next(json!(href)), Ok(Some(path.to_owned())), "{href}");
    }
    let with_address = "/api/v4/leads?back=https://acme.kommo.com/x";
    assert_eq!(next(json!(with_address)), Ok(Some(with_address.to_owned())));
    // A list whose rest cannot be asked for says of nobody that they are not there.
    for href in [
        json!("//evil.example/api/v4/leads"),
        json!("https://evil.example"),
        json!("ftp://acme.kommo.com/api/v4/leads"),
        json!("https://acme.kommo.com/oauth2/access_token"),
        json!("/api/v4/../../x"),
        json!("/api/v4/leads?a b"),
        json!("/api/v4/leads\r\nX: y"),
        json!("/api/v4/leads#x"),
        json!(format!("/api/v4/leads?{}", "a".repeat(9000))),
        json!(5),
        json!(null),
    ] {
        assert!(next(href.clone()).is_err(), "{href}");
    }
    for body in [&b""[..], b"{}", b"[]", b"\xff", br#"{"_links":null}"#, br#"{"_links":{"next":null}}"#] {
        assert_eq!(next_page(body), Ok(None));
    }
}

#[test]
fn a_refusal_may_say_how_long_to_wait() {
    for (body, seconds) in [
        (r#"{"retry_after":300}"#, Some(300)),
        (r#"{"title":"Too Many Requests","retry_after":"60"}"#, Some(60)),
        (r#"{"retry_after":1.2}"#, Some(2)),
        (r#"{"retry_after":-5}"#, None),
        (r#"{"retry_after":null}"#, None),
        (r#"{"retry_after":1e300}"#, None),
        ("<html>429</html>", None),
        ("", None),
    ] {
        assert_eq!(
            kommo().judge(429, body.as_bytes()).unwrap_err().wait.map(|wait| wait.as_secs()),
            seconds,
            "{body}"
        );
    }
}
