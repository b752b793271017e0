//! What is seen of a store, as text that can be compared: without the numbers that a store gives out as it likes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
};

use kopru_core::{
    Cause, Conversion, ConversionFilter, RevisitPlace, RevisitStep, State, WorkingSet, WorkspaceId,
};
use store::{AskDue, Queued, Store, Work, views::Listed};

use super::{
    activities::hashed,
    steps::{ORIGIN, contact, phone},
};

/// What everybody sees who looks at a workspace.
pub async fn of(store: &dyn Store, workspace: WorkspaceId, now_ms: i64) -> Vec<String> {
    let filter = ConversionFilter { since_s: Some(now_ms / 1000 - 300), ..ConversionFilter::default() };
    let page = store.conversions_of(workspace, filter, None, 3).await.unwrap();
    let mut listed = store.conversions(workspace, None, 100).await.unwrap();
    listed.iter_mut().for_each(without_numbers_of_its_own);
    let mut ignored = store.ignored(workspace).await.unwrap();
    ignored.sort_by_key(|(reason, _)| *reason);
    let mut problems = store.problems(workspace).await.unwrap();
    problems.sort_by_key(|problem| format!("{problem:?}"));
    // SQLite finds the first of a lane by when it is due alone: exact, unless one is due before its event.
    let is_exact = listed.iter().map(|one| &one.conversion).all(|one| {
        one.state != State::Queued || one.due_ms.is_some_and(|due_ms| due_ms >= one.event_s * 1000)
    });
    let oldest_due_ms = store.oldest_due_ms(workspace).await.unwrap().filter(|_| is_exact);
    let mut funnel = store.funnel(workspace).await.unwrap();
    for sum in funnel.revenue.values_mut() {
        // 15.0 is 15.
        *sum = sum.to_string().parse().unwrap();
    }
    let asks = store.asks_due(ORIGIN, &[workspace], 100, now_ms).await.unwrap();
    let mut seen = vec![
        text("ledger", &store.ledger(workspace).await.unwrap()),
        text("listed", &listed),
        text("page", &page.listed.iter().map(|one| &one.conversion.event_id).collect::<Vec<_>>()),
        text("breakdown", &store.breakdown(workspace).await.unwrap()),
        text("funnel", &funnel),
        text("ignored", &ignored),
        text("problems", &problems),
        text("history", &store.history(workspace).await.unwrap()),
        text("catalogues", &store.catalogues(workspace).await.unwrap()),
        text("settled", &store.is_settled(workspace).await.unwrap()),
        text("set aside", &store.set_aside(workspace, 100).await.unwrap()),
        text("oldest undecided", &store.oldest_undecided_ms(workspace).await.unwrap()),
        text("oldest due", &oldest_due_ms),
        text("asks", &questions(asks)),
        text("next ask", &store.next_ask_due(workspace, ORIGIN).await.unwrap()),
    ];
    seen.extend(people(store, workspace).await);
    seen
}

/// A request of activities has one reply, and SQLite shows its bytes once it has ended.
fn without_numbers_of_its_own(one: &mut Listed) {
    one.number = 0;
    one.conversion.made_by = unnumbered(&one.conversion).made_by;
    if let Cause::Activity(_) = one.conversion.cause {
        one.reply = None;
        one.appends.iter_mut().for_each(|to| to.number = 0);
        one.body.take_if(|_| one.conversion.sent.is_under_way());
    }
}

/// Without the number that an activity was given.
fn unnumbered(one: &Conversion) -> Conversion {
    match one.cause {
        Cause::Activity(_) => Conversion { made_by: 0, ..one.clone() },
        _ => one.clone(),
    }
}

pub fn text(of: &str, seen: &impl Debug) -> String {
    format!("{of}: {seen:#?}")
}

/// What is known of everybody, and the order in which no store is asked to tell it.
async fn people(store: &dyn Store, workspace: WorkspaceId) -> Vec<String> {
    let mut people = Vec::new();
    for one in (0..4).map(phone).chain((0..3).map(contact)).chain((0..4).map(hashed)) {
        let mut person = store.person(workspace, std::slice::from_ref(&one)).await.unwrap();
        person.deals.sort_by(|a, b| a.key.cmp(&b.key));
        // Clicks of one second come in any order.
        person.clicks.sort_by_key(|click| (std::cmp::Reverse(click.at_s), click.account.clone()));
        person.conversions.iter_mut().for_each(without_numbers_of_its_own);
        people.push(text(one.as_str(), &person));
    }
    people
}

fn questions(asks: Vec<AskDue>) -> BTreeMap<String, (u64, u32, i64)> {
    asks.into_iter().map(|ask| (ask.question.key(), (ask.upto, ask.tries, ask.since_ms))).collect()
}

pub fn claimed(claimed: &[Queued]) -> String {
    let each = |one: &Queued| (unnumbered(&one.conversion), one.tries, one.unknown.clone());
    text("claimed", &claimed.iter().map(each).collect::<Vec<_>>())
}

pub fn work(work: &Work) -> Vec<String> {
    vec![
        text("facts", &work.facts),
        text("expired", &work.expired.iter().map(unnumbered).collect::<Vec<_>>()),
        text("sweep", &work.sweep),
        text("revisit", &work.revisit.as_ref().map(step)),
        text("deadline", &work.next_deadline_ms),
        state(&work.state),
    ]
}

fn step(step: &RevisitStep) -> RevisitStep {
    let without_numbers =
        |place: &RevisitPlace| RevisitPlace { queue_after: 0, below: None, ..place.clone() };
    let conversions = step.conversions.iter().map(unnumbered).collect();
    let next = step.next.as_ref().map(without_numbers);
    RevisitStep { number: 0, conversions, next, ..step.clone() }
}

fn state(state: &WorkingSet) -> String {
    let waiting: BTreeMap<_, _> = state.waiting.iter().collect();
    // Clicks of one second come in any order.
    let mut clicks = state.clicks.clone();
    for clicks in clicks.values_mut() {
        clicks.sort_by_key(|click| (std::cmp::Reverse(click.at_s), click.message.clone()));
    }
    let joins: BTreeMap<_, _> = state.joins.iter().map(|(one, others)| (one, sorted(others))).collect();
    let seen = (
        (sorted(&state.deals), sorted(&state.contacts), sorted(&state.links), sorted(&state.deals_of)),
        (state.crowded.iter().collect::<BTreeSet<_>>(), sorted(&clicks)),
        (joins, sorted(&state.chats), sorted(&state.heard)),
        (sorted(&state.conversions), waiting, sorted(&state.waiting_beyond)),
        (sorted(&state.catalogues), &state.lost),
        (state.erased.iter().collect::<BTreeSet<_>>(), sorted(&state.expired_clicks)),
    );
    text("state", &seen)
}

fn sorted<K: Ord, V>(map: &HashMap<K, V>) -> BTreeMap<&K, &V> {
    map.iter().collect()
}
