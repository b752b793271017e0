//! Clicks and links: who came through which ad, who is the same person, and how their chats began.

use super::{Deciding, resolve, rules};
use crate::{
    Cause, Chat, Click, Conversion, Effect, Join, Link, MessageContent, Node, Outcome, Reason, State,
};

/// How many names of one person are joined with each other.
const NAMES_MAX: usize = 16;

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
    hear(deciding, &click.account);
    deciding.act(Effect::SaveClick(click.clone()));
    chat(deciding, &click.who, Chat { first_s: click.at_s, began_plain: false, withheld_s: None });
    let link = Link { who: click.who.clone(), at_s: click.at_s, ..Link::default() };
    join(deciding, &link);
    reached(deciding, &click.who);
    Outcome::Used
}

/// Joins identifiers that were seen together, and notes how the chat in which they were began.
pub(super) fn linked(deciding: &mut Deciding, link: &Link) -> Outcome {
    let who = &link.who;
    if deciding.state.has_erased(who) {
        return Outcome::Ignored(Reason::Erased);
    }
    let mut begun = false;
    let mut withheld = false;
    if let Some(message) = &link.message {
        hear(deciding, &message.account);
        withheld = message.content == MessageContent::Withheld;
        if message.content != MessageContent::Unsupported {
            let withheld_s = withheld.then_some(link.at_s);
            begun = chat(deciding, who, Chat { first_s: link.at_s, began_plain: !withheld, withheld_s });
        }
    }
    let joined = join(deciding, link);
    if joined || begun {
        reached(deciding, who);
    }
    match who.len() {
        _ if begun && withheld => Outcome::Ignored(Reason::ClickWithheld),
        _ if joined => Outcome::Used,
        0 | 1 => Outcome::Ignored(Reason::NotFromAd),
        _ => Outcome::Ignored(Reason::NothingNew),
    }
}

/// Looks again at what these identifiers reach. What had ended without a click was decided for whoever was there
/// then: if it has one now, its contacts are asked for once more, because one may be gone.
fn reached(deciding: &mut Deciding, who: &[Node]) {
    let is_clickless = |one: &&Conversion| one.reason.is_some_and(|why| Reason::CLICKLESS.contains(&why));
    let deals = deciding.state.deals_around(who).into_iter().map(Cause::Deal);
    let mut ended: Vec<(Cause, String)> = Vec::new();
    for cause in deals {
        let all = deciding.state.conversions.get(&cause).into_iter().flatten();
        ended.extend(all.filter(is_clickless).map(|one| (cause.clone(), one.event_id.clone())));
    }
    resolve::causes_around(deciding, who);
    for (cause, event_id) in ended {
        let all = deciding.state.conversions.get(&cause).into_iter().flatten();
        let mut queued = all.filter(|one| one.event_id == event_id && one.state == State::Queued);
        if let Some(found) = queued.next() {
            let found = Conversion { made_by: deciding.seq, ..found.clone() };
            rules::look_at(deciding, &found, Effect::Update);
        }
    }
}

/// Notes that chats of the account come here.
fn hear(deciding: &mut Deciding, account: &str) {
    if !deciding.state.heard.contains_key(account) {
        let since_s = deciding.received_ms.div_euclid(1000);
        deciding.act(Effect::SaveHeard { account: account.to_owned(), since_s });
    }
}

/// Notes how a chat began; says whether that was news. It is kept under one name: an id is never another
/// person's, and the names of a message are joined with each other.
fn chat(deciding: &mut Deciding, who: &[Node], seen: Chat) -> bool {
    let Some(name) = who.iter().find(|node| node.is_chat_user()).or(who.first()) else { return false };
    let known = deciding.state.chats.get(name).copied();
    let now = known.map_or(seen, |known| known.with(seen));
    if known != Some(now) {
        deciding.act(Effect::SaveChat(name.clone(), now));
    }
    known != Some(now)
}

/// Joins all names of one person with each other; says whether that was news.
fn join(deciding: &mut Deciding, link: &Link) -> bool {
    let told = Join { trust: link.trust, since_s: link.at_s, until_s: None };
    let told_ended = Join { until_s: Some(link.at_s), ..told };
    let (former, names): (Vec<&Node>, Vec<&Node>) =
        link.who.iter().take(NAMES_MAX).partition(|node| link.former.contains(node));
    let mut news = false;
    for side in [&names, &former] {
        for (place, one) in side.iter().enumerate() {
            for other in &side[place + 1..] {
                news |= save(deciding, one, other, told);
            }
        }
    }
    for name in &names {
        for before in &former {
            news |= save(deciding, name, before, told_ended);
            // Whatever they had before that is as near, and so is what they have by now.
            for (earlier, join) in ended(deciding, before, |name, other| (name, other)) {
                news |= save(deciding, name, &earlier, join);
            }
            for (later, _) in ended(deciding, name, |name, other| (other, name)) {
                news |= save(deciding, &later, before, told_ended);
            }
        }
    }
    news
}

/// The names that are joined with this one and where that has ended in the given direction.
fn ended(
    deciding: &Deciding,
    name: &Node,
    direction: for<'a> fn(&'a Node, &'a Node) -> (&'a Node, &'a Node),
) -> Vec<(Node, Join)> {
    let others = deciding.state.links.get(name).into_iter().flatten();
    let joins = others.filter_map(|other| {
        let (one, second) = direction(name, other);
        let join = deciding.state.join_of(one, second)?;
        join.until_s.is_some().then(|| (other.clone(), *join))
    });
    joins.take(NAMES_MAX).collect()
}

/// Keeps what is told of two names, unless all of it is known.
fn save(deciding: &mut Deciding, one: &Node, other: &Node, told: Join) -> bool {
    let known = deciding.state.join_of(one, other);
    let is_known = one == other || known.is_some_and(|known| known.with(told) == *known);
    if !is_known {
        deciding.act(Effect::SaveLink(one.clone(), other.clone(), told));
    }
    !is_known
}
