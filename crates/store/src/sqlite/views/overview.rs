//! The numbers of the overview: all from the counters that change together with what they count.

use capi::Money;
use kopru_core::{Reason, State, WorkspaceId};
use rusqlite::Connection;

use crate::{
    Error,
    sqlite::writer::NOT_MADE,
    views::{Breakdown, Funnel, Ledger, RuleLedger, rule_ledgers},
};

/// Conversions of one kind.
struct ConversionGroup {
    event: String,
    state: State,
    reason: Option<Reason>,
    currency: String,
    n: i64,
    amount: Money,
    /// Whether a rule asked for them; what a site tells itself is of no rule.
    is_of_rule: bool,
}

/// All kinds that there are, in the order of event, state and reason.
fn kinds(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<ConversionGroup>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT event, state, reason, currency, n, amount, rule <> '' FROM tally
         WHERE workspace = ? AND n > 0 AND state <> ? ORDER BY event, state, reason, currency",
    )?;
    let mut rows = statement.query((workspace.0, NOT_MADE))?;
    let mut kinds = Vec::new();
    while let Some(row) = rows.next()? {
        let (state, reason, amount): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(5)?);
        kinds.push(ConversionGroup {
            event: row.get(0)?,
            state: State::from_code(&state)
                .ok_or_else(|| Error::corrupt(format!("conversion state {state}")))?,
            reason: Reason::from_code(&reason),
            currency: row.get(3)?,
            n: row.get(4)?,
            amount: amount.parse().unwrap_or(Money::ZERO),
            is_of_rule: row.get(6)?,
        });
    }
    Ok(kinds)
}

pub(super) fn ledger(connection: &Connection, workspace: WorkspaceId) -> Result<Ledger, Error> {
    let mut statement = connection.prepare_cached("SELECT name, n FROM counter WHERE workspace = ?")?;
    let mut rows = statement.query([workspace.0])?;
    let mut ledger = Ledger::default();
    while let Some(row) = rows.next()? {
        let (name, n): (String, i64) = (row.get(0)?, row.get(1)?);
        let (facts, conversions) = (&mut ledger.facts, &mut ledger.conversions);
        match name.split_once('.') {
            Some(("door", reason)) => {
                ledger.refused_at_door.insert(reason.to_owned(), n);
            }
            Some(("fact", "received")) => facts.received = n,
            Some(("fact", "set_aside")) => facts.set_aside = n,
            Some(("fact", "pending")) => facts.pending = n,
            Some(("fact", "waiting")) => facts.waiting = n,
            Some(("fact", "used")) => facts.used = n,
            Some(("fact", "ignored")) => facts.ignored = n,
            Some(("fact", "duplicate")) => facts.duplicate = n,
            Some(("conversion", "created")) => conversions.created = n,
            _ => {}
        }
    }
    for kind in kinds(connection, workspace)? {
        let conversions = &mut ledger.conversions;
        *match kind.state {
            State::Queued => &mut conversions.queued,
            State::Waiting => &mut conversions.waiting,
            State::Accepted => &mut conversions.accepted,
            State::Duplicate => &mut conversions.duplicate,
            State::Suppressed => &mut conversions.suppressed,
            State::Failed => &mut conversions.failed,
        } += kind.n;
        if kind.reason == Some(Reason::Undone) {
            conversions.undone += kind.n;
        }
    }
    ledger.rules = rules(connection, workspace)?;
    let (f, c) = (ledger.facts, ledger.conversions);
    ledger.balanced = f.received == f.pending + f.waiting + f.used + f.ignored + f.duplicate + f.set_aside
        && c.created == c.queued + c.waiting + c.accepted + c.duplicate + c.suppressed + c.failed;
    Ok(ledger)
}

/// What came of each rule.
fn rules(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<RuleLedger>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT rule, state, reason, currency, n, amount FROM tally
         WHERE workspace = ? AND n > 0 AND rule <> ''",
    )?;
    let fired = statement.query_map([workspace.0], |row| {
        let (rule, state, reason): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (currency, n, amount): (String, i64, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let amount = amount.parse().unwrap_or(Money::ZERO);
        Ok((rule, (State::from_code(&state), Reason::from_code(&reason), currency, n, amount)))
    })?;
    Ok(rule_ledgers(fired.collect::<Result<Vec<_>, _>>()?))
}

pub(super) fn breakdown(connection: &Connection, workspace: WorkspaceId) -> Result<Breakdown, Error> {
    let mut all = Breakdown::new();
    for ConversionGroup { event, state, reason, n, .. } in kinds(connection, workspace)? {
        match all.last_mut() {
            // The same in another currency.
            Some(last) if last.0 == event && last.1 == state && last.2 == reason => last.3 += n,
            _ => all.push((event, state, reason, n)),
        }
    }
    Ok(all)
}

pub(super) fn funnel(connection: &Connection, workspace: WorkspaceId) -> Result<Funnel, Error> {
    let mut funnel = Funnel {
        conversations: connection
            .prepare_cached(
                "SELECT coalesce(sum(n), 0) FROM counter WHERE workspace = ? AND name = 'click.kept'",
            )?
            .query_row([workspace.0], |row| row.get(0))?,
        ..Funnel::default()
    };
    let is_meant = |kind: &ConversionGroup| kind.state == State::Accepted && kind.is_of_rule;
    for kind in kinds(connection, workspace)?.into_iter().filter(is_meant) {
        let is_undone = kind.reason == Some(Reason::Undone);
        funnel.add(&kind.event, is_undone, kind.n, &kind.currency, kind.amount);
    }
    Ok(funnel)
}
