//! The order in which things arrive does not decide what is sent.

use proptest::prelude::*;

use super::world::{NEW, QUALIFIED, T0, WON, World, click, contact_changed, link, moved, updated, user};
use crate::{Conversion, Fact};

/// What happens in the CRM, in this order, and what each step is reported as.
const STEPS: [fn(&mut World) -> Vec<Fact>; 5] = [
    |world| {
        world.crm.contact("c1", &[]);
        world.crm.enter("d1", NEW, T0 + 100);
        vec![moved("d1", NEW, T0 + 100), contact_changed("c1", T0 + 100)]
    },
    |world| {
        world.crm.contact("c1", &[World::phone()]);
        vec![contact_changed("c1", T0 + 200)]
    },
    |world| {
        world.crm.enter("d1", QUALIFIED, T0 + 300);
        vec![moved("d1", QUALIFIED, T0 + 300), updated("d1", T0 + 300)]
    },
    |world| {
        world.crm.enter("d1", WON, T0 + 400);
        vec![moved("d1", WON, T0 + 400), moved("d1", WON, T0 + 400)]
    },
    |world| {
        world.crm.price("d1", "1500.50", T0 + 500);
        vec![updated("d1", T0 + 500)]
    },
];

/// What comes next: a step in the CRM, a question that leaves, its answer, or a fact.
type Choice = (u8, prop::sample::Index);

/// Plays the story. An answer says what was true when it was fetched, and may arrive after later
/// facts; a question leaves again only when its answer is there.
fn play(choices: &[Choice]) -> World {
    let mut world = World::new();
    let mut facts = vec![
        Fact::Click(click("m1", &[user("u1")], T0)),
        Fact::Click(click("m1", &[user("u1")], T0)),
        link(&[user("u1"), World::phone()], T0 + 1),
    ];
    let mut answers: Vec<(String, Fact)> = Vec::new();
    let mut steps = STEPS.iter();
    for (kind, which) in choices {
        let free: Vec<String> =
            world.open.keys().filter(|key| answers.iter().all(|(asked, _)| asked != *key)).cloned().collect();
        match kind {
            0 => facts.extend(steps.next().map(|step| step(&mut world)).unwrap_or_default()),
            1 if !free.is_empty() => {
                let key = which.get(&free).clone();
                let answer = world.fetch(&key);
                answers.push((key, answer));
            }
            2 if !answers.is_empty() => {
                let (_, answer) = answers.swap_remove(which.index(answers.len()));
                world.tell(answer);
            }
            3 if !facts.is_empty() => {
                let fact = facts.swap_remove(which.index(facts.len()));
                world.tell(fact);
            }
            _ => {}
        }
    }
    for (_, answer) in answers {
        world.tell(answer);
    }
    for step in steps {
        facts.extend(step(&mut world));
    }
    for fact in facts {
        world.tell(fact);
    }
    world.answer_all();
    world
}

/// What is sent. When it was known differs: an answer that lags behind what it was asked for is asked for again, two
/// seconds later.
fn essence(world: &World) -> Vec<Conversion> {
    let essence = |one| Conversion { received_ms: 0, made_by: 0, due_ms: None, ..one };
    world.conversions().into_iter().map(essence).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_gives_the_same_conversions(
        choices in prop::collection::vec((0..4_u8, any::<prop::sample::Index>()), 0..60),
    ) {
        let world = play(&choices);
        prop_assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
        prop_assert_eq!(essence(&world), essence(&play(&[])));
    }
}
