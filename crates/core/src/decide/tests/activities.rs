//! What sites told, looked at again: because somebody asks for it, or because the configuration changed.

use super::world::{T0, policy};
use crate::{
    Action, ActivityKey, Conversion, ConversionFilter, Effect, Identity, Mode, Now, Policy, Reason, Restored,
    Revisit, RevisitStep, RouteKind, Sent, State, Stop, StoredEvent, WorkingSet, revisit,
};

const DAY_S: i64 = 24 * 3600;

/// A store knows nothing of what left in the two days and an hour before now.
const RESTORED: Restored = Restored { backup_s: T0 - 2 * DAY_S - 3600, restored_s: T0 };

fn open() -> Policy {
    let mut policy = policy();
    policy.datasets[0].routes = vec![RouteKind::Website];
    policy
}

fn purchase(event_s: i64) -> Conversion {
    let key = ActivityKey { origin: "graph:shop".into(), id: "order-1".into() };
    let json = format!(
        r#"{{"event_name":"Purchase","event_time":{event_s},"event_id":"order-1","action_source":"website",
            "event_source_url":"https://shop.example/","user_data":{{"client_ip_address":"203.0.113.7",
            "client_user_agent":"Mozilla/5.0"}},"custom_data":{{"value":10,"currency":"EUR"}}}}"#
    );
    let event = StoredEvent {
        action_source: "website".into(),
        envelope: String::new(),
        json: json.replace('\n', " "),
        added: Vec::new(),
        beside: String::new(),
    };
    Conversion {
        made_by: 7,
        dataset: Some("set-1".into()),
        identity: Some(Identity::Activity(Box::new(event))),
        due_ms: Some(event_s * 1000),
        stored: Some(State::Queued),
        ..Conversion::of_activity(key, "Purchase".into(), event_s, event_s * 1000)
    }
}

/// The same, gone no further than this.
fn ended(stop: Stop) -> Conversion {
    let stored = Some(stop.state);
    Conversion { stored, ..purchase(T0 - 100).stopped(stop) }
}

/// What becomes of it at `T0`; nothing where it stays as it is.
fn after(policy: &Policy, action: Action, one: &Conversion) -> Option<Conversion> {
    let filter = Some(ConversionFilter::default());
    let plan = Revisit { action, filter, any_age_of_queued: true, ask_for: Vec::new(), rules: Vec::new() };
    let (conversions, deals) = (vec![one.clone()], Vec::new());
    let step = RevisitStep { number: 1, revisit: plan, conversions, deals, next: None };
    let now = Now { ms: T0 * 1000, confirmed: true };
    match &revisit(&mut WorkingSet::default(), policy, &step, now)[..] {
        [] => None,
        [Effect::Update(after)] => Some(after.clone()),
        others => panic!("{others:?}"),
    }
}

fn stands(one: Option<Conversion>) -> Option<(State, Option<Reason>)> {
    one.map(|one| (one.state, one.reason))
}

#[test]
fn what_was_refused_goes_again_as_it_was_told() {
    let refused = ended(Stop::failed(Reason::RefusedByMeta));
    let again = after(&open(), Action::Retry, &refused).unwrap();
    assert_eq!((again.state, again.reason, again.due_ms), (State::Queued, None, Some(T0 * 1000)));
    assert_eq!((again.identity, again.made_by), (refused.identity.clone(), 7));
    assert_eq!(after(&open(), Action::Resolve, &refused), None, "nobody has asked for it");
}

#[test]
fn what_may_not_leave_does_not_come_back() {
    let refused = ended(Stop::failed(Reason::RefusedByMeta));
    let with = |change: &dyn Fn(&mut Policy)| {
        let mut policy = open();
        change(&mut policy);
        stands(after(&policy, Action::Retry, &refused))
    };
    let suppressed = |reason| Some((State::Suppressed, Some(reason)));
    assert_eq!(with(&|policy| policy.datasets.clear()), suppressed(Reason::NoDataset));
    assert_eq!(with(&|policy| policy.datasets[0].mode = Mode::Off), suppressed(Reason::DatasetOff));
    assert_eq!(with(&|policy| policy.consent = crate::Consent::Required), suppressed(Reason::NoConsent));
    let nothing_left = Conversion { identity: None, ..refused.clone() };
    assert_eq!(after(&open(), Action::Retry, &nothing_left), None);
    let old = Conversion { event_s: T0 - 7 * DAY_S, ..refused };
    assert_eq!(stands(after(&open(), Action::Retry, &old)), Some((State::Failed, Some(Reason::TooLate))));
    let taken = Conversion { state: State::Accepted, reason: None, ..purchase(T0) };
    assert_eq!(after(&open(), Action::Retry, &taken), None);
}

