//! Sales that are told outside of a CRM.

use kopru_core::{Contact, Conversion, Deal, Effect, Fact, ImportedSale, Link, Node, State};

use super::shop::{ORIGIN, Shop, deal_key, node, queued};
use crate::{Expiring, Store, views::ToldSale};

pub(super) async fn are_found_by_person_amount_and_day(store: &dyn Store) {
    let shop = Shop::open(store, "told sales").await;
    let (phone, other) = (node("phone:a"), node("phone:b"));
    let contact = |id: &str, who: &Node| {
        Effect::SaveContact(Contact { who: vec![who.clone()], ..Contact::new(Node::contact(ORIGIN, id)) })
    };
    let deal = |id: &str, contact: &str| {
        let contacts = vec![Node::contact(ORIGIN, contact)];
        Effect::SaveDeal(Deal { contacts, ..Deal::new(deal_key(id)) })
    };
    let sold = |id: &str, value: &str, state| {
        Effect::Create(Conversion {
            event: "Purchase".into(),
            value: value.parse().ok(),
            currency: Some("TRY".into()),
            event_s: 1000,
            state,
            ..queued(id, 0)
        })
    };
    let effects = vec![
        contact("c1", &phone),
        contact("c2", &other),
        deal("1", "c1"),
        deal("2", "c1"),
        deal("3", "c2"),
        sold("1", "10.50", State::Queued),
        sold("2", "20", State::Suppressed),
        Effect::Create(Conversion {
            value: "30".parse().ok(),
            currency: Some("TRY".into()),
            ..queued("3", 0)
        }),
    ];
    shop.act(effects, 0).await;
    let sale = |who: &[&Node], value: &str, currency: &str, from_s| ToldSale {
        who: who.iter().copied().cloned().collect(),
        value: value.parse().unwrap(),
        currency: currency.into(),
        from_s,
        to_s: from_s + 100,
    };
    let nobody = node("email:x");
    let asked = [
        (sale(&[&phone], "10.5", "TRY", 1000), Some("1")),
        (sale(&[&nobody, &phone], "10.50", "TRY", 901), Some("1")),
        (sale(&[&phone], "10.5", "TRY", 900), None),
        (sale(&[&phone], "10.5", "TRY", 1001), None),
        (sale(&[&phone], "10.5", "EUR", 1000), None),
        (sale(&[&phone], "10.51", "TRY", 1000), None),
        (sale(&[&other], "10.5", "TRY", 1000), None),
        (sale(&[&nobody], "10.5", "TRY", 1000), None),
        (sale(&[&phone], "20", "TRY", 1000), None),
        (sale(&[&other], "30", "TRY", 0), None),
        (sale(&[], "10.5", "TRY", 1000), None),
    ];
    let (sales, wanted): (Vec<ToldSale>, Vec<_>) = asked.into_iter().unzip();
    let found = store.deals_of_sales(shop.workspace, sales).await.unwrap();
    assert_eq!(found, wanted.into_iter().map(|id| id.map(deal_key)).collect::<Vec<_>>());
}

pub(super) async fn of_files_come_with_who_bought(store: &dyn Store) {
    let shop = Shop::open(store, "imported sales").await;
    let (phone, email) = (node("phone:a"), node("email:a"));
    let sale = |who: &[&Node], value: &str, from_s| ToldSale {
        who: who.iter().copied().cloned().collect(),
        value: value.parse().unwrap(),
        currency: "TRY".into(),
        from_s,
        to_s: from_s + 100,
    };
    let told = vec![
        sale(&[&phone, &email], "10.50", 1000),
        sale(&[&phone], "10.50", 1000),
        sale(&[&phone], "20", 1000),
        sale(&[&phone], "10.50", 1100),
        sale(&[&node("phone:b")], "1", 1000),
        sale(&[], "2", 1000),
    ];
    // Once more changes nothing.
    store.keep_imported_sales(shop.workspace, told.clone()).await.unwrap();
    store.keep_imported_sales(shop.workspace, told).await.unwrap();
    let others = Shop::open(store, "other imported sales").await;
    others.append(vec![seen(&phone)]).await;
    assert!(others.take(1, 0).await.state.imported.is_empty());

    let with = |value: &str, from_s| ImportedSale {
        value: value.parse().unwrap(),
        currency: "TRY".into(),
        from_s,
        to_s: from_s + 100,
    };
    shop.append(vec![seen(&phone)]).await;
    let of = async |node: &Node| {
        let mut imported = shop.take(1, 0).await.state.imported;
        imported.remove(node).unwrap_or_default()
    };
    assert_eq!(of(&phone).await, [with("10.50", 1100), with("20", 1000), with("10.50", 1000)]);
    assert_eq!(of(&email).await, [], "nobody says that it is the same person");
    let many = (0..40).map(|n| sale(&[&phone], "3", 10_000 + n));
    store.keep_imported_sales(shop.workspace, many.collect()).await.unwrap();
    let newest = of(&phone).await;
    assert_eq!((newest.len(), newest[0].from_s, newest[31].from_s), (32, 10_039, 10_008));

    let expire = async |before_ms| {
        let mut gone = 0;
        loop {
            let step = store.expire(shop.workspace, Expiring::ImportedSales, before_ms, 3).await.unwrap();
            gone += step.gone;
            if step.done {
                return gone;
            }
        }
    };
    assert_eq!(expire(1_100_000).await, 0, "in the last second of the day");
    assert_eq!(expire(1_101_000).await, 4);
    assert_eq!(of(&phone).await.len(), 32);
    assert_eq!(expire(9_000_000).await, 1);
    store.erase(shop.workspace, std::slice::from_ref(&phone), 1).await.unwrap();
    store.keep_imported_sales(shop.workspace, vec![sale(&[&phone], "4", 20_000)]).await.unwrap();
    store.lift(shop.workspace, std::slice::from_ref(&phone), 2).await.unwrap();
    shop.append(vec![seen(&phone)]).await;
    assert_eq!(of(&phone).await, [], "neither what was known nor what came since");
}

fn seen(who: &Node) -> Fact {
    Fact::Link(Link { who: vec![who.clone(), node("user:new")], at_s: 1, ..Link::default() })
}
