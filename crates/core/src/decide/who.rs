//! Clicks and links: who came through which ad, and who is the same person.

use super::{Deciding, resolve};
use crate::{Click, Effect, Node, Outcome, Reason};

/// How many names of one person are joined with each other.
const NAMES_MAX: usize = 8;

/// Keeps the click, and gives it to every deal that was waiting for one.
pub(super) fn clicked(deciding: &mut Deciding, click: &Click) -> Outcome {
    if deciding.state.has_erased(&click.who) {
        return Outcome::Ignored(Reason::Erased);
    }
    let known = click
        .who
        .iter()
        .filter_map(|node| deciding.state.clicks.get(node))
        .flatten()
        .any(|known| known.message == click.message);
    if known {
        return Outcome::Duplicate;
    }
    deciding.act(Effect::SaveClick(click.clone()));
    link_all(deciding, &click.who);
    resolve::causes_around(deciding, &click.who);
    Outcome::Used
}

/// Joins identifiers that were seen together.
pub(super) fn linked(deciding: &mut Deciding, who: &[Node]) -> Outcome {
    if who.len() < 2 {
        return Outcome::Ignored(Reason::NotFromAd);
    }
    if deciding.state.has_erased(who) {
        return Outcome::Ignored(Reason::Erased);
    }
    if !link_all(deciding, who) {
        return Outcome::Ignored(Reason::NothingNew);
    }
    resolve::causes_around(deciding, who);
    Outcome::Used
}

/// Joins all names of one person with each other, and with the names that these have already, so that none of
/// them is farther from another than one link; says whether that was news.
fn link_all(deciding: &mut Deciding, who: &[Node]) -> bool {
    let mut names: Vec<Node> = Vec::new();
    let known = who.iter().filter_map(|node| deciding.state.links.get(node)).flatten();
    for name in who.iter().chain(known.filter(|known| !known.is_contact())) {
        if names.len() < NAMES_MAX && !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut news = false;
    for (place, one) in names.iter().enumerate() {
        for other in &names[place + 1..] {
            let known = deciding.state.links.get(one).is_some_and(|links| links.contains(other));
            if !known {
                deciding.act(Effect::SaveLink(one.clone(), other.clone()));
                news = true;
            }
        }
    }
    news
}
