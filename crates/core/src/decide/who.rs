//! Clicks and links: who came through which ad, and who is the same person.

use super::{Deciding, resolve};
use crate::{Click, Effect, Node, Outcome, Reason};

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

/// Links each identifier to the first; says whether that was news.
fn link_all(deciding: &mut Deciding, who: &[Node]) -> bool {
    let Some((first, others)) = who.split_first() else { return false };
    let mut news = false;
    for other in others {
        let known = deciding.state.links.get(first).is_some_and(|links| links.contains(other));
        if !known && first != other {
            deciding.act(Effect::SaveLink(first.clone(), other.clone()));
            news = true;
        }
    }
    news
}
