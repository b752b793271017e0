//! What came of each rule, and what an event is worth that nobody has paid.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{
    AmountFrom, Conversion, ConversionFilter, Deal, Effect, Reason, State, Stop, Unmade, Worth,
};

use super::shop::{Shop, deal_key, queued};
use crate::{
    OutcomeOf, Settled, Store,
    views::{CountAndWorth, RuleLedger, RulePart},
};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn counted(n: i64, worth: Option<&str>) -> CountAndWorth {
    let worth = worth.map(|amount| ("TRY".to_owned(), money(amount)));
    CountAndWorth { n, worth: worth.into_iter().collect() }
}

fn sale(event_id: &str, amount: &str) -> Conversion {
    Conversion {
        event: "Purchase".into(),
        rule: "sale".into(),
        worth: Some(Worth::price()),
        value: amount.parse().ok(),
        currency: Some("TRY".into()),
        ..queued(event_id, 0)
    }
}

/// A deal that has fired the rule of sales before that counted.
fn before(id: &str, amount: Option<&str>) -> Deal {
    let why = Reason::BeforeRule;
    let currency = amount.map(|_| "TRY".to_owned());
    let unmade = Unmade { event: "Purchase".into(), why, amount: amount.map(money), currency };
    Deal { unmade: BTreeMap::from([("sale".to_owned(), unmade)]), ..Deal::new(deal_key(id)) }
}

pub(super) async fn a_rules_ledger_balances(store: &dyn Store) {
    let shop = Shop::open(store, "rules").await;
    let rules = async || store.ledger(shop.workspace).await.unwrap().rules;
    assert_eq!(rules().await, []);
    let no_click = sale("c", "5").stopped(Stop::suppressed(Reason::NoClick));
    let made = [sale("a", "100.50"), sale("b", "20"), no_click, queued("lead", 0)];
    let deals = [before("1", Some("7")), before("2", None), before("1", Some("9"))];
    let deals = deals.map(Effect::SaveDeal).into_iter();
    shop.act(made.map(Effect::Create).into_iter().chain(deals).collect(), 0).await;

    let part = |state, reason, counted| RulePart { state, reason, counted };
    let (waits, undone) = (Some(State::Suppressed), Some(Reason::NoClick));
    let none = part(None, Some(Reason::BeforeRule), counted(2, Some("9")));
    let lead = part(Some(State::Queued), None, counted(1, None));
    let qualified = RuleLedger {
        rule: "qualified".into(),
        fired: counted(1, None),
        made: counted(1, None),
        parts: vec![lead],
    };
    let sales = RuleLedger {
        rule: "sale".into(),
        fired: counted(5, Some("134.5")),
        made: counted(3, Some("125.5")),
        parts: vec![
            part(Some(State::Queued), None, counted(2, Some("120.5"))),
            part(waits, undone, counted(1, Some("5"))),
            none,
        ],
    };
    assert_eq!(rules().await, [qualified.clone(), sales]);

    // Meta takes one, one is worth more now, and of a deal an event has come after all.
    let number = shop.listed("a").await.number;
    let settled = Settled::Accepted { reply: "trace".into() };
    store
        .settle(shop.lease, &super::shop::lane(), None, vec![OutcomeOf { number, settled }], 0)
        .await
        .unwrap();
    let now = vec![
        Effect::Update(sale("b", "30")),
        Effect::SaveDeal(Deal::new(deal_key("1"))),
        Effect::Create(sale("d", "9")),
    ];
    shop.act(now, 0).await;
    let sales = RuleLedger {
        rule: "sale".into(),
        fired: counted(5, Some("144.5")),
        made: counted(4, Some("144.5")),
        parts: vec![
            part(Some(State::Queued), None, counted(2, Some("39"))),
            part(Some(State::Accepted), None, counted(1, Some("100.5"))),
            part(waits, undone, counted(1, Some("5"))),
            part(None, Some(Reason::BeforeRule), counted(1, None)),
        ],
    };
    assert_eq!(rules().await, [qualified, sales]);
}

pub(super) async fn an_estimate_is_no_revenue(store: &dyn Store) {
    let shop = Shop::open(store, "estimates").await;
    let fixed = Worth { from: AmountFrom::Fixed(money("500")), ..Worth::price() };
    let estimate = Conversion { worth: Some(fixed), ..sale("estimate", "500") };
    shop.act(vec![Effect::Create(estimate.clone()), Effect::Create(sale("sale", "80"))], 0).await;
    for event_id in ["estimate", "sale"] {
        let number = shop.listed(event_id).await.number;
        let settled = Settled::Accepted { reply: "trace".into() };
        let outcome = OutcomeOf { number, settled };
        store.settle(shop.lease, &super::shop::lane(), None, vec![outcome], 0).await.unwrap();
    }
    let funnel = store.funnel(shop.workspace).await.unwrap();
    assert_eq!((funnel.purchases, funnel.revenue), (2, BTreeMap::from([("TRY".to_owned(), money("80"))])));
    assert_eq!(shop.listed("estimate").await.conversion.value, Some(money("500")), "it is told all the same");
    let all = store.outcomes(shop.workspace, 0, 100).await.unwrap().rows;
    let amounts = all.iter().filter(|row| row.now.amount == Some(money("500")));
    assert_eq!(amounts.count(), 0);
    let [rule] = store.ledger(shop.workspace).await.unwrap().rules.try_into().unwrap();
    assert_eq!((rule.rule.as_str(), rule.fired), ("sale", counted(2, Some("80"))));
}

