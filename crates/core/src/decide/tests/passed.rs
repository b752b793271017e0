//! Numbers that pass to somebody else, ids that are given out anew, and joins of different trust.

use proptest::prelude::*;

use super::world::{
    QUALIFIED, T0, World, click, link, moved, phone, renamed, seen_as, updated, user, written, written_as,
};
use crate::{Fact, MessageContent, Node, Trust};

const DAY_S: i64 = 24 * 3600;

fn old() -> Node {
    World::phone()
}

fn new() -> Node {
    phone("905334445566")
}

/// Qualifies a deal that was made at a time, of a contact with this phone.
fn qualify(world: &mut World, of: &Node, created_s: i64) {
    world.now_s = created_s + 2000;
    world.crm.contact("c1", std::slice::from_ref(of));
    world.crm.enter("d1", QUALIFIED, created_s + 1000).created_s = Some(created_s);
    world.hear(moved("d1", QUALIFIED, created_s + 1000));
}

fn told_by(world: &World) -> (Vec<String>, Option<String>) {
    (world.told(), world.only().ad_id)
}

fn queued_by(ad: &str) -> (Vec<String>, Option<String>) {
    (vec!["Lead queued".to_owned()], Some(format!("ad-{ad}")))
}

#[test]
fn a_click_at_the_old_number_counts_for_the_new_one() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[old(), user("u1")], T0)));
    world.hear(renamed(&[old(), new()], &[old()], T0 + DAY_S));
    qualify(&mut world, &new(), T0 + 2 * DAY_S);
    assert_eq!(told_by(&world), queued_by("m1"));
}

#[test]
fn a_number_that_passed_to_somebody_else_brings_no_click() {
    let mut world = World::new();
    world.hear(renamed(&[old(), new()], &[old()], T0));
    world.hear(Fact::Click(click("m2", &[old(), user("u2")], T0 + 2 * DAY_S)));
    qualify(&mut world, &new(), T0 + 3 * DAY_S);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    // The click is that of the other one.
    let mut world = World::new();
    world.hear(renamed(&[old(), new()], &[old()], T0));
    world.hear(Fact::Click(click("m1", &[new(), user("u1")], T0 + DAY_S)));
    world.hear(Fact::Click(click("m2", &[old(), user("u2")], T0 + 2 * DAY_S)));
    qualify(&mut world, &old(), T0 + 3 * DAY_S);
    assert_eq!(told_by(&world), queued_by("m2"));
}

#[test]
fn a_deal_with_the_old_number_finds_the_click_at_the_new_one_until_somebody_else_has_it() {
    let changed = |created_s| {
        let mut world = World::new();
        world.hear(renamed(&[old(), new()], &[old()], T0));
        world.hear(Fact::Click(click("m1", &[new(), user("u1")], T0 + DAY_S)));
        world.hear(link(&[old(), user("u2")], T0 + 3 * DAY_S));
        qualify(&mut world, &old(), created_s);
        world
    };
    assert_eq!(told_by(&changed(T0 + 2 * DAY_S)), queued_by("m1"));
    assert_eq!(changed(T0 + 4 * DAY_S).told(), ["Lead suppressed no_click"]);
}

#[test]
fn whoever_had_the_number_when_the_deal_was_made_is_meant() {
    let passed = |created_s| {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[old(), user("u1")], T0)));
        world.hear(Fact::Click(click("m2", &[old(), user("u2")], T0 + 2 * DAY_S)));
        qualify(&mut world, &old(), created_s);
        told_by(&world)
    };
    assert_eq!(passed(T0 + 60), queued_by("m1"));
    assert_eq!(passed(T0 + 3 * DAY_S), queued_by("m2"));
}

#[test]
fn the_stronger_join_wins_however_new_the_weaker_one_is() {
    let story = |trust| {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[user("u1")], T0)));
        world.hear(Fact::Click(click("m2", &[user("u2")], T0 + 60)));
        world.hear(seen_as(Trust::Signed, &[old(), user("u1")], T0 + 100));
        world.hear(seen_as(trust, &[old(), user("u2")], T0 + 200));
        qualify(&mut world, &old(), T0 + DAY_S);
        told_by(&world)
    };
    assert_eq!(story(Trust::OwnCard), queued_by("m1"));
    assert_eq!(story(Trust::Signed), queued_by("m2"), "of two alike the newer one");
}

#[test]
fn an_id_that_was_replaced_is_the_same_person() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[old(), user("u1")], T0)));
    world.hear(renamed(&[user("u2"), user("u1")], &[user("u1")], T0 + 100));
    world.hear(link(&[old(), user("u2")], T0 + 200));
    qualify(&mut world, &old(), T0 + DAY_S);
    assert_eq!(told_by(&world), queued_by("m1"));
}

