//! Taking facts and applying what was decided about them.

use std::collections::BTreeMap;

use kopru_core::{
    Contact, Conversion, Deal, Effect, Join, Node, Outcome, Question, Reason, Seq, Trust, WorkspaceId,
};
use rusqlite::{Connection, OptionalExtension};

use super::{
    activities, aside, asks,
    changes::{SealedTurn, StateChange},
    chats, clicks, conversions, erasures, fence, former, log, marks,
    once::OnceKeys,
    revisits, rows, state, sweeps,
    writer::Txn,
};
use crate::{Error, Lease, Work, bounds::ASK_LINGER_MS, keyring::WorkspaceKeys, seal::Opener};

pub(super) const DAY_MS: i64 = 24 * 3600 * 1000;

/// What is to be decided next, and the numbers of expired conversions that cannot be read back.
pub(super) fn take(
    connection: &Connection,
    keys: &WorkspaceKeys,
    once: &OnceKeys,
    lease: Lease,
    limit: usize,
    now_ms: i64,
) -> Result<(Work, Vec<u64>), Error> {
    let opener = keys.opener();
    let (facts, unreadable) = log::undecided(connection, opener, lease.workspace, limit)?;
    let (expired, lost) = expired(connection, opener, lease.workspace, limit, now_ms)?;
    let mut loader = state::Loader::around(connection, keys, lease.workspace, &facts)?;
    // What no fact has caused never keeps a fact from being decided.
    for one in expired.iter().filter(|one| one.reason.is_some_and(Reason::is_decided_anew)) {
        tolerate(loader.cause(&one.cause))?;
    }
    let revisit = if limit == 0 { None } else { tolerate(revisits::next(&mut loader, once))?.flatten() };
    let sweep = if limit == 0 { None } else { tolerate(sweeps::next(&mut loader))?.flatten() };
    let (state, erasures) = (loader.state, loader.last_erasure);
    let of_activities = activities::next_deadline_ms(connection, lease.workspace)?;
    let next_deadline_ms: Option<i64> = connection
        .prepare_cached(
            "SELECT deadline_ms FROM conversion INDEXED BY conversion_deadline
             WHERE workspace = ? AND state = 'waiting' AND deadline_ms IS NOT NULL
             ORDER BY deadline_ms LIMIT 1",
        )?
        .query_row([lease.workspace.0], |row| row.get(0))
        .optional()?;
    let next_deadline_ms = next_deadline_ms.into_iter().chain(of_activities).min();
    Ok((Work { facts, expired, sweep, revisit, state, unreadable, next_deadline_ms, erasures }, lost))
}

/// Goes on without what cannot be read back.
fn tolerate<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(error @ (Error::Corrupt(_) | Error::Database(_))) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "something that is to be looked at again cannot be read"
            );
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Conversions that have waited as long as they could, and the numbers of those that cannot be read.
fn expired(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    limit: usize,
    now_ms: i64,
) -> Result<(Vec<Conversion>, Vec<u64>), Error> {
    let mut statement = connection.prepare_cached(rows::select_conversions!(
        ", c.number",
        "INDEXED BY conversion_deadline",
        "WHERE c.workspace = ?1 AND c.deadline_ms <= ?2 AND c.state = 'waiting' AND c.deadline_ms IS NOT NULL
         ORDER BY c.deadline_ms LIMIT ?3"
    ))?;
    let mut rows = statement.query((workspace.0, now_ms, limit))?;
    let (mut expired, mut lost) = (Vec::<(u64, Conversion)>::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match rows::read_conversion(row, opener) {
            Ok(conversion) => expired.push((row.get("number")?, conversion)),
            Err(_) => lost.push(row.get("number")?),
        }
    }
    let told = activities::expired(connection, opener, workspace, limit, now_ms)?;
    expired.extend(told.into_iter().map(|one| (one.made_by, one)));
    expired.sort_by_key(|(number, one)| (one.deadline_ms, *number));
    expired.truncate(limit);
    Ok((expired.into_iter().map(|(_, one)| one).collect(), lost))
}

