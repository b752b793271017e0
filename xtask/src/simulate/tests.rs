//! A few small lives, and what the oracle makes of a service that does not do its work.

use super::{
    draw::{self, Trouble},
    oracle::differences,
    world::Scene,
};

#[test]
fn lives_with_all_kinds_of_trouble_come_out_as_they_must() {
    let mut scene = Scene::new().unwrap();
    for seed in 1..=100 {
        let life = draw::life(seed, 4, Trouble::ALL);
        let came = scene.play(&life).unwrap();
        assert_eq!(differences(&life, &came), [], "seed {seed}");
    }
}
