//! What leaves is what is known and configured then, and what has left without an answer stays as it was.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kopru_core::{Conversion, Effect, Identity, Mode, Reason, Restored, Route, State, Worth};
use sandbox::Fault;
use serde_json::json;
use testkit::{http::Answer, until};

use crate::{
    meta::Meta,
    watched::Call,
    world::{DATASET, WABA, World, apply},
};

const SECONDS: Duration = Duration::from_secs(5);

fn purchase(world: &World, value: &str) -> Conversion {
    Conversion {
        event: "Purchase".into(),
        name: "Purchase".into(),
        worth: Some(Worth::price()),
        value: Some(value.parse().unwrap()),
        currency: Some("EUR".into()),
        ..world.event("sale")
    }
}

/// Changes what is known of a queued event.
fn change(world: &World, event: Conversion) -> impl Future<Output = ()> + Send + 'static {
    let (store, lease, now_ms) = (Arc::clone(&world.store), world.lease, world.clock.now_ms());
    let event = Conversion { dataset: Some(DATASET.into()), ..event };
    async move { apply(&store, lease, [Effect::Update(event)], now_ms).await }
}

/// The values of all events so far.
fn values(meta: &Meta) -> Vec<String> {
    meta.requests().iter().flatten().map(|event| event["custom_data"]["value"].to_string()).collect()
}

#[tokio::test]
async fn a_price_that_changes_after_the_claim_is_not_sent_as_it_was() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    world.put(DATASET, [purchase(&world, "100"), world.event("beside it")]).await;
    world.watched.before_open(change(&world, purchase(&world, "250")));
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 2).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [["beside it"], ["sale"]]);
    assert_eq!(values(&meta), ["null", "250"]);
}

#[tokio::test]
async fn an_attempt_of_which_nothing_is_left_is_none() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    world.put(DATASET, [purchase(&world, "100")]).await;
    world.watched.before_open(change(&world, purchase(&world, "250")));
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 1).await;
    lane.stop().await;
    assert_eq!(values(&meta), ["250"]);
    let one = world.all().await.remove(0);
    assert_eq!((one.attempts, one.may_count_twice), (1, false));
}

#[tokio::test]
async fn a_later_event_stays_behind_an_earlier_one_of_its_cause_that_has_changed() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    let sale = purchase(&world, "100");
    let later = Conversion { cause: sale.cause.clone(), ..world.event("later") };
    world.put(DATASET, [sale, later, world.event("other")]).await;
    world.watched.before_open(change(&world, purchase(&world, "250")));
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 3).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [vec!["other"], vec!["sale", "later"]]);
}

#[tokio::test]
async fn after_an_unknown_outcome_the_same_bytes_go_again() {
    let mut world = World::new().await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    world.put(DATASET, [purchase(&world, "100")]).await;
    let lane = world.run(DATASET);
    until("it was lost", async || world.all().await[0].reply.is_some()).await;
    // The price, and under the next lane the account.
    change(&world, purchase(&world, "250")).await;
    lane.stop().await;
    world.policy.datasets[0].waba_id = Some("999".into());
    world.policy.datasets[0].mistaken_accounts = vec![WABA.into()];
    let lane = world.run(DATASET);
    world.advance_until("it was taken", SECONDS, async || world.count(State::Accepted).await == 1).await;
    lane.stop().await;
    let events: Vec<_> = world.sandbox.graph_events().into_iter().map(|one| one.event).collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1]);
    assert!(world.all().await[0].may_count_twice);
}

