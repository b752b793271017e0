//! The state around facts: what was saved is loaded again, and as much of it as a decision needs.

use crate::Store;
use kopru_core::{
    Catalogue, Cause, Channel, Click, Contact, ContactRead, Deal, DealNow, DealRead, Effect, Entry, Fact,
    Link, Node, StageId,
};

use super::shop::{ORIGIN, Shop, deal_key, node, queued};

fn contact(id: &str) -> Node {
    Node::contact(ORIGIN, id)
}

fn stage() -> StageId {
    StageId { pipeline: "7".into(), status: "142".into() }
}

fn deal(id: &str, contacts: &[&str]) -> Deal {
    Deal {
        stage: Some(stage()),
        price: "1500.50".parse().ok(),
        contacts: contacts.iter().map(|id| contact(id)).collect(),
        updated_s: 9,
        entries: vec![Entry { stage: stage(), at_s: 8 }],
        consent: Some(true),
        ..Deal::new(deal_key(id))
    }
}

fn click(message: &str, who: &[&str]) -> Click {
    Click {
        message: message.into(),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: who.iter().map(|text| node(text)).collect(),
        at_s: 3,
        click_id: Some("clid".into()),
        ad_id: None,
    }
}

fn reached(id: &str, who: &[&str]) -> Effect {
    let who = who.iter().map(|text| node(text)).collect();
    Effect::SaveContact(Contact { answered_upto: 0, node: contact(id), who, consent: None })
}

fn seen(who: &str) -> Fact {
    Fact::Link(Link { who: vec![node(who), node("user:new")], at_s: 1 })
}

pub(super) async fn comes_back_as_it_was_saved(store: &dyn Store) {
    let shop = Shop::open(store, "state").await;
    let catalogue = Catalogue { origin: ORIGIN.into(), currency: Some("TRY".into()), stages: Vec::new() };
    let effects = vec![
        Effect::SaveDeal(deal("1", &["old"])),
        Effect::SaveDeal(deal("1", &["c1", "c2"])),
        reached("c1", &["phone:a"]),
        Effect::SaveClick(click("m1", &["phone:a", "user:a"])),
        Effect::SaveCatalogue(4, catalogue.clone()),
        Effect::Create(queued("1", 0)),
    ];
    shop.act(effects, 0).await;

    let now = DealNow {
        created_s: None,
        stage: stage(),
        price: None,
        contacts: vec![contact("c1")],
        updated_s: 1,
        closed_s: None,
        consent: None,
    };
    shop.append(vec![Fact::Deal(DealRead { deal: deal_key("1"), found: Some(now), answered_upto: 1 })]).await;
    let state = shop.take(10, 0).await.state;
    assert_eq!(state.deals[&deal_key("1")], deal("1", &["c1", "c2"]));
    assert_eq!(state.catalogues[ORIGIN], (4, catalogue));
    assert_eq!(state.contacts[&contact("c1")].who, [node("phone:a")]);
    assert_eq!(state.clicks[&node("phone:a")], [click("m1", &["phone:a", "user:a"])]);
    let conversions = &state.conversions[&Cause::Deal(deal_key("1"))];
    assert_eq!((conversions.len(), conversions[0].event_id.as_str()), (1, "1"));

    // A contact that the deal no longer has does not lead to it.
    let read = |id| {
        Fact::Contact(ContactRead {
            contact: contact(id),
            found: true,
            who: Vec::new(),
            consent: None,
            updated_s: None,
            answered_upto: 1,
        })
    };
    shop.decide(kopru_core::Outcome::Used, Vec::new(), 0).await;
    shop.append(vec![read("old")]).await;
    assert!(shop.take(10, 0).await.state.deals.is_empty());
}

pub(super) async fn links_of_a_contact_are_replaced(store: &dyn Store) {
    let shop = Shop::open(store, "links").await;
    let effects = vec![
        reached("c1", &["phone:a", "phone:b"]),
        reached("c2", &["phone:a"]),
        Effect::SaveLink(node("phone:a"), node("user:a")),
    ];
    shop.act(effects, 0).await;
    shop.act(vec![reached("c1", &["phone:b"])], 0).await;
    shop.append(vec![seen("phone:a"), seen("phone:b")]).await;
    let links = shop.take(10, 0).await.state.links;
    let of = |text: &str| links.get(&node(text)).cloned().unwrap_or_default().into_iter().collect::<Vec<_>>();
    assert_eq!(of("phone:a"), [contact("c2"), node("user:a")]);
    assert_eq!(of("phone:b"), [contact("c1")]);
}

pub(super) async fn reaches_as_far_as_a_person(store: &dyn Store) {
    let shop = Shop::open(store, "reach").await;
    // A user id reaches the deal over a phone and a contact, and from there all that the deal's
    // other contact is known by.
    let effects = vec![
        Effect::SaveDeal(deal("1", &["c1", "c2"])),
        reached("c1", &["phone:a"]),
        reached("c2", &["phone:z"]),
        Effect::SaveLink(node("phone:a"), node("user:a")),
        Effect::SaveLink(node("phone:z"), node("user:z")),
        Effect::SaveClick(click("m1", &["user:z"])),
    ];
    shop.act(effects, 0).await;
    shop.append(vec![seen("user:a")]).await;
    let state = shop.take(10, 0).await.state;
    let deal = &state.deals[&deal_key("1")];
    assert!(state.person_of(&Cause::Deal(deal.key.clone())).contains(&node("user:z")));
    assert_eq!(state.clicks[&node("user:z")].len(), 1);
    assert_eq!(state.deals_around(&[node("user:a")]).into_iter().collect::<Vec<_>>(), [deal_key("1")]);
}
