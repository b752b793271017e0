//! Who a body says is the same person.

use kopru_core::{Fact, Link, MessageContent, Node, Trust};
use serde_json::{Value, json};

use super::{body, click, contact, from_ad, key, message, parse, seen, written};
use crate::NotUnderstood;

fn user(id: &str) -> Node {
    key().whatsapp_user(id)
}

fn phone(digits: &str) -> Node {
    key().phone(digits)
}

/// What WhatsApp's own message says, from this writer.
fn system(said: &Value, writer: &Value) -> Vec<Fact> {
    let mut message = json!({"id": "wamid.S", "timestamp": "1780000000", "type": "system", "system": said});
    for (key, value) in writer.as_object().unwrap() {
        message[key] = value.clone();
    }
    parse(&body(&json!({"metadata": {}, "messages": [message]}))).unwrap()
}

fn renamed(who: &[Node], former: &[Node]) -> Vec<Fact> {
    vec![Fact::Link(Link { former: former.to_vec(), ..seen(who.to_vec()) })]
}

#[test]
fn a_number_that_changed_is_the_same_person_and_theirs_no_longer() {
    let (before, after) = (phone("905320000001"), phone("905330000002"));
    for name in ["wa_id", "new_wa_id"] {
        let said = json!({"body": "x", "type": "user_changed_number", name: "905330000002"});
        let told = system(&said, &json!({"from": "905320000001"}));
        assert_eq!(told, renamed(&[before.clone(), after.clone()], std::slice::from_ref(&before)), "{name}");
    }
    let said =
        json!({"type": "customer_changed_number", "wa_id": "905330000002", "customer": "905320000001"});
    let told = system(&said, &json!({}));
    assert_eq!(told, renamed(&[after.clone(), before.clone()], std::slice::from_ref(&before)));
    let said = json!({"type": "user_changed_number", "wa_id": "905330000002", "user_id": "TR.2222222222",
        "previous_user_id": "TR.1111111111"});
    let ids = ["TR.2222222222", "TR.1111111111"].map(user);
    let who = [before.clone(), after, ids[0].clone(), ids[1].clone()];
    assert_eq!(system(&said, &json!({"from": "905320000001"})), renamed(&who, &[before, ids[1].clone()]));
}

#[test]
fn a_user_id_that_changed_is_the_same_person() {
    let ids = ["TR.2222222222", "TR.1111111111"].map(user);
    let said = json!({"type": "user_changed_user_id", "user_id": "TR.2222222222", "previous_user_id": "TR.1111111111"});
    let told = renamed(&ids, &ids[1..]);
    assert_eq!(system(&said, &json!({"from_user_id": "TR.2222222222"})), told);
    assert_eq!(system(&said, &json!({})), told, "without a writer");
    let known = phone("905320000001");
    let said = json!({"type": "user_changed_user_id", "user_id": "TR.2222222222"});
    let told = system(&said, &json!({"from": "905320000001"}));
    assert_eq!(told, renamed(&[known, ids[0].clone()], &[]), "the number did not change");
}

#[test]
fn a_system_message_without_a_writer_is_understood() {
    let said = json!({"type": "user_changed_user_id", "user_id": "TR.9999999999"});
    assert_eq!(system(&said, &json!({})), renamed(&[user("TR.9999999999")], &[]));
    // Any other message of the kind joins nobody.
    let said = json!({"type": "group_changed", "wa_id": "905330000002"});
    assert_eq!(system(&said, &json!({"from": "905320000001"})), renamed(&[phone("905320000001")], &[]));
}

fn of_statuses(statuses: &Value, contacts: &Value) -> Result<Vec<Fact>, NotUnderstood> {
    parse(&body(&json!({"metadata": {}, "contacts": contacts, "statuses": statuses})))
}

fn status(extra: &Value) -> Value {
    let mut status = json!({"id": "wamid.1", "status": "delivered", "timestamp": "1780000000",
        "recipient_id": "905320000001"});
    for (key, value) in extra.as_object().unwrap() {
        status[key] = value.clone();
    }
    status
}

