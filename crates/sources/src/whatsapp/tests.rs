mod people;
mod places;

use kopru_core::{
    Channel, ChatMessage, Click, Consent, Fact, JoinKey, Link, MessageContent, Node, Wanted, WorkspaceId,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{NotUnderstood, Tenant, conformance::Sent};

const SECRET: &str = "app_secret_123";

fn door() -> Whatsapp {
    Whatsapp { verify_token: Some("let me in".into()), app_secret: SECRET.into() }
}

fn key() -> JoinKey {
    JoinKey::new(&[7; 32])
}

fn tenant(workspace: u32) -> Tenant {
    Tenant {
        workspace: WorkspaceId(workspace),
        join: key(),
        country: None,
        consent: Consent::Elsewhere,
        wanted: Wanted::default(),
    }
}

fn directory(workspace: u32) -> Directory {
    Directory::Workspace(tenant(workspace))
}

fn parse_bytes(body: &[u8]) -> Result<Vec<Fact>, NotUnderstood> {
    let read = messages::facts(body, &directory(1))?;
    Ok(read.into_iter().map(|(_, fact)| fact).collect())
}

fn parse(body: &Value) -> Result<Vec<Fact>, NotUnderstood> {
    parse_bytes(body.to_string().as_bytes())
}

fn body(value: &Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "222", "changes": [{"field": "messages", "value": value}]}]})
}

fn contact() -> Value {
    json!({"profile": {"name": "Ayşe Kaya"}, "wa_id": "905320000001", "user_id": "TR.1302000000000001"})
}

fn message(extra: &Value) -> Value {
    let mut message = json!({"from": "905320000001", "id": "wamid.HBgMOTA1MzIwMDAwMDAx", "timestamp": "1780000000",
        "type": "text", "text": {"body": "Merhaba, +90 532 000 00 01 benim"}});
    for (key, value) in extra.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn from_ad() -> Value {
    json!({"referral": {"source_url": "https://fb.me/1", "source_id": "120210000000000001", "source_type": "ad",
        "headline": "İndirim", "body": "Yaz", "media_type": "image", "ctwa_clid": "ARA-click_1"}})
}

fn one_message(extra: &Value) -> Value {
    body(&json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"},
        "contacts": [contact()], "messages": [message(extra)]}))
}

fn click() -> Click {
    Click {
        message: key().token("message", "wamid.HBgMOTA1MzIwMDAwMDAx"),
        channel: Channel::Whatsapp,
        account: "222".into(),
        who: vec![key().phone("905320000001"), key().whatsapp_user("TR.1302000000000001")],
        at_s: 1_780_000_000,
        click_id: Some("ARA-click_1".into()),
        ad_id: Some("120210000000000001".into()),
    }
}

/// A message that names no ad.
fn written(who: Vec<Node>, content: MessageContent) -> Fact {
    let message = Some(ChatMessage { account: "222".into(), content });
    Fact::Link(Link { message, ..seen(who) })
}

/// Names that were seen together, in no message.
fn seen(who: Vec<Node>) -> Link {
    Link { who, at_s: 1_780_000_000, ..Link::default() }
}

fn link() -> Fact {
    written(click().who, MessageContent::Read)
}

#[test]
fn a_message_from_an_ad_is_a_click_and_any_other_a_link() {
    assert_eq!(parse(&one_message(&from_ad())), Ok(vec![Fact::Click(click())]));
    assert_eq!(parse(&one_message(&json!({}))), Ok(vec![link()]));
    // The message that an ad opens can be of any type.
    let voice = json!({"type": "audio", "audio": {"id": "1"}, "referral": from_ad()["referral"]});
    assert_eq!(parse(&one_message(&voice)), Ok(vec![Fact::Click(click())]));
}

