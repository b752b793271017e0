//! The outcome log, and what is added up of it.

use std::time::Duration;

use kopru_core::{Conversion, Effect, Reason, State};

use super::shop::{Shop, queued};
use crate::{
    Error, OutcomeOf, Settled, Store,
    outcomes::{Followed, Grain, KeptRollUps, RollUp, RollUpStep, Standing},
};

const FOLLOWER: &str = "sums";

fn worth(event_id: &str, value: &str) -> Conversion {
    Conversion { value: value.parse().ok(), currency: Some("TRY".into()), ..queued(event_id, 0) }
}

/// So many conversions of a place more, or fewer.
fn change(grain: &Grain, start_s: i64, n: i64, amount: i64) -> RollUp {
    RollUp { grain: grain.clone(), start_s, place: Standing::of(&queued("any", 0)).place, n, amount }
}

fn upto(upto: u64, changes: Vec<RollUp>) -> RollUpStep {
    RollUpStep { upto, changes, kept: Vec::new() }
}

pub(super) async fn are_told_in_order_and_forgotten_when_all_have_passed(store: &dyn Store) {
    let shop = Shop::open(store, "outcomes").await;
    let woken = store.wakeups().outcomes(shop.workspace);
    let first = worth("e1", "10");
    shop.act(vec![Effect::Create(first.clone()), Effect::Create(worth("e2", "20"))], 0).await;
    tokio::time::timeout(Duration::from_secs(20), woken.notified()).await.unwrap();
    let dearer = worth("e1", "11");
    shop.act(vec![Effect::Update(dearer.clone())], 0).await;
    shop.act(vec![Effect::Update(dearer.clone())], 0).await;
    let claimed = shop.claim(1, 0).await;
    let opened = shop.open_attempt(&claimed, 0).await;
    let outcomes =
        vec![OutcomeOf { number: claimed[0].number, settled: Settled::Accepted { reply: String::new() } }];
    store.settle(shop.lease, &super::shop::lane(), Some(opened.attempt), outcomes, 1).await.unwrap();

    let all = store.outcomes(shop.workspace, 0, 10).await.unwrap();
    let told: Vec<_> = all.rows.iter().map(|row| (row.was.clone(), row.now.clone())).collect();
    let accepted = Standing::of(&dearer).moved_to(State::Accepted, None);
    let wanted = [
        (None, Standing::of(&first)),
        (None, Standing::of(&worth("e2", "20"))),
        (Some(Standing::of(&first)), Standing::of(&dearer)),
        (Some(Standing::of(&dearer)), accepted),
    ];
    assert_eq!(told, wanted, "what changes nothing is not told");
    let numbers: Vec<u64> = all.rows.iter().map(|row| row.number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b) && all.upto == numbers[3]);
    assert_eq!(store.outcomes(shop.workspace, numbers[0], 2).await.unwrap().upto, numbers[2]);
    assert_eq!(store.outcomes(shop.workspace, all.upto, 2).await.unwrap().upto, all.upto);

    // Two follow: what one has not passed stays.
    for (follower, from, to, left) in
        [(FOLLOWER, 0, 0, 4), ("other", 0, numbers[3], 4), (FOLLOWER, 0, numbers[1], 2)]
    {
        store.roll_up(shop.workspace, follower, from, upto(to, Vec::new())).await.unwrap();
        assert_eq!(store.outcomes(shop.workspace, 0, 10).await.unwrap().rows.len(), left);
    }
    store.settle(shop.lease, &super::shop::lane(), None, vec![drop_second(&shop).await], 1).await.unwrap();
    let last = store.outcomes(shop.workspace, 0, 10).await.unwrap().upto;
    assert!(last > numbers[3], "numbers are not given out again");
    for (follower, from) in [(FOLLOWER, numbers[1]), ("other", numbers[3])] {
        assert!(!store.is_settled(shop.workspace).await.unwrap(), "{follower} has not followed");
        store.roll_up(shop.workspace, follower, from, upto(last, Vec::new())).await.unwrap();
    }
    assert!(store.is_settled(shop.workspace).await.unwrap());
}

/// The second conversion, as it ends without leaving.
async fn drop_second(shop: &Shop<'_>) -> OutcomeOf {
    let second = shop.claim(1, 0).await.remove(0);
    let settled = Settled::Failed { reply: None, reason: Reason::RefusedByMeta };
    OutcomeOf { number: second.number, settled }
}

