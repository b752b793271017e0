//! A few small lives, and what the oracle makes of a service that does not do its work.

use super::{
    draw::{self, Trouble},
    life::{BEGUN_MS, Life, Manner, NEW, News, QUALIFIED, Step, What},
    oracle::differences,
    pace::Pace,
    shrink::about,
    truth::Truth,
    world::Scene,
};

#[test]
fn lives_with_all_kinds_of_trouble_come_out_as_they_must() {
    let mut scene = Scene::new().unwrap();
    for seed in 1..=60 {
        let life = draw::life(seed, 4, Trouble::ALL, &Pace::USUAL);
        let came = scene.play(&life).unwrap();
        assert_eq!(differences(&life, &came), [], "seed {seed}");
    }
}

/// An oracle that finds nothing proves nothing.
#[test]
fn a_service_that_tells_nothing_or_something_else_is_found_out() {
    let mut scene = Scene::new().unwrap();
    let lives = (1..=20).map(|seed| draw::life(seed, 4, Trouble::NONE, &Pace::USUAL));
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

/// What is wrong with lives of the binary is looked for on virtual time, so they have to make sense there.
#[test]
fn lives_in_a_hurry_come_out_as_they_must() {
    let mut scene = Scene::new().unwrap();
    for seed in 1..=20 {
        let life = draw::life(seed, 6, Trouble::ALL, &Pace::HURRIED);
        let came = scene.play(&life).unwrap();
        assert_eq!(differences(&life, &came), [], "seed {seed}");
    }
}

fn step(at_ms: i64, what: What, reports_ms: &[i64]) -> Step {
    Step { at_ms, what, news: News { reports_ms: reports_ms.to_vec(), manner: Manner::Usual, lag_ms: 0 } }
}

/// Two deals, each with a contact; the second contact is linked with the first deal as well.
fn two_deals() -> Life {
    let contact = |contact| What::ContactMade { contact, phones: Vec::new(), consent: None };
    let deal = |deal, contact| What::DealMade { deal, stage: NEW, cents: None, contacts: vec![contact] };
    let steps = vec![
        step(0, contact(1), &[5]),
        step(0, contact(2), &[5]),
        step(1_000, deal(10, 1), &[1_000, 5]),
        step(1_000, deal(11, 2), &[5]),
        step(3_000, What::Moved { deal: 10, to: QUALIFIED }, &[5]),
        step(4_000, What::Linked { deal: 10, contact: 2 }, &[700]),
        step(5_000, What::Moved { deal: 11, to: QUALIFIED }, &[]),
    ];
    Life { begun_ms: BEGUN_MS, patience: Pace::HURRIED.patience, steps }
}

#[test]
fn a_report_counts_from_its_acknowledgement() {
    let life = two_deals();
    let planned = Truth::of(&life);
    let heard = |truth: &Truth| -> Vec<Option<i64>> {
        [10, 11].iter().flat_map(|deal| truth.deals[deal].iter().map(|row| row.reported_ms)).collect()
    };
    assert_eq!(heard(&planned), [Some(2_000), Some(3_005), Some(4_700), Some(1_005), None]);
    let mut acknowledged: Vec<i64> = vec![0; planned.reports.len()];
    for report in &planned.reports {
        acknowledged[report.number] = report.at_ms + 100;
    }
    let real = Truth::acknowledged(&life, &acknowledged);
    assert_eq!(heard(&real), [Some(2_100), Some(3_105), Some(4_800), Some(1_105), None]);
    assert!(real.reports.iter().zip(&planned.reports).all(|(real, planned)| real.of == planned.of));
}

#[test]
fn of_a_life_is_shown_what_may_have_to_do_with_a_deal() {
    let life = two_deals();
    let around = |deal| -> Vec<i64> { about(&life, deal).iter().map(|step| step.at_ms).collect() };
    assert_eq!(around(10), [0, 0, 1_000, 3_000, 4_000]);
    assert_eq!(around(11), [0, 1_000, 5_000]);
}