#[test]
fn an_id_from_before_a_change_of_number_is_found_by_the_new_number() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[user("u1")], T0)));
    world.hear(renamed(&[old(), new(), user("u1")], &[old(), user("u1")], T0 + 100));
    world.hear(link(&[new(), user("u2")], T0 + 200));
    qualify(&mut world, &new(), T0 + DAY_S);
    assert_eq!(told_by(&world), queued_by("m1"));
}

#[test]
fn several_changes_of_number_are_one_person_in_whatever_order_they_are_told() {
    let third = phone("905355555555");
    let first = renamed(&[old(), new()], &[old()], T0 + 100);
    let second = renamed(&[new(), third.clone()], &[new()], T0 + 200);
    for changes in [[first.clone(), second.clone()], [second, first]] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[old(), user("u1")], T0)));
        for change in changes {
            world.hear(change);
        }
        qualify(&mut world, &third, T0 + DAY_S);
        assert_eq!(told_by(&world), queued_by("m1"));
    }
}

#[test]
fn what_is_known_later_corrects_what_has_not_left() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m2", &[old(), user("u2")], T0)));
    qualify(&mut world, &new(), T0 + DAY_S);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    world.hear(renamed(&[old(), new()], &[old()], T0 + 3600));
    assert_eq!(told_by(&world), queued_by("m2"));
    world.hear(updated("d1", T0 + 2 * DAY_S));
    assert_eq!(told_by(&world), queued_by("m2"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_told_of_people_says_the_same_in_any_order(
        facts in prop::collection::vec(told(), 1..9).prop_shuffle(),
        place in 0..9_usize,
        of_new in any::<bool>(),
        created in 0..6_i64,
    ) {
        let story = |facts: &[Fact], place: usize| {
            let mut world = World::new();
            for (at, fact) in facts.iter().enumerate() {
                if at == place {
                    qualify(&mut world, &if of_new { new() } else { old() }, T0 + created * DAY_S);
                }
                world.hear(fact.clone());
            }
            if place >= facts.len() {
                qualify(&mut world, &if of_new { new() } else { old() }, T0 + created * DAY_S);
            }
            let one = world.only();
            (world.told(), one.ad_id, one.identity)
        };
        let mut turned = facts.clone();
        turned.reverse();
        prop_assert_eq!(story(&facts, place), story(&turned, 9));
    }
}

/// Something that is told of two numbers and three ids.
fn told() -> impl Strategy<Value = Fact> {
    let users = || prop::sample::select(vec!["u1", "u2", "u3"]).prop_map(user);
    let phones = || prop::sample::select(vec![old(), new()]);
    let at_s = || (0..6_i64).prop_map(|day| T0 + day * DAY_S);
    prop_oneof![
        3 => (phones(), users(), at_s()).prop_map(|(phone, user, at_s)| {
            let message = format!("{}-{}-{at_s}", phone.as_str(), user.as_str());
            Fact::Click(click(&message, &[phone, user], at_s))
        }),
        2 => (phones(), users(), at_s()).prop_map(|(phone, user, at_s)| written(&[phone, user], at_s)),
        1 => (users(), at_s()).prop_map(|(user, at_s)| written_as(MessageContent::Withheld, &[user], at_s)),
        1 => (phones(), users(), at_s())
            .prop_map(|(phone, user, at_s)| seen_as(Trust::OwnCard, &[phone, user], at_s)),
        1 => at_s().prop_map(|at_s| renamed(&[old(), new()], &[old()], at_s)),
        1 => (users(), users(), at_s()).prop_map(|(now, before, at_s)| renamed(&[now, before.clone()], &[before], at_s)),
    ]
}

#[test]
fn a_number_that_passed_on_without_ids_brings_its_new_owner_no_click() {
    let change = renamed(&[old(), new()], &[old()], T0 + 1000);
    let plain = written(&[old()], T0 + 2000);
    for told in [[change.clone(), plain.clone()], [plain, change]] {
        let story = |of: &Node, created_s| {
            let mut world = World::new();
            world.hear(Fact::Click(click("m1", &[old()], T0)));
            for fact in told.clone() {
                world.hear(fact);
            }
            qualify(&mut world, of, created_s);
            world
        };
        assert_eq!(story(&old(), T0 + 3000).told(), ["Lead suppressed not_from_ad"]);
        assert_eq!(told_by(&story(&new(), T0 + 3000)), queued_by("m1"), "who has the new one clicked");
        assert_eq!(told_by(&story(&old(), T0 + 500)), queued_by("m1"), "whoever had it then");
    }
    // The new owner's click is theirs.
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[old()], T0)));
    world.hear(renamed(&[old(), new()], &[old()], T0 + 1000));
    world.hear(Fact::Click(click("m2", &[old()], T0 + 2000)));
    qualify(&mut world, &old(), T0 + 3000);
    assert_eq!(told_by(&world), queued_by("m2"));
    // Nobody has written under it since: it is the same person's card.
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[old()], T0)));
    world.hear(renamed(&[old(), new()], &[old()], T0 + 1000));
    qualify(&mut world, &old(), T0 + 3000);
    assert_eq!(told_by(&world), queued_by("m1"));
}
