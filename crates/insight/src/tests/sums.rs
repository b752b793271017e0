//! Whatever happens to events, the sums are those of a slow recount.

use std::collections::BTreeMap;

use kopru_core::{Conversion, Effect, Reason, State};
use proptest::{prelude::*, sample::Index};
use store::{
    OutcomeStore as _, Views as _,
    outcomes::{Dimensions, Grain, KeptRollUps, RollUp, RollUpStep, Standing},
};

use super::shop::{BEGIN_S, Shop, conversion, follow};
use crate::{Zone, ads_report, buckets};

/// Zones that come into use one after the other.
const ZONES: [&str; 4] = ["Europe/Istanbul", "America/New_York", "Asia/Kathmandu", "UTC"];

#[derive(Debug, Clone)]
enum Act {
    Create(Looks),
    Change(Index, Looks),
    Settle(bool),
    Step,
    /// Another zone comes into use, which begins with a restart.
    Zone,
    Pass(i64),
}

/// What can differ between conversions, and change.
#[derive(Debug, Clone)]
struct Looks {
    ad: Option<&'static str>,
    value: Option<&'static str>,
    currency: Option<&'static str>,
    minutes: i64,
    state: State,
}

fn looks() -> impl Strategy<Value = Looks> {
    (
        prop::option::of(prop::sample::select(vec!["1201", "1202"])),
        prop::option::of(prop::sample::select(vec!["1", "0.005", "4999.90", "99999999999999999999"])),
        prop::option::of(prop::sample::select(vec!["TRY", "JPY", "KWD"])),
        // Weeks around the beginning, and often the same quarter.
        prop_oneof![Just(0_i64), -60..60_i64, -70_000..20_000_i64],
        prop::sample::select(vec![State::Queued, State::Waiting, State::Suppressed]),
    )
        .prop_map(|(ad, value, currency, minutes, state)| Looks { ad, value, currency, minutes, state })
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => looks().prop_map(Act::Create),
        4 => (any::<Index>(), looks()).prop_map(|(which, looks)| Act::Change(which, looks)),
        4 => any::<bool>().prop_map(Act::Settle),
        3 => Just(Act::Step),
        1 => Just(Act::Zone),
        1 => (1..30_i64).prop_map(Act::Pass),
    ];
    prop::collection::vec(act, 1..40)
}

impl Looks {
    fn on(&self, one: Conversion) -> Conversion {
        Conversion {
            ad_id: self.ad.map(str::to_owned),
            value: self.value.and_then(|value| value.parse().ok()),
            currency: self.currency.map(str::to_owned),
            event_s: BEGIN_S + self.minutes * 60,
            state: self.state,
            reason: match self.state {
                State::Waiting => Some(Reason::WaitingPrice),
                State::Suppressed => Some(Reason::NoClick),
                _ => None,
            },
            ..one
        }
    }
}

/// What a slow recount of all conversions says of what is kept.
fn recounted(all: &[Conversion], kept: &KeptRollUps) -> BTreeMap<(i64, Dimensions), (i64, i64)> {
    let mut sums: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for standing in all.iter().map(Standing::of) {
        let start_s = match &kept.grain {
            Grain::Quarter => buckets::quarter_of(standing.event_s),
            Grain::Day(zone) => Zone::named(zone).unwrap().day_of(standing.event_s),
        };
        if start_s >= kept.since_s {
            let amount = buckets::in_minor_units(standing.amount, &standing.place.currency);
            let sum = sums.entry((start_s, standing.place)).or_default();
            *sum = (sum.0 + 1, sum.1 + amount);
        }
    }
    sums
}

async fn check(shop: &Shop, zones: usize) {
    let all = shop.conversions().await;
    let kept = shop.store.followed(shop.workspace, "roll_ups").await.unwrap().kept;
    assert_eq!(kept.len(), zones + 1, "{kept:?}");
    for kept in kept {
        assert_eq!(kept.built_upto_s, i64::MAX);
        let page = shop.store.roll_ups(shop.workspace, kept.grain.clone(), i64::MIN, i64::MAX).await.unwrap();
        let counted: BTreeMap<_, _> =
            page.rows.into_iter().map(|row| ((row.start_s, row.place), (row.n, row.amount))).collect();
        assert_eq!(counted, recounted(&all, &kept), "{kept:?}");
    }
    let zone = Zone::named(ZONES[0]).unwrap();
    let report = ads_report(&*shop.store, shop.workspace, &zone, None, None).await.unwrap();
    let accepted = all.iter().filter(|one| one.state == State::Accepted).count();
    assert_eq!(report.rows.iter().map(|row| row.accepted).sum::<i64>(), accepted as i64);
    assert!(report.counted && report.looked_back_to.is_none());
}

