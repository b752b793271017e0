//! What Meta must hold at the end of a life, and what it may hold, from the text of what is promised alone:
//! nothing here is Kopru's own.
//!
//! * A Lead is a deal's first entry into *Qualified*; it stands once entered.
//! * A Purchase is a win that stands: no entry into lost, into an open stage of the pipeline in which it was won,
//!   and no deletion followed. It has the time of that win, and the price of then or later.
//! * Somebody has clicked on an ad before: the last click that is known. Where that by which an earlier event of
//!   the deal was told is none of the contacts' any more, it stays.
//! * Who has refused consent is not told of; what is said before a sale counts for it. What happened while
//!   somebody refused need not be told when they say something else later.
//! * Each once.
//!
//! Nobody knows of a change at once. From when it is true until it must be known, by its reports and by what the
//! API shows, an event may be told with it or without it. What could be told for longer than that must be told.

use super::{
    hooks::{WABA, click_id},
    life::{Life, Patience, QUALIFIED, What},
    meta::Taken,
    truth::{ClickRow, ContactRow, DealRow, Truth},
    world::Came,
};

/// How long until the audit log is read, where nothing asks for it.
const LOG_READ_MS: i64 = 90 * 60_000;
/// Two clocks are never the same: a click counts as before an event so much later still.
const SKEW_S: i64 = 600;
/// Entries into one stage that are so close are one, if nothing is between them.
const SAME_MOVE_S: i64 = 120;
const NEVER_MS: i64 = i64::MAX;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub deal: u64,
    pub what: String,
}

/// How an event may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Telling {
    event_s: i64,
    cents: Option<i64>,
    click: usize,
    /// Between when.
    from_ms: i64,
    until_ms: i64,
}

/// What an event is of: a deal entered a stage, and it may be undone.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the unit of each")]
struct Happening {
    at_ms: i64,
    undone_ms: i64,
    undone_known_ms: i64,
}

/// What is expected of one event.
struct Expected {
    /// By when it must be told.
    must_ms: Option<i64>,
    may: Vec<Telling>,
}

/// Compares what came of a life with what had to.
pub fn differences(life: &Life, came: &Came) -> Vec<Difference> {
    let truth = Truth::acknowledged(life, &came.acknowledged);
    let judge = Judge { truth: &truth, patience: life.patience, outages: outages(life) };
    let may_double =
        life.steps.iter().any(|step| matches!(step.what, What::MetaFails { .. } | What::Killed { .. }));
    let mut found = Vec::new();
    for deal in truth.deals.keys() {
        let lead = judge.lead(*deal, &[]);
        let sale = judge.sale(*deal, &lead);
        let lead = judge.lead(*deal, &sale.may);
        for (name, expected) in [("LeadSubmitted", &lead), ("Purchase", &sale)] {
            for what in compare(*deal, name, expected, came, may_double) {
                found.push(Difference { deal: *deal, what: format!("{name}: {what}") });
            }
        }
    }
    for taken in came.taken.iter().filter(|taken| !came.deals.contains_key(&taken.event_id)) {
        found.push(Difference { deal: 0, what: format!("an event of nothing: {}", taken.bytes) });
    }
    if !came.is_balanced {
        found.push(Difference { deal: 0, what: format!("the ledger does not balance: {}", came.ledger) });
    }
    found
}

fn compare(deal: u64, name: &str, expected: &Expected, came: &Came, may_double: bool) -> Vec<String> {
    let is_of = |taken: &&Taken| taken.name == name && came.deals.get(&taken.event_id) == Some(&deal);
    let taken: Vec<&Taken> = came.taken.iter().filter(is_of).collect();
    let says = || {
        let said = came.says.iter().filter(|(of, event, _)| *of == deal && event == name);
        said.map(|(.., said)| said.as_str()).collect::<Vec<_>>().join(", ")
    };
    let Some(first) = taken.first() else {
        let must = expected.must_ms.map(|must_ms| {
            format!("must be told by {must_ms} and is not: {:?}; Kopru says: {}", expected.may, says())
        });
        return must.into_iter().collect();
    };
    let mut wrong = Vec::new();
    if taken.iter().any(|other| other.event_id != first.event_id) {
        wrong.push("told under two ids".to_owned());
    }
    if taken.iter().any(|other| other.bytes != first.bytes) || (taken.len() > 1 && !may_double) {
        wrong.push(format!("told {} times", taken.len()));
    }
    let is_it = |one: &&Telling| {
        (one.event_s, one.cents) == (first.event_s, first.cents) && click_id(one.click) == first.click
    };
    let alike: Vec<&Telling> = expected.may.iter().filter(is_it).collect();
    let Taken { at_ms, event_s, cents, click, .. } = first;
    let told = format!("told at {at_ms} with time {event_s}, value {cents:?}, click {click}");
    if alike.is_empty() {
        wrong.push(format!("{told}; it may be: {:?}", expected.may));
    } else if !alike.iter().any(|one| (one.from_ms..=one.until_ms).contains(at_ms)) {
        wrong.push(format!("{told}, at the wrong moment; it may be: {alike:?}"));
    }
    if first.account != WABA || first.currency.as_deref() != first.cents.map(|_| "TRY") {
        wrong.push(format!("{told}: account {}, currency {:?}", first.account, first.currency));
    }
    wrong
}

