//! Activities: conversions that nobody has to decide.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

use kopru_core::{
    ActivityKey, Admitted, Conversion, Identifier, Identity, JoinKey, MatchKey, Neighbour, Node, OnceKey,
    Reason, State, StatedWorth, Stop, Trust, enrich, gives_way, is_under_a_shared_id, outranks,
    starting_points,
};

use super::{
    Rows,
    conversions::{ActivityRow, ConversionRow, QueuePlace},
    retention::day_of,
};
use crate::{AttemptId, KeptActivities, LaneKey};

/// What is remembered of activities beside the conversions that they are.
#[derive(Debug, Clone, Default)]
pub(super) struct ActivityMemory {
    /// How many have come, and how many of them again.
    pub(super) received: i64,
    pub(super) doubles: i64,
    /// By what they are recognised, with the number of each and until when, Unix seconds.
    pub(super) once: HashMap<[u8; 16], (u64, i64)>,
    /// What was appended to purchases.
    pub(super) appended: Vec<AppendedRow>,
    /// By dataset: how many sales had the number of another one, since when and when last, Unix milliseconds.
    pub(super) numbers_again: BTreeMap<String, [i64; 3]>,
    /// Their attempts that are kept: when each was opened, Unix milliseconds, and whether it has ended.
    pub(super) attempts: BTreeMap<AttemptId, (i64, bool)>,
    /// Identifiers that one of them names together, in both directions.
    /// With the day on which each was last told.
    pub(super) seen_together: BTreeMap<(Node, Node), (Trust, Option<MatchKey>, i64)>,
}

impl ActivityMemory {
    fn join(&mut self, who: &[Identifier], day: i64) {
        let joined = || who.iter().filter(|one| one.node.is_matched_by_meta()).take(JOINED_MAX);
        for from in joined() {
            for to in joined().filter(|to| to.node != from.node) {
                let trust = from.trust.min(to.trust);
                let known = self.seen_together.entry((from.node.clone(), to.node.clone()));
                let known = known.or_insert((trust, None, day));
                known.2 = known.2.max(day);
                known.0 = known.0.max(trust);
                known.1 = to.match_key.clone().or(known.1.take());
            }
        }
    }

    /// Replaces what a CRM's card shows.
    pub(super) fn save_card(&mut self, card: &Node, identifiers: &[Identifier], day: i64) {
        self.seen_together.retain(|(from, to), _| from != card && to != card);
        for Identifier { node, trust, match_key } in identifiers.iter().take(JOINED_MAX) {
            self.seen_together.insert((card.clone(), node.clone()), (*trust, match_key.clone(), day));
            self.seen_together.insert((node.clone(), card.clone()), (*trust, None, day));
        }
    }

