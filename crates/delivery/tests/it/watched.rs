//! The real store, watched, and made to fail where a test wants it to.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use kopru_core::{
    Adopted, Fact, History, Question, Revisit, RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId,
};
use store::{
    Answered, AskDue, AttemptId, Claimed, Decided, HotPath, LaneKey, Lease, Member, OpenAttempt, OutcomeOf,
    Pause, PauseScope, Sqlite, Unreadable, Wakeups, Work,
};

type Kept<T> = Result<T, store::Error>;

/// What a lane does with the store.
pub enum Call<'a> {
    Claim(&'a Claimed),
    Open(&'a [Member]),
    Settle(&'a [OutcomeOf]),
}

impl Call<'_> {
    /// Whether this row is among those that are touched.
    pub fn touches(&self, number: u64) -> bool {
        match self {
            Self::Claim(claimed) => claimed.ready.iter().any(|member| member.number == number),
            Self::Open(members) => members.iter().any(|member| member.number == number),
            Self::Settle(outcomes) => outcomes.iter().any(|outcome| outcome.number == number),
        }
    }
}

type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;
type Fails = Box<dyn Fn(&Call<'_>) -> Option<store::Error> + Send + Sync>;

pub struct Watched {
    store: Arc<Sqlite>,
    fails: Mutex<Fails>,
    before_open: Mutex<Option<Hook>>,
    taken: Mutex<Vec<(String, String)>>,
    opened: AtomicUsize,
    ended: AtomicUsize,
    claims: AtomicUsize,
    most: AtomicUsize,
    without_attempt: AtomicUsize,
}

impl Watched {
    pub fn new(store: Arc<Sqlite>) -> Self {
        let [opened, ended, claims, most, without_attempt] = [const { AtomicUsize::new(0) }; 5];
        Self {
            store,
            fails: Mutex::new(Box::new(|_| None)),
            before_open: Mutex::new(None),
            taken: Mutex::default(),
            opened,
            ended,
            claims,
            most,
            without_attempt,
        }
    }

    /// Fails calls from now on.
    pub fn fail(&self, fails: impl Fn(&Call<'_>) -> Option<store::Error> + Send + Sync + 'static) {
        *self.fails.lock().unwrap() = Box::new(fails);
    }

    /// Does something once, before the next attempt is made durable.
    pub fn before_open(&self, hook: impl Future<Output = ()> + Send + 'static) {
        *self.before_open.lock().unwrap() = Some(Box::pin(hook));
    }

    /// Whether an attempt has begun and not ended.
    pub fn is_under_way(&self) -> bool {
        self.under_way() > 0
    }

    /// How many attempts were under way together at most.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// How often events were settled that no attempt had held.
    pub fn without_attempt(&self) -> usize {
        self.without_attempt.load(Ordering::SeqCst)
    }

    /// How many attempts have begun and not ended.
    fn under_way(&self) -> usize {
        let ended = self.ended.load(Ordering::SeqCst);
        self.opened.load(Ordering::SeqCst).saturating_sub(ended)
    }

    /// Of which accounts Meta was noted to have taken events, at which datasets.
    pub fn noted(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }

    /// How often something to do was looked for.
    pub fn claims(&self) -> usize {
        self.claims.load(Ordering::SeqCst)
    }

    fn judge(&self, call: &Call<'_>) -> Kept<()> {
        self.fails.lock().unwrap()(call).map_or(Ok(()), Err)
    }
}

#[rustfmt::skip]
impl HotPath for Watched {
    fn append(&self, w: WorkspaceId, s: &str, at: i64, f: Vec<Fact>) -> impl Future<Output = Kept<()>> + Send { self.store.append(w, s, at, f) }
    fn append_unreadable(&self, w: WorkspaceId, at: i64, u: Unreadable) -> impl Future<Output = Kept<()>> + Send { self.store.append_unreadable(w, at, u) }
    fn lease(&self, w: WorkspaceId) -> impl Future<Output = Kept<Lease>> + Send { self.store.lease(w) }
    fn interrupted(&self, l: Lease, d: &LaneKey) -> impl Future<Output = Kept<()>> + Send { self.store.interrupted(l, d) }
    fn take(&self, l: Lease, limit: usize, now: i64) -> impl Future<Output = Kept<Work>> + Send { self.store.take(l, limit, now) }
    fn apply(&self, l: Lease, d: Decided) -> impl Future<Output = Kept<()>> + Send { self.store.apply(l, d) }
    fn set_aside_next(&self, l: Lease, why: &str) -> impl Future<Output = Kept<Option<Seq>>> + Send { self.store.set_aside_next(l, why) }
    async fn claim(&self, l: Lease, d: &LaneKey, limit: usize, now: i64) -> Kept<Claimed> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        let claimed = self.store.claim(l, d, limit, now).await?;
        self.judge(&Call::Claim(&claimed))?;
        Ok(claimed)
    }
    fn next_due(&self, l: Lease, d: &LaneKey) -> impl Future<Output = Kept<Option<i64>>> + Send { self.store.next_due(l, d) }
    async fn open(&self, l: Lease, d: &LaneKey, m: Vec<Member>, now: i64) -> Kept<OpenAttempt> {
        let hook = self.before_open.lock().unwrap().take();
        if let Some(hook) = hook {
            hook.await;
        }
        self.judge(&Call::Open(&m))?;
        self.opened.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(self.under_way(), Ordering::SeqCst);
        self.store.open(l, d, m, now).await
    }
    async fn settle(&self, l: Lease, d: &LaneKey, a: Option<AttemptId>, o: Vec<OutcomeOf>, now: i64) -> Kept<()> {
        self.judge(&Call::Settle(&o))?;
        self.store.settle(l, d, a, o, now).await?;
        self.ended.fetch_add(usize::from(a.is_some()), Ordering::SeqCst);
        self.without_attempt.fetch_add(usize::from(a.is_none()), Ordering::SeqCst);
        Ok(())
    }
    fn pause(&self, l: Lease, s: &PauseScope, p: Option<Pause>) -> impl Future<Output = Kept<()>> + Send { self.store.pause(l, s, p) }
    fn paused(&self, l: Lease, s: &[PauseScope]) -> impl Future<Output = Kept<Vec<(PauseScope, Pause)>>> + Send { self.store.paused(l, s) }
    fn note_taken(&self, l: Lease, d: &str, a: &str) -> impl Future<Output = Kept<()>> + Send {
        self.taken.lock().unwrap().push((d.to_owned(), a.to_owned()));
        self.store.note_taken(l, d, a)
    }
    fn history(&self, w: WorkspaceId) -> impl Future<Output = Kept<History>> + Send { self.store.history(w) }
    fn adopt(&self, l: Lease, a: Adopted, r: Option<Revisit>, s: Vec<PauseScope>) -> impl Future<Output = Kept<()>> + Send { self.store.adopt(l, a, r, s) }
    fn revisit(&self, w: WorkspaceId, r: Revisit) -> impl Future<Output = Kept<()>> + Send { self.store.revisit(w, r) }
    fn revisit_step(&self, w: WorkspaceId, r: Revisit, p: RevisitPlace) -> impl Future<Output = Kept<(RevisitStep, WorkingSet)>> + Send { self.store.revisit_step(w, r, p) }
    fn asks_due(&self, o: &str, w: &[WorkspaceId], limit: usize, now: i64) -> impl Future<Output = Kept<Vec<AskDue>>> + Send { self.store.asks_due(o, w, limit, now) }
    fn answer(&self, w: WorkspaceId, s: &str, at: i64, a: Vec<Answered>) -> impl Future<Output = Kept<()>> + Send { self.store.answer(w, s, at, a) }
    fn next_ask_due(&self, w: WorkspaceId, o: &str) -> impl Future<Output = Kept<Option<i64>>> + Send { self.store.next_ask_due(w, o) }
    fn postpone(&self, w: WorkspaceId, q: Vec<(Question, i64)>, e: &str) -> impl Future<Output = Kept<()>> + Send { self.store.postpone(w, q, e) }
    fn abandon(&self, w: WorkspaceId, q: Vec<Question>) -> impl Future<Output = Kept<()>> + Send { self.store.abandon(w, q) }
    fn ask(&self, w: WorkspaceId, q: Question, due: i64) -> impl Future<Output = Kept<()>> + Send { self.store.ask(w, q, due) }
    fn count(&self, w: WorkspaceId, n: &str, by: i64) -> impl Future<Output = Kept<()>> + Send { self.store.count(w, n, by) }
    fn wakeups(&self) -> &Wakeups { self.store.wakeups() }
}