pub(super) fn apply(txn: &mut Txn<'_>, lease: Lease, decided: &SealedTurn) -> Result<(), Error> {
    fence::check_fence(txn, lease)?;
    // What was decided without knowing of an erasure may learn them anew.
    if marks::last_erasure(txn.connection(), lease.workspace)? != decided.erasures {
        return Err(Error::ErasedMeanwhile);
    }
    let mut apply = Apply { txn, workspace: lease.workspace, now_ms: decided.now_ms };
    for (seq, outcome, changes) in &decided.decisions {
        apply.decision(*seq, outcome, changes)?;
    }
    for (conversion, written) in &decided.expired {
        conversions::change(apply.txn, lease.workspace, conversion, written, decided.now_ms)?;
    }
    if let Some((sweep, changes)) = &decided.swept {
        apply.changes(changes)?;
        sweeps::step(apply.txn, lease.workspace, sweep)?;
    }
    if let Some((step, changes)) = &decided.revisited {
        apply.changes(changes)?;
        revisits::done(apply.txn, lease.workspace, step)?;
    }
    for one in &decided.set_aside {
        aside::put(txn, lease.workspace, one)?;
    }
    Ok(())
}

struct Apply<'a, 'b> {
    txn: &'a mut Txn<'b>,
    workspace: WorkspaceId,
    now_ms: i64,
}

impl Apply<'_, '_> {
    fn decision(&mut self, seq: Seq, outcome: &Outcome, changes: &[StateChange]) -> Result<(), Error> {
        let (reason, waits_on) = columns(outcome);
        if *outcome == Outcome::Again {
            return self.changes(changes);
        }
        log::take_up(self.txn, self.workspace, seq)?;
        self.txn.run(
            "INSERT INTO fact_end (workspace, seq, outcome, reason, waits_on) VALUES (?, ?, ?, ?, ?)",
            (self.workspace.0, seq, outcome.code(), reason, waits_on),
        )?;
        self.txn.count(self.workspace, "fact.pending", -1);
        self.count_outcome(outcome, 1);
        self.forget(seq, outcome)?;
        self.changes(changes)
    }

    fn changes(&mut self, changes: &[StateChange]) -> Result<(), Error> {
        changes.iter().try_for_each(|change| self.change(change))
    }

    fn change(&mut self, change: &StateChange) -> Result<(), Error> {
        match change {
            StateChange::SaveDeal { deal, state } => self.save_deal(deal, state),
            StateChange::SaveClick(click) => clicks::save(self.txn, self.workspace, click, self.now_ms),
            StateChange::SaveIdentifiers(card) => {
                activities::save_card(self.txn, self.workspace, card, self.today())
            }
            StateChange::Create { conversion, written } => {
                conversions::create(self.txn, self.workspace, conversion, written, self.now_ms)
            }
            StateChange::Update { conversion, written } => {
                conversions::change(self.txn, self.workspace, conversion, written, self.now_ms)
            }
            StateChange::Plain(effect) => self.effect(effect),
        }
    }