    fn near(&self, node: &Node) -> Vec<Neighbour<Node>> {
        let of_node = self.seen_together.iter().filter(|((from, _), _)| from == node);
        let near = of_node.map(|((_, to), (trust, match_key, _))| Neighbour {
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

/// Something that was appended to a purchase.
#[derive(Debug, Clone)]
pub(super) struct AppendedRow {
    pub(super) purchase: u64,
    pub(super) number: u64,
    pub(super) event_s: i64,
    pub(super) worth: StatedWorth,
    /// Whether a sender has added it itself: then no worth is known.
    pub(super) by_sender: bool,
}

impl Rows {
    /// Keeps activities, each once, and appends to purchases what their repetitions say anew.
    pub(super) fn append_activities(
        &mut self,
        join: &JoinKey,
        received_ms: i64,
        activities: Vec<Admitted>,
    ) -> KeptActivities {
        let mut kept = KeptActivities::default();
        for one in activities {
            let is_of_nobody =
                one.activity.who.iter().any(|identifier| self.erased.marked.contains(&identifier.node));
            let one = if is_of_nobody { one.of_nobody() } else { one };
            self.told.received += 1;
            if self.is_double(&one, received_ms.div_euclid(1000)) {
                self.told.doubles += 1;
                kept.doubles += 1;
                self.repeat(&one, received_ms, &mut kept);
                if self.has_come_under_a_shared_id(&one, received_ms) {
                    kept.under_shared_ids += 1;
                    continue;
                }
                self.append_to_repeated(join, &one, received_ms, &mut kept);
                continue;
            }
            let number = self.conversions.last_key_value().map_or(1, |(last, _)| last + 1);
            for key in &one.activity.once {
                let former = self.told.once.insert(key.key, (number, key.until_s));
                // An order that was refused has come under another id.
                self.withdraw_told_by_page(former.map(|(former, _)| former), &one, received_ms);
                let former = former.filter(|(former, _)| key.is_order && *former != number);
                let row = former.and_then(|(former, _)| self.conversions.get(&former));
                let Some(id_key) =
                    row.filter(|row| !row.gone).and_then(|row| Some(row.told.as_ref()?.id_key))
                else {
                    continue;
                };
                // Unless its id has come anew by itself.
                let held = self.told.once.get(&id_key).copied();
                if held.is_none_or(|(holder, _)| former.is_some_and(|(former, _)| former == holder)) {
                    let until_s = held.map_or(key.until_s, |(_, until_s)| until_s.max(key.until_s));
                    self.told.once.insert(id_key, (number, until_s));
                }
            }
            if !one.activity.is_of_page() {
                self.told.join(&one.activity.who, day_of(received_ms));
            }
            self.keep(number, one, received_ms);
        }
        kept
    }

    /// What a page told and has not left does not leave where it comes with a key.
    fn withdraw_told_by_page(&mut self, former: Option<u64>, one: &Admitted, now_ms: i64) {
        let Some(row) = former.and_then(|former| self.conversions.get_mut(&former)) else { return };
        let before = row.now();
        if !row.gone && outranks(one, &before) && before.may_be_withdrawn() {
            row.place = None;
            row.stand_as(before.stopped(Stop::suppressed(Reason::ReportedWithKey)), now_ms);
            self.follow_purchases(now_ms);
        }
    }

    /// An activity with what is known of its person.
    pub(super) fn enriched(&self, number: u64, one: Conversion) -> Conversion {
        let Some(Identity::Activity(mut event)) = one.identity.clone() else { return one };
        let told = self.conversions.get(&number).and_then(|row| row.told.as_ref());
        let who = told.map_or(&[][..], |told| told.who.as_slice());
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
        if !one.is_of_page() {
            event.added = found.added;
        }
        let consent = if found.is_refused { Some(kopru_core::ConsentAnswer::No) } else { one.consent };
        Conversion { identity: Some(Identity::Activity(event)), consent, ..one }
    }

    fn has_come_under_a_shared_id(&self, again: &Admitted, received_ms: i64) -> bool {
        let now_s = received_ms.div_euclid(1000);
        let known = |key: &OnceKey| self.told.once.get(&key.key).filter(|(_, until_s)| *until_s >= now_s);
        let once = &again.activity.once;
        if once.iter().any(|key| key.is_order && known(key).is_some()) {
            return false;
        }
        let Some(first) = once.iter().find_map(known).and_then(|(number, _)| self.conversions.get(number))
        else {
            return false;
        };
        let one = first.now();
        let Some(Identity::Activity(event)) = &one.identity else { return false };
        let who = first.told.as_ref().map(|told| told.who.as_slice()).unwrap_or_default();
        is_under_a_shared_id((event, one.event_s, who), &again.activity)
    }

    fn is_double(&self, one: &Admitted, now_s: i64) -> bool {
        one.activity.once.iter().any(|key| {
            self.told.once.get(&key.key).is_some_and(|(number, until_s)| {
                let known = self.conversions.get(number).filter(|row| !row.gone);
                let id = one.activity.once.iter().find(|key| !key.is_order);
                let of_id = id.and_then(|id| self.told.once.get(&id.key));
                let is_same_id = of_id.is_some_and(|(of_id, _)| of_id == number);
                let stays = |row: &ConversionRow| {
                    !gives_way(&row.now(), one, is_same_id, now_s) && !outranks(one, &row.now())
                };
                *until_s >= now_s && known.is_none_or(stays)
            })
        })
    }

    /// The numbers of the activities that have an id and are recognised by it still, newest first.
    pub(super) fn told_as(&self, event_id: &str) -> Vec<u64> {
        let named = self.conversions.iter().rev().filter(|(number, row)| {
            let is_known = row.told.as_ref().is_some_and(|told| self.has_its_id(**number, told));
            is_known && row.decided.event_id == event_id && !row.gone
        });
        named.map(|(number, _)| *number).collect()
    }

    fn has_its_id(&self, number: u64, told: &ActivityRow) -> bool {
        self.told.once.get(&told.id_key).is_some_and(|(known, _)| *known == number)
    }

    /// Changes an activity, as far as it may be changed still.
    pub(super) fn change_told(&mut self, decided: Conversion, now_ms: i64) {
        let number = decided.made_by;
        let may_come_back = self.may_come_back(number);
        let Some(row) = self.conversions.get_mut(&number).filter(|row| row.told.is_some() && !row.gone)
        else {
            return;
        };
        let before = row.now();
        if decided.stored != Some(before.state) {
            return;
        }
        match (before.state, decided.state) {
            (State::Accepted | State::Duplicate, _) => {}
            (State::Queued, _) if before.sent.is_under_way() => {
                let (state, deadline_ms) = (decided.state, decided.deadline_ms);
                let implied = decided.reason.filter(|_| state != State::Queued);
                let implied = implied.map(|reason| Stop { state, reason, deadline_ms, detail: None });
                let stop = decided.stop.or(implied.filter(Stop::holds_after_unknown));
                row.decided.stop = stop.or(row.decided.stop.take());
                row.decided.released |= decided.released;
            }
            (State::Queued, State::Queued) => {
                if let Some(place) = row.place.as_mut().filter(|_| decided.due_ms != before.due_ms) {
                    place.due_ms = decided.due_ms.unwrap_or(now_ms);
                }
                row.stand_as(decided, now_ms);
            }
            (_, State::Queued) => {
                if may_come_back {
                    row.come_back(decided.due_ms.unwrap_or(now_ms));
                    row.stand_as(decided, now_ms);
                }
            }
            _ => {
                row.place = None;
                row.stand_as(decided, now_ms);
            }
        }
        self.follow_purchases(now_ms);
    }

    /// Whether there is still something of an activity that could be sent, and nobody has told it anew.
    pub(super) fn may_come_back(&self, number: u64) -> bool {
        let Some(row) = self.conversions.get(&number) else { return false };
        row.told.is_some()
            && row.decided.identity.is_some()
            && !self.came_anew(number)
            && self.may_append_now(number)
    }

    /// Whether another activity has what one is recognised by.
    pub(super) fn came_anew(&self, number: u64) -> bool {
        let told = self.conversions.get(&number).and_then(|row| row.told.as_ref());
        let holder = told.and_then(|told| self.told.once.get(&told.id_key));
        holder.is_some_and(|(holder, _)| *holder != number)
    }

    /// Notes that an attempt of activities was opened.
    pub(super) fn open_told(&mut self, lane: &LaneKey, attempt: AttemptId, now_ms: i64) {
        let mut members = self.conversions.values().filter(|row| row.told.is_some());
        let holds_some =
            members.any(|row| row.place.as_ref().is_some_and(|place| place.attempt == Some(attempt)));
        if holds_some && lane.route == kopru_core::Route::Website {
            self.told.attempts.insert(attempt, (now_ms, false));
        }
    }

    /// Deletes one of their attempts that is old and needed for nothing any more, but for the newest.
    pub(super) fn expire_attempt(&mut self, before_ms: i64) -> bool {
        let is_needed = |attempt: AttemptId| {
            self.conversions.values().any(|row| {
                let is_last = row.told.as_ref().is_some_and(|told| told.attempt == Some(attempt));
                let is_free = row.place.as_ref().is_some_and(|place| place.attempt.is_none());
                is_last && is_free && row.unknown_ms.is_some()
            })
        };
        let newest = self.told.attempts.keys().last().copied();
        let old = self.told.attempts.iter().find(|(attempt, (opened_ms, ended))| {
            Some(**attempt) != newest && *ended && *opened_ms < before_ms && !is_needed(**attempt)
        });
        let Some(attempt) = old.map(|(attempt, _)| *attempt) else { return false };
        self.told.attempts.remove(&attempt);
        for row in self.conversions.values_mut() {
            let is_last = row.told.as_ref().is_some_and(|told| told.attempt == Some(attempt));
            // What a newer one holds has the bytes of that.
            let is_held = row.place.as_ref().is_some_and(|place| place.attempt.is_some());
            if is_last && !is_held {
                (row.body, row.reply) = (None, None);
            }
        }
        true
    }
}

impl ConversionRow {
    /// Puts an activity back into the queue. What Meta may have goes again with the same bytes, if they are kept.
    pub(super) fn come_back(&mut self, due_ms: i64) {
        self.place = Some(QueuePlace { due_ms, ..QueuePlace::default() });
        self.unknown_ms = self.unknown_ms.filter(|_| self.body.is_some());
    }

    /// How far it is, why, and what stops it: nothing else of an activity changes.
    pub(super) fn stand_as(&mut self, decided: Conversion, now_ms: i64) {
        let Conversion { state, reason, detail, stop, released, deadline_ms, .. } = decided;
        let deadline_ms = deadline_ms.filter(|_| state != State::Queued);
        let before = self.decided.clone();
        self.decided = Conversion { state, reason, detail, stop, released, deadline_ms, ..before };
        if state != State::Queued {
            self.settled_ms = matches!(state, State::Suppressed | State::Failed).then_some(now_ms);
        } else if before.state != State::Queued {
            self.settled_ms = None;
        }
        let is_refused =
            reason == Some(Reason::ConsentRefused) && before.consent == Some(kopru_core::ConsentAnswer::No);
        if is_refused || reason == Some(Reason::Erased) {
            self.wipe();
        }
    }
}

pub(super) fn row(
    number: u64,
    Admitted { activity, state, reason, .. }: Admitted,
    received_ms: i64,
) -> ConversionRow {
    let due_ms = received_ms.max(activity.event_s.saturating_mul(1000));
    let is_queued = state == State::Queued;
    let id_key = activity.once.iter().find(|key| !key.is_order).map_or([0; 16], |key| key.key);
    let who = activity.who.into_iter().map(|identifier| identifier.node).collect();
    let key = ActivityKey { origin: activity.origin, id: activity.event_id };
    let event = (!activity.event.json.is_empty()).then(|| Identity::Activity(Box::new(activity.event)));
    let decided = Conversion {
        made_by: number,
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
        settled_ms: matches!(state, State::Suppressed | State::Failed).then_some(received_ms),
        carried: String::new(),
        gone: false,
        told: Some(ActivityRow { who, id_key, attempt: None }),
    }
}
