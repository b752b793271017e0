//! A sale of a deal that a file has told already.

use super::{
    leaving::look_again,
    world::{T0, WON, World, click, moved, updated},
};
use crate::{Action, Fact, ImportedSale, State};

const DAY_S: i64 = 24 * 3600;
const IMPORTED: &str = "Purchase suppressed imported_already";

/// A deal that was won by somebody of whom a file has told a sale of so much, on the day that begins at a time.
fn won_after(value: &str, from_s: i64) -> World {
    let mut world = World::new();
    let currency = world.policy.currency.clone().unwrap_or_else(|| "TRY".into());
    world.policy.currency = Some(currency.clone());
    let told = ImportedSale { value: value.parse().unwrap(), currency, from_s, to_s: from_s + DAY_S };
    world.state.imported.insert(World::phone(), vec![told]);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0 - DAY_S)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("100".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    world
}

#[test]
fn what_a_file_told_of_the_same_person_amount_and_day_is_not_told_again() {
    for (value, from_s, told) in [
        ("100.00", T0, IMPORTED),
        ("100", T0 + 100, IMPORTED),
        ("100", T0 + 101, "Purchase queued"),
        ("100", T0 + 100 - DAY_S, "Purchase queued"),
        ("100.01", T0, "Purchase queued"),
    ] {
        assert_eq!(won_after(value, from_s).told(), [told], "{value} {from_s}");
    }
    let mut world = won_after("100", T0);
    world.state.imported.clear();
    look_again(&mut world, Action::Resolve);
    assert_eq!(world.told(), ["Purchase queued"], "whoever is forgotten stops nothing");
}

#[test]
fn somebody_can_say_that_it_is_another_sale() {
    let mut world = won_after("100", T0);
    look_again(&mut world, Action::Resolve);
    assert_eq!(world.told(), [IMPORTED]);
    look_again(&mut world, Action::Retry);
    assert_eq!(world.told(), ["Purchase queued"]);
    look_again(&mut world, Action::Resolve);
    assert_eq!(world.told(), ["Purchase queued"], "the word stays");
}

#[test]
fn another_price_makes_it_another_sale_and_what_is_too_late_is_no_loss() {
    let mut world = won_after("100", T0);
    world.crm.price("d1", "200", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase queued"]);
    let mut world = won_after("100", T0);
    world.now_s = T0 + 30 * DAY_S;
    look_again(&mut world, Action::Resolve);
    assert_eq!((world.told(), world.only().state), (vec![IMPORTED.to_owned()], State::Suppressed));
}