/// When somebody is not there, and until when whoever waits for them must have tried again.
fn outages(life: &Life) -> Vec<(i64, i64)> {
    let mut outages: Vec<(i64, i64)> = Vec::new();
    for step in &life.steps {
        let for_ms = match step.what {
            What::CrmFails { for_ms, .. } | What::MetaFails { for_ms, .. } => for_ms,
            What::Killed { down_ms } => down_ms,
            _ => continue,
        };
        outages.push((step.at_ms, step.at_ms + for_ms + life.patience.tries_again_ms));
    }
    outages.sort_unstable();
    outages
}

struct Judge<'a> {
    truth: &'a Truth,
    patience: Patience,
    outages: Vec<(i64, i64)>,
}

impl Judge<'_> {
    fn seconds(&self, at_ms: i64) -> i64 {
        self.truth.seconds(at_ms)
    }

    /// By when what can be known at a moment is known, and told.
    fn settled(&self, at_ms: i64) -> i64 {
        if at_ms == NEVER_MS {
            return NEVER_MS;
        }
        let mut at_ms = at_ms;
        for (from_ms, until_ms) in &self.outages {
            if at_ms + self.patience.base_ms > *from_ms && at_ms < *until_ms {
                at_ms = *until_ms;
            }
        }
        at_ms + self.patience.base_ms
    }

    /// What no report tells of stands in the audit log.
    fn known(&self, at_ms: i64, shown_ms: i64, reported_ms: Option<i64>) -> i64 {
        let shown_ms = at_ms.max(shown_ms);
        self.settled(reported_ms.map_or(shown_ms + LOG_READ_MS, |reported_ms| shown_ms.max(reported_ms)))
    }

    fn deal_known(&self, row: &DealRow) -> i64 {
        self.known(row.at_ms, row.shown_ms, row.reported_ms)
    }

    fn contact_known(&self, row: &ContactRow) -> i64 {
        self.known(row.at_ms, row.shown_ms, row.reported_ms)
    }

    fn lead(&self, deal: u64, sale: &[Telling]) -> Expected {
        let rows = self.truth.deals.get(&deal).map(Vec::as_slice).unwrap_or_default();
        let Some(first) = rows.iter().find(|row| row.stage == QUALIFIED) else {
            return Expected { must_ms: None, may: Vec::new() };
        };
        let entry = Happening { at_ms: first.at_ms, undone_ms: NEVER_MS, undone_known_ms: NEVER_MS };
        let mut may = self.may(rows, entry, false, sale);
        // Where no report told of the first entry, a later one that is reported is taken for it.
        let is_first_heard = |place: &usize| {
            let heard_ms = rows[*place].reported_ms;
            heard_ms.is_some()
                && rows[..*place]
                    .iter()
                    .filter(|row| row.stage == QUALIFIED)
                    .all(|row| row.reported_ms.is_none_or(|ms| Some(ms) > heard_ms))
        };
        let again = (1..rows.len()).filter(|place| rows[*place].stage == QUALIFIED).filter(is_first_heard);
        for place in again {
            may.extend(self.may(rows, Happening { at_ms: rows[place].at_ms, ..entry }, false, sale));
        }
        Expected { must_ms: self.must(rows, &[entry], false, None), may }
    }

    fn sale(&self, deal: u64, lead: &Expected) -> Expected {
        let rows = self.truth.deals.get(&deal).map(Vec::as_slice).unwrap_or_default();
        let wins = self.wins(rows);
        let mut may: Vec<Telling> =
            wins.iter().flat_map(|win| self.may(rows, *win, true, &lead.may)).collect();
        may.extend(self.same_moves(rows, &wins, &lead.may));
        let told_as_lead = lead.must_ms.zip(lead.may.iter().map(|one| one.event_s).min());
        Expected { must_ms: self.must(rows, &wins, true, told_as_lead), may }
    }

    /// A win that was left within its own second looks like the next one if that came soon: the times of moves
    /// are seconds, and each source has its own.
    fn same_moves(&self, rows: &[DealRow], wins: &[Happening], told: &[Telling]) -> Vec<Telling> {
        let second = |at_ms: i64| self.truth.seconds(at_ms);
        let mut may = Vec::new();
        for pair in wins.windows(2).filter(|pair| pair[0].undone_ms < NEVER_MS) {
            let (first_s, next_s) = (second(pair[0].at_ms), second(pair[1].at_ms));
            if second(pair[0].undone_ms) == first_s && next_s - first_s <= SAME_MOVE_S {
                let next = self.may(rows, pair[1], true, told);
                may.extend(next.into_iter().map(|one| Telling { event_s: first_s, ..one }));
            }
        }
        may
    }

    /// The wins of a deal, each until it was undone.
    fn wins(&self, rows: &[DealRow]) -> Vec<Happening> {
        let mut wins = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let is_entry = place == 0 || rows[place - 1].stage != row.stage;
            if !row.stage.is_won() || !is_entry || row.gone {
                continue;
            }
            let undoes = |later: &&DealRow| {
                later.gone
                    || later.stage.is_lost()
                    || (later.stage.is_open() && later.stage.pipeline == row.stage.pipeline)
            };
            let undone = rows[place + 1..].iter().find(undoes);
            wins.push(Happening {
                at_ms: row.at_ms,
                undone_ms: undone.map_or(NEVER_MS, |row| row.at_ms),
                undone_known_ms: undone.map_or(NEVER_MS, |row| self.deal_known(row)),
            });
        }
        wins
    }

    /// All ways in which an event may be told, with what may be known at one moment.
    fn may(&self, rows: &[DealRow], of: Happening, is_sale: bool, told: &[Telling]) -> Vec<Telling> {
        let mut may = Vec::new();
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| !row.gone) {
            // What is shown of the deal is no older than what happened.
            let next = rows.get(place + 1);
            if next.is_some_and(|next| self.seconds(next.at_ms) < self.seconds(of.at_ms)) {
                continue;
            }
            let until_ms =
                next.filter(|next| is_sale || !next.gone).map_or(NEVER_MS, |next| self.deal_known(next));
            let cents = row.cents.filter(|cents| is_sale && *cents > 0);
            if is_sale && cents.is_none() {
                continue;
            }
            let from_ms = of.at_ms.max(row.at_ms);
            let until_ms = until_ms.min(of.undone_known_ms);
            for (who, from_ms, until_ms) in self.people(&row.contacts, of.at_ms, from_ms, until_ms) {
                let event_s = self.seconds(of.at_ms);
                let had = self.had(&row.contacts, rows[0].at_ms, until_ms);
                for click in self.clicks(&who, &had, event_s, from_ms, until_ms, told) {
                    may.push(Telling { event_s, cents, click, from_ms, until_ms });
                }
            }
        }
        may
    }

    /// Who may be known to be behind contacts, between when, and with nobody among them who has refused.
    fn people(
        &self,
        contacts: &[u64],
        happened_ms: i64,
        from_ms: i64,
        until_ms: i64,
    ) -> Vec<(Vec<usize>, i64, i64)> {
        let mut found = vec![(Vec::new(), from_ms, until_ms)];
        for contact in contacts {
            let rows = self.truth.contacts.get(contact).map(Vec::as_slice).unwrap_or_default();
            let mut next_found = Vec::new();
            for (place, row) in rows.iter().enumerate() {
                let next = rows.get(place + 1);
                // The contact is read after what happened, as the API shows it then.
                let is_past = next.is_some_and(|next| next.shown_ms.max(next.at_ms) < happened_ms);
                if is_past || (row.consent == Some(false) && !row.gone) {
                    continue;
                }
                let row_until_ms = next.map_or(NEVER_MS, |next| self.contact_known(next));
                let who = row.phones.iter().flat_map(|field| &field.people).filter(|_| !row.gone);
                for (all, from_ms, until_ms) in &found {
                    let (from_ms, until_ms) = (*from_ms.max(&row.at_ms), *until_ms.min(&row_until_ms));
                    if from_ms <= until_ms {
                        let all = all.iter().chain(who.clone()).copied().collect();
                        next_found.push((all, from_ms, until_ms));
                    }
                }
            }
            found = next_found;
        }
        found.retain(|(_, from_ms, until_ms)| from_ms <= until_ms);
        found
    }

    /// Whose phones contacts had when a deal was made and have lost by a moment.
    fn had(&self, contacts: &[u64], made_ms: i64, until_ms: i64) -> Vec<usize> {
        let mut had = Vec::new();
        for contact in contacts {
            let rows = self.truth.contacts.get(contact).map(Vec::as_slice).unwrap_or_default();
            for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
                if !next.gone && next.at_ms > made_ms && next.at_ms <= until_ms {
                    had.extend(row.phones.iter().flat_map(|field| &field.people).copied());
                }
            }
        }
        had
    }

    /// The clicks by which an event of people may be told between two moments.
    fn clicks(
        &self,
        who: &[usize],
        had: &[usize],
        event_s: i64,
        from_ms: i64,
        until_ms: i64,
        told: &[Telling],
    ) -> Vec<usize> {
        let before = |click: &&ClickRow| {
            who.contains(&click.person)
                && self.seconds(click.at_ms) <= event_s + SKEW_S
                && click.heard_ms.0 <= until_ms
        };
        let before: Vec<&ClickRow> = self.truth.clicks.iter().filter(before).collect();
        let is_known = |click: &ClickRow| self.settled(click.heard_ms.0) < from_ms;
        // The times of messages are seconds: of two in one, nobody knows which was later.
        let is_later = |one: &ClickRow, other: &ClickRow| self.seconds(one.at_ms) > self.seconds(other.at_ms);
        let mut clicks: Vec<usize> = before
            .iter()
            .filter(|click| !before.iter().any(|later| is_later(later, click) && is_known(later)))
            .map(|click| click.click)
            .collect();
        let of = |click: usize| self.truth.clicks.iter().find(|one| one.click == click).map(|one| one.person);
        let is_lost = |click: usize| of(click).is_some_and(|person| !who.contains(&person));
        let stays = told.iter().filter(|one| one.event_s <= event_s && is_lost(one.click));
        clicks.extend(stays.map(|one| one.click));
        if !before.iter().any(|click| is_known(click)) {
            clicks.extend(told.iter().filter(|one| one.event_s <= event_s).map(|one| one.click));
            // Nothing else is known: what the contacts had when the deal was made still counts.
            let is_former = |click: &&ClickRow| {
                had.contains(&click.person)
                    && self.seconds(click.at_ms) <= event_s + SKEW_S
                    && click.heard_ms.0 <= until_ms
            };
            clicks.extend(self.truth.clicks.iter().filter(is_former).map(|click| click.click));
        }
        clicks
    }

    /// By when an event must be told: it could be told for so long that everything was known.
    fn must(
        &self,
        rows: &[DealRow],
        all: &[Happening],
        is_sale: bool,
        told_as_lead: Option<(i64, i64)>,
    ) -> Option<i64> {
        let changes = self.changes(rows, all);
        let mut since_ms = None;
        for (place, (at_ms, _)) in changes.iter().enumerate() {
            if changes.get(place + 1).is_some_and(|(next_ms, _)| next_ms == at_ms) {
                continue;
            }
            if !self.can_be_told(rows, all, is_sale, told_as_lead, *at_ms) {
                since_ms = None;
                continue;
            }
            let since_ms = *since_ms.get_or_insert(*at_ms);
            let ends_ms = changes[place + 1..]
                .iter()
                .map(|(at_ms, _)| *at_ms)
                .find(|at_ms| !self.can_be_told(rows, all, is_sale, told_as_lead, *at_ms));
            let ready_ms = self.ready(&changes, since_ms);
            if ready_ms < ends_ms.unwrap_or(NEVER_MS) {
                return Some(ready_ms);
            }
        }
        None
    }

    /// Everything by which it can come to be told or not, with when each is known.
    fn changes(&self, rows: &[DealRow], all: &[Happening]) -> Vec<(i64, i64)> {
        let mut changes: Vec<(i64, i64)> = rows.iter().map(|row| (row.at_ms, self.deal_known(row))).collect();
        changes.extend(all.iter().map(|one| (one.at_ms, one.at_ms)));
        let contacts: std::collections::BTreeSet<u64> =
            rows.iter().flat_map(|row| row.contacts.iter().copied()).collect();
        for contact in contacts {
            let rows = self.truth.contacts.get(&contact).map(Vec::as_slice).unwrap_or_default();
            changes.extend(rows.iter().map(|row| (row.at_ms, self.contact_known(row))));
        }
        for click in &self.truth.clicks {
            changes.push((click.heard_ms.0, self.settled(click.heard_ms.0)));
        }
        changes.sort_unstable();
        changes
    }

    /// When all that was true at a moment, and all that became true until then, is known.
    fn ready(&self, changes: &[(i64, i64)], at_ms: i64) -> i64 {
        let mut ready_ms = self.settled(at_ms);
        loop {
            let known = changes.iter().filter(|(at_ms, _)| *at_ms <= ready_ms).map(|(_, known_ms)| *known_ms);
            let all_ms = known.max().unwrap_or(ready_ms).max(ready_ms);
            if all_ms == ready_ms || all_ms == NEVER_MS {
                return all_ms;
            }
            ready_ms = all_ms;
        }
    }

    /// Whether a contact has refused since something happened, until a moment.
    fn refused(&self, contact: u64, happened_ms: Option<i64>, at_ms: i64) -> bool {
        let rows = self.truth.contacts.get(&contact).map(Vec::as_slice).unwrap_or_default();
        rows.iter().enumerate().any(|(place, row)| {
            let ends_ms = rows.get(place + 1).map_or(NEVER_MS, |next| next.at_ms.max(next.shown_ms));
            row.consent == Some(false)
                && row.at_ms <= at_ms
                && happened_ms.is_some_and(|happened_ms| ends_ms > happened_ms)
        })
    }

    /// Whether an event can be told at a moment with what is true then.
    fn can_be_told(
        &self,
        rows: &[DealRow],
        all: &[Happening],
        is_sale: bool,
        told_as_lead: Option<(i64, i64)>,
        at_ms: i64,
    ) -> bool {
        let Some(row) = rows.iter().rev().find(|row| row.at_ms <= at_ms).filter(|row| !row.gone) else {
            return false;
        };
        if is_sale && row.cents.is_none_or(|cents| cents <= 0) {
            return false;
        }
        // Of two wins that stand the first one is the sale, and what was refused when it happened is not told.
        let standing = all.iter().find(|one| (one.at_ms..one.undone_ms).contains(&at_ms));
        let Some(standing) = standing else { return false };
        let happened_ms = Some(standing.at_ms);
        let mut since = rows.iter().enumerate().filter(|(place, row)| {
            let ends_ms = rows.get(place + 1).map_or(NEVER_MS, |next| next.at_ms.max(next.shown_ms));
            row.at_ms <= at_ms && happened_ms.is_some_and(|happened_ms| ends_ms > happened_ms)
        });
        // Also by somebody who was behind the deal then.
        if since.any(|(_, row)| row.contacts.iter().any(|contact| self.refused(*contact, happened_ms, at_ms)))
        {
            return false;
        }
        let mut who = Vec::new();
        for contact in &row.contacts {
            let rows = self.truth.contacts.get(contact).map(Vec::as_slice).unwrap_or_default();
            let now = rows.iter().rev().find(|row| row.at_ms <= at_ms).filter(|row| !row.gone);
            let Some(now) = now else { continue };
            who.extend(now.phones.iter().flat_map(|field| &field.people).copied());
        }
        let event_s = self.seconds(standing.at_ms);
        let clicked = self.truth.clicks.iter().any(|click| {
            who.contains(&click.person) && self.seconds(click.at_ms) <= event_s && click.heard_ms.0 <= at_ms
        });
        clicked || told_as_lead.is_some_and(|(told_ms, lead_s)| told_ms <= at_ms && lead_s <= event_s)
    }
}

impl Difference {
    /// Whether another one is of the same kind, of the same deal.
    pub fn is_like(&self, other: &Self) -> bool {
        let kind = |one: &Self| {
            let words: Vec<&str> = one.what.split_whitespace().take(3).collect();
            (one.deal, words.join(" "))
        };
        kind(self) == kind(other)
    }
}
