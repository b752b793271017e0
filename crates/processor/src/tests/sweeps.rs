//! Very many of one thing: deals of one contact, reports of one deal.

use kopru_core::{ContactHint, DealRead, Fact, Link, Node};

use super::shop::{Shop, T0, click, contact, deal_key, hint, phone, read, won_deal};

const DEALS: usize = 3_000;

fn won_deals() -> Vec<Fact> {
    let walk_in = contact("walk-in");
    (0..DEALS).map(|number| won_deal(&format!("{number}"), &walk_in, Some("10"))).collect()
}

#[tokio::test]
async fn all_deals_of_a_crowded_contact_go_when_it_is_read() {
    let mut shop = Shop::open().await;
    shop.append(won_deals()).await;
    shop.append(vec![click("m", phone(), T0)]).await;
    shop.work().await;
    let (queued, waiting) = shop.conversions().await;
    assert_eq!((queued, waiting.len()), (0, DEALS));
    assert!(waiting.iter().all(|one| one == "waiting waiting_contact"));

    shop.append(vec![read(&contact("walk-in"), vec![phone()])]).await;
    let (turns, _) = shop.work().await;
    assert_eq!(shop.conversions().await, (DEALS, vec![]));
    assert!(turns < 20, "{turns} turns");
}

#[tokio::test]
async fn whatever_reaches_a_crowded_contact_late_opens_all_of_its_deals() {
    let user = Node::from_stored("whatsapp-user:u".to_owned());
    let changed = |who: Vec<Node>| read(&contact("walk-in"), who);
    let stories: [Vec<Fact>; 3] = [
        vec![click("m", phone(), T0)],
        // A click of a user id, and later the message that shows whose id that is.
        vec![
            click("m", user.clone(), T0),
            Fact::Link(Link { who: vec![user, phone()], at_s: T0 + 20, ..Link::default() }),
        ],
        // A click from a phone that the contact gets only later.
        vec![
            click("m", Node::from_stored("phone:new".to_owned()), T0),
            changed(vec![Node::from_stored("phone:new".to_owned())]),
        ],
    ];
    for story in stories {
        let mut shop = Shop::open().await;
        shop.append(vec![changed(vec![phone()])]).await;
        shop.append(won_deals()).await;
        shop.work().await;
        let (queued, suppressed) = shop.conversions().await;
        assert_eq!((queued, suppressed.len()), (0, DEALS));
        assert!(suppressed.iter().all(|one| one == "suppressed chats_unheard"));
        shop.append(story).await;
        // New deals of the same contact go on arriving while it is swept.
        shop.append(vec![won_deal("late", &contact("walk-in"), Some("10"))]).await;
        shop.work().await;
        assert_eq!(shop.conversions().await, (DEALS + 1, vec![]));
    }
}

#[tokio::test]
async fn a_crowded_contact_keeps_nobody_waiting() {
    let mut shop = Shop::open().await;
    shop.append(vec![read(&contact("walk-in"), vec![phone()])]).await;
    shop.append(won_deals()).await;
    shop.work().await;
    let clicks = (0..600).map(|number| click(&format!("m{number}"), phone(), T0));
    shop.append(clicks.collect()).await;
    let (turns, _) = shop.work().await;
    assert!(turns < 50, "{turns} turns for clicks and sweeps");
    assert_eq!(shop.conversions().await, (DEALS, vec![]));
    let changed = Fact::ContactHint(ContactHint {
        account: None,
        deals: Vec::new(),
        contact: contact("walk-in"),
        at_s: None,
    });
    shop.append(vec![changed]).await;
    shop.work().await;
    assert_eq!(shop.ledger().await.facts.waiting, 1, "it has deals, so it is read again");
}

#[tokio::test]
async fn very_many_reports_of_one_deal_end_with_its_reading() {
    const REPORTS: usize = 5_000;
    let mut shop = Shop::open().await;
    shop.append(vec![click("m", phone(), T0), read(&contact("1"), vec![phone()])]).await;
    shop.append(vec![hint("1"); REPORTS]).await;
    let (turns, _) = shop.work().await;
    assert!(turns <= REPORTS / crate::FACTS_PER_TURN + 2, "{turns} turns");
    assert_eq!(shop.ledger().await.facts.waiting, REPORTS as i64);
    shop.append(vec![won_deal("1", &contact("1"), Some("10"))]).await;
    let (turns, _) = shop.work().await;
    assert!(turns <= REPORTS / kopru_core::WAITING_PER_TURN_MAX + 10, "{turns} turns");
    let facts = shop.ledger().await.facts;
    assert_eq!((facts.waiting, facts.pending), (0, 0), "nothing waits for {}", deal_key("1"));
    assert_eq!(shop.conversions().await, (1, vec![]));
}

/// More reports than a turn loads, about a deal that the CRM does not show: the first answer after an outage
/// ends none of them, the one after two minutes all.
#[tokio::test]
async fn very_many_reports_of_an_absent_deal_end_once_it_is_sure() {
    const REPORTS: i64 = 300;
    // The names of stages come first.
    let newest = REPORTS as u64 + 1;
    let absent = |answered_upto| Fact::Deal(DealRead { deal: deal_key("1"), found: None, answered_upto });
    let mut shop = Shop::open().await;
    shop.append(vec![hint("1"); REPORTS as usize]).await;
    shop.work().await;
    shop.set_clock_s(T0 + 2 * 3600);
    shop.append(vec![absent(newest)]).await;
    shop.work().await;
    assert_eq!(shop.ledger().await.facts.waiting, REPORTS);
    for (place, after_s) in (1..).zip([40, 80, 119]) {
        shop.set_clock_s(T0 + 2 * 3600 + after_s);
        shop.append(vec![absent(newest + place)]).await;
        shop.work().await;
        assert_eq!(shop.ledger().await.facts.waiting, REPORTS, "after {after_s} s");
    }
    shop.set_clock_s(T0 + 2 * 3600 + 121);
    shop.append(vec![absent(newest + 4)]).await;
    let (turns, _) = shop.work().await;
    let facts = shop.ledger().await.facts;
    assert_eq!((facts.waiting, facts.pending), (0, 0));
    assert!(turns <= 5, "{turns} turns");
}
