//! The questions of one kind: which of them make the next list, and what a list that failed means.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use store::AskDue;
use tokio::time::Instant;

use crate::rest::{self, Rest};

/// How far apart two lists are at least, unless one is full. What comes meanwhile shares the second one, and
/// so does what comes within as long after that, and so on.
const BETWEEN_LISTS: Duration = Duration::from_millis(500);
/// How far apart they are at most, while questions keep coming. A list gathers as many times the shortest
/// wait as the last one had questions: many changes at once, whose webhooks come one after the other, share
/// few requests. A long list is remembered for the next few: webhooks of changes that the first lists showed
/// already come thinly.
const BETWEEN_LISTS_MAX: Duration = Duration::from_secs(4);
/// A list of so many questions says nothing of many at once: one person at work makes it.
const FEW: usize = 2;
/// Questions are few behind a list that was longer than so many times their number.
const FEW_OF: usize = 4;
/// How long another one may take to come behind few of them.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// So many lists without an answer, a list and its two halves, and nobody is there.
const FAILED_MAX: u32 = 3;
/// The same after an answer in the same run: who has just answered is believed for longer.
const FAILED_AFTER_ANSWER_MAX: u32 = 12;

/// The questions of one kind.
///
/// New questions go first and in lists of their own: those that failed before cannot hold them up. A
/// list that failed is asked in halves, and these in halves, until the records that are to blame stand
/// alone. If everything fails the account is to blame, for the moment: what comes back later is mixed
/// anew into lists of half the size, so that two odd records that stood in both halves part at last.
pub(crate) struct Batcher {
    /// How many questions fit one list.
    list_max: usize,
    /// How many old ones make a list now.
    old_max: usize,
    /// Parts of lists that failed, widest first.
    parts: VecDeque<Vec<AskDue>>,
    /// New questions and parts take turns.
    part_next: bool,
    /// Lists that failed since the last answer.
    failed: u32,
    /// Something was answered since the batcher was last empty.
    answered: bool,
    /// When the last whole list was asked, and how long it was, or half as long as the longest before it.
    asked_at: Option<Instant>,
    asked_len: usize,
    /// New questions at the last look, and when there were last more of them than before.
    gathered: usize,
    grew_at: Option<Instant>,
    /// While it lasts nothing of this kind is asked.
    pub rest: Rest,
    /// Why it rests.
    pub why: &'static str,
}

/// Questions that are asked together.
#[derive(Debug)]
pub(crate) struct List {
    pub asks: Vec<AskDue>,
    /// Whether it is a part of one that failed.
    pub is_part: bool,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Ask these.
    Ask(List),
    /// Look again then.
    Later(Instant),
    /// There is nothing to ask.
    Nothing,
}

/// What follows from a list that failed.
#[derive(Debug)]
pub(crate) enum Blamed {
    /// Its parts will tell.
    Parts,
    /// This record stands alone with it.
    Record(Vec<AskDue>),
    /// Nobody answers: these are put off, and everything else of the kind.
    Down(Vec<AskDue>),
}

impl Batcher {
    pub fn new(list_max: usize) -> Self {
        Self {
            list_max,
            old_max: list_max,
            parts: VecDeque::new(),
            part_next: false,
            failed: 0,
            answered: false,
            asked_at: None,
            asked_len: 0,
            gathered: 0,
            grew_at: None,
            rest: Rest::default(),
            why: "",
        }
    }

    /// The next list, out of the questions that are due. Those that it leaves are not in hand.
    pub fn next(&mut self, due: &mut Vec<AskDue>) -> Next {
        let in_hand: HashSet<String> = self.parts.iter().flatten().map(|ask| ask.question.key()).collect();
        due.retain(|ask| !in_hand.contains(&ask.question.key()));
        if let Some(until) = self.rest.until() {
            return if due.is_empty() { Next::Nothing } else { Next::Later(until) };
        }
        if due.is_empty() && self.parts.is_empty() {
            (self.failed, self.answered) = (0, false);
            return Next::Nothing;
        }
        let (new, old): (Vec<_>, Vec<_>) = due.drain(..).partition(|ask| ask.tries == 0);
        let gathers_until = self.gathers_until(new.len());
        let is_ready =
            |asks: &[AskDue], max: usize| asks.len() >= max || (!asks.is_empty() && gathers_until.is_none());
        let new_is_ready = is_ready(&new, self.list_max);
        let list = if new_is_ready && (self.parts.is_empty() || !self.part_next) {
            // Whatever failed until now, these are other records.
            self.failed = 0;
            self.part_next = true;
            due.extend(old);
            self.take(new, self.list_max, due)
        } else if let Some(part) = self.parts.pop_front() {
            self.part_next = false;
            due.extend(new.into_iter().chain(old));
            return Next::Ask(List { asks: part, is_part: true });
        } else if is_ready(&old, self.old_max) {
            due.extend(new);
            self.take(mixed(old), self.old_max, due)
        } else {
            due.extend(new.into_iter().chain(old));
            return gathers_until.map_or(Next::Nothing, Next::Later);
        };
        Next::Ask(list)
    }

