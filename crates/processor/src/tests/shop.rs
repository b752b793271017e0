//! A workspace with a store in a folder, and facts for it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use kopru_core::{
    Catalogue, Channel, Click, Consent, ContactRead, Dataset, DealHint, DealKey, DealNow, DealRead, Fact,
    Mode, Named, Node, Policy, Repeat, RouteKind, Rule, StageId, StageName, State, Trigger, WorkspaceId,
    Worth,
};
use store::{Clock, DataKey, DecisionStore, FactStore, Lease, Sqlite, Store, Views, views::Ledger};

use super::faulty::Faulty;
use crate::{NextTurn, Processor};

pub(super) const ORIGIN: &str = "kommo:acme";
/// When the stories begin, Unix seconds.
pub(super) const T0: i64 = 1_780_000_000;

pub(super) struct Shop {
    pub(super) store: Arc<Faulty>,
    pub(super) lease: Lease,
    pub(super) processor: Processor,
    pub(super) clock: Clock,
    now_ms: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Shop {
    /// A shop an hour after the beginning, by a clock that everybody believes.
    pub(super) async fn open() -> Self {
        Self::with_clock(Clock::trusted).await
    }

    pub(super) async fn with_clock(make: impl FnOnce(Clock) -> Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = DataKey::from_hex(&"5a".repeat(32)).unwrap();
        let store = Arc::new(Faulty::new(Sqlite::open(folder.path(), &key).unwrap()));
        let workspace = store.inner.workspace("acme").await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        let now_ms = Arc::new(AtomicI64::new((T0 + 3600) * 1000));
        let shown = Arc::clone(&now_ms);
        let clock = make(Clock::new(move || shown.load(Ordering::Relaxed)));
        let processor = Processor::new(store.clone(), lease, Arc::new(policy()), clock.clone());
        let shop = Self { store, lease, processor, clock, now_ms, _folder: folder };
        shop.append(vec![catalogue()]).await;
        shop
    }

    pub(super) fn set_clock_s(&self, now_s: i64) {
        self.now_ms.store(now_s * 1000, Ordering::Relaxed);
    }

    pub(super) async fn append(&self, facts: Vec<Fact>) {
        let now_ms = self.clock.now_ms();
        self.store.inner.append(self.lease.workspace, "test", now_ms, facts).await.unwrap();
    }

    /// Takes turns until there is nothing more to do at once; returns how many those were and what
    /// comes next.
    pub(super) async fn work(&mut self) -> (usize, NextTurn) {
        for turns in 1.. {
            let next = self.processor.step().await;
            assert!(self.ledger().await.balanced);
            if next != NextTurn::AtOnce {
                return (turns, next);
            }
            assert!(turns < 2_000, "it never ends");
        }
        unreachable!()
    }

    pub(super) async fn ledger(&self) -> Ledger {
        self.store.inner.ledger(self.lease.workspace).await.unwrap()
    }

    /// The places of the facts that are set aside.
    pub(super) async fn set_aside(&self) -> Vec<u64> {
        let all = self.store.inner.set_aside(self.lease.workspace, 1_000).await.unwrap();
        all.iter().map(|one| one.seq).collect()
    }

    /// State and reason of all conversions that are not queued, and how many are.
    pub(super) async fn conversions(&self) -> (usize, Vec<String>) {
        let all = self.store.inner.conversions(self.lease.workspace, None, 10_000).await.unwrap();
        let (queued, others): (Vec<_>, Vec<_>) =
            all.into_iter().map(|one| one.conversion).partition(|one| one.state == State::Queued);
        let name = |one: &kopru_core::Conversion| {
            format!("{} {}", one.state.code(), one.reason.map_or("", kopru_core::Reason::code))
        };
        (queued.len(), others.iter().map(name).collect())
    }
}

pub(super) fn contact(id: &str) -> Node {
    Node::contact(ORIGIN, id)
}

pub(super) fn phone() -> Node {
    Node::from_stored("phone:walk-in".to_owned())
}

pub(super) fn deal_key(id: &str) -> DealKey {
    DealKey { origin: ORIGIN.to_owned(), id: id.to_owned() }
}

pub(super) fn hint(id: &str) -> Fact {
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key(id),
        stage: None,
        moved: false,
        at_s: Some(T0),
    })
}

fn won() -> StageId {
    StageId { pipeline: "7".to_owned(), status: "142".to_owned() }
}

/// The answer that a deal was won.
pub(super) fn won_deal(id: &str, contact: &Node, price: Option<&str>) -> Fact {
    let found = Some(DealNow {
        created_s: None,
        stage: won(),
        price: price.map(|price| price.parse().unwrap()),
        contacts: vec![contact.clone()],
        updated_s: T0 + 10,
        closed_s: Some(T0 + 10),
        consent: None,
        named: Named::default(),
    });
    Fact::Deal(DealRead { deal: deal_key(id), found, answered_upto: u64::from(u32::MAX) })
}

/// The answer that a contact has these identifiers.
pub(super) fn read(contact: &Node, who: Vec<Node>) -> Fact {
    Fact::Contact(ContactRead {
        identifiers: Vec::new(),
        contact: contact.clone(),
        found: true,
        who,
        consent: None,
        updated_s: None,
        answered_upto: u64::from(u32::MAX),
    })
}

pub(super) fn click(message: &str, who: Node, at_s: i64) -> Fact {
    Fact::Click(Click {
        message: message.to_owned(),
        channel: Channel::Whatsapp,
        account: "waba".to_owned(),
        who: vec![who],
        at_s,
        click_id: Some(format!("clid-{message}")),
        ad_id: None,
    })
}

fn catalogue() -> Fact {
    Fact::Catalogue(Catalogue {
        account: None,
        name: None,
        origin: ORIGIN.to_owned(),
        currency: Some("TRY".to_owned()),
        stages: vec![StageName {
            stage: won(),
            pipeline_name: "Sales".to_owned(),
            stage_name: "Closed - won".to_owned(),
        }],
        former: Vec::new(),
        meanings: Vec::new(),
    })
}

/// Won is a Purchase, to one live dataset.
pub(super) fn policy() -> Policy {
    Policy {
        workspace: WorkspaceId(1),
        currency: None,
        consent_since_s: None,
        restored: None,
        consent: Consent::Elsewhere,
        rules: vec![Rule {
            id: "won".to_owned(),
            pipeline: None,
            trigger: Trigger::Won,
            send: "Purchase".to_owned(),
            worth: Some(Worth::price()),
            repeat: Repeat::Once,
            since_s: None,
        }],
        datasets: vec![Dataset {
            id: "set-1".to_owned(),
            waba_id: Some("waba".to_owned()),
            mistaken_accounts: Vec::new(),
            routes: vec![RouteKind::Messaging],
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::Both,
            appending: kopru_core::Appending::default(),
            mode: Mode::Live,
        }],
    }
}
