//! What a lane does when the store fails at the worst moment.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use kopru_core::{Fact, Question, Seq, State, WorkspaceId};
use store::{
    Answered, AskDue, AttemptId, Bells, Claimed, Decided, HotPath, Lease, OutcomeOf, Pause, Sqlite,
    StoreError, Unreadable, Work,
};

use crate::world::{DATASET, World};

type Kept<T> = Result<T, StoreError>;

/// The real store, which fails to keep the end of the first attempts.
struct Failing {
    store: Arc<Sqlite>,
    failures: AtomicU32,
}

#[rustfmt::skip]
impl HotPath for Failing {
    fn append(&self, w: WorkspaceId, s: &str, at: i64, f: Vec<Fact>) -> impl Future<Output = Kept<()>> + Send { self.store.append(w, s, at, f) }
    fn append_unreadable(&self, w: WorkspaceId, at: i64, u: Unreadable) -> impl Future<Output = Kept<()>> + Send { self.store.append_unreadable(w, at, u) }
    fn lease(&self, w: WorkspaceId) -> impl Future<Output = Kept<Lease>> + Send { self.store.lease(w) }
    fn take(&self, l: Lease, limit: usize, now: i64) -> impl Future<Output = Kept<Work>> + Send { self.store.take(l, limit, now) }
    fn apply(&self, l: Lease, d: Decided) -> impl Future<Output = Kept<()>> + Send { self.store.apply(l, d) }
    fn set_aside_next(&self, l: Lease, why: &str) -> impl Future<Output = Kept<Option<Seq>>> + Send { self.store.set_aside_next(l, why) }
    fn claim(&self, l: Lease, d: &str, limit: usize, now: i64) -> impl Future<Output = Kept<Claimed>> + Send { self.store.claim(l, d, limit, now) }
    fn next_due(&self, l: Lease, d: &str) -> impl Future<Output = Kept<Option<i64>>> + Send { self.store.next_due(l, d) }
    fn open(&self, l: Lease, d: &str, m: Vec<u64>, now: i64) -> impl Future<Output = Kept<AttemptId>> + Send { self.store.open(l, d, m, now) }
    async fn settle(&self, l: Lease, d: &str, a: Option<AttemptId>, o: Vec<OutcomeOf>, now: i64) -> Kept<()> {
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(StoreError::Full("no room".into()));
        }
        self.store.settle(l, d, a, o, now).await
    }
    fn pause(&self, l: Lease, d: &str, p: Option<Pause>) -> impl Future<Output = Kept<()>> + Send { self.store.pause(l, d, p) }
    fn paused(&self, l: Lease, d: &str) -> impl Future<Output = Kept<Option<Pause>>> + Send { self.store.paused(l, d) }
    fn asks_due(&self, o: &str, w: &[WorkspaceId], limit: usize, now: i64) -> impl Future<Output = Kept<Vec<AskDue>>> + Send { self.store.asks_due(o, w, limit, now) }
    fn answer(&self, w: WorkspaceId, s: &str, at: i64, a: Vec<Answered>) -> impl Future<Output = Kept<()>> + Send { self.store.answer(w, s, at, a) }
    fn next_ask_due(&self, w: WorkspaceId, o: &str) -> impl Future<Output = Kept<Option<i64>>> + Send { self.store.next_ask_due(w, o) }
    fn postpone(&self, w: WorkspaceId, q: Vec<(Question, i64)>, e: &str) -> impl Future<Output = Kept<()>> + Send { self.store.postpone(w, q, e) }
    fn abandon(&self, w: WorkspaceId, q: Vec<Question>) -> impl Future<Output = Kept<()>> + Send { self.store.abandon(w, q) }
    fn ask(&self, w: WorkspaceId, q: Question, due: i64) -> impl Future<Output = Kept<()>> + Send { self.store.ask(w, q, due) }
    fn count(&self, w: WorkspaceId, n: &str, by: i64) -> impl Future<Output = Kept<()>> + Send { self.store.count(w, n, by) }
    fn bells(&self) -> &Bells { self.store.bells() }
}

#[tokio::test]
async fn a_full_disk_after_the_answer_does_not_send_the_events_again() {
    let world = World::new().await;
    let failing = Failing { store: Arc::clone(&world.store), failures: AtomicU32::new(2) };
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run_to(&world.target(DATASET), Arc::new(failing));
    world.until_count(State::Accepted, 1).await;
    lane.stop().await;
    assert_eq!(world.accepted_ids(), ["a"]);
}
