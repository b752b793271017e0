//! An id that several events share is no id: a template writes the same one for all.

use capi::Event;

use crate::{
    Activity, Node, StoredEvent,
    order_number::{order_number, order_of},
};

/// Times that are no farther apart are those of one event, told twice, seconds.
const ONE_MOMENT_S: i64 = 60;

/// Whether it can be seen without the first event that what came under its id is the same one: it has its time, and
/// no order's number that would say otherwise.
pub fn is_of_its_time(first_s: i64, again: &Activity) -> bool {
    (first_s - again.event_s).abs() <= ONE_MOMENT_S && !again.once.iter().any(|key| key.is_order)
}

/// Whether an event that came under the id of a first one is none of its repetitions: it is of another order, or of
/// another time and another person. Of whom nothing is known, nothing is said.
pub fn is_under_a_shared_id(first: (&StoredEvent, i64, &[Node]), again: &Activity) -> bool {
    let (event, first_s, who) = first;
    let one = Event::from_slice(event.json.as_bytes());
    let (Ok(one), Ok(other)) = (one, Event::from_slice(again.event.json.as_bytes())) else { return false };
    if let (Some(one), Some(other)) = (order_of(&one), order_of(&other)) {
        return order_number(one) != order_number(other);
    }
    (first_s - again.event_s).abs() > ONE_MOMENT_S && are_other_people(who, again)
}

/// Whether something by which people are known is there on both sides, and nothing is the same.
fn are_other_people(who: &[Node], again: &Activity) -> bool {
    let again = || again.who.iter().map(|identifier| &identifier.node);
    let kind = |node: &Node| node.as_str().split(':').next().unwrap_or_default().to_owned();
    again().any(|node| who.iter().any(|known| kind(known) == kind(node)))
        && !again().any(|node| who.contains(node))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Carried, Identifier, OnceKey, Trust};

    const NOW_S: i64 = 1_780_000_000;

    fn stored(data: &Value) -> StoredEvent {
        let json = json!({"event_name": "Purchase", "event_id": "1", "custom_data": data}).to_string();
        StoredEvent {
            action_source: "website".into(),
            envelope: String::new(),
            json,
            added: Vec::new(),
            beside: String::new(),
        }
    }

    fn nodes(who: &[&str]) -> Vec<Node> {
        who.iter().map(|node| Node::from_stored((*node).into())).collect()
    }

    #[test]
    fn another_event_under_one_id_is_told_from_a_repetition() {
        let none = json!({});
        let order = |id: &str| json!({"order_id": id});
        for (first, who, data, later_s, again_who, is_shared) in [
            (&none, ["em-hash:a"], &none, 3600, ["em-hash:b"], true),
            (&none, ["em-hash:a"], &none, 3600, ["em-hash:a"], false),
            // The browser again, and somebody in an office who sends money back.
            (&none, ["em-hash:a"], &none, 5, ["em-hash:b"], false),
            (&none, ["em-hash:a"], &none, 3600, ["fbp:b"], false),
            (&order("1001"), ["em-hash:a"], &order("#1001"), 3600, ["em-hash:b"], false),
            (&order("1001"), ["em-hash:a"], &order("1002"), 5, ["em-hash:a"], true),
            (&order("1001"), ["em-hash:a"], &none, 3600, ["em-hash:b"], true),
            (&order("test"), ["em-hash:a"], &order("1002"), 3600, ["em-hash:b"], true),
            (&order("test"), ["em-hash:a"], &order("1002"), 3600, ["em-hash:a"], false),
        ] {
            let has_order = data["order_id"].is_string();
            let key = OnceKey { key: [1; 16], is_order: true, until_s: NOW_S };
            let identifier = |node| Identifier { node, trust: Trust::Other, match_key: None };
            let again = Activity {
                adds_to: Vec::new(),
                origin: "graph:shop".into(),
                dataset: "7".into(),
                name: "Purchase".into(),
                event_id: "1".into(),
                event_s: NOW_S + later_s,
                value: None,
                currency: None,
                consent: None,
                once: if has_order { vec![key] } else { Vec::new() },
                who: nodes(&again_who).into_iter().map(identifier).collect(),
                event: stored(data),
                carried: Carried::default(),
            };
            let who = nodes(&who);
            assert_eq!(
                is_under_a_shared_id((&stored(first), NOW_S, &who), &again),
                is_shared,
                "{first} {data} {later_s}"
            );
            assert!(!(is_shared && is_of_its_time(NOW_S, &again)), "{first} {data} {later_s}");
        }
    }
}
