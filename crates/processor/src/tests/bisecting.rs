//! One fact that cannot be taken, decided or applied is set aside, and the others go on.

use std::{collections::BTreeSet, time::Duration};
use store::DecisionStore;

use kopru_core::{Decision, Fact, Incoming, Now, Policy, WorkingSet, decide};

use super::{
    faulty::Fault,
    shop::{Shop, hint},
};
use crate::NextTurn;

const FACTS: usize = 300;

/// A shop with a catalogue (fact 1) and reports of as many deals, the first of them fact 2.
async fn shop() -> Shop {
    let mut shop = Shop::open().await;
    shop.work().await;
    shop.append((2..FACTS + 2).map(|seq| hint(&seq.to_string())).collect()).await;
    shop
}

/// How the facts at these places are poisoned.
fn poisons() -> Vec<fn(BTreeSet<u64>) -> Fault> {
    vec![
        |seqs| Fault::Taking(seqs, store::Error::corrupt("page 7")),
        |seqs| Fault::Taking(seqs, store::Error::database("a read panicked")),
        |seqs| Fault::Applying(seqs, store::Error::corrupt("page 7")),
        |seqs| Fault::Applying(seqs, store::Error::database("no such row")),
    ]
}

#[tokio::test]
async fn the_facts_that_fail_are_set_aside_alone() {
    for poison in poisons() {
        for poisoned in [vec![2], vec![257, 258, 301]] {
            let mut shop = shop().await;
            shop.store.fail(poison(poisoned.iter().copied().collect()));
            let (turns, next) = shop.work().await;
            assert!(matches!(next, NextTurn::Within(wait) if wait > Duration::from_secs(1)));
            assert_eq!(shop.set_aside().await, poisoned);
            let facts = shop.ledger().await.facts;
            assert_eq!((facts.pending, facts.set_aside), (0, poisoned.len() as i64));
            assert_eq!(facts.waiting, (FACTS - poisoned.len()) as i64);
            assert!(turns < 10 + 20 * poisoned.len(), "{turns} turns");

            // Once it is mended, what was set aside is decided like the others.
            shop.store.fail(None);
            shop.store.inner.retry_set_aside(shop.lease.workspace).await.unwrap();
            shop.work().await;
            let facts = shop.ledger().await.facts;
            assert_eq!((facts.set_aside, facts.waiting), (0, FACTS as i64));
        }
    }
}

/// Decides, but panics half-way through the reports of deals 40 and 41.
fn decide_or_panic(state: &mut WorkingSet, policy: &Policy, fact: &Incoming, now: Now) -> Decision {
    let decision = decide(state, policy, fact, now);
    let poisoned =
        |fact: &Fact| matches!(fact, Fact::DealHint(hint) if ["40", "41"].contains(&hint.deal.id.as_str()));
    assert!(!poisoned(&fact.fact), "a mistake");
    decision
}

#[tokio::test]
async fn a_decision_that_panics_takes_nothing_else_with_it() {
    let mut shop = shop().await;
    shop.processor.decide = decide_or_panic;
    shop.work().await;
    assert_eq!(shop.set_aside().await, [40, 41]);
    let facts = shop.ledger().await.facts;
    assert_eq!((facts.pending, facts.waiting), (0, FACTS as i64 - 2));
}

#[tokio::test]
async fn a_store_that_fails_at_everything_is_left_alone_and_nothing_is_set_aside() {
    for error in [
        store::Error::full("no space left"),
        store::Error::unwritable("the disk is gone"),
        store::Error::database("locked"),
        store::Error::corrupt("not a database"),
    ] {
        let mut shop = shop().await;
        shop.store.fail(Fault::Always(error));
        for _ in 0..3 {
            let (_, next) = shop.work().await;
            assert_eq!(next, NextTurn::Within(Duration::from_secs(1)));
        }
        shop.store.fail(None);
        shop.work().await;
        assert!(shop.set_aside().await.is_empty());
        assert_eq!(shop.ledger().await.facts.waiting, FACTS as i64);
    }
}

#[tokio::test]
async fn a_full_disk_blames_no_fact() {
    let mut shop = shop().await;
    let all: BTreeSet<u64> = (1..1_000).collect();
    shop.store.fail(Fault::Applying(all, store::Error::full("no space left")));
    for _ in 0..20 {
        assert_eq!(shop.processor.step().await, NextTurn::Within(Duration::from_secs(1)));
    }
    assert!(shop.set_aside().await.is_empty());
}

#[tokio::test]
async fn whoever_was_taken_over_stops() {
    for error in [store::Error::Fenced(1), store::Error::Closed] {
        let mut shop = shop().await;
        shop.store.fail(Fault::Always(error));
        assert_eq!(shop.processor.step().await, NextTurn::Never);
    }
}
