//! The shortest life that still fails: steps are left out, and what is in the way of the rest is taken away, as
//! long as the same is wrong.

use std::collections::BTreeSet;

use super::life::{Life, Manner, News, Step, What};

/// So many lives are tried at most.
const TRIES_MAX: usize = 3_000;

/// Makes a life that fails as short as it gets.
pub fn shortest(life: &Life, mut fails: impl FnMut(&Life) -> bool) -> Life {
    let mut best = life.clone();
    let mut tries = 0;
    let mut is_tried = |life: &Life| {
        tries += 1;
        tries <= TRIES_MAX && fails(life)
    };
    let mut part = best.steps.len().div_ceil(2);
    while part > 0 {
        let mut from = 0;
        let mut shorter = false;
        while from < best.steps.len() {
            let until = (from + part).min(best.steps.len());
            let mut steps = best.steps.clone();
            steps.drain(from..until);
            let life = Life { steps, ..best };
            if is_tried(&life) {
                best = life;
                shorter = true;
            } else {
                from = until;
            }
        }
        if part == 1 && !shorter {
            break;
        }
        part = if part == 1 { 1 } else { part / 2 };
    }
    for place in 0..best.steps.len() {
        for plainer in plainer(&best.steps[place]) {
            let mut life = best.clone();
            life.steps[place] = plainer;
            if is_tried(&life) {
                best = life;
            }
        }
    }
    best
}

/// The same step with less in its way.
fn plainer(step: &Step) -> Vec<Step> {
    let with = |news: News| Step { news, ..step.clone() };
    let mut plainer = Vec::new();
    if step.news.lag_ms > 0 {
        plainer.push(with(News { lag_ms: 0, ..step.news.clone() }));
    }
    if step.news.reports_ms.len() > 1 {
        plainer.push(with(News { reports_ms: step.news.reports_ms[..1].to_vec(), ..step.news.clone() }));
    }
    if step.news.reports_ms != [0] {
        plainer.push(with(News { reports_ms: vec![0], ..step.news.clone() }));
    }
    if step.news.manner != Manner::Usual {
        plainer.push(with(News { manner: Manner::Usual, ..step.news.clone() }));
    }
    plainer
}

/// The steps of a life that may have to do with a deal: its own, those of its contacts and of the people whose
/// phones these have, and everybody's trouble.
pub fn about(life: &Life, deal: u64) -> Vec<&Step> {
    let mut contacts = BTreeSet::new();
    let mut known = usize::MAX;
    while known != contacts.len() {
        known = contacts.len();
        for step in &life.steps {
            match &step.what {
                What::DealMade { deal: of, contacts: with, .. } if *of == deal => {
                    contacts.extend(with.iter());
                }
                What::Linked { deal: of, contact } if *of == deal => drop(contacts.insert(*contact)),
                What::Merged { contact, into } if contacts.contains(contact) || contacts.contains(into) => {
                    contacts.extend([*contact, *into]);
                }
                _ => {}
            }
        }
    }
    let phones = life.steps.iter().filter_map(|step| match &step.what {
        What::ContactMade { contact, phones, .. } | What::PhonesEdited { contact, phones } => {
            contacts.contains(contact).then_some(phones)
        }
        _ => None,
    });
    let people: BTreeSet<usize> = phones.flatten().flat_map(|field| field.people.iter().copied()).collect();
    let is_about = |step: &&Step| match &step.what {
        What::Writes { person, .. } => people.contains(person),
        What::ContactMade { contact, .. }
        | What::PhonesEdited { contact, .. }
        | What::ConsentSaid { contact, .. }
        | What::ContactGone { contact }
        | What::Merged { contact, .. } => contacts.contains(contact),
        What::DealMade { deal: of, .. }
        | What::Moved { deal: of, .. }
        | What::Priced { deal: of, .. }
        | What::Linked { deal: of, .. }
        | What::Unlinked { deal: of, .. }
        | What::DealGone { deal: of } => *of == deal,
        What::CrmFails { .. } | What::MetaFails { .. } | What::Killed { .. } => true,
    };
    life.steps.iter().filter(is_about).collect()
}
