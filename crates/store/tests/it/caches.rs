//! What was once answered and cannot be read back counts as never answered: it is asked again, and
//! nothing ends for it.

use std::path::PathBuf;

use kopru_core::{ContactRead, DealHint, DealKey, Fact, Node, Reason, State};
use store::{AskStore, DecisionStore, FactStore, Lease, Sqlite, Store, Views};

use crate::{
    batches::{NOW_MS, ORIGIN, T0, catalogue, click, decide_turns, won},
    open,
    poison::spoil,
};

struct Shop {
    store: Sqlite,
    lease: Lease,
    folder: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let workspace = store.workspace("acme").await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        Self { store, lease, folder }
    }

    async fn hear(&self, facts: Vec<Fact>) {
        self.store.append(self.lease.workspace, "test", NOW_MS, facts).await.unwrap();
        decide_turns(&self.store, self.lease, 256).await;
        assert!(self.store.ledger(self.lease.workspace).await.unwrap().balanced);
    }

    fn spoil(&self, sql: &str) {
        let folder: PathBuf = self.folder.path().into();
        spoil(&folder, sql);
    }

    /// State and reason of each conversion.
    async fn told(&self) -> Vec<(State, Option<Reason>)> {
        let all = self.store.conversions(self.lease.workspace, None, 10).await.unwrap();
        all.iter().map(|one| (one.conversion.state, one.conversion.reason)).collect()
    }

    async fn asked(&self) -> Vec<String> {
        let due = self.store.asks_due(ORIGIN, &[self.lease.workspace], 10, i64::MAX).await.unwrap();
        due.iter().map(|ask| ask.question.key()).collect()
    }
}

fn contact() -> Node {
    Node::contact(ORIGIN, "c1")
}

fn phone() -> Node {
    Node::from_stored("phone:1".into())
}

fn read() -> Fact {
    let who = vec![phone()];
    Fact::Contact(ContactRead {
        identifiers: Vec::new(),
        contact: contact(),
        found: true,
        who,
        consent: None,
        updated_s: None,
        answered_upto: u64::from(u32::MAX),
    })
}

fn hint() -> Fact {
    let deal = DealKey { origin: ORIGIN.into(), id: "d1".into() };
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal,
        stage: None,
        moved: false,
        at_s: Some(T0),
    })
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_read_is_asked_for() {
    let shop = Shop::open().await;
    shop.hear(vec![catalogue(), click("m", &phone()), read()]).await;
    shop.spoil("UPDATE catalogue SET state = '{'");
    shop.hear(vec![won("d1", &contact())]).await;
    assert_eq!((shop.told().await, shop.asked().await), (vec![], vec![format!("catalogue:{ORIGIN}")]));
    shop.hear(vec![catalogue()]).await;
    assert_eq!(shop.told().await, [(State::Queued, None)]);
}

#[tokio::test]
async fn a_contact_that_cannot_be_read_is_asked_for() {
    let shop = Shop::open().await;
    shop.hear(vec![catalogue(), read(), won("d1", &contact())]).await;
    assert_eq!(shop.told().await, [(State::Suppressed, Some(Reason::ChatsUnheard))]);
    shop.spoil("UPDATE contact SET state = 'null'");
    shop.hear(vec![click("m", &phone())]).await;
    assert_eq!(shop.told().await, [(State::Waiting, Some(Reason::WaitingContact))]);
    assert_eq!(shop.asked().await, [contact().as_str()]);
    shop.hear(vec![read()]).await;
    assert_eq!(shop.told().await, [(State::Queued, None)]);
}

#[tokio::test]
async fn a_deal_that_cannot_be_read_is_asked_for_and_makes_nothing_twice() {
    let shop = Shop::open().await;
    shop.hear(vec![catalogue(), read(), won("d1", &contact())]).await;
    shop.spoil("UPDATE deal SET state = ''");
    shop.hear(vec![click("m", &phone())]).await;
    assert_eq!(shop.told().await, [(State::Suppressed, Some(Reason::ChatsUnheard))], "left as it is");
    let asked = shop.asked().await;
    assert_eq!(asked, [format!("deal:{ORIGIN}/d1"), contact().as_str().to_owned()]);
    shop.hear(vec![hint(), won("d1", &contact())]).await;
    assert_eq!(shop.told().await, [(State::Queued, None)]);
}

#[tokio::test]
async fn a_conversion_that_cannot_be_read_is_left_as_it_is() {
    let shop = Shop::open().await;
    shop.hear(vec![catalogue(), read(), won("d1", &contact()), won("d2", &contact())]).await;
    shop.spoil("UPDATE conversion SET record = '[]' WHERE cause LIKE '%/d1'");
    shop.hear(vec![click("m", &phone()), won("d1", &contact())]).await;
    let ledger = shop.store.ledger(shop.lease.workspace).await.unwrap();
    assert_eq!((ledger.conversions.queued, ledger.conversions.suppressed), (1, 1));
}

#[tokio::test]
async fn a_report_that_cannot_be_read_ends_with_the_answer_and_takes_nothing_with_it() {
    let shop = Shop::open().await;
    shop.hear(vec![catalogue(), click("m", &phone()), read(), hint(), hint()]).await;
    shop.spoil("UPDATE fact SET body = zeroblob(60) WHERE seq = 4");
    let Fact::Deal(mut answer) = won("d1", &contact()) else { unreachable!() };
    answer.answered_upto = 5;
    // The row is no older than the report.
    let found = answer.found.as_mut().unwrap();
    (found.updated_s, found.closed_s) = (T0 + 900, Some(T0 + 900));
    shop.hear(vec![Fact::Deal(answer)]).await;
    assert_eq!(shop.told().await, [(State::Queued, None)]);
    let facts = shop.store.ledger(shop.lease.workspace).await.unwrap().facts;
    assert_eq!((facts.waiting, facts.pending, facts.set_aside), (0, 0, 0));
    assert_eq!(shop.store.ignored(shop.lease.workspace).await.unwrap(), [(Reason::Unreadable, 1)]);
}
