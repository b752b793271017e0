//! Where messages come: on which field, and how much of them.

use kopru_core::{Fact, MessageContent};
use serde_json::{Value, json};

use super::{body, click, contact, from_ad, key, link, message, one_message, parse, seen, written};

fn on(field: &str, value: &Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "222", "changes": [{"field": field, "value": value}]}]})
}

fn standby(extra: &Value) -> Value {
    let inner = json!({"contacts": [contact()], "messages": [message(extra)]});
    json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "standby": inner})
}

#[test]
fn what_comes_while_metas_agent_has_the_chat_counts_like_any_message() {
    assert_eq!(parse(&on("standby", &standby(&from_ad()))), Ok(vec![Fact::Click(click())]));
    assert_eq!(parse(&on("standby", &standby(&json!({})))), Ok(vec![link()]));
    // The contacts may stand outside.
    let outside = json!({"contacts": [contact()], "standby": {"messages": [message(&from_ad())]}});
    assert_eq!(parse(&on("standby", &outside)), Ok(vec![Fact::Click(click())]));
    let status = json!({"id": "wamid.1", "status": "read", "timestamp": "1780000000",
        "recipient_id": "905320000001", "recipient_user_id": "TR.1302000000000001"});
    let statuses = on("standby", &json!({"standby": {"statuses": [status]}}));
    assert_eq!(parse(&statuses), Ok(vec![Fact::Link(seen(click().who))]));
    for quiet in [json!({}), json!({"standby": null}), json!({"standby": {"message_echoes": [{"id": "w"}]}})]
    {
        assert_eq!(parse(&on("standby", &quiet)), Ok(vec![]), "{quiet}");
    }
}

#[test]
fn the_same_message_on_two_fields_is_one_click() {
    let mut both = one_message(&from_ad());
    let other = on("standby", &standby(&from_ad()))["entry"][0]["changes"][0].clone();
    both["entry"][0]["changes"].as_array_mut().unwrap().push(other);
    // By the message each is known as the same one.
    assert_eq!(parse(&both), Ok(vec![Fact::Click(click()), Fact::Click(click())]));
}

#[test]
fn what_is_not_written_by_a_customer_is_understood_and_of_no_interest() {
    let echo = json!({"from": "905550000000", "to": "905320000001", "id": "w", "timestamp": "1780000000"});
    for quiet in [
        on(
            "messaging_handovers",
            &json!({"type": "control_passed", "sender": {"phone_number": "905320000001"},
            "recipient": {"phone_number_id": "1"}, "control_passed": {"previous_owner_app_role": "meta_business_agent"}}),
        ),
        on("smb_message_echoes", &json!({"message_echoes": [echo]})),
        on("smb_app_state_sync", &json!({"state_sync": [{"type": "contact"}]})),
        on("user_id_update", &json!({"user_id_update": [{"wa_id": "905320000001"}]})),
        on("history", &json!({"history": [{"errors": [{"code": 2_593_109}]}]})),
        one_message(&json!({"type": "edit", "edit": {"original_message_id": "wamid.1"}})),
        one_message(&json!({"type": "revoke", "revoke": {"original_message_id": "wamid.1"}})),
        body(&json!({"automatic_events": [{"event_name": "LeadSubmitted"}]})),
    ] {
        assert_eq!(parse(&quiet), Ok(vec![]), "{quiet}");
    }
}

#[test]
fn a_message_that_meta_withheld_is_told_apart() {
    let of = |extra: &Value| parse(&one_message(extra));
    let error = |code: &Value| json!({"type": "unsupported", "errors": [{"code": code, "title": "This message is unavailable"}]});
    let content = |content| Ok(vec![written(click().who, content)]);
    assert_eq!(of(&error(&json!(131_060))), content(MessageContent::Withheld));
    assert_eq!(of(&error(&json!("131060"))), content(MessageContent::Withheld));
    assert_eq!(of(&error(&json!(131_051))), content(MessageContent::Unsupported));
    assert_eq!(of(&json!({"type": "unsupported"})), content(MessageContent::Unsupported));
    // What names its ad is a click, whatever else is missing.
    let mut named = error(&json!(131_060));
    named["referral"] = from_ad()["referral"].clone();
    assert_eq!(of(&named), Ok(vec![Fact::Click(click())]));
}

#[test]
fn what_is_no_message_to_the_business_begins_no_chat() {
    for extra in [json!({"type": "request_welcome"}), json!({"group_id": "120363000000000001"})] {
        assert_eq!(parse(&one_message(&extra)), Ok(vec![Fact::Link(seen(click().who))]), "{extra}");
    }
}

fn history(messages: &Value) -> Value {
    let threads = json!([{"id": "905320000001", "messages": messages}]);
    on(
        "history",
        &json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"},
        "history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 55}, "threads": threads}]}),
    )
}

fn past(extra: &Value) -> Value {
    let mut past = message(extra);
    past["history_context"] = json!({"status": "read"});
    past
}

#[test]
fn a_history_has_clicks_and_how_each_chat_began() {
    let ours = json!({"from": "905550000000", "id": "w", "timestamp": "1770000000", "type": "text"});
    let echo = json!({"from": "905550000000", "to": "905320000001", "id": "w", "timestamp": "1770000000"});
    let from_me = past(&json!({"timestamp": "1770000000", "history_context": {"from_me": true}}));
    let mut from_me = from_me;
    from_me["history_context"] = json!({"from_me": true});
    let later = past(&json!({"id": "wamid.2", "timestamp": "1780000500"}));
    let messages = json!([ours, later, echo, from_me, past(&json!({})), {"id": 7}, null]);
    let phone = vec![key().phone("905320000001")];
    assert_eq!(parse(&history(&messages)), Ok(vec![written(phone.clone(), MessageContent::Read)]));

    let told = parse(&history(&json!([past(&from_ad())]))).unwrap();
    assert_eq!(told, [Fact::Click(kopru_core::Click { who: phone, ..click() })]);
    let with_user = past(&json!({"from_user_id": "TR.1302000000000001"}));
    assert_eq!(parse(&history(&json!([with_user]))), Ok(vec![link()]));
}

#[test]
fn what_a_history_left_out_at_first_comes_as_messages() {
    let value = json!({"contacts": [contact()], "messages": [message(&from_ad())]});
    assert_eq!(parse(&on("history", &value)), Ok(vec![Fact::Click(click())]));
}