    /// Until when questions gather, if so many new ones are there.
    fn gathers_until(&mut self, new: usize) -> Option<Instant> {
        let now = Instant::now();
        if new > self.gathered {
            self.grew_at = Some(now);
        }
        self.gathered = new;
        let asked_at = self.asked_at?;
        let (soonest, latest) = (asked_at + BETWEEN_LISTS, asked_at + gathering(self.asked_len));
        let until =
            self.grew_at.map_or(soonest, |at| (at + pause(new, self.asked_len)).clamp(soonest, latest));
        (until > now).then_some(until)
    }

    fn take(&mut self, mut from: Vec<AskDue>, max: usize, rest: &mut Vec<AskDue>) -> List {
        rest.extend(from.drain(max.min(from.len())..));
        (self.asked_at, self.asked_len) = (Some(Instant::now()), from.len().max(self.asked_len / 2));
        self.gathered = 0;
        List { asks: from, is_part: false }
    }

    /// Whether something was answered since the batcher was last empty.
    pub fn is_alive(&self) -> bool {
        self.answered
    }

    /// A list was answered, if only in part.
    pub fn answered(&mut self, list: &List) {
        (self.failed, self.answered) = (0, true);
        if !list.is_part {
            self.old_max = (self.old_max * 2).min(self.list_max);
        }
    }

    /// A list failed, and nobody can know whether all of it is to blame.
    pub fn failed(
        &mut self,
        list: List,
        why: &'static str,
        bounds: rest::Bounds,
        stated: Option<Duration>,
    ) -> Blamed {
        self.failed += 1;
        let failed_max = if self.answered { FAILED_AFTER_ANSWER_MAX } else { FAILED_MAX };
        if self.failed >= failed_max {
            let mut all = self.give_back();
            all.extend(list.asks);
            self.halve();
            self.why = why;
            self.rest.begin(bounds, stated);
            return Blamed::Down(all);
        }
        let mut asks = list.asks;
        if asks.len() < 2 {
            return Blamed::Record(asks);
        }
        let second = asks.split_off(asks.len() / 2);
        self.parts.extend([asks, second]);
        Blamed::Parts
    }

    /// Makes lists of old questions half as long, so that they are mixed in another way.
    fn halve(&mut self) {
        self.old_max = (self.old_max.min(self.asked_len) / 2).max(1);
    }

    /// The questions in hand, which are not in hand any more.
    pub fn give_back(&mut self) -> Vec<AskDue> {
        (self.failed, self.answered) = (0, false);
        self.parts.drain(..).flatten().collect()
    }
}

/// How long no question may come for a list to be complete: few questions behind a long list are the first of
/// more.
fn pause(gathered: usize, asked: usize) -> Duration {
    if gathered * FEW_OF < asked { PAUSE_MAX } else { BETWEEN_LISTS }
}

/// How long questions gather at most behind a list of so many.
fn gathering(asked: usize) -> Duration {
    if asked <= FEW {
        return BETWEEN_LISTS;
    }
    u32::try_from(asked)
        .map_or(BETWEEN_LISTS_MAX, |asked| (BETWEEN_LISTS.saturating_mul(asked)).min(BETWEEN_LISTS_MAX))
}

/// The same questions in an order that is another one each time.
fn mixed(mut asks: Vec<AskDue>) -> Vec<AskDue> {
    let chance = RandomState::new();
    asks.sort_by_cached_key(|ask| chance.hash_one(ask.question.key()));
    asks
}

/// Any number, another one each time.
pub(crate) fn chance() -> u64 {
    RandomState::new().hash_one(())
}

/// Three quarters of a wait to all of it, by chance: not everybody comes back at once.
pub(crate) fn spread(wait: Duration, chance: u64) -> Duration {
    wait / 4 * 3 + wait / 1024 * u32::from(chance as u8)
}

#[cfg(test)]
mod tests;