#[test]
fn every_part_of_a_referral_may_be_missing() {
    let no_click_id = Click { click_id: None, ..click() };
    let no_ad = Click { ad_id: None, ..click() };
    let neither = Click { click_id: None, ad_id: None, ..click() };
    for (referral, expected) in [
        (json!({"source_type": "ad", "source_id": "120210000000000001"}), Some(&no_click_id)),
        (json!({"source_type": "ad", "source_id": 120_210_000_000_000_001_u64}), Some(&no_click_id)),
        (
            json!({"source_type": "ad", "source_id": "120210000000000001", "ctwa_clid": ""}),
            Some(&no_click_id),
        ),
        (
            json!({"source_type": "ad", "source_id": "120210000000000001", "ctwa_clid": null}),
            Some(&no_click_id),
        ),
        (json!({"source_type": "post", "source_id": "9", "ctwa_clid": "ARA-click_1"}), Some(&no_ad)),
        (json!({"source_id": "9", "ctwa_clid": "ARA-click_1"}), Some(&no_ad)),
        (json!({}), Some(&neither)),
        (json!({"source_type": "post", "source_id": "9"}), None),
        (json!({"source_type": "post", "source_id": "9", "ctwa_clid": " "}), None),
        (json!(null), None),
        (json!("ad"), None),
    ] {
        let expected = expected.map_or_else(link, |click| Fact::Click(click.clone()));
        assert_eq!(parse(&one_message(&json!({"referral": referral}))), Ok(vec![expected]), "{referral}");
    }
}

#[test]
fn the_writer_is_found_under_phone_user_id_or_both() {
    let phone = key().phone("905320000001");
    let user = key().whatsapp_user("TR.1302000000000001");
    for (contacts, sender, expected) in [
        (json!([contact()]), json!({}), vec![phone.clone(), user.clone()]),
        // A person with a username: no phone anywhere.
        (json!([{"user_id": "TR.1302000000000001"}]), json!({"from": null}), vec![user.clone()]),
        (
            json!([{"user_id": "TR.1302000000000001"}]),
            json!({"from": "TR.1302000000000001"}),
            vec![user.clone()],
        ),
        (json!([]), json!({"from": "TR.1302000000000001"}), vec![user.clone()]),
        (json!([]), json!({"from": null, "from_user_id": "TR.1302000000000001"}), vec![user.clone()]),
        (json!([]), json!({}), vec![phone.clone()]),
        (json!([]), json!({"from": 905_320_000_001_u64}), vec![phone.clone()]),
        (json!([]), json!({"from": "+905320000001"}), vec![phone.clone()]),
        (json!(null), json!({"from_user_id": "TR.1302000000000001"}), vec![phone.clone(), user.clone()]),
        // Among several contacts only the one that the message names.
        (json!([{"wa_id": "905320000009"}, contact()]), json!({}), vec![phone.clone(), user.clone()]),
        (
            json!([{"wa_id": "905320000009"}, contact()]),
            json!({"from": "TR.1302000000000001"}),
            vec![phone.clone(), user.clone()],
        ),
        (json!([{"wa_id": "905320000009"}, {"wa_id": "905320000008"}]), json!({}), vec![phone.clone()]),
        // A lone contact may carry another form of the number.
        (
            json!([{"wa_id": "5215512345678"}]),
            json!({"from": "525512345678"}),
            vec![key().phone("525512345678")],
        ),
    ] {
        let body = body(&json!({"contacts": contacts, "messages": [message(&sender)]}));
        assert_eq!(parse(&body), Ok(vec![written(expected, MessageContent::Read)]), "{contacts} {sender}");
    }
}

#[test]
fn two_writers_never_share_a_lone_contact() {
    let other = message(&json!({"from": "905320000002", "id": "wamid.2"}));
    let facts =
        parse(&body(&json!({"contacts": [contact()], "messages": [message(&json!({})), other]}))).unwrap();
    let lone = written(vec![key().phone("905320000002")], MessageContent::Read);
    assert_eq!(facts, [link(), lone]);
}

#[test]
fn a_giant_name_of_the_one_contact_is_not_repeated_for_each_message() {
    // Copied for each message, two megabytes would be forty thousand.
    let giant = json!({"wa_id": "9".repeat(2_000_000), "user_id": "x".repeat(2_000_000)});
    let messages = vec![message(&json!({"id": "wamid.1"})); 20_000];
    let facts = parse(&body(&json!({"contacts": [giant], "messages": messages}))).unwrap();
    let by_phone = written(vec![key().phone("905320000001")], MessageContent::Read);
    assert_eq!(facts.len(), 20_000);
    assert!(facts.iter().all(|fact| *fact == by_phone));
}

