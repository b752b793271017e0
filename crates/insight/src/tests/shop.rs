//! A workspace whose conversions are made, changed and ended as the loops do it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use kopru_core::{
    Cause, Channel, Conversion, DealKey, Decision, Effect, Fact, Identity, Link, Outcome, Reason, Route,
    Sent, State, WorkspaceId, Worth,
};
use store::{
    Clock, DataKey, Decided, DecisionStore as _, FactStore as _, LaneKey, Lease, Member, OutcomeOf,
    QueueStore as _, Settled, Sqlite, Store as _, Views as _,
};

use crate::{Follower, Zone, follower::NextFollow};

/// 2026-05-28, in the evening.
pub(super) const BEGIN_S: i64 = 1_780_000_000;
const SET: &str = "700100";

pub(super) struct Shop {
    pub(super) store: Arc<Sqlite>,
    pub(super) workspace: WorkspaceId,
    lease: Lease,
    now_s: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Shop {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(folder.path(), &DataKey::generate().unwrap()).unwrap());
        let workspace = store.workspace("acme").await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        Self { store, workspace, lease, now_s: Arc::new(AtomicI64::new(BEGIN_S)), _folder: folder }
    }

    pub(super) fn pass(&self, days: i64) {
        self.now_s.fetch_add(days * 86_400, Ordering::Relaxed);
    }

    pub(super) fn follower(&self, zones: &[&str]) -> Follower {
        let zones = zones.iter().map(|name| Zone::named(name).unwrap()).collect();
        let now_s = Arc::clone(&self.now_s);
        let clock = Clock::new(move || now_s.load(Ordering::Relaxed) * 1_000).trusted();
        Follower::new(self.store.clone(), self.workspace, zones, clock)
    }

    pub(super) async fn act(&self, effects: Vec<Effect>) {
        let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
        self.store.append(self.workspace, "test", 0, vec![nothing]).await.unwrap();
        let seq = self.store.take(self.lease, 1, 0).await.unwrap().facts[0].seq;
        let decisions = vec![Decision { seq, outcome: Outcome::Used, effects }];
        self.store.apply(self.lease, Decided { decisions, ..Decided::default() }).await.unwrap();
    }

    /// Lets the first that is due leave, and ends its attempt.
    pub(super) async fn settle_one(&self, accepted: bool) {
        let lane = LaneKey { dataset: SET.into(), route: Route::Messaging(Channel::Whatsapp) };
        let claimed = self.store.claim(self.lease, &lane, 1, i64::MAX).await.unwrap().ready;
        let Some(first) = claimed.first() else { return };
        let member = Member {
            number: first.number,
            revision: first.revision,
            body: "{}".into(),
            carried: String::new(),
            may_count_twice: false,
        };
        let opened = self.store.open(self.lease, &lane, vec![member], 0).await.unwrap();
        let settled = if accepted {
            Settled::Accepted { reply: String::new() }
        } else {
            Settled::Failed { reason: Reason::RefusedByMeta, reply: None }
        };
        let outcomes = vec![OutcomeOf { number: first.number, settled }];
        self.store.settle(self.lease, &lane, Some(opened.attempt), outcomes, 1).await.unwrap();
    }

    pub(super) async fn conversions(&self) -> Vec<Conversion> {
        let listed = self.store.conversions(self.workspace, None, 60_000).await.unwrap();
        listed.into_iter().map(|one| one.conversion).collect()
    }
}

/// Steps until there is nothing to do.
pub(super) async fn follow(follower: &mut Follower) {
    while follower.step().await.unwrap() == NextFollow::AtOnce {}
}

pub(super) fn conversion(id: &str, event_s: i64) -> Conversion {
    Conversion {
        event_id: id.into(),
        event: "Purchase".into(),
        name: "Purchase".into(),
        rule: "sale".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:1".into(), id: id.into() }),
        route: Route::Messaging(Channel::Whatsapp),
        event_s,
        received_ms: event_s * 1_000,
        worth: Some(Worth::price()),
        value: "4999.90".parse().ok(),
        currency: Some("TRY".into()),
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some(SET.into()),
        ad_id: Some("1202".into()),
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: "222".into(), click_id: "click-1".into() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
