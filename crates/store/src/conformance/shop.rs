//! The workspace that the suite uses.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{
    Cause, Channel, Conversion, DealHint, DealKey, Decision, Effect, Fact, Identity, Link, Node, Outcome,
    Reason, Route, Sent, Seq, State, WorkspaceId,
};

use crate::{
    Decided, Error, LaneKey, Lease, Member, OpenAttempt, PauseScope, Queued, Store, Work,
    outcomes::RollUpStep, views::Funnel, views::Listed,
};

pub(super) const ORIGIN: &str = "kommo:acme";
pub(super) const SET: &str = "set-1";
/// What one signed body says of two identifiers.
pub(super) const JOIN: kopru_core::Join =
    kopru_core::Join { trust: kopru_core::Trust::Signed, since_s: 1, until_s: None };

/// A workspace under a lease.
pub(super) struct Shop<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) workspace: WorkspaceId,
    pub(super) lease: Lease,
}

impl<'a> Shop<'a> {
    pub(super) async fn open(store: &'a dyn Store, name: &str) -> Self {
        let workspace = store.workspace(name).await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        Self { store, workspace, lease }
    }

    pub(super) async fn append(&self, facts: Vec<Fact>) {
        self.store.append(self.workspace, "test", 1_000, facts).await.unwrap();
        self.balanced().await;
    }

    pub(super) async fn take(&self, limit: usize, now_ms: i64) -> Work {
        self.store.take(self.lease, limit, now_ms).await.unwrap()
    }

    pub(super) async fn apply(&self, decided: Decided) -> Result<(), Error> {
        let applied = self.store.apply(self.lease, decided).await;
        self.balanced().await;
        applied
    }

    /// Decides what there is: the first fact has the effects, all others none.
    pub(super) async fn decide(&self, outcome: Outcome, effects: Vec<Effect>, now_ms: i64) -> Vec<Seq> {
        let Work { facts, erasures, .. } = self.take(100, now_ms).await;
        let seqs: Vec<Seq> = facts.iter().map(|fact| fact.seq).collect();
        let mut effects = Some(effects);
        let decisions = seqs
            .iter()
            .map(|seq| Decision {
                seq: *seq,
                outcome: outcome.clone(),
                effects: effects.take().unwrap_or_default(),
            })
            .collect();
        self.apply(Decided { decisions, now_ms, erasures, ..Decided::default() }).await.unwrap();
        seqs
    }

    /// Does something, caused by a fact that says nothing.
    pub(super) async fn act(&self, effects: Vec<Effect>, now_ms: i64) {
        self.append(vec![nothing()]).await;
        self.decide(Outcome::Used, effects, now_ms).await;
    }

    pub(super) async fn claim(&self, limit: usize, now_ms: i64) -> Vec<Queued> {
        self.store.claim(self.lease, &lane(), limit, now_ms).await.unwrap().ready
    }

    /// Opens an attempt with these members.
    pub(super) async fn open_attempt(&self, members: &[Queued], now_ms: i64) -> OpenAttempt {
        let members = members.iter().map(member).collect();
        self.store.open(self.lease, &lane(), members, now_ms).await.unwrap()
    }

    /// Follows all outcomes, and adds up nothing.
    pub(super) async fn follow(&self) {
        let from = self.store.followed(self.workspace, "suite").await.unwrap().upto;
        let upto = self.store.outcomes(self.workspace, from, usize::from(u16::MAX)).await.unwrap().upto;
        let step = RollUpStep { upto, ..RollUpStep::default() };
        self.store.roll_up(self.workspace, "suite", from, step).await.unwrap();
    }

    pub(super) async fn listed(&self, event_id: &str) -> Listed {
        let mut all = self.store.conversions(self.workspace, None, usize::from(u16::MAX)).await.unwrap();
        all.retain(|one| one.conversion.event_id == event_id);
        assert_eq!(all.len(), 1, "conversions with event_id {event_id}");
        all.remove(0)
    }

    /// The ledger balances, and counts what is there.
    pub(super) async fn balanced(&self) {
        let ledger = self.store.ledger(self.workspace).await.unwrap();
        assert!(ledger.balanced, "{ledger:?}");
        let all = self.store.conversions(self.workspace, None, usize::from(u16::MAX)).await.unwrap();
        let there = |state| all.iter().filter(|one| one.conversion.state == state).count() as i64;
        let counted = ledger.conversions;
        assert_eq!(
            [counted.queued, counted.waiting, counted.accepted, counted.suppressed, counted.failed],
            [State::Queued, State::Waiting, State::Accepted, State::Suppressed, State::Failed].map(there),
        );
        assert_eq!(counted.created, all.len() as i64);
        self.counted_as_listed(&all).await;
    }

