//! What is set aside: counted, listed, tried again; and turns that leave something out.

use kopru_core::{Decision, Outcome};

use super::shop::{Shop, hint, nothing};
use crate::{Decided, Error, SetAside, Store};

fn used(seq: u64) -> Decision {
    Decision { seq, outcome: Outcome::Used, effects: Vec::new() }
}

fn aside(seq: u64) -> SetAside {
    SetAside { seq, why: format!("the body of {seq} does not open") }
}

pub(super) async fn is_counted_listed_and_tried_again(store: &dyn Store) {
    let shop = Shop::open(store, "set aside").await;
    shop.append((0..5).map(|number| hint(&number.to_string())).collect()).await;
    let decided = Decided {
        decisions: vec![used(1), used(3)],
        set_aside: vec![aside(2), aside(4)],
        ..Decided::default()
    };
    shop.apply(decided).await.unwrap();
    let facts = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((facts.received, facts.pending, facts.used, facts.set_aside), (5, 1, 2, 2));
    let listed = store.set_aside(shop.workspace, 10).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.seq).collect::<Vec<_>>(), [2, 4]);
    let first = &listed[0];
    assert_eq!((first.source.as_str(), first.kind.as_str(), first.received_ms), ("test", "deal_hint", 1_000));
    assert_eq!(first.why, aside(2).why);
    assert_eq!(store.set_aside(shop.workspace, 1).await.unwrap().len(), 1);
    assert_eq!(shop.take(10, 0).await.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(), [5]);

    assert_eq!(store.retry_set_aside(shop.workspace).await.unwrap(), 2);
    shop.balanced().await;
    assert!(store.set_aside(shop.workspace, 10).await.unwrap().is_empty());
    assert_eq!(shop.take(10, 0).await.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(), [2, 4, 5]);
    shop.decide(Outcome::Used, Vec::new(), 0).await;
    let facts = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((facts.pending, facts.used, facts.set_aside), (0, 5, 0));
    assert_eq!(store.retry_set_aside(shop.workspace).await.unwrap(), 0);
}

pub(super) async fn the_next_fact_can_be_set_aside_unread(store: &dyn Store) {
    let shop = Shop::open(store, "set aside unread").await;
    assert_eq!(store.set_aside_next(shop.lease, "nothing is there").await.unwrap(), None);
    shop.append(vec![nothing(), nothing()]).await;
    assert_eq!(store.set_aside_next(shop.lease, "a page is broken").await.unwrap(), Some(1));
    shop.balanced().await;
    assert_eq!(shop.take(10, 0).await.facts[0].seq, 2);
    // What is decided anew comes before what is new.
    store.retry_set_aside(shop.workspace).await.unwrap();
    assert_eq!(store.set_aside_next(shop.lease, "still broken").await.unwrap(), Some(1));
    assert_eq!(store.set_aside_next(shop.lease, "this too").await.unwrap(), Some(2));
    assert_eq!(store.set_aside_next(shop.lease, "nothing is there").await.unwrap(), None);
    shop.balanced().await;
    assert_eq!(store.ledger(shop.workspace).await.unwrap().facts.set_aside, 2);
    let old = shop.lease;
    let new = Shop::open(store, "set aside unread").await;
    new.append(vec![nothing()]).await;
    let fenced = store.set_aside_next(old, "somebody else holds it").await;
    assert!(matches!(fenced, Err(Error::Fenced(_))), "{fenced:?}");
}

pub(super) async fn what_a_turn_leaves_out_is_taken_later(store: &dyn Store) {
    let shop = Shop::open(store, "left out").await;
    shop.append((0..4).map(|number| hint(&number.to_string())).collect()).await;
    let decided = |seqs: &[u64], asides: &[u64]| Decided {
        decisions: seqs.iter().copied().map(used).collect(),
        set_aside: asides.iter().copied().map(aside).collect(),
        ..Decided::default()
    };
    let left = async || shop.take(10, 0).await.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>();
    // As if the others had been committed later, though their numbers are lower.
    shop.apply(decided(&[4], &[2])).await.unwrap();
    assert_eq!(left().await, [1, 3]);
    let before = store.ledger(shop.workspace).await.unwrap();
    let refused = [
        // Decided before, set aside before, not in the log, and twice in one turn.
        decided(&[1, 4], &[]),
        decided(&[1, 2], &[]),
        decided(&[1], &[2]),
        decided(&[1, 3, 5], &[]),
        decided(&[1, 3], &[3]),
    ];
    for (place, turn) in refused.into_iter().enumerate() {
        let refused = shop.apply(turn).await;
        assert!(matches!(refused, Err(Error::Decided(_))), "turn {place}: {refused:?}");
        assert_eq!(store.ledger(shop.workspace).await.unwrap(), before, "turn {place}");
        assert_eq!(left().await, [1, 3], "turn {place}");
    }
    shop.append(vec![hint("later")]).await;
    assert_eq!(left().await, [1, 3, 5]);
    shop.apply(decided(&[3, 5], &[1])).await.unwrap();
    assert!(left().await.is_empty());
}
