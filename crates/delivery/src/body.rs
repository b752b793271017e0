//! The bodies of a part of a batch, made right before it leaves.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use kopru_core::{Carried, Now, Policy, Stop, make_body, may_repeat};
use store::{Member, OutcomeOf, Queued, Settled};

use crate::request::EventsRequest;

/// What of a part can leave, and what cannot.
#[derive(Default)]
pub(crate) struct PreparedBodies {
    /// What leaves, if there is anything.
    pub ready: Option<Ready>,
    /// What does not leave under the present configuration.
    pub stopped: Vec<OutcomeOf>,
    /// Numbers of those of which no body can be made.
    pub unreadable: Vec<u64>,
}

/// Events that are ready to leave, with their bodies.
pub(crate) struct Ready {
    pub part: Vec<Queued>,
    pub request: EventsRequest,
    /// What each of them carries, as [`Member::carried`] says.
    carried: Vec<String>,
    now_ms: i64,
}

/// Makes the bodies of a part with what is known and configured now. What Meta may have already goes again
/// byte for byte.
pub(crate) fn prepare(part: Vec<Queued>, policy: &Policy, now: Now) -> (PreparedBodies, Vec<Member>) {
    let mut prepared = PreparedBodies::default();
    let room = part.len();
    let mut ready = Ready {
        request: EventsRequest::with_room(room, part.first().map_or("", |first| first.conversion.envelope())),
        part: Vec::with_capacity(room),
        carried: Vec::with_capacity(room),
        now_ms: now.ms,
    };
    let mut members = Vec::with_capacity(room);
    for one in part {
        match body_of(&one, policy, now) {
            Some(Ok((body, carried))) => {
                ready.request.push(&body);
                ready.carried.push(carried.clone());
                members.push(member(&one, body, carried, now.ms));
                ready.part.push(one);
            }
            Some(Err(stop)) => {
                let settled = Settled::Stopped { stop, revision: one.revision };
                prepared.stopped.push(OutcomeOf { number: one.number, settled });
            }
            None => prepared.unreadable.push(one.number),
        }
    }
    prepared.ready = (!ready.part.is_empty()).then_some(ready);
    (prepared, members)
}

/// The body of one event and what it carries; `None` if there cannot be one.
fn body_of(one: &Queued, policy: &Policy, now: Now) -> Option<Result<(String, String), Stop>> {
    match &one.unknown {
        Some((bytes, _)) if !is_object(bytes) => None,
        Some((bytes, _)) => {
            Some(may_repeat(&one.conversion, policy, now).map(|()| (bytes.clone(), String::new())))
        }
        None => guarded(|| make_body(&one.conversion, policy, now))
            .filter(|made| made.as_ref().map_or(true, |made| made.body.starts_with('{')))
            .map(|made| made.map(|made| (made.body, in_json(&made.carried)))),
    }
}

fn in_json(carried: &Carried) -> String {
    // Names and codes can always be written.
    serde_json::to_string(carried).unwrap_or_default()
}

fn member(one: &Queued, body: String, carried: String, now_ms: i64) -> Member {
    let route = one.conversion.route;
    let may_count_twice =
        one.unknown.as_ref().is_some_and(|(_, since_ms)| route.may_count_twice(*since_ms, now_ms));
    Member { number: one.number, revision: one.revision, body, carried, may_count_twice }
}

/// What panics over one event does not end the others.
fn guarded<T>(make: impl FnOnce() -> T) -> Option<T> {
    // Nothing that could be left half-changed is touched: an event goes in, a body comes out.
    catch_unwind(AssertUnwindSafe(make)).ok()
}

/// Whether the bytes are what Meta expects of one event. Those that are not would sink every batch with
/// them.
fn is_object(bytes: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(bytes)
        .is_ok_and(|value| value.get().starts_with('{'))
}

impl Ready {
    /// The members once more, for another try to make them durable.
    pub(crate) fn members(&self) -> Vec<Member> {
        let made = self.request.events().map(str::to_owned).zip(self.carried.iter().cloned());
        let all = self.part.iter().zip(made);
        all.map(|(one, (body, carried))| member(one, body, carried, self.now_ms)).collect()
    }

    /// The same without those that have changed since they were claimed. Later ones of their causes, which
    /// are members already, stay behind with them: no event overtakes an earlier one of its cause.
    pub(crate) fn without(self, moved: &[u64]) -> (Self, Vec<OutcomeOf>) {
        if moved.is_empty() {
            return (self, Vec::new());
        }
        let Self { part, request, carried, now_ms } = self;
        let moved: HashSet<u64> = moved.iter().copied().collect();
        let mut causes = HashSet::new();
        let mut behind = Vec::new();
        let mut keeps = Vec::with_capacity(part.len());
        for one in &part {
            let has_moved = moved.contains(&one.number);
            if has_moved {
                causes.insert(&one.conversion.cause);
            } else if causes.contains(&one.conversion.cause) {
                let settled = Settled::Again { due_ms: None, reply: None, counts: false };
                behind.push(OutcomeOf { number: one.number, settled });
            }
            keeps.push(!causes.contains(&one.conversion.cause));
        }
        let stays = |place: usize| keeps.get(place).copied().unwrap_or_default();
        let request = request.keeping(stays);
        let (part, carried) = (only(part, stays), only(carried, stays));
        (Self { part, request, carried, now_ms }, behind)
    }
}

/// Those that stay, by their places.
fn only<T>(all: Vec<T>, stays: impl Fn(usize) -> bool) -> Vec<T> {
    all.into_iter().enumerate().filter(|(place, _)| stays(*place)).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_one_body_and_not_the_others() {
        assert_eq!(guarded(|| 1), Some(1));
        let none: Option<u32> = guarded(|| std::panic::resume_unwind(Box::new("scripted")));
        assert_eq!(none, None);
    }

    #[test]
    fn only_an_object_is_an_event() {
        for broken in ["", "{", "{}}", "[1]", "null", "\"text\"", "{\"a\":1},{\"b\":2}", "{\"a\":nan}"] {
            assert!(!is_object(broken), "{broken}");
        }
        assert!(is_object("{\"a\":1}"));
    }
}