    fn effect(&mut self, effect: &Effect) -> Result<(), Error> {
        match effect {
            // Those are changes of their own.
            Effect::SaveDeal(_)
            | Effect::SaveClick(_)
            | Effect::SaveIdentifiers { .. }
            | Effect::Create(_)
            | Effect::Update(_) => Ok(()),
            Effect::SaveContact(contact) => self.save_contact(contact),
            Effect::SaveLink(a, b, told) => self.join(a, b, *told),
            Effect::SaveChat(node, chat) => chats::save(self.txn, self.workspace, node, chat, self.today()),
            Effect::SaveHeard { account, since_s } => {
                chats::hear(self.txn, self.workspace, account, *since_s)
            }
            Effect::SaveCatalogue(seq, catalogue) => {
                self.txn.run(
                    "INSERT OR REPLACE INTO catalogue (workspace, origin, seq, state) VALUES (?, ?, ?, ?)",
                    (self.workspace.0, &catalogue.origin, seq, serde_json::to_string(catalogue)?),
                )?;
                Ok(())
            }
            Effect::Ask { question, upto, after_ms } => {
                let due_ms = self.now_ms + ASK_LINGER_MS.max(*after_ms);
                ask(self.txn, self.workspace, question, *upto, due_ms, self.now_ms)
            }
            Effect::Settle { seq, outcome } => self.settle(*seq, outcome),
            Effect::Release { seq } => self.release(*seq),
            Effect::Forget { seq } => erasures::blank(self.txn, self.workspace, *seq).map(drop),
            Effect::Sweep { contact, asked_by } => sweeps::ask(self.txn, self.workspace, contact, *asked_by),
        }
    }

    fn save_deal(&mut self, deal: &Deal, state: &str) -> Result<(), Error> {
        let workspace = self.workspace.0;
        let (origin, id) = (&deal.key.origin, &deal.key.id);
        let before: Option<String> = self
            .txn
            .connection()
            .prepare_cached("SELECT state FROM deal WHERE workspace = ? AND origin = ? AND id = ?")?
            .query_row((workspace, origin, id), |row| row.get(0))
            .optional()?;
        // What cannot be read any more is written anew.
        let before = before.and_then(|before| serde_json::from_str::<Deal>(&before).ok());
        let none = BTreeMap::new();
        let unmade = before.as_ref().map_or(&none, |before| &before.unmade);
        self.txn.not_made(self.workspace, unmade, &deal.unmade);
        if let Some(before) = before {
            for contact in before.contacts {
                self.txn.run(
                    "DELETE FROM deal_contact WHERE workspace = ? AND contact = ? AND origin = ? AND id = ?",
                    (workspace, contact.as_str(), origin, id),
                )?;
            }
        }
        for contact in &deal.contacts {
            self.txn.run(
                "INSERT OR IGNORE INTO deal_contact (workspace, contact, origin, id) VALUES (?, ?, ?, ?)",
                (workspace, contact.as_str(), origin, id),
            )?;
        }
        self.txn.run(
            "INSERT OR REPLACE INTO deal (workspace, origin, id, state) VALUES (?, ?, ?, ?)",
            (workspace, origin, id, state),
        )?;
        Ok(())
    }

    fn save_contact(&mut self, contact: &Contact) -> Result<(), Error> {
        let workspace = self.workspace.0;
        let node = contact.node.as_str();
        self.txn.run(
            "DELETE FROM link WHERE workspace = ?1 AND b = ?2
             AND a IN (SELECT b FROM link WHERE workspace = ?1 AND a = ?2)",
            (workspace, node),
        )?;
        self.txn.run("DELETE FROM link WHERE workspace = ? AND a = ?", (workspace, node))?;
        former::save(self.txn, self.workspace, contact)?;
        for other in &contact.who {
            self.join_contact(&contact.node, other)?;
        }
        self.txn.run(
            "INSERT OR REPLACE INTO contact (workspace, node, state, seen_day) VALUES (?, ?, ?, ?)",
            (workspace, node, serde_json::to_string(contact)?, self.today()),
        )?;
        Ok(())
    }

    /// What a card of a CRM says has no time: it holds as long as the card says it.
    fn join_contact(&mut self, contact: &Node, other: &Node) -> Result<(), Error> {
        for (from, to) in [(contact, other), (other, contact)] {
            self.txn.run(
                "INSERT INTO link (workspace, a, b, seen_day, trust) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (workspace, a, b) DO UPDATE SET seen_day = ?4 WHERE seen_day < ?4",
                (self.workspace.0, from.as_str(), to.as_str(), self.today(), Trust::Other.rank()),
            )?;
        }
        Ok(())
    }

