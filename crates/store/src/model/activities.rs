//! Activities: conversions that nobody has to decide.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

use kopru_core::{
    Activity, ActivityKey, Admitted, Conversion, Identifier, Identity, MatchKey, Neighbour, Node, State,
    Trust, enrich, starting_points,
};

use super::{
    Rows,
    conversions::{ConversionRow, QueuePlace},
};

/// What is remembered of activities beside the conversions that they are.
#[derive(Debug, Clone, Default)]
pub(super) struct ActivityMemory {
    /// How many have come, and how many of them again.
    pub(super) received: i64,
    pub(super) doubles: i64,
    /// By what they are recognised, with the number of each and until when, Unix seconds.
    once: HashMap<[u8; 16], (u64, i64)>,
    /// By what the person of each can be recognised.
    who: HashMap<u64, Vec<Node>>,
    /// Identifiers that one of them names together, in both directions.
    seen_together: BTreeMap<(Node, Node), (Trust, Option<MatchKey>)>,
}

impl ActivityMemory {
    fn join(&mut self, who: &[Identifier]) {
        let joined = || who.iter().filter(|one| one.node.is_matched_by_meta()).take(JOINED_MAX);
        for from in joined() {
            for to in joined().filter(|to| to.node != from.node) {
                let trust = from.trust.min(to.trust);
                let known = self.seen_together.entry((from.node.clone(), to.node.clone()));
                let known = known.or_insert((trust, None));
                known.0 = known.0.max(trust);
                known.1 = to.match_key.clone().or(known.1.take());
            }
        }
    }

    /// Replaces what a CRM's card shows.
    pub(super) fn save_card(&mut self, card: &Node, identifiers: &[Identifier]) {
        self.seen_together.retain(|(from, to), _| from != card && to != card);
        for Identifier { node, trust, match_key } in identifiers.iter().take(JOINED_MAX) {
            self.seen_together.insert((card.clone(), node.clone()), (*trust, match_key.clone()));
            self.seen_together.insert((node.clone(), card.clone()), (*trust, None));
        }
    }

    fn near(&self, node: &Node) -> Vec<Neighbour<Node>> {
        let of_node = self.seen_together.iter().filter(|((from, _), _)| from == node);
        let near = of_node.map(|((_, to), (trust, match_key))| Neighbour {
            node: to.clone(),
            trust: *trust,
            match_key: match_key.clone(),
            consent: None,
        });
        near.collect()
    }
}

/// More than this many identifiers of one event are not joined: the first of them are.
const JOINED_MAX: usize = 8;

impl Rows {
    /// Keeps activities, each once; returns how many had come before.
    pub(super) fn append_activities(&mut self, received_ms: i64, activities: Vec<Admitted>) -> usize {
        let before = self.told.doubles;
        for one in activities {
            self.told.received += 1;
            if self.is_double(&one.activity, received_ms.div_euclid(1000)) {
                self.told.doubles += 1;
                continue;
            }
            let number = self.conversions.last_key_value().map_or(1, |(last, _)| last + 1);
            for key in &one.activity.once {
                self.told.once.insert(key.key, (number, key.until_s));
            }
            self.told.join(&one.activity.who);
            let who = one.activity.who.iter().map(|identifier| identifier.node.clone()).collect();
            self.told.who.insert(number, who);
            self.conversions.insert(number, row(one, received_ms));
        }
        usize::try_from(self.told.doubles - before).unwrap_or(0)
    }

    /// An activity with what is known of its person.
    pub(super) fn enriched(&self, number: u64, one: Conversion) -> Conversion {
        let Some(Identity::Activity(mut event)) = one.identity.clone() else { return one };
        let who = self.told.who.get(&number).map_or(&[][..], Vec::as_slice);
        let own: Vec<Node> = starting_points(who).into_iter().cloned().collect();
        let has: Vec<&str> = who.iter().filter_map(Node::match_key).collect();
        let near = |node: &Node| {
            let mut near = self.told.near(node);
            for one in &mut near {
                one.consent = self.contacts.get(&one.node).and_then(|(contact, _)| contact.consent);
            }
            Ok::<_, Infallible>(near)
        };
        let Ok(found) = enrich(&own, &has, near);
        event.added = found.added;
        let consent = if found.is_refused { Some(false) } else { one.consent };
        Conversion { identity: Some(Identity::Activity(event)), consent, ..one }
    }

    fn is_double(&self, activity: &Activity, now_s: i64) -> bool {
        activity.once.iter().any(|key| {
            self.told.once.get(&key.key).is_some_and(|(number, until_s)| {
                let known = self.conversions.get(number);
                *until_s >= now_s && known.is_none_or(|row| row.decided.state != State::Failed)
            })
        })
    }
}

fn row(Admitted { activity, state, reason }: Admitted, received_ms: i64) -> ConversionRow {
    let due_ms = received_ms.max(activity.event_s.saturating_mul(1000));
    let is_queued = state == State::Queued;
    let key = ActivityKey { origin: activity.origin, id: activity.event_id };
    let event = (!activity.event.json.is_empty()).then(|| Identity::Activity(Box::new(activity.event)));
    let decided = Conversion {
        dataset: Some(activity.dataset),
        value: activity.value,
        currency: activity.currency,
        consent: activity.consent,
        state,
        reason,
        identity: event,
        ..Conversion::of_activity(key, activity.name, activity.event_s, received_ms)
    };
    ConversionRow {
        decided,
        created_ms: received_ms,
        revision: 0,
        place: is_queued.then(|| QueuePlace { due_ms, ..QueuePlace::default() }),
        attempts: 0,
        unknown_ms: None,
        may_count_twice: false,
        body: None,
        reply: None,
        settled_ms: (!is_queued).then_some(received_ms),
        carried: String::new(),
        gone: false,
    }
}