    /// The numbers of the overview are those of a recount.
    async fn counted_as_listed(&self, all: &[Listed]) {
        let mut kinds: BTreeMap<_, i64> = BTreeMap::new();
        let mut funnel = Funnel::default();
        for Listed { conversion, .. } in all {
            let reason = conversion.reason.map(Reason::code);
            *kinds.entry((conversion.event.clone(), conversion.state, reason)).or_default() += 1;
            // What a site tells itself is not what ads brought.
            if conversion.state != State::Accepted || conversion.rule.is_empty() {
                continue;
            }
            match conversion.event.as_str() {
                "Lead" => funnel.leads += 1,
                "Purchase" => {
                    funnel.purchases += 1;
                    if let (Some(value), Some(currency)) = (conversion.value, conversion.currency.clone()) {
                        let sum = funnel.revenue.entry(currency).or_insert(Money::ZERO);
                        *sum = sum.checked_add(value).unwrap();
                    }
                    if conversion.is_undone() {
                        funnel.undone.n += 1;
                        if let (Some(value), Some(currency)) = (conversion.value, conversion.currency.clone())
                        {
                            let sum = funnel.undone.worth.entry(currency).or_insert(Money::ZERO);
                            *sum = sum.checked_add(value).unwrap();
                        }
                    }
                }
                _ => {}
            }
        }
        let counted: BTreeMap<_, i64> = self
            .store
            .breakdown(self.workspace)
            .await
            .unwrap()
            .into_iter()
            .map(|(event, state, reason, n)| ((event, state, reason.map(Reason::code)), n))
            .collect();
        assert_eq!(counted, kinds);
        let counted = self.store.funnel(self.workspace).await.unwrap();
        assert_eq!(Funnel { conversations: 0, ..counted }, funnel);
    }
}

/// The lane of all conversions that [`queued`] makes.
pub(super) fn lane() -> LaneKey {
    LaneKey { dataset: SET.to_owned(), route: Route::Messaging(Channel::Whatsapp) }
}

/// A scope that is [`SET`]'s.
pub(super) fn scope() -> PauseScope {
    PauseScope::Dataset(SET.to_owned())
}

/// A member of an attempt, with a body that says which it is.
pub(super) fn member(claimed: &Queued) -> Member {
    let Queued { number, revision, conversion, .. } = claimed;
    let body = format!("{{\"event_id\":\"{}\"}}", conversion.event_id);
    Member { number: *number, revision: *revision, body, carried: String::new(), may_count_twice: false }
}

/// The ids of what was claimed.
pub(super) fn ids(claimed: &[Queued]) -> Vec<&str> {
    claimed.iter().map(|one| one.conversion.event_id.as_str()).collect()
}

pub(super) fn node(text: &str) -> Node {
    Node::from_stored(text.to_owned())
}

/// A fact that touches nothing.
pub(super) fn nothing() -> Fact {
    Fact::Link(Link { who: Vec::new(), at_s: 1, ..Link::default() })
}

pub(super) fn deal_key(id: &str) -> DealKey {
    DealKey { origin: ORIGIN.to_owned(), id: id.to_owned() }
}

/// A report about a deal.
pub(super) fn hint(deal: &str) -> Fact {
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key(deal),
        stage: None,
        moved: false,
        at_s: Some(1),
    })
}

/// A conversion that is queued and due at a time.
pub(super) fn queued(event_id: &str, due_ms: i64) -> Conversion {
    Conversion {
        event_id: event_id.to_owned(),
        event: "Lead".to_owned(),
        name: "LeadSubmitted".to_owned(),
        rule: "qualified".to_owned(),
        cause: Cause::Deal(deal_key(event_id)),
        route: Route::Messaging(Channel::Whatsapp),
        event_s: 7,
        received_ms: 8_000,
        worth: None,
        value: None,
        currency: None,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some(SET.to_owned()),
        ad_id: Some("ad-1".to_owned()),
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: Some(due_ms),
        detail: None,
        stop: None,
        released: false,
        identity: Some(Identity::Click { account: "waba-1".to_owned(), click_id: "click-1".to_owned() }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
