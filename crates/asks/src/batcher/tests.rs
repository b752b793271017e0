use std::collections::BTreeSet;

use kopru_core::{DealKey, Question, WorkspaceId};

use super::*;

const MAX: usize = 100;

fn ask(id: u32, tries: u32) -> AskDue {
    let deal = DealKey { origin: "kommo:acme".into(), id: id.to_string() };
    AskDue { workspace: WorkspaceId(1), question: Question::Deal { deal }, upto: 1, tries, since_ms: 0 }
}

fn asks(ids: std::ops::RangeInclusive<u32>, tries: u32) -> Vec<AskDue> {
    ids.map(|id| ask(id, tries)).collect()
}

fn id(ask: &AskDue) -> u32 {
    let Question::Deal { deal } = &ask.question else { panic!("a deal") };
    deal.id.parse().unwrap()
}

/// Plays an account whose list fails when it names one of `poison`, until nothing more is asked or all
/// that is healthy is answered. Returns the requests, rounds, and who was not answered.
async fn play(
    batcher: &mut Batcher,
    questions: Vec<AskDue>,
    poison: &[u32],
) -> (usize, usize, BTreeSet<u32>) {
    let mut open: Vec<(Instant, AskDue)> = questions.into_iter().map(|ask| (Instant::now(), ask)).collect();
    let (mut requests, mut downs) = (0, 0);
    while open.iter().any(|(_, ask)| !poison.contains(&id(ask))) {
        assert!(requests < 1_000, "no end");
        let now = Instant::now();
        let mut due = open.iter().filter(|(at, _)| *at <= now).map(|(_, ask)| ask.clone()).collect();
        match batcher.next(&mut due) {
            Next::Ask(list) => {
                requests += 1;
                if list.asks.iter().all(|ask| !poison.contains(&id(ask))) {
                    batcher.answered(&list);
                    batcher.rest.end();
                    open.retain(|(_, ask)| !list.asks.iter().any(|one| one.question == ask.question));
                    continue;
                }
                let mut put_off = |asks: &[AskDue]| {
                    for (at, ask) in &mut open {
                        if asks.iter().any(|one| one.question == ask.question) {
                            *at = Instant::now() + Duration::from_secs(1 << ask.tries.min(8));
                            ask.tries += 1;
                        }
                    }
                };
                match batcher.failed(list, "", rest::DOWN, None) {
                    Blamed::Parts => {}
                    Blamed::Record(asks) => put_off(&asks),
                    Blamed::Down(asks) => {
                        downs += 1;
                        put_off(&asks);
                        put_off(&due);
                    }
                }
            }
            Next::Later(_) | Next::Nothing => tokio::time::advance(Duration::from_millis(250)).await,
        }
    }
    (requests, downs, open.iter().map(|(_, ask)| id(ask)).collect())
}

#[tokio::test(start_paused = true)]
async fn one_odd_record_of_sixty_is_found_at_once() {
    for odd in [1, 30, 31, 60] {
        let begun = Instant::now();
        let (requests, downs, left) = play(&mut Batcher::new(MAX), asks(1..=60, 0), &[odd]).await;
        assert_eq!(left, BTreeSet::from([odd]));
        assert!(requests <= 13 && downs == 0, "{requests} requests, {downs} times down");
        assert_eq!(begun.elapsed(), Duration::ZERO, "no wait");
    }
}

