//! Activities: conversions that nobody has to decide.

use std::collections::HashMap;

use kopru_core::{Activity, ActivityKey, Admitted, Conversion, Identity, State};

use super::{
    Rows,
    conversions::{ConversionRow, QueuePlace},
};

/// What is remembered of activities beside the conversions that they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// How many have come, and how many of them again.
    pub(super) received: i64,
    pub(super) doubles: i64,
    /// By what they are recognised, with the number of each and until when, Unix seconds.
    once: HashMap<[u8; 16], (u64, i64)>,
}

impl Rows {
    /// Keeps activities, each once; returns how many had come before.
    pub(super) fn tell(&mut self, received_ms: i64, activities: Vec<Admitted>) -> usize {
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
            self.conversions.insert(number, row(one, received_ms));
        }
        usize::try_from(self.told.doubles - before).unwrap_or(0)
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
