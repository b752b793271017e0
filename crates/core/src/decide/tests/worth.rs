//! What an event is worth: the price, a field, an estimate; what is made of it, and what is too little.

use super::world::{QUALIFIED, T0, WON, World, click, moved, updated};
use crate::{AmountFrom, Conversion, Fact, Worth};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

/// A world in which a Purchase is worth this.
fn worth(worth: Worth) -> World {
    let mut world = clicked();
    world.policy.rules[1].worth = Some(worth);
    world
}

fn win(world: &mut World, price: &str) {
    world.crm.enter("d1", WON, T0 + 100).price = price.parse().ok();
    world.hear(moved("d1", WON, T0 + 100));
}

#[test]
fn a_field_whose_text_is_no_clear_amount_is_named_while_the_event_waits_and_when_it_ends() {
    let mut world = worth(Worth { from: AmountFrom::Field("Sale value".into()), ..Worth::price() });
    let named = |fields: &[&str]| fields.iter().map(|name| (*name).to_owned()).collect();
    win(&mut world, "100");
    assert_eq!(world.only().detail, None, "the field is empty");
    world.crm.deals.get_mut("d1").unwrap().named.unclear = named(&["Sale value", "Other"]);
    world.crm.deals.get_mut("d1").unwrap().updated_s = T0 + 200;
    world.hear(updated("d1", T0 + 200));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    let waiting = world.only().clone();
    assert!(waiting.detail.as_deref().is_some_and(|said| said.contains("\"Sale value\"")), "{waiting:?}");
    let ended = world.expire(&waiting);
    assert_eq!((ended.reason, &ended.detail), (Some(crate::Reason::NoPrice), &waiting.detail));
    let deal = world.crm.deals.get_mut("d1").unwrap();
    deal.named.unclear = named(&[]);
    deal.named.amounts.insert("Sale value".into(), "80.50".parse().unwrap());
    deal.updated_s = T0 + 300;
    world.hear(updated("d1", T0 + 300));
    assert_eq!((world.told(), world.only().detail.clone()), (vec!["Purchase queued".to_owned()], None));
}

fn value(world: &World) -> Option<String> {
    world.only().value.map(|value| value.to_string())
}

#[test]
fn a_field_is_the_value() {
    let mut world = worth(Worth { from: AmountFrom::Field("Sale value".into()), ..Worth::price() });
    win(&mut world, "100");
    assert_eq!(world.told(), ["Purchase waiting waiting_price"], "the price is not what is asked for");
    let deal = world.crm.deals.get_mut("d1").unwrap();
    deal.named.amounts.insert("Sale value".into(), "80.50".parse().unwrap());
    deal.updated_s = T0 + 200;
    world.hear(updated("d1", T0 + 200));
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!(value(&world).as_deref(), Some("80.5"));
}

