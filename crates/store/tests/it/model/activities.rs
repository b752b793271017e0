//! Activities of a story.

use kopru_core::{
    Activity, Admitted, Appending, Carried, ConsentAnswer, Conversion, Identifier, JoinKey, MatchKey, Node,
    OnceKey, Reason, State, StoredEvent, Trust,
};
use proptest::{prelude::*, sample::select};

use super::steps::{Kind, dataset, phone, stop};

/// An activity that comes.
#[derive(Debug, Clone)]
pub struct ReportedEvent {
    pub id: u8,
    pub who: Vec<u8>,
    /// Whether it is kept back.
    pub is_shadow: bool,
    pub value: Option<&'static str>,
    /// When it happened, seconds after now.
    pub after_s: i64,
    /// How long it is recognised, seconds.
    pub known_s: i64,
    pub order: Option<u8>,
    pub consent: Option<ConsentAnswer>,
    /// The order of the purchase to which it adds.
    pub adds_to: Option<u8>,
}

pub fn told() -> impl Strategy<Value = ReportedEvent> {
    (
        0..6_u8,
        prop::collection::vec(0..6_u8, 0..4),
        prop::bool::weighted(0.2),
        prop::option::of(select(vec!["5", "7.50"])),
        select(vec![-20_i64, 0, 40, 9_000]),
        select(vec![1_i64, 100, 100_000]),
        prop::option::weighted(0.4, 0..3_u8),
        prop_oneof![4 => Just(None), 1 => Just(Some(ConsentAnswer::Yes)), 1 => Just(Some(ConsentAnswer::No))],
        prop::option::weighted(0.15, 0..3_u8),
    )
        .prop_map(|(id, who, is_shadow, value, after_s, known_s, order, consent, adds_to)| {
            ReportedEvent {
                id,
                who,
                is_shadow,
                value,
                after_s,
                known_s,
                order: order.filter(|_| adds_to.is_none()),
                consent,
                adds_to,
            }
        })
}

/// An activity that comes now, as it is kept.
pub fn activity(told: &ReportedEvent, join: &JoinKey, now_ms: i64) -> Admitted {
    let is_no = told.consent == Some(ConsentAnswer::No);
    let name = if told.adds_to.is_some() { "AppendValue" } else { "Purchase" }.to_owned();
    let id = format!("t{}", told.id);
    let until_s = now_ms / 1000 + told.known_s;
    let mut once = vec![OnceKey { key: join.once_event(&dataset(0), &name, &id), is_order: false, until_s }];
    once.extend(told.order.map(|order| OnceKey { key: [order; 16], is_order: true, until_s }));
    let known = |one: &u8| {
        let (key, hashes) = ("ph".to_owned(), vec![format!("{one:064}")]);
        let node = if one.is_multiple_of(2) { phone(*one) } else { hashed(*one) };
        Identifier { node, trust: Trust::Other, match_key: Some(MatchKey { key, hashes }) }
    };
    let activity = Activity {
        origin: "graph:shop".into(),
        dataset: dataset(0),
        name,
        event_id: id.clone(),
        event_s: now_ms / 1000 + told.after_s,
        value: told.value.map(|value| value.parse().unwrap()),
        currency: told.value.map(|_| "EUR".into()),
        consent: told.consent,
        once,
        adds_to: told.adds_to.map(|order| [order; 16]).into_iter().collect(),
        who: told.who.iter().filter(|_| !is_no).map(known).collect(),
        event: StoredEvent {
            action_source: "website".into(),
            envelope: String::new(),
            json: if is_no { String::new() } else { format!("{{\"event_id\":\"{id}\"}}") },
            added: Vec::new(),
            beside: String::new(),
        },
        carried: Carried::default(),
    };
    let (state, reason) = match told {
        _ if is_no => (State::Suppressed, Some(Reason::ConsentRefused)),
        ReportedEvent { is_shadow: true, .. } => (State::Suppressed, Some(Reason::Shadow)),
        _ => (State::Queued, None),
    };
    Admitted { activity, state, reason, appending: Appending::Changed }
}

/// What becomes of an activity that is looked at again.
pub fn told_again(one: &Conversion, kind: &Kind, now_ms: i64) -> Conversion {
    match kind.state {
        0 => {
            let due_ms = Some(now_ms + kind.due_ms);
            let (state, reason, released) = (State::Queued, None, kind.dataset == 1);
            Conversion { state, reason, due_ms, released, stop: None, detail: None, ..one.clone() }
        }
        state => one.clone().stopped(stop(state, now_ms)),
    }
}

/// A phone of which only the hash came.
pub fn hashed(id: u8) -> Node {
    Node::from_stored(format!("ph-hash:{id}"))
}