/// Meta had it before: that it is undone since, and what it should have been worth, is said all the same.
pub(super) async fn what_meta_had_already_is_seen_undone(store: &dyn Store) {
    let shop = Shop::open(store, "undone").await;
    let told = Conversion { state: State::Duplicate, due_ms: None, ..sale("told", "80") };
    shop.act(vec![Effect::Create(told.clone())], 0).await;
    let correction = Some(money("70"));
    let reason = Some(Reason::Undone);
    let undone = Conversion { reason, correction, stored: Some(State::Duplicate), ..told };
    shop.act(vec![Effect::Update(undone)], 0).await;
    let now = shop.listed("told").await.conversion;
    assert_eq!((now.state, now.reason, now.correction), (State::Duplicate, reason, correction));
    shop.balanced().await;
}

/// What Meta took and what was undone since is in every sum, as what it is.
pub(super) async fn what_was_undone_is_in_every_sum(store: &dyn Store) {
    let shop = Shop::open(store, "undone sums").await;
    shop.act(vec![Effect::Create(sale("stands", "100.50")), Effect::Create(sale("undone", "20"))], 0).await;
    for claimed in shop.claim(2, 0).await {
        let opened = shop.open_attempt(std::slice::from_ref(&claimed), 0).await;
        let settled = Settled::Accepted { reply: String::new() };
        let outcome = OutcomeOf { number: claimed.number, settled };
        store.settle(shop.lease, &super::shop::lane(), Some(opened.attempt), vec![outcome], 1).await.unwrap();
    }
    let told = shop.listed("undone").await.conversion;
    let undone = Conversion { reason: Some(Reason::Undone), ..told.clone() };
    let undoing = [Effect::Update(undone.clone()), Effect::Update(told), Effect::Update(undone)];
    for (place, effect) in undoing.into_iter().enumerate() {
        shop.act(vec![effect], 0).await;
        shop.balanced().await;
        let (is_undone, ledger) = (place != 1, store.ledger(shop.workspace).await.unwrap());
        assert_eq!(ledger.conversions.undone, i64::from(is_undone));
        let part = |reason, counted| RulePart { state: Some(State::Accepted), reason, counted };
        let parts = if is_undone {
            vec![part(None, counted(1, Some("100.50"))), part(Some(Reason::Undone), counted(1, Some("20")))]
        } else {
            vec![part(None, counted(2, Some("120.50")))]
        };
        assert_eq!(ledger.rules[0].parts, parts);
        let funnel = store.funnel(shop.workspace).await.unwrap();
        assert_eq!((funnel.purchases, &funnel.revenue), (2, &counted(2, Some("120.50")).worth));
        assert_eq!(funnel.undone, if is_undone { counted(1, Some("20")) } else { CountAndWorth::default() });
        let filter = ConversionFilter { reasons: vec![Reason::Undone], ..ConversionFilter::default() };
        let page = store.conversions_of(shop.workspace, filter, None, 10).await.unwrap();
        let listed: Vec<_> = page.listed.into_iter().map(|one| one.conversion.event_id).collect();
        assert_eq!(listed, if is_undone { vec!["undone"] } else { vec![] });
        let last = store.outcomes(shop.workspace, 0, 100).await.unwrap().rows.pop().unwrap();
        let reasons = (last.was.and_then(|was| was.place.reason), last.now.place.reason);
        let undone = Some(Reason::Undone);
        assert_eq!(reasons, if is_undone { (None, undone) } else { (undone, None) });
    }
}

/// It was undone while it was on its way, and Meta takes it.
pub(super) async fn what_was_undone_on_its_way_is_undone_when_meta_takes_it(store: &dyn Store) {
    let shop = Shop::open(store, "undone meanwhile").await;
    shop.act(vec![Effect::Create(sale("sale", "20")), Effect::Create(sale("dropped", "30"))], 0).await;
    let claimed = shop.claim(2, 0).await;
    let opened = shop.open_attempt(&claimed, 0).await;
    for (event_id, reason) in [("sale", Reason::Withdrawn), ("dropped", Reason::Dropped)] {
        let held = shop.listed(event_id).await.conversion;
        let stopped = Conversion { stop: Some(Stop::suppressed(reason)), ..held };
        shop.act(vec![Effect::Update(stopped)], 0).await;
    }
    let accepted = |one: &crate::Queued| {
        let settled = Settled::Accepted { reply: String::new() };
        OutcomeOf { number: one.number, settled }
    };
    let outcomes = claimed.iter().map(accepted).collect();
    store.settle(shop.lease, &super::shop::lane(), Some(opened.attempt), outcomes, 1).await.unwrap();
    let reasons = [shop.listed("sale").await, shop.listed("dropped").await];
    let reasons = reasons.map(|one| (one.conversion.state, one.conversion.reason));
    assert_eq!(reasons, [(State::Accepted, Some(Reason::Undone)), (State::Accepted, None)]);
    assert_eq!(store.funnel(shop.workspace).await.unwrap().undone, counted(1, Some("20")));
    shop.balanced().await;
}
