//! What a lane does when the store fails, as a whole or for one row.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use kopru_core::{Reason, State};

use crate::{
    watched::Call,
    world::{DATASET, World},
};

#[tokio::test]
async fn a_full_disk_after_the_answer_does_not_send_the_events_again() {
    let world = World::new().await;
    let failures = AtomicU32::new(2);
    world.watched.fail(move |call| {
        let fails = matches!(call, Call::Settle(_))
            && failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        fails.then(|| store::Error::full("no room"))
    });
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    let accepted = async || {
        // The attempt is under way until its end is kept.
        world.advance_anyway(Duration::from_secs(1)).await;
        world.count(State::Accepted).await == 1
    };
    testkit::until("its end is kept", accepted).await;
    lane.stop().await;
    assert_eq!(world.accepted_ids(), ["a"]);
}

#[tokio::test]
async fn a_damaged_row_never_stops_the_others() {
    // What fails for the row, and how many of the twenty go.
    type Fails = fn(&Call<'_>) -> bool;
    let table: [(&str, Fails, Option<Reason>); 3] = [
        ("open", |call| matches!(call, Call::Open(_)), Some(Reason::Unreadable)),
        ("open and settle", |call| !matches!(call, Call::Claim(_)), None),
        ("settle", |call| matches!(call, Call::Settle(_)), None),
    ];
    for (what, fails, ends) in table {
        for error in [store::Error::corrupt("a page"), store::Error::database("a row")] {
            let world = World::new().await;
            world.put(DATASET, (0..20).map(|id| world.event(id))).await;
            let damaged = 7;
            let given = error.clone();
            world.watched.fail(move |call| (fails(call) && call.touches(damaged)).then(|| given.clone()));
            let lane = world.run(DATASET);
            world.until_count(State::Accepted, 19).await;
            // What comes later goes as well.
            world.put(DATASET, [world.event("later")]).await;
            world.until_count(State::Accepted, 20).await;
            lane.stop().await;
            let all = world.all().await;
            let left: Vec<_> = all
                .iter()
                .filter(|one| one.conversion.state != State::Accepted)
                .map(|one| one.conversion.reason)
                .collect();
            assert_eq!(left, [ends], "{what}, {error}");
            let mut ids = world.accepted_ids();
            let sent = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), sent, "{what}, {error}: nothing twice");
        }
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_claimed_does_not_stop_those_before_it() {
    let world = World::new().await;
    world.put(DATASET, (0..20).map(|id| world.event(id))).await;
    world.watched.fail(|call| {
        (matches!(call, Call::Claim(_)) && call.touches(20)).then(|| store::Error::corrupt("a page"))
    });
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 19).await;
    lane.stop().await;
    assert_eq!(world.count(State::Queued).await, 1);
}

#[tokio::test]
async fn a_body_that_is_no_event_is_set_aside_before_it_sinks_a_batch() {
    let world = World::new().await;
    let broken = ["", "{", "{}}", "[1]", "null", "\"text\"", "{\"a\":1},{\"b\":2}", "{\"a\":nan}"];
    let ids = || (0..broken.len()).map(|id| format!("raw {id}"));
    world.put(DATASET, (0..5).map(|id| world.event(id)).chain(ids().map(|id| world.event(id)))).await;
    // Nothing like it is made; but bytes that have left before go again as they are kept.
    world.freeze(DATASET, ids().zip(broken.map(str::to_owned))).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 5).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    let failed: Vec<_> =
        world.all().await.into_iter().filter(|one| one.conversion.state == State::Failed).collect();
    assert_eq!(failed.len(), broken.len());
    assert!(failed.iter().all(|one| one.conversion.reason == Some(Reason::Unreadable)));
}
