//! Reports and readings of another account than the one that is known.

use super::world::*;
use crate::{Catalogue, ContactHint, DealHint, Fact, Outcome, Reason};

const OTHER: Outcome = Outcome::Ignored(Reason::OtherAccount);

fn catalogue_of(account: &str) -> Fact {
    Fact::Catalogue(Catalogue { account: Some(account.into()), ..catalogue() })
}

fn told_by(account: Option<&str>, fact: Fact) -> Fact {
    let account = account.map(str::to_owned);
    match fact {
        Fact::DealHint(hint) => Fact::DealHint(DealHint { account, ..hint }),
        Fact::ContactHint(hint) => Fact::ContactHint(ContactHint { account, ..hint }),
        other => other,
    }
}

#[test]
fn a_hook_of_another_account_is_ignored_with_its_reason() {
    let mut world = World::new();
    world.tell(catalogue_of("42"));
    world.hear(Fact::Click(click("m", &[phone("1")], T0)));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.crm.contact("c1", &[phone("1")]);
    for fact in [moved("d1", QUALIFIED, T0 + 100), contact_changed("c1", T0 + 100)] {
        let seq = world.tell(told_by(Some("77"), fact));
        assert_eq!(world.outcome(seq), &OTHER);
    }
    assert!(world.open.is_empty(), "nothing is asked because of it: {:?}", world.open);
    assert_eq!(world.told(), [""; 0]);
    // Those of the account itself, and those that name none, go on beside it.
    world.hear(told_by(Some("42"), moved("d1", QUALIFIED, T0 + 100)));
    assert_eq!(world.told(), ["Lead queued"]);
    world.crm.enter("d1", WON, T0 + 200).price = Some("10".parse().unwrap());
    world.hear(told_by(None, moved("d1", WON, T0 + 200)));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
}

#[test]
fn where_the_account_is_not_known_a_report_of_any_is_asked() {
    let mut world = World::new();
    let seq = world.tell(told_by(Some("77"), moved("d1", QUALIFIED, T0 + 100)));
    assert!(matches!(world.outcome(seq), Outcome::Waiting { .. }));
}

#[test]
fn the_id_of_an_account_is_learnt_with_the_next_reading() {
    let mut world = World::new();
    let seq = world.tell(catalogue_of("42"));
    assert_eq!(world.outcome(seq), &Outcome::Used);
    assert_eq!(world.state.catalogues[ORIGIN].1.account.as_deref(), Some("42"));
}

/// What was known of the one that had the name stays its own, and nothing of the new one counts as its.
#[test]
fn an_account_that_takes_over_a_name_continues_no_deals() {
    let mut world = World::new();
    world.tell(catalogue_of("42"));
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    let before = world.state.deals.clone();

    // One was read already, in a stage that has no name yet.
    world.crm.enter("d2", "55", T0 + 100);
    let waits = world.tell(moved("d2", "55", T0 + 100));
    let read = world.fetch("deal:kommo:acme/d2");
    let read = world.tell(read);
    assert!(matches!(world.outcome(read), Outcome::Waiting { .. }));
    world.open.clear();

    let taken = world.tell(catalogue_of("77"));
    assert_eq!(world.outcome(read), &OTHER);
    assert!(matches!(world.outcome(waits), Outcome::Waiting { .. }));
    assert_eq!(world.outcome(taken), &OTHER);
    let known = world.state.catalogues[ORIGIN].1.clone();
    assert!(known.is_nameless() && known.account.as_deref() == Some("42"), "{known:?}");
    world.crm.enter("d1", WON, T0 + 200);
    let hint = world.tell(moved("d1", WON, T0 + 200));
    let read = world.fetch("deal:kommo:acme/d1");
    let read = world.tell(read);
    assert_eq!((world.outcome(read), world.outcome(hint)), (&OTHER, &OTHER));
    assert_eq!(world.state.deals, before);

    // The first one is back, under whatever name.
    let name = Some("kommo:beta".to_owned());
    let back = Fact::Catalogue(Catalogue { account: Some("42".into()), name, ..catalogue() });
    let back = world.tell(back);
    assert_eq!(world.outcome(back), &Outcome::Used);
    world.hear(moved("d2", NEW, T0 + 250));
    world.hear(moved("d1", WON, T0 + 300));
    assert!(world.state.deals[&deal_key("d1")].has_entered(&stage(WON)));
}