    fn join(&mut self, a: &Node, b: &Node, told: Join) -> Result<(), Error> {
        for (from, to, told) in [(a, b, told), (b, a, told.back())] {
            let Join { trust, since_s, until_s } = told;
            self.txn.run(
                "INSERT INTO link (workspace, a, b, seen_day, trust, since_s, until_s)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (workspace, a, b) DO UPDATE SET
                 seen_day = max(seen_day, ?4), trust = max(trust, ?5),
                 since_s = min(coalesce(since_s, ?6), ?6), until_s = coalesce(max(until_s, ?7), until_s, ?7)",
                (self.workspace.0, from.as_str(), to.as_str(), self.today(), trust.rank(), since_s, until_s),
            )?;
        }
        Ok(())
    }

    /// Days since 1970.
    fn today(&self) -> i64 {
        self.now_ms.div_euclid(DAY_MS)
    }

    fn settle(&mut self, seq: Seq, outcome: &Outcome) -> Result<(), Error> {
        let (reason, waits_on) = columns(outcome);
        let settled = self.txn.run(
            "UPDATE fact_end SET outcome = ?3, reason = ?4, waits_on = ?5
             WHERE workspace = ?1 AND seq = ?2 AND outcome = 'waiting'",
            (self.workspace.0, seq, outcome.code(), reason, waits_on),
        )?;
        self.txn.count(self.workspace, "fact.waiting", -(settled as i64));
        self.count_outcome(outcome, settled as i64);
        if settled == 1 { self.forget(seq, outcome) } else { Ok(()) }
    }

    /// What somebody who was erased said is not kept either.
    fn forget(&self, seq: Seq, outcome: &Outcome) -> Result<(), Error> {
        if *outcome == Outcome::Ignored(Reason::Erased) {
            erasures::blank(self.txn, self.workspace, seq)?;
        }
        Ok(())
    }

    /// Counts facts by outcome, and those that changed nothing by their reason as well.
    fn count_outcome(&mut self, outcome: &Outcome, facts: i64) {
        self.txn.count(self.workspace, format!("fact.{}", outcome.code()), facts);
        if let Outcome::Ignored(reason) = outcome {
            self.txn.count(self.workspace, format!("ignored.{}", reason.code()), facts);
        }
    }

    fn release(&mut self, seq: Seq) -> Result<(), Error> {
        let released = self.txn.run(
            "DELETE FROM fact_end WHERE workspace = ? AND seq = ? AND outcome = 'waiting'",
            (self.workspace.0, seq),
        )?;
        if released == 1 {
            self.txn.run("INSERT INTO undecided (workspace, seq) VALUES (?, ?)", (self.workspace.0, seq))?;
            self.txn.count(self.workspace, "fact.waiting", -1);
            self.txn.count(self.workspace, "fact.pending", 1);
        }
        Ok(())
    }
}

/// Keeps a question; one that is open already is asked again for the newer fact, and sooner if nobody has put it off
/// because there was no answer.
pub(super) fn ask(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    question: &Question,
    upto: Seq,
    due_ms: i64,
    now_ms: i64,
) -> Result<(), Error> {
    txn.run(
        "INSERT INTO ask (workspace, question, origin, asked, upto, due_ms, since_ms, kind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (workspace, question) DO UPDATE
         SET since_ms = iif(?5 > upto, ?7, since_ms), upto = max(upto, ?5),
             due_ms = iif(tries = 0, min(due_ms, ?6), due_ms)",
        (
            workspace.0,
            question.key(),
            question.origin(),
            serde_json::to_string(question)?,
            upto,
            due_ms,
            now_ms,
            asks::number_of(question.kind()),
        ),
    )?;
    Ok(())
}

fn columns(outcome: &Outcome) -> (Option<&'static str>, Option<&str>) {
    match outcome {
        Outcome::Used | Outcome::Duplicate | Outcome::Again => (None, None),
        Outcome::Ignored(reason) => (Some(reason.code()), None),
        Outcome::Waiting { on, reason } => (Some(reason.code()), Some(on)),
    }
}
