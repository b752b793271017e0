//! Clicks and links: who came through which ad, and who is the same person.

use super::{Desk, resolve};
use crate::{Click, Effect, Node, Outcome, Reason};

/// Keeps the click, and gives it to every deal that was waiting for one.
pub(super) fn clicked(desk: &mut Desk, click: &Click) -> Outcome {
    let known = click
        .who
        .iter()
        .filter_map(|node| desk.state.clicks.get(node))
        .flatten()
        .any(|known| known.message == click.message);
    if known {
        return Outcome::Duplicate;
    }
    desk.act(Effect::SaveClick(click.clone()));
    link_all(desk, &click.who);
    resolve::deals_around(desk, &click.who);
    Outcome::Used
}

/// Joins identifiers that were seen together.
pub(super) fn linked(desk: &mut Desk, who: &[Node]) -> Outcome {
    if who.len() < 2 {
        return Outcome::Ignored(Reason::NotFromAd);
    }
    if !link_all(desk, who) {
        return Outcome::Ignored(Reason::NothingNew);
    }
    resolve::deals_around(desk, who);
    Outcome::Used
}

/// Links each identifier to the first; says whether that was news.
fn link_all(desk: &mut Desk, who: &[Node]) -> bool {
    let Some((first, others)) = who.split_first() else { return false };
    let mut news = false;
    for other in others {
        let known = desk.state.links.get(first).is_some_and(|links| links.contains(other));
        if !known && first != other {
            desk.act(Effect::SaveLink(first.clone(), other.clone()));
            news = true;
        }
    }
    news
}
