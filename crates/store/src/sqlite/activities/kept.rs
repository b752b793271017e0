//! Keeping activities.

use std::collections::BTreeMap;

use kopru_core::{Activity, Admitted, Conversion, Node, Reason, Repetition, Route, State, WorkspaceId};
use rusqlite::Connection;

use super::{
    EVENT, ROUTE, appended, body,
    identity::{self, Edge, SealedEdge},
    once, repeated, shared_ids,
};
use crate::{
    Error, KeptActivities, LaneKey,
    outcomes::{Dimensions, Standing, Together},
    seal::Seal,
    sqlite::{
        conversions,
        decisions::DAY_MS,
        marks,
        writer::{RECEIVED, Txn},
    },
};

/// An activity, ready to be written.
#[derive(Clone)]
pub(in crate::sqlite) struct SealedActivity {
    admitted: Admitted,
    carried: String,
    /// Nothing of whom nothing may be kept.
    body: Option<Vec<u8>>,
    /// What it says about whose identifiers are whose, as far as that is new.
    edges: Vec<SealedEdge>,
}

/// What activities say about whose identifiers are whose, each by itself.
pub(in crate::sqlite) type EdgesOfEach = Vec<Vec<Edge>>;

/// What activities say about whose identifiers are whose.
pub(in crate::sqlite) fn edges_of(activities: &[Admitted]) -> EdgesOfEach {
    // What a page claims joins nobody.
    let joins = |one: &Admitted| {
        if one.activity.is_of_page() { Vec::new() } else { identity::edges(&one.activity.who) }
    };
    activities.iter().map(joins).collect()
}

/// The same as far as it is new.
pub(in crate::sqlite) fn unknown_edges(
    connection: &Connection,
    workspace: WorkspaceId,
    all: EdgesOfEach,
    received_ms: i64,
) -> Result<EdgesOfEach, Error> {
    let today = received_ms.div_euclid(DAY_MS);
    all.into_iter().map(|edges| identity::unknown(connection, workspace, edges, today)).collect()
}

impl SealedActivity {
    pub(in crate::sqlite) fn of(admitted: Admitted, edges: &[Edge], seal: &Seal) -> Result<Self, Error> {
        let Activity { event, who, carried, .. } = &admitted.activity;
        let body =
            if event.json.is_empty() { None } else { Some(seal.seal(EVENT, &body::written(event, who)?)?) };
        let edges = edges.iter().map(|edge| SealedEdge::of(edge, seal)).collect::<Result<_, _>>()?;
        Ok(Self { carried: serde_json::to_string(carried)?, body, edges, admitted })
    }

    /// By what its person can be recognised.
    pub(super) fn who(&self) -> impl Iterator<Item = &Node> {
        self.admitted.activity.who.iter().map(|identifier| &identifier.node)
    }

    /// The same of somebody who was erased: counted, with nothing of the person.
    pub(super) fn of_nobody(&self) -> Self {
        Self {
            admitted: self.admitted.clone().of_nobody(),
            carried: self.carried.clone(),
            body: None,
            edges: Vec::new(),
        }
    }

    /// Whether it adds to a purchase, and may wait for that.
    pub(in crate::sqlite) fn adds_to_some(&self) -> bool {
        !self.admitted.activity.adds_to.is_empty()
    }

    /// The same as it stands beside the purchase to which its sender adds.
    fn beside(&self, sale: &Conversion) -> Self {
        let (state, reason) = self.admitted.beside(sale);
        Self { admitted: Admitted { state, reason, ..self.admitted.clone() }, ..self.clone() }
    }

    /// How much of it is written, bytes.
    pub(in crate::sqlite) fn bytes(&self) -> usize {
        self.body.as_ref().map_or(0, Vec::len)
    }

    /// The lane whose queue it enters.
    pub(in crate::sqlite) fn lane(&self) -> Option<LaneKey> {
        let dataset = self.admitted.activity.dataset.clone();
        (self.admitted.state == State::Queued).then_some(LaneKey { dataset, route: Route::Website })
    }
}

