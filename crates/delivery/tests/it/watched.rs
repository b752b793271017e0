//! The real store, watched, and made to fail where a test wants it to.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use store::{
    AttemptId, Claimed, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, QueueStore,
    Queued, Sqlite, Wakes, Wakeups,
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

impl Wakes for Watched {
    fn wakeups(&self) -> &Wakeups {
        self.store.wakeups()
    }
}

#[async_trait]
impl QueueStore for Watched {
    async fn interrupted(&self, l: Lease, d: &LaneKey) -> Kept<()> {
        self.store.interrupted(l, d).await
    }

    async fn claim(&self, l: Lease, d: &LaneKey, limit: usize, now: i64) -> Kept<Claimed> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        let claimed = self.store.claim(l, d, limit, now).await?;
        self.judge(&Call::Claim(&claimed))?;
        Ok(claimed)
    }

    async fn complete(&self, l: Lease, d: &LaneKey, claimed: Vec<Queued>) -> Kept<Claimed> {
        self.store.complete(l, d, claimed).await
    }

    async fn next_due(&self, l: Lease, d: &LaneKey) -> Kept<Option<i64>> {
        self.store.next_due(l, d).await
    }

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

    async fn settle(
        &self,
        l: Lease,
        d: &LaneKey,
        a: Option<AttemptId>,
        o: Vec<OutcomeOf>,
        now: i64,
    ) -> Kept<()> {
        self.judge(&Call::Settle(&o))?;
        self.store.settle(l, d, a, o, now).await?;
        self.ended.fetch_add(usize::from(a.is_some()), Ordering::SeqCst);
        self.without_attempt.fetch_add(usize::from(a.is_none()), Ordering::SeqCst);
        Ok(())
    }

    async fn pause(&self, l: Lease, s: &PauseScope, p: Option<Pause>) -> Kept<()> {
        self.store.pause(l, s, p).await
    }

    async fn paused(&self, l: Lease, s: &[PauseScope]) -> Kept<Vec<(PauseScope, Pause)>> {
        self.store.paused(l, s).await
    }

    async fn note_taken(&self, l: Lease, d: &str, a: &str) -> Kept<()> {
        self.taken.lock().unwrap().push((d.to_owned(), a.to_owned()));
        self.store.note_taken(l, d, a).await
    }
}
