//! Keys are found wherever they are, and what is said of one is what was put last.

use std::sync::Arc;

use kopru_core::WorkspaceId;
use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::{DataKey, sqlite::migrations};

const SHOP: WorkspaceId = WorkspaceId(1);

fn connection() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    migrations::apply(&connection, &DataKey::from_hex(&"7".repeat(64)).unwrap()).unwrap();
    connection
}

fn key(n: u64) -> OnceHash {
    let hash = capi::from_hex(&capi::sha256_hex(&n.to_be_bytes())).unwrap();
    std::array::from_fn(|at| hash[at])
}

/// What a writer does with one group.
fn put(connection: &Connection, once: &Arc<OnceKeys>, keys: &[(u64, KeyHolder)]) {
    let mut pending = PendingKeys::new(Arc::clone(once));
    for (n, held) in keys {
        pending.put(connection, SHOP, key(*n), *held).unwrap();
    }
    pending.commit();
}

fn held(number: u64) -> KeyHolder {
    KeyHolder { number, until_s: 1_000 }
}

#[test]
fn a_key_counts_in_its_group_and_for_others_once_that_is_committed() {
    let (connection, once) = (connection(), Arc::new(OnceKeys::default()));
    let mut pending = PendingKeys::new(Arc::clone(&once));
    pending.put(&connection, SHOP, key(1), held(1)).unwrap();
    pending.keep();
    pending.put(&connection, SHOP, key(1), held(2)).unwrap();
    pending.put(&connection, SHOP, key(2), held(2)).unwrap();
    pending.undo();
    let found = |pending: &PendingKeys, n| pending.find(&connection, SHOP, &key(n)).unwrap();
    assert_eq!(
        (found(&pending, 1), found(&pending, 2)),
        (Some(held(1)), None),
        "the second change is undone"
    );
    assert_eq!(once.find(&connection, SHOP, &key(1)).unwrap(), None);
    pending.commit();
    assert_eq!(once.find(&connection, SHOP, &key(1)).unwrap(), Some(held(1)));
    pending.put(&connection, SHOP, key(3), held(3)).unwrap();
    pending.roll_back();
    assert_eq!(found(&pending, 3), None);
    assert_eq!(pending.find(&connection, WorkspaceId(2), &key(1)).unwrap(), None, "another business");
}

#[test]
fn all_of_one_id_are_found_by_it_and_of_a_key_the_newest() {
    let (connection, once) = (connection(), Arc::new(OnceKeys::default()));
    let of_id = |last: u8| -> OnceHash { std::array::from_fn(|at| if at < 8 { 7 } else { last }) };
    let mut pending = PendingKeys::new(Arc::clone(&once));
    for (last, number) in [(1, 10), (2, 11)] {
        pending.put(&connection, SHOP, of_id(last), held(number)).unwrap();
    }
    pending.put(&connection, SHOP, key(1), held(12)).unwrap();
    pending.commit();
    settle(&connection, &once);
    pending.put(&connection, SHOP, of_id(2), held(13)).unwrap();
    pending.commit();
    assert_eq!(once.numbers(&connection, SHOP, [7; 8]).unwrap(), [10, 13]);
    assert!(once.numbers(&connection, SHOP, [8; 8]).unwrap().is_empty());
}

/// Moves what is recent into segments, as the background does, in one go.
fn settle(connection: &Connection, once: &Arc<OnceKeys>) {
    let Some(settled) = once.begin(0) else { return };
    settled.in_one_change(connection, once);
}

#[derive(Debug, Clone)]
enum Step {
    Put(u64),
    Settle,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => (0..400_u64).prop_map(Step::Put), 1 => Just(Step::Settle), 1 => Just(Step::Restart)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_found_is_what_was_put_last(steps in proptest::collection::vec(step(), 1..200)) {
        let connection = connection();
        let mut once = Arc::new(OnceKeys::default());
        let mut known: HashMap<u64, KeyHolder> = HashMap::new();
        for (number, step) in (1..).zip(&steps) {
            match step {
                Step::Put(n) => {
                    // Some outlast the others by far, and lie in segments of their own.
                    let until_s = if n % 5 == 0 { i64::from(u32::MAX) } else { 1_000 };
                    let held = KeyHolder { number, until_s };
                    put(&connection, &once, &[(*n, held)]);
                    known.insert(*n, held);
                }
                Step::Settle => settle(&connection, &once),
                Step::Restart => once = Arc::new(OnceKeys::load(&connection).unwrap()),
            }
        }
        for n in 0..410 {
            prop_assert_eq!(once.find(&connection, SHOP, &key(n)).unwrap(), known.get(&n).copied(), "{}", n);
        }
    }
}

#[test]
fn a_filter_has_18_bits_a_key_and_is_seldom_wrong() {
    let connection = connection();
    let mut keys: Vec<(OnceHash, KeyHolder)> = (0..100_000).map(|n| (key(n), held(n))).collect();
    keys.sort_unstable_by_key(|(key, _)| *key);
    let (segment, pages) = Segment::of(1, &keys);
    segment::write_pages(&connection, SHOP, segment::first_place(1), &pages).unwrap();
    assert!(segment.filter_bytes() <= 3 * 100_000, "{} bytes", segment.filter_bytes());
    assert!(pages.iter().all(|page| page.len() < 4_000), "a row is within a page of the file");
    let wrong = (100_000..200_000).filter(|n| segment.may_have(half(&key(*n)))).count();
    assert!(wrong < 100, "{wrong} of 100,000");
    for n in (0..100_000).step_by(997) {
        assert_eq!(segment.find(&connection, &key(n)).unwrap(), Some(held(n)));
    }
    assert_eq!(segment.find(&connection, &key(100_001)).unwrap(), None);
}
