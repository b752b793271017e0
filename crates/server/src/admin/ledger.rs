//! The ledger of a workspace with what only the configuration tells: which rules wait for the CRM's history, and
//! which lanes are paused.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use kopru_core::{Catalogue, DealKey, Policy, Reason, StageId};
use serde::Serialize;
use store::views::{CountAndWorth, Ledger, RuleLedger, RulePart};

use super::{
    Admin, WorkspaceView,
    answers::{WorkspaceQuery, failed, given, unknown_workspace},
    held::{HeldLanes, PausedLane},
    unsent::RepeatedNumbers,
};

#[derive(Serialize)]
struct ShownLedger<'a> {
    #[serde(flatten)]
    ledger: Ledger,
    /// The lanes to Meta that are paused, with why.
    paused: Vec<PausedLane<'a>>,
    /// Sales of the last days that were taken for repetitions, since they had the number of an earlier one.
    numbers_again: Vec<RepeatedNumbers>,
}

/// `GET /api/v1/ledger?workspace=W`.
pub(super) async fn show(State(admin): State<Arc<Admin>>, Query(query): Query<WorkspaceQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let read = async {
        let ledger = read(&admin, &workspace).await?;
        let numbers_again = RepeatedNumbers::read(&admin, &workspace).await?;
        Ok::<_, store::Error>((ledger, HeldLanes::read(&admin, &workspace).await?, numbers_again))
    };
    match read.await {
        Ok((ledger, held, numbers_again)) => {
            Json(ShownLedger { ledger, paused: held.shown(), numbers_again }).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// The ledger, with deals that are reported to have done what a rule waits for and that only the CRM's history
/// could confirm.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn read(admin: &Admin, workspace: &WorkspaceView) -> Result<Ledger, store::Error> {
    let mut ledger = admin.store.ledger(workspace.id).await?;
    let awaited = admin.store.history_awaited(workspace.id).await?;
    if !awaited.is_empty() {
        let catalogues = admin.store.catalogues(workspace.id).await?;
        add_awaited(&mut ledger.rules, &awaited, &workspace.policy, &catalogues);
    }
    Ok(ledger)
}

fn add_awaited(
    rules: &mut Vec<RuleLedger>,
    awaited: &[(DealKey, StageId)],
    policy: &Policy,
    catalogues: &[Catalogue],
) {
    for rule in &policy.rules {
        let is_meant = |deal: &DealKey, stage: &StageId| {
            let mut of_deal = catalogues.iter().filter(|catalogue| catalogue.origin == deal.origin);
            of_deal.any(|catalogue| rule.matches(stage, catalogue))
        };
        // A deal counts once, whatever stages of it are in question.
        let deals: BTreeSet<&DealKey> =
            awaited.iter().filter(|(deal, stage)| is_meant(deal, stage)).map(|(deal, _)| deal).collect();
        let Ok(n @ 1..) = i64::try_from(deals.len()) else { continue };
        let counted = CountAndWorth { n, ..CountAndWorth::default() };
        let part = RulePart { state: None, reason: Some(Reason::HistoryAwaited), counted };
        if let Some(known) = rules.iter_mut().find(|known| known.rule == rule.id) {
            known.fired.n += n;
            known.parts.push(part);
        } else {
            let fired = CountAndWorth { n, ..CountAndWorth::default() };
            let rule = rule.id.clone();
            rules.push(RuleLedger { rule, fired, parts: vec![part], ..RuleLedger::default() });
        }
    }
}