pub(super) async fn are_added_once(store: &dyn Store) {
    let shop = Shop::open(store, "added once").await;
    shop.act((0..3).map(|n| Effect::Create(queued(&format!("e{n}"), 0))).collect(), 0).await;
    let last = store.outcomes(shop.workspace, 0, 10).await.unwrap().upto;
    let (day, at) = (Grain::Day("Europe/Istanbul".into()), i64::from(-10_800));
    let step = upto(last, vec![change(&day, at, 3, 30), change(&Grain::Quarter, 0, 3, 30)]);
    store.roll_up(shop.workspace, FOLLOWER, 0, step.clone()).await.unwrap();
    for (from, to) in [(0, last), (last, last - 1), (last - 1, last), (last + 1, last + 2)] {
        let refused = store.roll_up(shop.workspace, FOLLOWER, from, upto(to, step.changes.clone())).await;
        assert!(matches!(refused, Err(Error::Passed(_))), "from {from} to {to}");
    }
    let rows =
        async |grain: &Grain| store.roll_ups(shop.workspace, grain.clone(), -20_000, 1).await.unwrap().rows;
    assert_eq!(rows(&day).await, [change(&day, at, 3, 30)]);
    assert_eq!(rows(&Grain::Quarter).await, [change(&Grain::Quarter, 0, 3, 30)]);

    // A sum that is too large is borne, and a place of which nothing is left goes.
    let changes = vec![change(&day, at, 1, i64::MAX), change(&Grain::Quarter, 0, -2, -30)];
    store.roll_up(shop.workspace, FOLLOWER, last, upto(last, changes)).await.unwrap();
    assert_eq!(rows(&day).await, [change(&day, at, 4, i64::MAX)]);
    let changes = vec![change(&day, at, 0, 0), change(&Grain::Quarter, 0, -1, 0)];
    store.roll_up(shop.workspace, FOLLOWER, last, upto(last, changes)).await.unwrap();
    assert!(rows(&Grain::Quarter).await.is_empty());
    assert_eq!(rows(&day).await.len(), 1);
}

pub(super) async fn roll_ups_are_read_by_whole_ones(store: &dyn Store) {
    let shop = Shop::open(store, "whole ones").await;
    let of_ad = |ad: usize, at: i64| {
        let mut change = change(&Grain::Quarter, at, 1, 0);
        change.place.ad = format!("{ad}");
        change
    };
    let changes: Vec<RollUp> =
        [0, 900, 2_700].iter().flat_map(|at| (0..3).map(|ad| of_ad(ad, *at))).collect();
    store.roll_up(shop.workspace, FOLLOWER, 0, upto(0, changes)).await.unwrap();
    for (from_s, rows, read, next_s) in [
        (0, 1, 3, Some(900)),
        (0, 4, 6, Some(2_700)),
        (0, 6, 6, Some(2_700)),
        (0, 7, 9, None),
        (1, 3, 3, Some(2_700)),
        (2_700, 1, 3, None),
        (2_701, 1, 0, None),
    ] {
        let quarters = store.quarters(shop.workspace, from_s, rows).await.unwrap();
        assert_eq!((quarters.rows.len(), quarters.next_s), (read, next_s), "{rows} from {from_s}");
    }
    let page = store.roll_ups(shop.workspace, Grain::Quarter, 900, 2_701).await.unwrap();
    assert_eq!(page.rows.iter().map(|row| row.start_s).collect::<Vec<_>>(), [[2_700; 3], [900; 3]].concat());
    assert_eq!((page.stopped_at_s, page.kept), (None, None));
    assert!(store.roll_ups(shop.workspace, Grain::Quarter, 901, 2_700).await.unwrap().rows.is_empty());

    let day = Grain::Day("Europe/Istanbul".into());
    let changes = vec![change(&day, -86_400, 1, 0), change(&day, 0, 2, 5)];
    store.roll_up(shop.workspace, FOLLOWER, 0, upto(0, changes)).await.unwrap();
    let days = async |from_s| store.days(shop.workspace, day.clone(), from_s).await.unwrap();
    assert_eq!(days(-86_400).await.len(), 2);
    assert_eq!(days(-86_399).await, [change(&day, 0, 2, 5)]);
    assert!(days(1).await.is_empty());
}

pub(super) async fn quarters_that_are_not_kept_are_deleted_in_steps(store: &dyn Store) {
    let shop = Shop::open(store, "old quarters").await;
    let days = KeptRollUps { grain: Grain::Day("UTC".into()), since_s: 5, built_upto_s: 9 };
    let quarters = |since_s| KeptRollUps { grain: Grain::Quarter, since_s, built_upto_s: i64::MAX };
    let kept = vec![quarters(0), days.clone()];
    let changes = (0..4_500).map(|n| change(&Grain::Quarter, n * 900, 1, 0)).collect();
    let step = RollUpStep { upto: 7, changes, kept };
    assert!(!store.roll_up(shop.workspace, FOLLOWER, 0, step).await.unwrap());
    let mut kept = vec![quarters(4_200 * 900)];
    let mut steps = 1;
    while store
        .roll_up(shop.workspace, FOLLOWER, 7, RollUpStep { upto: 7, kept, ..RollUpStep::default() })
        .await
        .unwrap()
    {
        (kept, steps) = (Vec::new(), steps + 1);
    }
    assert!(steps > 1, "a few at a time");
    assert_eq!(store.quarters(shop.workspace, 0, 10_000).await.unwrap().rows.len(), 300);
    let followed = store.followed(shop.workspace, FOLLOWER).await.unwrap();
    assert_eq!(followed, Followed { upto: 7, kept: vec![quarters(4_200 * 900), days] });
    assert_eq!(store.followed(shop.workspace, "nobody").await.unwrap().upto, 0);
}