async fn play(acts: Vec<Act>) {
    let shop = Shop::new().await;
    let mut zones = 1;
    let follower = |zones: usize| {
        let mut follower = shop.follower(&ZONES[..zones]);
        (follower.outcomes_per_step, follower.built_per_step) = (3, 2);
        follower
    };
    let mut following = follower(zones);
    let mut made = 0;
    for act in acts {
        match act {
            Act::Create(looks) => {
                made += 1;
                shop.act(vec![Effect::Create(looks.on(conversion(&format!("e{made}"), 0)))]).await;
            }
            Act::Change(which, looks) => {
                let all = shop.conversions().await;
                if !all.is_empty() {
                    shop.act(vec![Effect::Update(looks.on(which.get(&all).clone()))]).await;
                }
            }
            Act::Settle(accepted) => shop.settle_one(accepted).await,
            Act::Step => drop(following.step().await.unwrap()),
            Act::Zone => {
                zones = ZONES.len().min(zones + 1);
                following = follower(zones);
            }
            Act::Pass(days) => shop.pass(days),
        }
    }
    follow(&mut following).await;
    check(&shop, zones).await;
    assert!(shop.store.outcomes(shop.workspace, 0, 1).await.unwrap().rows.is_empty(), "they are forgotten");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equal_a_recount_whatever_happens(acts in acts()) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(play(acts));
    }
}

#[tokio::test]
async fn days_by_older_rules_of_their_zone_are_built_anew() {
    // Vancouver's clocks of before 2026 are those of Los Angeles.
    const OLD: &str = "America/Los_Angeles";
    const ZONE: &str = "America/Vancouver";
    // Midnight of 1 November 2026 in both.
    const CHANGE_S: i64 = 1_793_516_400;
    for first in [-40, -3, 2] {
        let shop = Shop::new().await;
        shop.pass((CHANGE_S - BEGIN_S) / 86_400 + 6);
        for hours in first * 24..100 {
            let id = format!("e{hours}");
            shop.act(vec![Effect::Create(conversion(&id, CHANGE_S + hours * 3_600 + 1_800))]).await;
        }
        follow(&mut shop.follower(&[OLD])).await;
        let followed = shop.store.followed(shop.workspace, "roll_ups").await.unwrap();
        // As if Vancouver had been counted by the rules of then.
        let (old, grain) = (Zone::named(OLD).unwrap().grain(), Zone::named(ZONE).unwrap().grain());
        let days = shop.store.days(shop.workspace, old.clone(), i64::MIN).await.unwrap();
        let changes = days.into_iter().map(|day| RollUp { grain: grain.clone(), ..day }).collect();
        let kept = followed.kept.iter().filter(|kept| kept.grain == old);
        let kept = kept.map(|kept| KeptRollUps { grain: grain.clone(), ..kept.clone() }).collect();
        let step = RollUpStep { upto: followed.upto, changes, kept };
        shop.store.roll_up(shop.workspace, "roll_ups", followed.upto, step).await.unwrap();
        shop.settle_one(true).await;

        let mut follower = shop.follower(&[OLD, ZONE]);
        (follower.outcomes_per_step, follower.built_per_step) = (3, 2);
        follow(&mut follower).await;
        let all = shop.conversions().await;
        let kept = shop.store.followed(shop.workspace, "roll_ups").await.unwrap().kept;
        for kept in kept.iter().filter(|kept| kept.grain != Grain::Quarter) {
            let rows = shop.store.days(shop.workspace, kept.grain.clone(), i64::MIN).await.unwrap();
            let counted: BTreeMap<_, _> =
                rows.into_iter().map(|row| ((row.start_s, row.place), (row.n, row.amount))).collect();
            assert_eq!(counted, recounted(&all, kept), "{kept:?} from {first}");
        }
    }
}

#[tokio::test]
async fn a_late_outcome_of_an_old_event_changes_its_day_alone() {
    let shop = Shop::new().await;
    shop.act(vec![Effect::Create(conversion("e1", BEGIN_S))]).await;
    let mut follower = shop.follower(&ZONES[..1]);
    follow(&mut follower).await;
    shop.pass(40);
    shop.act(vec![Effect::Create(conversion("e2", BEGIN_S + 40 * 86_400))]).await;
    follow(&mut follower).await;
    shop.settle_one(true).await;
    follow(&mut follower).await;
    let rows =
        async |grain| shop.store.roll_ups(shop.workspace, grain, i64::MIN, i64::MAX).await.unwrap().rows;
    let quarters = rows(Grain::Quarter).await;
    assert!(quarters.iter().all(|row| row.start_s > BEGIN_S && row.n == 1), "{quarters:?}");
    let days = rows(Zone::named(ZONES[0]).unwrap().grain()).await;
    let states: Vec<_> = days.iter().map(|row| (row.place.state, row.n, row.amount)).collect();
    assert_eq!(states, [(State::Queued, 1, 499_990), (State::Accepted, 1, 499_990)]);
    check(&shop, 1).await;

    // A zone that comes into use now has no days from before its quarters.
    let mut with_another = shop.follower(&ZONES[..2]);
    follow(&mut with_another).await;
    check(&shop, 2).await;
    let zone = Zone::named(ZONES[1]).unwrap();
    let report = ads_report(&*shop.store, shop.workspace, &zone, None, None).await.unwrap();
    assert_eq!(report.looked_back_to.as_deref(), Some("2026-06-02"));
    let report =
        ads_report(&*shop.store, shop.workspace, &zone, Some(BEGIN_S + 30 * 86_400), None).await.unwrap();
    assert_eq!((report.looked_back_to, report.since.as_deref()), (None, Some("2026-06-27")));
}