/// Keeps activities, each once, with what repetitions append to purchases.
pub(in crate::sqlite) fn append(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    received_ms: i64,
    activities: &[SealedActivity],
) -> Result<KeptActivities, Error> {
    let mut kept = KeptActivities::default();
    let mut standing = Together::default();
    let mut numbers = BTreeMap::new();
    let is_somebody_erased = marks::last_erasure(txn.connection(), workspace)? > 0;
    for given in activities {
        let of_nobody = if is_somebody_erased { of_nobody(txn, workspace, given)? } else { None };
        let one = of_nobody.as_ref().unwrap_or(given);
        let number = conversions::next_number(txn, workspace)?;
        if !once::take(txn, workspace, number, &one.admitted, received_ms.div_euclid(1000))? {
            kept.doubles += 1;
            if repeated::is_no(&one.admitted) {
                // The first one may be among these.
                txn.stand_together(workspace, std::mem::take(&mut standing));
                repeated::refuse(txn, workspace, &one.admitted, received_ms)?;
            }
            if repeated::is_of_another_sale(txn, workspace, &one.admitted, received_ms.div_euclid(1000))? {
                kept.other_sales += 1;
                *numbers.entry(given.admitted.activity.dataset.as_str()).or_insert(0) += 1;
            }
            // Of another sale nothing is appended to this one.
            if shared_ids::has_come_under_one(txn, workspace, &one.admitted, received_ms)? {
                kept.under_shared_ids += 1;
                continue;
            }
            let appended = append_to(txn, workspace, number, received_ms, &one.admitted, &mut kept)?;
            if let Some(Admitted { activity, state, reason, .. }) = appended {
                standing.add(None, stands(&activity, state, reason));
            }
            continue;
        }
        let sale = appended::sale_of(txn, workspace, &one.admitted, received_ms.div_euclid(1000))?;
        let beside = sale.as_ref().map(|sale| one.beside(sale));
        let one = beside.as_ref().unwrap_or(one);
        insert(txn, workspace, number, received_ms, one)?;
        if let Some(sale) = sale {
            appended::note(txn, workspace, [sale.made_by, number], &one.admitted, None)?;
        }
        standing.add(None, stands(&one.admitted.activity, one.admitted.state, one.admitted.reason));
    }
    let (all, new) = (activities.len() as i64, (activities.len() - kept.doubles) as i64);
    txn.count(workspace, RECEIVED, all);
    txn.count(workspace, "fact.used", new);
    txn.count(workspace, "fact.duplicate", all - new);
    txn.count(workspace, "conversion.created", new + kept.appended as i64);
    txn.stand_together(workspace, standing);
    repeated::note_numbers(txn, workspace, numbers, received_ms)?;
    Ok(kept)
}

/// Appends what a repetition says to the purchase that it repeats, if that is news.
fn append_to(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    received_ms: i64,
    again: &Admitted,
    kept: &mut KeptActivities,
) -> Result<Option<Admitted>, Error> {
    let now_s = received_ms.div_euclid(1000);
    let (appends, purchase, worth) = match appended::of_repetition(txn, workspace, again, now_s)? {
        (Repetition::Appends(appends, worth), purchase) => (*appends, purchase, worth),
        (repetition, _) => {
            kept.other_currency += usize::from(repetition == Repetition::OtherCurrency);
            kept.too_many_changes += usize::from(repetition == Repetition::TooMany);
            return Ok(None);
        }
    };
    if !once::take(txn, workspace, number, &appends, now_s)? {
        return Ok(None);
    }
    let sealed = SealedActivity::of(appends, &[], &txn.keys(workspace)?.seal)?;
    insert(txn, workspace, number, received_ms, &sealed)?;
    appended::note(txn, workspace, [purchase, number], &sealed.admitted, Some(&worth))?;
    kept.appended += 1;
    Ok(Some(sealed.admitted))
}

/// Of somebody who was erased comes an activity: it is counted, and nothing of it is kept.
fn of_nobody(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    one: &SealedActivity,
) -> Result<Option<SealedActivity>, Error> {
    let keys = txn.keys(workspace)?;
    for node in one.who() {
        if marks::has(txn.connection(), &keys, workspace, node)? {
            return Ok(Some(one.of_nobody()));
        }
    }
    Ok(None)
}

fn insert(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    received_ms: i64,
    one: &SealedActivity,
) -> Result<(), Error> {
    let SealedActivity { admitted: Admitted { activity, state, reason, .. }, carried, body, edges } = one;
    // An event of the future leaves when it has happened.
    let due_ms = received_ms.max(activity.event_s.saturating_mul(1000));
    let lane = one.lane();
    txn.run(
        "INSERT INTO activity (workspace, number, received_ms, event_s, dataset, origin, name, event_id, state,
            reason, value, currency, consent, carried, due_ms, settled_ms, action_source, envelope)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rusqlite::params![
            workspace.0,
            number,
            received_ms,
            activity.event_s,
            &activity.dataset,
            &activity.origin,
            &activity.name,
            &activity.event_id,
            state.code(),
            reason.map(Reason::code),
            activity.value.map(|value| value.to_string()),
            &activity.currency,
            activity.consent.map(kopru_core::ConsentAnswer::code),
            carried,
            lane.is_some().then_some(due_ms),
            matches!(state, State::Suppressed | State::Failed).then_some(received_ms),
            &activity.event.action_source,
            &activity.event.envelope,
        ],
    )?;
    if let Some(body) = body {
        txn.run(
            "INSERT INTO activity_body (workspace, number, body) VALUES (?, ?, ?)",
            (workspace.0, number, body),
        )?;
    }
    identity::save(txn, workspace, edges, received_ms.div_euclid(DAY_MS))?;
    if let Some(lane) = lane {
        txn.run(
            "INSERT INTO activity_due (workspace, lane, due_ms, number, tries, event_s, action_source, envelope)
             VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
            (
                workspace.0,
                lane.to_string(),
                due_ms,
                number,
                activity.event_s,
                &activity.event.action_source,
                &activity.event.envelope,
            ),
        )?;
    }
    Ok(())
}

fn stands(activity: &Activity, state: State, reason: Option<Reason>) -> Standing {
    let amount = activity.value.filter(|_| activity.currency.is_some());
    Standing {
        event: activity.name.clone(),
        rule: String::new(),
        place: Dimensions {
            dataset: activity.dataset.clone(),
            name: activity.name.clone(),
            route: ROUTE.to_owned(),
            source: activity.origin.clone(),
            ad: String::new(),
            state,
            reason,
            currency: activity.currency.clone().filter(|_| amount.is_some()).unwrap_or_default(),
        },
        event_s: activity.event_s,
        amount,
    }
}