#[test]
fn what_is_no_amount_of_the_currency_is_no_price() {
    for (currency, price, value) in [
        ("TRY", "1e-9", None),
        ("TRY", "9999999999999999999999", None),
        ("TRY", "9999999999999", Some("9999999999999")),
        ("TRY", "0.0049", None),
        ("TRY", "0.005", Some("0.005")),
        ("JPY", "0.4", None),
        ("JPY", "1", Some("1")),
        ("KWD", "0.001", Some("0.001")),
        ("KWD", "0.0001", None),
    ] {
        for times in [None, "1".parse().ok()] {
            let mut world = worth(Worth { times, ..Worth::price() });
            let catalogue = crate::Catalogue { currency: Some(currency.into()), ..super::world::catalogue() };
            world.hear(Fact::Catalogue(catalogue));
            win(&mut world, price);
            let told = if value.is_some() { "Purchase queued" } else { "Purchase waiting waiting_price" };
            assert_eq!(world.told(), [told], "{price} {currency}");
            if times.is_none() {
                assert_eq!(super::worth::value(&world).as_deref(), value, "{price} {currency}");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_price_or_field_is_said_while_the_event_waits() {
    let times = "0.3".parse().ok();
    for (currency, held, times, says) in [
        ("TRY", "-5", None, "is negative"),
        ("TRY", "-0.001", times, "is negative"),
        ("TRY", "0.004", None, "comes to less than 0.01 TRY"),
        ("TRY", "0.01", times, "comes to less than 0.01 TRY"),
        ("TRY", "1e-9", None, "comes to less than 0.01 TRY"),
        ("JPY", "0.4", None, "comes to less than 1 JPY"),
        ("KWD", "0.0004", None, "comes to less than 0.001 KWD"),
        ("TRY", "99999999999999999999", None, "is more than any price: look for a slip"),
        ("TRY", "9999999999999999999999999999", times, "is more than any price: look for a slip"),
    ] {
        for (from, holder) in
            [(AmountFrom::Price, "the price"), (AmountFrom::Field("Net".into()), "the field \"Net\"")]
        {
            let mut world = worth(Worth { from, times, minimum: None });
            let catalogue = crate::Catalogue { currency: Some(currency.into()), ..super::world::catalogue() };
            world.hear(Fact::Catalogue(catalogue));
            let deal = world.crm.enter("d1", WON, T0 + 100);
            deal.price = held.parse().ok();
            deal.named.amounts.insert("Net".into(), held.parse().unwrap());
            world.hear(moved("d1", WON, T0 + 100));
            assert_eq!(world.told(), ["Purchase waiting waiting_price"], "{held} {currency}");
            assert_eq!(world.only().detail, Some(format!("{holder} {says}")), "{held} {currency}");
        }
    }
}

#[test]
fn prices_with_tax_are_cut() {
    let mut world = worth(Worth { times: "0.8333".parse().ok(), ..Worth::price() });
    win(&mut world, "1199.90");
    assert_eq!(value(&world).as_deref(), Some("999.88"));
    assert!(world.body(&world.only()).contains(r#""value":999.88"#));
}

#[test]
fn what_is_worth_too_little_is_not_told_until_it_is_worth_more() {
    let mut world = worth(Worth { minimum: "100".parse().ok(), ..Worth::price() });
    win(&mut world, "99.99");
    assert_eq!(world.told(), ["Purchase suppressed too_small"]);
    world.crm.price("d1", "100", T0 + 200);
    world.hear(updated("d1", T0 + 200));
    assert_eq!(world.told(), ["Purchase queued"]);
    world.crm.price("d1", "5", T0 + 300);
    world.hear(updated("d1", T0 + 300));
    assert_eq!(world.told(), ["Purchase suppressed too_small"], "nothing has left yet");
}

#[test]
fn an_estimate_is_told_and_needs_no_price() {
    let mut world = clicked();
    let fixed = Worth { from: AmountFrom::Fixed("500".parse().unwrap()), ..Worth::price() };
    world.policy.rules[0].worth = Some(fixed);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    let lead = world.only();
    assert_eq!(world.told(), ["Lead queued"]);
    assert!(lead.is_estimate());
    assert!(world.body(&lead).contains(r#""custom_data":{"currency":"TRY","value":500"#));
}

#[test]
fn the_worth_of_the_rule_of_now_counts_for_what_was_not_told() {
    let mut world = clicked();
    win(&mut world, "120");
    assert_eq!(value(&world).as_deref(), Some("120"));
    world.policy.rules[1].worth = Some(Worth { times: "0.5".parse().ok(), ..Worth::price() });
    world.hear(updated("d1", T0 + 200));
    assert_eq!(value(&world).as_deref(), Some("60"));
    // A rule that is gone has the last word.
    world.policy.rules.pop();
    world.crm.price("d1", "80", T0 + 300);
    world.hear(updated("d1", T0 + 300));
    assert_eq!(value(&world).as_deref(), Some("40"));
}

#[test]
fn every_event_of_a_deal_names_its_stage() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    win(&mut world, "10");
    let bodies: Vec<String> = world.conversions().iter().map(|one: &Conversion| world.body(one)).collect();
    assert!(bodies[0].contains(r#""custom_data":{"lead_stage":"qualified"}"#), "{}", bodies[0]);
    assert!(bodies[1].contains(r#""custom_data":{"currency":"TRY","value":10,"lead_stage":"won"}"#));
}

#[test]
fn a_rule_that_gets_a_value_later_tells_it_with_the_accounts_currency() {
    let mut world = World::new();
    world.crm.enter("d1", QUALIFIED, T0 + 100).price = Some("40".parse().unwrap());
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert!(world.told()[0].starts_with("Lead suppressed"), "{:?}", world.told());
    world.policy.rules[0].worth = Some(Worth::price());
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    let lead = world.only();
    assert_eq!((value(&world).as_deref(), lead.currency.as_deref()), (Some("40"), Some("TRY")));
}