#[tokio::test(start_paused = true)]
async fn an_odd_record_in_each_half_keeps_nobody_out() {
    for poison in [&[1, 60][..], &[1, 2, 59, 60], &[5, 15, 25, 35, 45, 55]] {
        let begun = Instant::now();
        let (requests, _, left) = play(&mut Batcher::new(MAX), asks(1..=60, 0), poison).await;
        assert_eq!(left, poison.iter().copied().collect());
        assert!(requests < 150, "{requests} requests");
        assert!(begun.elapsed() < Duration::from_mins(2), "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_down_costs_three_requests_a_round() {
    let mut batcher = Batcher::new(MAX);
    for round in 0..10 {
        let mut due = asks(1..=40, round);
        let (mut requests, mut put_off) = (0, 0);
        let down = loop {
            let Next::Ask(list) = batcher.next(&mut due) else { panic!("something is due") };
            requests += 1;
            match batcher.failed(list, "", rest::DOWN, None) {
                Blamed::Parts => {}
                Blamed::Record(asks) => put_off += asks.len(),
                Blamed::Down(asks) => break asks.len() + due.len(),
            }
        };
        assert_eq!((requests, put_off + down), (3, 40), "round {round}");
        assert!(matches!(batcher.next(&mut asks(1..=40, 0)), Next::Later(_)), "it rests");
        tokio::time::advance(rest::DOWN.longest).await;
    }
}

#[tokio::test(start_paused = true)]
async fn new_questions_go_before_old_ones_and_without_them() {
    let mut batcher = Batcher::new(MAX);
    let mut due = asks(1..=400, 3);
    due.extend(asks(1_001..=1_040, 0));
    let Next::Ask(list) = batcher.next(&mut due) else { panic!("new ones are due") };
    assert!(list.asks.iter().all(|ask| ask.tries == 0) && list.asks.len() == 40);
    assert_eq!(due.len(), 400, "the others are not in hand");
    let Next::Ask(list) = batcher.next(&mut due) else { panic!("old ones fill a list") };
    assert!(list.asks.len() == MAX && due.len() == 300);
}

#[tokio::test(start_paused = true)]
async fn old_questions_are_mixed_and_come_in_shorter_lists_while_nobody_answers() {
    let mut batcher = Batcher::new(MAX);
    let mut orders = BTreeSet::new();
    for expected in [100, 50, 25, 12, 6, 3, 1, 1] {
        let mut due = asks(1..=100, 1);
        let Next::Ask(list) = batcher.next(&mut due) else { panic!("they fill a list") };
        assert_eq!(list.asks.len(), expected);
        orders.insert(list.asks.iter().map(id).collect::<Vec<_>>());
        batcher.halve();
    }
    assert!(!orders.contains(&(1..=100).collect::<Vec<_>>()), "in another order");
    for expected in [1, 2, 4, 8, 16, 32, 64, 100, 100] {
        let Next::Ask(list) = batcher.next(&mut asks(1..=100, 1)) else { panic!("they fill a list") };
        assert_eq!(list.asks.len(), expected);
        batcher.answered(&list);
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_within_half_a_second_shares_a_list() {
    let mut batcher = Batcher::new(MAX);
    assert!(matches!(batcher.next(&mut asks(1..=1, 0)), Next::Ask(_)));
    let mut due = asks(2..=3, 0);
    let Next::Later(until) = batcher.next(&mut due) else { panic!("they gather") };
    assert!(until == Instant::now() + BETWEEN_LISTS && due.len() == 2);
    tokio::time::advance(BETWEEN_LISTS).await;
    assert!(matches!(batcher.next(&mut due), Next::Ask(list) if list.asks.len() == 2));
    assert!(matches!(batcher.next(&mut due), Next::Nothing));
}

#[tokio::test(start_paused = true)]
async fn the_longer_a_list_was_the_longer_gathers_the_next_one() {
    for (asked, waits_ms) in [(1, 500), (2, 500), (3, 1_500), (7, 3_500), (8, 4_000), (99, 4_000)] {
        let mut batcher = Batcher::new(MAX);
        assert!(matches!(batcher.next(&mut asks(1..=asked, 0)), Next::Ask(_)));
        let begun = Instant::now();
        let (mut due, mut id) = (Vec::new(), 200);
        let list = loop {
            due.push(ask(id, 0));
            id += 1;
            match batcher.next(&mut due) {
                Next::Ask(list) => break list,
                _ => tokio::time::advance(BETWEEN_LISTS / 5).await,
            }
        };
        assert_eq!(begun.elapsed(), Duration::from_millis(waits_ms), "after {asked}");
        assert_eq!(list.asks.len(), 1 + waits_ms as usize / 100);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_of_many_gather_for_half_a_second() {
    let mut batcher = Batcher::new(MAX);
    assert!(matches!(batcher.next(&mut asks(1..=25, 0)), Next::Ask(_)));
    let Next::Later(until) = batcher.next(&mut asks(26..=50, 0)) else { panic!("they gather") };
    assert_eq!(until, Instant::now() + BETWEEN_LISTS);
    tokio::time::advance(BETWEEN_LISTS).await;
    assert!(matches!(batcher.next(&mut asks(26..=50, 0)), Next::Ask(_)), "no other one came");
    let full = batcher.next(&mut asks(51..=150, 0));
    assert!(matches!(full, Next::Ask(list) if list.asks.len() == MAX), "a full list does not wait");
}

/// One question every `apart` for `lasting`: how many lists they make, and how long one waits at most.
async fn stream(apart: Duration, lasting: Duration) -> (usize, Duration) {
    let (mut batcher, mut due, mut came) = (Batcher::new(MAX), Vec::new(), Vec::new());
    let begun = Instant::now();
    let (mut lists, mut longest, mut next) = (0, Duration::ZERO, begun);
    while next < begun + lasting || !due.is_empty() {
        if next <= Instant::now() && next < begun + lasting {
            due.push(ask(u32::try_from(came.len()).unwrap(), 0));
            came.push(next);
            next += apart;
        }
        match batcher.next(&mut due) {
            Next::Ask(list) => {
                lists += 1;
                let waits = list.asks.iter().map(|ask| came[id(ask) as usize].elapsed());
                longest = longest.max(waits.max().unwrap());
            }
            Next::Later(until) if next < begun + lasting => tokio::time::sleep_until(until.min(next)).await,
            Next::Later(until) => tokio::time::sleep_until(until).await,
            Next::Nothing => tokio::time::sleep_until(next).await,
        }
    }
    (lists, longest)
}

#[tokio::test(start_paused = true)]
async fn many_at_once_fill_few_lists_and_one_a_second_does_not_wait() {
    let second = Duration::from_secs(1);
    let (lists, longest) = stream(second / 10, 30 * second).await;
    assert!(lists <= 12 && longest <= 4 * second, "{lists} lists, {longest:?}");
    assert_eq!(stream(second, 60 * second).await, (60, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_comes_thinly_behind_many_shares_few_lists() {
    let mut batcher = Batcher::new(MAX);
    assert!(matches!(batcher.next(&mut asks(1..=40, 0)), Next::Ask(_)));
    let mut due = asks(41..=42, 0);
    let begun = Instant::now();
    let Next::Later(until) = batcher.next(&mut due) else { panic!("they gather") };
    assert_eq!(until, begun + PAUSE_MAX);
    tokio::time::sleep_until(until).await;
    assert!(matches!(batcher.next(&mut due), Next::Ask(_)));
    // The long list is still known.
    let Next::Later(until) = batcher.next(&mut asks(43..=44, 0)) else { panic!("they gather") };
    assert_eq!(until, Instant::now() + PAUSE_MAX);
}

#[test]
fn a_wait_is_spread_over_a_quarter() {
    for seed in 0..1_000 {
        let wait = spread(Duration::from_mins(5), seed);
        assert!((225..=300).contains(&wait.as_secs()), "{wait:?}");
    }
    assert_ne!(spread(Duration::from_mins(5), 0), spread(Duration::from_mins(5), 255));
}