#[test]
fn a_status_joins_phone_and_user_id() {
    let both = || Ok(vec![Fact::Link(seen(click().who))]);
    let named = status(&json!({"recipient_user_id": "TR.1302000000000001"}));
    assert_eq!(of_statuses(&json!([named]), &json!([])), both());
    assert_eq!(
        of_statuses(&json!([status(&json!({}))]), &json!([contact()])),
        both(),
        "by the contact beside it"
    );
    let user_only = json!({"recipient_id": null, "recipient_user_id": "TR.1302000000000001"});
    assert_eq!(of_statuses(&json!([status(&user_only)]), &json!([contact()])), both());
    let read = status(
        &json!({"status": "read", "recipient_user_id": "TR.1302000000000001", "timestamp": "1780000009"}),
    );
    assert_eq!(of_statuses(&json!([named, read]), &json!([])), both(), "said once");
}

#[test]
fn a_status_that_joins_nobody_says_nothing() {
    let user = json!({"recipient_user_id": "TR.1302000000000001"});
    for quiet in [
        json!({}),
        json!({"recipient_id": null, "recipient_user_id": "TR.1302000000000001"}),
        json!({"status": "failed", "recipient_user_id": user["recipient_user_id"]}),
        json!({"recipient_type": "group", "recipient_user_id": user["recipient_user_id"]}),
        json!({"timestamp": null, "recipient_user_id": user["recipient_user_id"]}),
    ] {
        assert_eq!(of_statuses(&json!([status(&quiet)]), &json!([])), Ok(vec![]), "{quiet}");
    }
    let two = json!([{"wa_id": "905320000008"}, {"wa_id": "905320000009", "user_id": "TR.9"}]);
    assert_eq!(of_statuses(&json!([status(&json!({}))]), &two), Ok(vec![]), "another one's contact");
}

fn with_card(card: &Value) -> Result<Vec<Fact>, NotUnderstood> {
    let writer =
        json!({"from": null, "from_user_id": "TR.1302000000000001", "type": "contacts", "contacts": [card]});
    parse(&body(&json!({"messages": [message(&writer)]})))
}

#[test]
fn an_own_card_joins_and_anothers_does_not() {
    let me = user("TR.1302000000000001");
    let said = written(vec![me.clone()], MessageContent::Read);
    let joined = Fact::Link(Link { trust: Trust::OwnCard, ..seen(vec![me, phone("905320000001")]) });
    let numbers =
        json!([{"phone": "+90 532 000 00 01", "wa_id": "905320000001", "user_id": "TR.1302000000000001"}]);
    let own = json!({"origin": "contact_request", "name": {"formatted_name": "Ayşe"}, "phones": numbers});
    assert_eq!(with_card(&own), Ok(vec![said.clone(), joined.clone()]));
    let no_id = json!({"origin": "contact_request", "phones": [{"phone": "+90 532 000 00 01"}]});
    assert_eq!(with_card(&no_id), Ok(vec![said.clone(), joined]));
    for other in [
        json!({"origin": "other", "phones": numbers}),
        json!({"phones": numbers}),
        json!({"origin": "contact_request"}),
        json!({"origin": "contact_request", "phones": [{"phone": "12"}, 7, null]}),
        json!("contact_request"),
    ] {
        assert_eq!(with_card(&other), Ok(vec![said.clone()]), "{other}");
    }
}

#[test]
fn a_card_that_an_ad_brought_is_a_click_too() {
    let card = json!({"origin": "contact_request", "phones": [{"wa_id": "905330000002"}]});
    let extra = json!({"type": "contacts", "contacts": [card], "referral": from_ad()["referral"]});
    let told = parse(&super::one_message(&extra)).unwrap();
    assert_eq!(told[0], Fact::Click(click()));
    assert!(matches!(&told[1], Fact::Link(link) if link.who.len() == 3 && link.trust == Trust::OwnCard));
}

#[test]
fn the_contact_of_a_writer_is_not_whom_a_status_of_the_same_body_is_about() {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "222", "changes": [{
        "field": "messages",
        "value": {
            "contacts": [{"wa_id": "905320000001", "user_id": "TR.1111111"}],
            "messages": [{"from": "905320000001", "id": "wamid.1", "timestamp": "1780000000", "type": "text"}],
            "statuses": [{"id": "wamid.2", "status": "read", "timestamp": "1780000001",
                          "recipient_id": "905330000002"}],
        },
    }]}]});
    let told = parse(&body).unwrap();
    assert_eq!(told.len(), 1, "a recipient of whom nothing else is said joins nobody: {told:?}");
}
