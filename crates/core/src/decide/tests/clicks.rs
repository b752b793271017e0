//! Which click belongs to an event.

use super::world::{QUALIFIED, T0, WON, World, click, contact_changed, moved, phone};
use crate::{Conversion, ExpiredClick, Fact, Outcome, Reason, Sent, State, WorkingSet};

/// A deal qualified at `T0 + 1000`, which Kopru has read.
fn qualified() -> World {
    let mut world = World::new();
    qualify(&mut world);
    world
}

fn qualify(world: &mut World) {
    world.crm.enter("d1", QUALIFIED, T0 + 1000);
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
}

fn clicked(world: &mut World, message: &str, at_s: i64) {
    world.hear(Fact::Click(click(message, &[World::phone()], at_s)));
}

#[test]
fn a_click_before_the_deal_is_reported_with_its_click_id_and_account() {
    let mut world = World::new();
    clicked(&mut world, "m1", T0);
    qualify(&mut world);
    let lead = world.only();
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(lead.name, "LeadSubmitted");
    assert_eq!((lead.dataset.as_deref(), lead.ad_id.as_deref()), (Some("set-1"), Some("ad-m1")));
    assert_eq!(lead.event_s, T0 + 1000);
    let body = world.body(&lead);
    for part in ["\"ctwa_clid\":\"clid-m1\"", "\"whatsapp_business_account_id\":\"waba-1\"", &lead.event_id] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[test]
fn without_a_click_nothing_is_sent_until_a_late_one_arrives() {
    let mut world = qualified();
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    clicked(&mut world, "m1", T0);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_click_after_the_event_does_not_count_beyond_the_skew_of_two_clocks() {
    let mut world = qualified();
    clicked(&mut world, "m1", T0 + 1000 + 601);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    clicked(&mut world, "m2", T0 + 1000 + 600);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn the_last_click_before_the_event_wins() {
    let mut world = World::new();
    for (message, at_s) in [("m2", T0 + 500), ("m1", T0), ("m3", T0 + 2000)] {
        clicked(&mut world, message, at_s);
    }
    qualify(&mut world);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m2"));
}

#[test]
fn what_is_queued_goes_with_the_better_click_and_what_has_left_does_not_change() {
    let mut world = qualified();
    clicked(&mut world, "m1", T0);
    clicked(&mut world, "m2", T0 + 500);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m2"));
    world.set_sent(Sent::Unknown);
    clicked(&mut world, "m3", T0 + 600);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m2"));
}

#[test]
fn a_click_without_click_id_sends_nothing_but_an_earlier_one_with_it_counts() {
    let mut world = World::new();
    let mut bare = click("m2", &[World::phone()], T0 + 500);
    bare.click_id = None;
    world.hear(Fact::Click(bare));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_click_id"]);
    clicked(&mut world, "m1", T0);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m1"));
}

#[test]
fn a_business_account_without_dataset_is_named_as_the_reason() {
    let mut world = World::new();
    let mut elsewhere = click("m1", &[World::phone()], T0);
    elsewhere.account = "waba-9".into();
    world.hear(Fact::Click(elsewhere));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_dataset"]);
}

#[test]
fn the_same_message_twice_is_one_click() {
    let mut world = World::new();
    clicked(&mut world, "m1", T0);
    let again = world.tell(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!(world.outcome(again), &Outcome::Duplicate);
    assert_eq!(world.state.clicks[&World::phone()].len(), 1);
}

#[test]
fn a_contact_that_had_another_phone_before_the_deal_was_made_takes_the_click_with_it() {
    let mut world = World::new();
    clicked(&mut world, "m1", T0);
    world.crm.enter("d1", WON, T0 + 1000);
    world.hear(moved("d1", WON, T0 + 1000));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);

    // The edit had come before, and nobody had read it yet.
    world.crm.contact("c1", &[phone("905559998877")]);
    world.crm.contacts_changed_s.insert("c1".into(), T0 + 900);
    world.hear(contact_changed("c1", T0 + 900));
    let purchase = world.only();
    assert_eq!(world.told(), ["Purchase suppressed no_click"]);
    assert_eq!(
        (purchase.dataset, purchase.ad_id, purchase.deadline_ms),
        (None, None, None),
        "nothing of the other person stays"
    );

    world.crm.contact("c1", &[World::phone()]);
    world.crm.contacts_changed_s.insert("c1".into(), T0 + 3000);
    world.hear(contact_changed("c1", T0 + 3000));
    assert_eq!(world.only().state, State::Waiting);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m1"));
}

/// Lets everything that is left of the clicks of a phone be their ads and times.
fn expire_clicks(state: &mut WorkingSet) {
    for (node, clicks) in std::mem::take(&mut state.clicks) {
        let expired = clicks.into_iter().map(|click| ExpiredClick { ad_id: click.ad_id, at_s: click.at_s });
        state.expired_clicks.entry(node).or_default().extend(expired);
    }
}

#[test]
fn what_is_left_of_a_click_says_why_nothing_is_sent_and_which_ad_it_was() {
    let mut world = World::new();
    for (message, at_s) in [("m2", T0 + 500), ("m1", T0), ("m3", T0 + 1000 + 601)] {
        clicked(&mut world, message, at_s);
    }
    expire_clicks(&mut world.state);
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed click_expired"]);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m2"), "the last one before the event");
    // A click that is not known yet counts like one for somebody without any.
    clicked(&mut world, "m4", T0 + 700);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn what_is_left_of_a_click_after_the_event_says_nothing() {
    let mut world = World::new();
    clicked(&mut world, "m1", T0 + 1000 + 601);
    expire_clicks(&mut world.state);
    qualify(&mut world);
    assert_eq!((world.told(), world.only().ad_id), (vec!["Lead suppressed no_click".to_owned()], None));
}

/// A deal whose Lead Meta has taken by click `m1`.
fn lead_was_taken() -> World {
    let mut world = World::new();
    clicked(&mut world, "m1", T0);
    qualify(&mut world);
    world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Accepted);
    world
}

/// The sale of that deal, at a time.
fn sale(world: &mut World, at_s: i64) -> Conversion {
    world.crm.enter("d1", WON, at_s).price = Some("100".parse().unwrap());
    world.hear(moved("d1", WON, at_s));
    world.conversions().into_iter().find(|one| one.event == "Purchase").unwrap()
}

#[test]
fn a_deal_keeps_the_click_by_which_meta_has_taken_an_earlier_event_of_it() {
    let expired = |world: &mut World| expire_clicks(&mut world.state);
    let unlinked = |world: &mut World| {
        world.crm.contact("c1", &[]);
        world.hear(contact_changed("c1", T0 + 1500));
    };
    for lose in [expired, unlinked] {
        let mut world = lead_was_taken();
        lose(&mut world);
        let sale = sale(&mut world, T0 + 2000);
        assert_eq!(sale.state, State::Queued);
        assert_eq!((sale.dataset.as_deref(), sale.ad_id.as_deref()), (Some("set-1"), Some("ad-m1")));
        assert!(world.body(&sale).contains("\"ctwa_clid\":\"clid-m1\""));
    }
}

#[test]
fn a_click_that_is_known_wins_over_the_one_that_was_told_before() {
    let mut world = lead_was_taken();
    expire_clicks(&mut world.state);
    clicked(&mut world, "m2", T0 + 1500);
    assert_eq!(sale(&mut world, T0 + 2000).ad_id.as_deref(), Some("ad-m2"));
}

#[test]
fn what_meta_has_taken_says_nothing_about_what_was_before_it_or_of_another_account() {
    let mut world = lead_was_taken();
    expire_clicks(&mut world.state);
    world.state.conversions.values_mut().flatten().for_each(|one| one.event_s = T0 + 2001);
    assert_eq!(sale(&mut world, T0 + 2000).reason, Some(Reason::ClickExpired));

    let mut world = lead_was_taken();
    expire_clicks(&mut world.state);
    world.policy.datasets[0].waba_id = Some("waba-2".into());
    assert_eq!(sale(&mut world, T0 + 2000).reason, Some(Reason::NoDataset));

    let mut world = lead_was_taken();
    expire_clicks(&mut world.state);
    world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Failed);
    assert_eq!(sale(&mut world, T0 + 2000).reason, Some(Reason::ClickExpired), "Meta has not taken it");
}
