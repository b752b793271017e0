//! Sales that are told outside of a CRM.

use kopru_core::{Contact, Conversion, Deal, Effect, Node, State};

use super::shop::{ORIGIN, Shop, deal_key, node, queued};
use crate::{Store, views::ToldSale};

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