#[tokio::test]
async fn where_meta_recognises_doubles_an_event_may_count_twice_only_after_two_days() {
    const HOUR_MS: i64 = 3_600_000;
    for (hours, may_count_twice) in [(0, false), (47, false), (49, true)] {
        let world = World::new().await;
        let meta = Meta::quick().await;
        meta.script(Answer::new(200, r#"{"events_received":1}"#).that_breaks_off());
        world.put(DATASET, [world.lead("a")]).await;
        let lane = world.run_by(Route::Lead, &meta.target(&world, DATASET));
        until("it was lost", async || world.all().await[0].reply.is_some()).await;
        assert!(!world.all().await[0].may_count_twice);
        world.turn_clock(hours * HOUR_MS);
        let taken = async || world.count(State::Accepted).await == 1;
        world.advance_until("it was taken", SECONDS, taken).await;
        lane.stop().await;
        let requests = meta.requests();
        assert_eq!((requests.len(), &requests[0]), (2, &requests[1]));
        assert_eq!(world.all().await[0].may_count_twice, may_count_twice, "{hours} h");
    }
}

#[tokio::test]
async fn what_meta_may_have_is_not_told_again_after_consent_was_refused() {
    let world = World::new().await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    let event = world.event("a");
    world.put(DATASET, [event.clone()]).await;
    let lane = world.run(DATASET);
    until("it was lost", async || world.all().await[0].reply.is_some()).await;
    let (state, reason) = (State::Suppressed, Some(Reason::ConsentRefused));
    change(&world, Conversion { state, reason, consent: Some(kopru_core::ConsentAnswer::No), ..event }).await;
    let ended = async || world.count(State::Suppressed).await == 1;
    world.advance_until("it has ended", SECONDS, ended).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    assert_eq!(world.all().await[0].conversion.reason, Some(Reason::ConsentRefused));
}

#[tokio::test]
async fn what_meta_may_have_is_not_told_again_at_a_dataset_that_was_switched_off() {
    let mut world = World::new().await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    until("it was lost", async || world.all().await[0].reply.is_some()).await;
    lane.stop().await;
    world.policy.datasets[0].mode = Mode::Off;
    let lane = world.run(DATASET);
    let ended = async || world.count(State::Suppressed).await == 1;
    world.advance_until("it has ended", SECONDS, ended).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    assert_eq!(world.all().await[0].conversion.reason, Some(Reason::DatasetOff));
}

#[tokio::test]
async fn what_may_have_left_before_the_store_was_restored_waits_whether_or_not_it_was_tried() {
    let mut world = World::new().await;
    let old = world.event("old");
    let (restored_s, unknown) = (old.event_s, world.event("unknown"));
    let unknown = Conversion { dataset: Some(DATASET.into()), ..unknown };
    let bytes = world.body_of(&unknown).to_string();
    world.put(DATASET, [unknown]).await;
    world.freeze(DATASET, [("unknown".to_owned(), bytes)]).await;
    let new = Conversion { event_s: restored_s + 1, ..world.event("new") };
    world.put(DATASET, [old, new]).await;
    world.policy.restored = Some(Restored { backup_s: restored_s - 10, restored_s });
    let lane = world.run(DATASET);
    let ended = async || world.count(State::Waiting).await == 2 && world.count(State::Accepted).await == 1;
    world.advance_until("it has ended", SECONDS, ended).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    let all = world.all().await;
    let held = all.iter().filter(|one| one.conversion.reason == Some(Reason::HeldAfterRestore));
    assert!(held.map(|one| &one.conversion.event_id).eq(["unknown", "old"]));
}

/// Also when the store could not take the attempt at first.
#[tokio::test]
async fn what_an_event_carries_is_kept_with_its_attempt_and_said_once() {
    let world = World::new().await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    let attempts: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let seen = Arc::clone(&attempts);
    world.watched.fail(move |call| {
        let Call::Open(members) = call else { return None };
        let mut seen = seen.lock().unwrap();
        seen.push(members.iter().map(|member| member.carried.clone()).collect());
        (seen.len() == 1).then(|| store::Error::full("no room"))
    });
    let refused = Conversion { consent: Some(kopru_core::ConsentAnswer::No), ..world.event("refused") };
    world.put(DATASET, [refused, purchase(&world, "100"), world.event("a")]).await;
    let lane = world.run(DATASET);
    let taken = async || world.count(State::Accepted).await == 2;
    world.advance_until("it was taken", SECONDS, taken).await;
    lane.stop().await;
    let carried = [
        r#"{"keys":["whatsapp_business_account_id","ctwa_clid","currency","value","lead_stage"]}"#,
        r#"{"keys":["whatsapp_business_account_id","ctwa_clid","lead_stage"]}"#,
    ];
    let attempts = attempts.lock().unwrap();
    let [first, second, same_bytes @ ..] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((first.as_slice(), second), (&carried.map(str::to_owned)[..], first));
    assert_eq!(same_bytes.concat(), ["", ""]);
}

#[tokio::test]
async fn after_a_readable_refusal_the_body_is_made_anew() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(2, None);
    world.put(DATASET, [purchase(&world, "100")]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("it was put off", async || world.all().await[0].reply.is_some()).await;
    change(&world, purchase(&world, "250")).await;
    world.advance_until("it was taken", SECONDS, async || world.count(State::Accepted).await == 1).await;
    lane.stop().await;
    assert_eq!(values(&meta), ["100", "250"]);
    assert!(!world.all().await[0].may_count_twice);
}

#[tokio::test]
async fn what_changes_while_its_batch_is_split_is_not_sent_as_it_was() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let refused = world.event("refused");
    world.put(DATASET, [world.event("a"), purchase(&world, "100"), refused.clone()]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("it has left", async || meta.requests().len() == 1).await;
    // While all of it is under way, the price changes and a person says no.
    change(&world, purchase(&world, "250")).await;
    let (state, reason) = (State::Suppressed, Some(Reason::ConsentRefused));
    change(&world, Conversion { state, reason, consent: Some(kopru_core::ConsentAnswer::No), ..refused })
        .await;
    meta.refuse(100, Some(2_804_087));
    meta.go_on();
    until("the first half is taken", async || world.count(State::Accepted).await == 1).await;
    until("the other one is not sent", async || world.count(State::Suppressed).await == 1).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [vec!["a", "sale", "refused"], vec!["a"]]);
    let sale = world.all().await.remove(1).conversion;
    assert_eq!((sale.state, sale.reason), (State::Waiting, Some(Reason::ChangedMeanwhile)));
}

#[tokio::test]
async fn what_does_not_leave_under_the_present_configuration_harms_no_neighbour() {
    let mut world = World::new().await;
    let meta = Meta::quick().await;
    let refused = Conversion { consent: Some(kopru_core::ConsentAnswer::No), ..world.event("refused") };
    let before = Conversion { event_s: world.now_s() - 7_200, ..world.event("before the switch") };
    let nowhere = Conversion {
        identity: Some(Identity::Click { account: "7".into(), click_id: "x".into() }),
        ..world.event("nowhere")
    };
    let lost = Conversion { identity: None, ..world.event("lost") };
    world.put(DATASET, [refused, before, nowhere, lost, world.event("well")]).await;
    world.policy.datasets[0].earlier_modes = vec![(Mode::Shadow, world.now_s() - 3_600)];
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 1).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [["well"]]);
    let reasons: Vec<_> = world.all().await.into_iter().map(|one| one.conversion.reason).collect();
    let stopped = [Reason::ConsentRefused, Reason::Shadow, Reason::NoDataset, Reason::Unreadable];
    assert_eq!(reasons, stopped.map(Some).into_iter().chain([None]).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_mended_account_id_counts_for_what_waited() {
    let mut world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(100, Some(2_804_132));
    world.policy.datasets[0].waba_id = Some("999".into());
    let event = Conversion {
        identity: Some(Identity::Click { account: "999".into(), click_id: "c".into() }),
        ..world.event("a")
    };
    world.put(DATASET, [event]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    lane.stop().await;

    world.policy.datasets[0].waba_id = Some(WABA.into());
    world.policy.datasets[0].mistaken_accounts = vec!["999".into()];
    let lane = world.run_to(&meta.target(&world, DATASET));
    let taken = async || world.count(State::Accepted).await == 1;
    world.advance_until("it was taken", Duration::from_secs(20), taken).await;
    lane.stop().await;
    let accounts: Vec<_> = meta
        .requests()
        .iter()
        .flatten()
        .map(|event| event["user_data"]["whatsapp_business_account_id"].clone())
        .collect();
    assert_eq!(accounts, [json!("999"), json!(WABA)]);
}

#[tokio::test]
async fn the_account_whose_events_meta_has_taken_is_noted_once_a_run() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.script(Answer::new(503, "<html>busy</html>"));
    world.put(DATASET, [world.lead("of another route")]).await;
    let leads = world.run_by(Route::Lead, &meta.target(&world, DATASET));
    let taken = async || world.count(State::Accepted).await == 1;
    world.advance_until("it was taken", SECONDS, taken).await;
    leads.stop().await;
    assert!(world.watched.noted().is_empty());
    let lane = world.run_to(&meta.target(&world, DATASET));
    for id in 0..3 {
        world.put(DATASET, [world.event(id)]).await;
        world.until_count(State::Accepted, id + 2).await;
    }
    lane.stop().await;
    assert_eq!(world.watched.noted(), [(DATASET.to_owned(), WABA.to_owned())]);
}