#[test]
fn a_dataset_that_goes_live_is_told_nothing_of_before() {
    for (mode, reason) in [(Mode::Shadow, Reason::Shadow), (Mode::Off, Reason::DatasetOff)] {
        let kept_back = ended(Stop::suppressed(reason));
        let mut policy = open();
        policy.datasets[0].earlier_modes = vec![(mode, T0 - 50)];
        for action in [Action::Resolve, Action::Retry] {
            assert_eq!(after(&policy, action, &kept_back), None, "{mode:?} {action:?}");
        }
    }
}

#[test]
fn what_was_live_leaves_once_the_dataset_is_live_again() {
    let mut policy = open();
    for (mode, reason) in
        [(Mode::Off, Reason::DatasetOff), (Mode::Shadow, Reason::Shadow), (Mode::Test, Reason::TestOver)]
    {
        let kept_back = ended(Stop::suppressed(reason));
        policy.datasets[0].earlier_modes = vec![(Mode::Live, T0 - 90), (mode, T0 - 88)];
        for sent in [Sent::Never, Sent::NotTaken, Sent::Unknown] {
            let one = Conversion { sent, ..kept_back.clone() };
            let back = Some((State::Queued, None));
            assert_eq!(stands(after(&policy, Action::Resolve, &one)), back, "{mode:?} {sent:?}");
        }
        let between = Conversion { event_s: T0 - 89, ..kept_back };
        assert_eq!(after(&policy, Action::Resolve, &between), None, "{mode:?}");
    }
}

#[test]
fn a_dataset_that_was_mended_is_told_what_it_lacked() {
    let lacked = ended(Stop::suppressed(Reason::NoDataset));
    assert_eq!(stands(after(&open(), Action::Resolve, &lacked)), Some((State::Queued, None)));
    let mut closed = open();
    closed.datasets[0].routes = vec![RouteKind::Messaging];
    assert_eq!(after(&closed, Action::Resolve, &lacked), None);
}

#[test]
fn what_is_held_after_a_restore_waits_for_a_word() {
    let held = ended(Stop::waiting(Reason::HeldAfterRestore, (T0 + DAY_S) * 1000));
    let mut policy = open();
    policy.restored = Some(RESTORED);
    let old = Conversion { event_s: T0 - 2 * DAY_S - 60, ..held };
    assert_eq!(
        stands(after(&policy, Action::Resolve, &old)),
        Some((State::Waiting, Some(Reason::HeldAfterRestore)))
    );
    let released = after(&policy, Action::Retry, &old).unwrap();
    assert_eq!((released.state, released.released), (State::Queued, true));
    assert_eq!(crate::may_repeat(&released, &policy, Now { ms: T0 * 1000, confirmed: true }), Ok(()));
    assert_eq!(stands(after(&policy, Action::Drop, &old)), Some((State::Suppressed, Some(Reason::Dropped))));
    // Of what Meta would recognise nothing is held.
    let young = purchase(T0 - 3600);
    assert_eq!(crate::may_repeat(&young, &policy, Now { ms: T0 * 1000, confirmed: true }), Ok(()));
}

#[test]
fn what_is_queued_is_dropped_or_leaves_now() {
    let queued = Conversion { due_ms: Some(T0 * 1000 + 250_000), ..purchase(T0 - 100) };
    assert_eq!(after(&open(), Action::Retry, &queued).unwrap().due_ms, Some(T0 * 1000));
    assert_eq!(after(&open(), Action::Resolve, &queued), None);
    // Nobody comes for the queue of a dataset that there is not: it would stay in it for good.
    let gone: [fn(&mut Policy); 2] =
        [|policy| policy.datasets.clear(), |policy| policy.datasets[0].routes = vec![RouteKind::Messaging]];
    for change in gone {
        let mut policy = open();
        change(&mut policy);
        for action in [Action::Resolve, Action::Retry] {
            let ended = Some((State::Suppressed, Some(Reason::NoDataset)));
            assert_eq!(stands(after(&policy, action, &queued)), ended, "{action:?}");
            let unknown = Conversion { sent: Sent::Unknown, ..queued.clone() };
            assert_eq!(stands(after(&policy, action, &unknown)), ended, "{action:?}");
        }
        let held = Conversion { sent: Sent::UnderWay, ..queued.clone() };
        let held = after(&policy, Action::Resolve, &held).unwrap();
        assert_eq!((held.state, held.stop), (State::Queued, Some(Stop::suppressed(Reason::NoDataset))));
    }
    let dropped = Some((State::Suppressed, Some(Reason::Dropped)));
    assert_eq!(stands(after(&open(), Action::Drop, &queued)), dropped);
    let under_way = Conversion { sent: Sent::UnderWay, ..queued };
    assert_eq!(after(&open(), Action::Retry, &under_way), None);
    let dropped = after(&open(), Action::Drop, &under_way).unwrap();
    assert_eq!((dropped.state, dropped.stop), (State::Queued, Some(Stop::suppressed(Reason::Dropped))));
    assert_eq!(after(&open(), Action::Drop, &ended(Stop::failed(Reason::TooLate))), None);
}
