//! A few small lives, and what the oracle makes of a service that does not do its work.

use super::{
    draw::{self, Trouble},
    oracle::differences,
    world::Scene,
};

#[test]
fn lives_with_all_kinds_of_trouble_come_out_as_they_must() {
    let mut scene = Scene::new().unwrap();
    for seed in 1..=60 {
        let life = draw::life(seed, 4, Trouble::ALL);
        let came = scene.play(&life).unwrap();
        assert_eq!(differences(&life, &came), [], "seed {seed}");
    }
}

/// An oracle that finds nothing proves nothing.
#[test]
fn a_service_that_tells_nothing_or_something_else_is_found_out() {
    let mut scene = Scene::new().unwrap();
    let lives = (1..=20).map(|seed| draw::life(seed, 4, Trouble::NONE));
    let (life, came) = lives
        .map(|life| (scene.play(&life).unwrap(), life))
        .map(|(came, life)| (life, came))
        .find(|(_, came)| came.taken.iter().any(|taken| taken.cents.is_some()))
        .unwrap();
    assert_eq!(differences(&life, &came), []);
    let sale = came.taken.iter().position(|taken| taken.cents.is_some()).unwrap();
    let changes: [fn(&mut Vec<super::meta::Taken>, usize); 5] = [
        |taken, sale| drop(taken.remove(sale)),
        |taken, sale| taken[sale].cents = Some(1),
        |taken, sale| taken[sale].event_s += 1,
        |taken, sale| taken[sale].click = "another".to_owned(),
        |taken, sale| taken.push(taken[sale].clone()),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut other = came.clone();
        change(&mut other.taken, sale);
        assert_eq!(differences(&life, &other).len(), 1, "{place}");
    }
}
