//! The state around facts: what was saved is loaded again, and as much of it as a decision needs.

use crate::Store;
use kopru_core::{
    Catalogue, Cause, Channel, Chat, Click, Contact, ContactRead, Deal, DealNow, DealRead, Effect, Entry,
    Fact, Former, Join, Link, Named, Node, StageId, Trust,
};

use super::shop::{JOIN, ORIGIN, Shop, deal_key, node, queued};

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
        entries: vec![Entry::new(stage(), 8)],
        consent: Some(kopru_core::ConsentAnswer::Yes),
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
    Effect::SaveContact(Contact { who, ..Contact::new(contact(id)) })
}

fn seen(who: &str) -> Fact {
    Fact::Link(Link { who: vec![node(who), node("user:new")], at_s: 1, ..Link::default() })
}

pub(super) async fn comes_back_as_it_was_saved(store: &dyn Store) {
    let shop = Shop::open(store, "state").await;
    let catalogue = Catalogue {
        account: None,
        name: None,
        origin: ORIGIN.into(),
        currency: Some("TRY".into()),
        stages: Vec::new(),
        former: Vec::new(),
        meanings: Vec::new(),
    };
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
        named: Named::default(),
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
            identifiers: Vec::new(),
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
        Effect::SaveLink(node("phone:a"), node("user:a"), JOIN),
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
        Effect::SaveLink(node("phone:a"), node("user:a"), JOIN),
        Effect::SaveLink(node("phone:z"), node("user:z"), JOIN),
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

/// Words about two identifiers add up in whatever order they come, and what has ended ended in one direction.
pub(super) async fn what_is_told_of_a_link_adds_up(store: &dyn Store) {
    let shop = Shop::open(store, "joins").await;
    let (phone, user) = (node("phone:a"), node("user:a"));
    let of_card = Join { trust: Trust::OwnCard, since_s: 5, until_s: None };
    let ended = Join { trust: Trust::Signed, since_s: 9, until_s: Some(9) };
    shop.act(vec![Effect::SaveLink(phone.clone(), user.clone(), of_card)], 0).await;
    shop.act(vec![Effect::SaveLink(user.clone(), phone.clone(), ended)], 0).await;
    shop.act(vec![reached("c1", &["phone:a"])], 0).await;
    shop.append(vec![seen("phone:a")]).await;
    let joins = shop.take(10, 0).await.state.joins;
    let both = Join { trust: Trust::Signed, since_s: 5, until_s: None };
    assert_eq!(joins[&phone][&user], both);
    assert_eq!(joins[&user][&phone], Join { until_s: Some(9), ..both });
    assert_eq!(joins[&phone].len(), 1, "a card has no time");
    assert!(!joins.contains_key(&contact("c1")));
}

pub(super) async fn how_chats_began_and_of_which_accounts_they_come(store: &dyn Store) {
    let shop = Shop::open(store, "chats").await;
    let chat = Chat { first_s: 7, last_s: 9, began_plain: true, withheld_s: None };
    let later = Chat { withheld_s: Some(9), ..chat };
    let hear = |account: &str, since_s| Effect::SaveHeard { account: account.into(), since_s };
    shop.act(vec![Effect::SaveChat(node("phone:a"), chat), hear("222", 7)], 0).await;
    shop.act(vec![Effect::SaveChat(node("phone:a"), later), hear("222", 8), hear("333", 9)], 0).await;
    shop.append(vec![seen("phone:a")]).await;
    let state = shop.take(10, 0).await.state;
    assert_eq!(state.chats, [(node("phone:a"), later)].into());
    assert_eq!(state.heard, [("222".to_owned(), 7), ("333".to_owned(), 9)].into());
}

pub(super) async fn what_a_contact_had_once_leads_to_it(store: &dyn Store) {
    let shop = Shop::open(store, "former").await;
    let had = |id: &str, former: &[&str]| {
        let former = former.iter().map(|text| Former { node: node(text), until_s: 5 }).collect();
        let who = vec![node("phone:now")];
        Effect::SaveContact(Contact { former, who, ..Contact::new(contact(id)) })
    };
    let effects = vec![
        Effect::SaveDeal(deal("1", &["c1"])),
        had("c1", &["phone:a", "phone:b"]),
        Effect::SaveClick(click("m1", &["phone:a"])),
        Effect::SaveLink(node("phone:a"), node("user:a"), JOIN),
    ];
    shop.act(effects, 0).await;
    let around = async |who: &str| {
        shop.append(vec![seen(who)]).await;
        let state = shop.take(10, 0).await.state;
        shop.decide(kopru_core::Outcome::Used, Vec::new(), 0).await;
        let deals: Vec<_> = state.deals_around(&[node(who)]).into_iter().collect();
        (deals, state)
    };
    for who in ["phone:a", "phone:b", "user:a"] {
        let (deals, state) = around(who).await;
        assert_eq!(deals, [deal_key("1")], "{who}");
        assert_eq!(state.clicks[&node("phone:a")].len(), 1, "what the contact had is loaded with it");
        assert_eq!(state.former_of[&node("phone:b")].iter().collect::<Vec<_>>(), [&contact("c1")]);
    }
    // It has the one again, and the other is forgotten.
    shop.act(vec![had("c1", &["phone:b"])], 0).await;
    let (deals, state) = around("phone:a").await;
    assert!(deals.is_empty() && state.former_of.is_empty());
    assert_eq!(around("phone:b").await.0, [deal_key("1")]);
}