#[test]
fn entries_and_changes_keep_their_order_and_account() {
    let value = |id: &str| json!({"contacts": [contact()], "messages": [message(&json!({"id": id, "referral": {"ctwa_clid": id}}))]});
    let change = |id: &str| json!({"field": "messages", "value": value(id)});
    let facts = parse(&json!({"object": "whatsapp_business_account", "entry": [
        {"id": "222", "changes": [change("w1"), {"field": "account_update", "value": {}}, change("w2")]},
        {"id": 333, "changes": [change("w3")]},
    ]}))
    .unwrap();
    let seen: Vec<_> = facts
        .iter()
        .map(|fact| match fact {
            Fact::Click(click) => (click.account.as_str(), click.click_id.as_deref().unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [("222", "w1"), ("222", "w2"), ("333", "w3")]);
}

#[test]
fn a_message_that_cannot_be_used_harms_no_other() {
    let value = |bad: Value| {
        body(
            &json!({"contacts": [contact()], "messages": [bad, message(&json!({"timestamp": 1_780_000_000}))]}),
        )
    };
    for bad in [
        json!({}),
        json!(null),
        json!([1]),
        message(&json!({"timestamp": "soon"})),
        message(&json!({"timestamp": null})),
    ] {
        assert_eq!(parse(&value(bad.clone())), Ok(vec![link()]), "{bad}");
    }
}

#[test]
fn what_holds_nothing_of_interest_gives_no_facts() {
    for quiet in [
        body(&json!({"statuses": [{"id": "wamid.1", "status": "read", "recipient_id": "905320000001"}]})),
        body(&json!({"errors": [{"code": 131_000}]})),
        json!({"object": "whatsapp_business_account", "entry": [{"id": "222", "changes": [{"field": "account_update", "value": {}}]}]}),
        json!({"object": "whatsapp_business_account", "entry": []}),
    ] {
        assert_eq!(parse(&quiet), Ok(vec![]), "{quiet}");
    }
}

#[test]
fn what_is_not_understood_says_so_without_values() {
    let no_one = body(&json!({"messages": [{"id": "wamid.1", "timestamp": "1780000000"}]}));
    let no_time = body(&json!({"contacts": [contact()], "messages": [message(&json!({"timestamp": "x"}))]}));
    let click_without_id = one_message(&json!({"id": null, "referral": {"ctwa_clid": "ARA"}}));
    for unreadable in [
        json!({"object": "page", "entry": []}),
        json!({"object": "whatsapp_business_account"}),
        json!({"entry": []}),
        json!([]),
        json!("905320000001"),
        no_one,
        no_time,
        click_without_id,
    ] {
        let skeleton = parse(&unreadable).unwrap_err().skeleton;
        assert!(!skeleton.contains("9053") && !skeleton.contains("Kaya"), "{skeleton}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for bytes in [&b""[..], b"{", b"\xff\xfe", b"leads[add][0][id]=1", deep.as_bytes()] {
        assert_eq!(parse_bytes(bytes).unwrap_err().skeleton, "not JSON");
    }
}

#[test]
fn facts_hold_nothing_personal() {
    let stored = serde_json::to_string(&parse(&one_message(&from_ad())).unwrap()).unwrap();
    for raw in ["905320000001", "TR.1302", "Kaya", "Merhaba", "İndirim", "wamid", "HBgM"] {
        assert!(!stored.contains(raw), "{raw} in {stored}");
    }
}

/// The challenge that comes back.
fn shake(door: &Whatsapp, pairs: &[(&str, &str)]) -> Option<String> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    match Sent::get(&query).to(door, &directory(1)) {
        Received::Taken { facts, reply } => {
            assert!(facts.is_empty() && reply.status() == 200);
            Some(String::from_utf8(reply.into_body()).unwrap())
        }
        Received::Refused { reason, reply } => {
            assert_eq!((reason, reply.status().as_u16()), ("bad_handshake", 403));
            assert!(reply.body().is_empty());
            None
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_right_token_gets_its_challenge() {
    let shake_door = |pairs: &[(&str, &str)]| shake(&door(), pairs);
    let with = |token, challenge| {
        shake_door(&[("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", challenge)])
    };
    assert_eq!(with("let me in", "1158201444").as_deref(), Some("1158201444"));
    assert_eq!(with("let me out", "1158201444"), None);
    assert_eq!(with("", "1158201444"), None);
    assert_eq!(with("let me in", ""), None);
    assert_eq!(with("let me in", "<script>"), None);
    assert_eq!(with("let me in", &"1".repeat(129)), None);
    assert_eq!(shake_door(&[("hub.verify_token", "let me in"), ("hub.challenge", "1")]), None);
    assert_eq!(
        shake_door(&[("hub.mode", "unsubscribe"), ("hub.verify_token", "let me in"), ("hub.challenge", "1")]),
        None
    );
    for token in [None, Some(String::new())] {
        let closed = Whatsapp { verify_token: token, ..door() };
        let query = [("hub.mode", "subscribe"), ("hub.verify_token", ""), ("hub.challenge", "1")];
        assert_eq!(shake(&closed, &query), None);
    }
}

fn is_let_in(door: &Whatsapp, signature: Option<&[u8]>, body: &[u8]) -> bool {
    let mut sent = Sent::post(body);
    if let Some(signature) = signature {
        sent = sent.header("x-hub-signature-256", signature);
    }
    !matches!(sent.to(door, &directory(1)), Received::Forged)
}

#[test]
fn only_the_apps_signature_opens() {
    let body = br#"{"object":"page","entry":[]}"#;
    let good = "sha256=3b38910fd4c2e5c834930c9fd805f746ee525de8bee6b29c36fbabcbb61670c2";
    assert!(is_let_in(&door(), Some(good.as_bytes()), body));
    assert!(is_let_in(&door(), Some(good.to_uppercase().replace("SHA", "sha").as_bytes()), body));
    assert!(!is_let_in(&door(), Some(good.as_bytes()), b"{}"));
    for header in [
        "",
        "sha256=",
        "sha256=3b",
        &good[7..],
        &good.replace("sha256", "sha1"),
        &format!("{good}00"),
        &good.replace('3', "4"),
        &good.replace('f', "g"),
    ] {
        assert!(!is_let_in(&door(), Some(header.as_bytes()), body), "{header}");
    }
    assert!(!is_let_in(&door(), None, body));
    let no_secret = Whatsapp { app_secret: String::new(), ..door() };
    let signed_with_nothing = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    assert!(!is_let_in(&no_secret, Some(signed_with_nothing.as_bytes()), b""));
}

#[test]
fn an_app_of_many_finds_whose_an_entry_is() {
    let mut two = one_message(&from_ad());
    let mut other = two["entry"][0].clone();
    other["id"] = json!("333");
    let mut nobodys = other.clone();
    nobodys["id"] = json!("444");
    two["entry"].as_array_mut().unwrap().extend([other, nobodys]);
    let accounts = [("222", tenant(1)), ("333", tenant(2))];
    let directory = Directory::Accounts(accounts.map(|(id, tenant)| (id.to_owned(), tenant)).into());
    let facts = messages::facts(two.to_string().as_bytes(), &directory).unwrap();
    assert_eq!(facts.iter().map(|(workspace, _)| workspace.0).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn it_conforms() {
    let good = one_message(&from_ad());
    let mut harmed = good.clone();
    harmed["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap().insert(0, json!({"id": 5}));
    crate::conformance::check(&crate::conformance::Sample {
        kind: &KIND,
        source: Arc::new(door()),
        sign: Some(|body| {
            let mut mac =
                <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
            hmac::Mac::update(&mut mac, body);
            let signature = const_hex::encode(hmac::Mac::finalize(mac).into_bytes());
            Sent::post(body).header("x-hub-signature-256", format!("sha256={signature}").as_bytes())
        }),
        good: good.to_string(),
        with_an_unusable_neighbour: harmed.to_string(),
        personal: &["905320000001", "Kaya", "Merhaba", "1302000000000001"],
        secrets: &[SECRET, "let me in"],
    });
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in any::<Vec<u8>>(), header in any::<Option<Vec<u8>>>()) {
        let _ = parse_bytes(&body);
        prop_assert!(!is_let_in(&door(), header.as_deref(), &body));
    }

    #[test]
    fn a_damaged_body_is_survived(at in any::<prop::sample::Index>(), cut in 0_usize..40, with in "[0-9a-z\"{}:,\\[\\]null]{0,8}") {
        let mut text = one_message(&from_ad()).to_string().into_bytes();
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, with.into_bytes());
        if let Err(unreadable) = parse_bytes(&text) {
            prop_assert!(unreadable.skeleton.len() <= 200);
        }
    }
}
