//! Reads for people.

mod conversions;
mod overview;
mod problems;
mod sales;

use std::sync::Arc;

use async_trait::async_trait;
use kopru_core::{Catalogue, ConversionFilter, DealKey, Reason, StageId, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{Sqlite, activities, aside, log, queue, roll_ups, rows::json_column, unreadable};
use crate::{
    Error, SetAsideListed, Views,
    outcomes::{Grain, ROLL_UPS_MAX, RollUpPage},
    views::{Breakdown, ConversionPage, Funnel, Ledger, Problem, ToldSale, UnreadableListed},
};

#[async_trait]
impl Views for Sqlite {
    async fn ledger(&self, workspace: WorkspaceId) -> Result<Ledger, Error> {
        self.page(workspace, move |connection, _| overview::ledger(connection, workspace)).await
    }

    async fn conversions_of(
        &self,
        workspace: WorkspaceId,
        filter: ConversionFilter,
        below: Option<u64>,
        limit: usize,
    ) -> Result<ConversionPage, Error> {
        let (keys, once) = (self.keys.of(workspace)?, Arc::clone(&self.once));
        self.page_of_all(move |connection| {
            conversions::newest(connection, &keys, &once, workspace, &filter, below, limit)
        })
        .await
    }

    async fn conversion_number(&self, workspace: WorkspaceId, event_id: &str) -> Result<Option<u64>, Error> {
        let event_id = event_id.to_owned();
        let (keys, once) = (self.keys.of(workspace)?, Arc::clone(&self.once));
        self.page_of_all(move |connection| {
            let made = connection
                .prepare_cached("SELECT number FROM conversion WHERE workspace = ? AND event_id = ?")?
                .query_row((workspace.0, &event_id), |row| row.get(0))
                .optional()?;
            let told = once.numbers(connection, workspace, keys.join.once_id(&event_id))?;
            Ok(told.into_iter().chain(made).max())
        })
        .await
    }

    async fn ignored(&self, workspace: WorkspaceId) -> Result<Vec<(Reason, i64)>, Error> {
        self.page(workspace, move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT substr(name, length('ignored.') + 1), n FROM counter
                 WHERE workspace = ? AND name GLOB 'ignored.*' AND n > 0 ORDER BY n DESC",
            )?;
            let mut rows = statement.query([workspace.0])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let code: String = row.get(0)?;
                if let Some(reason) = Reason::from_code(&code) {
                    all.push((reason, row.get(1)?));
                }
            }
            Ok(all)
        })
        .await
    }

    async fn breakdown(&self, workspace: WorkspaceId) -> Result<Breakdown, Error> {
        self.page(workspace, move |connection, _| overview::breakdown(connection, workspace)).await
    }

    async fn funnel(&self, workspace: WorkspaceId) -> Result<Funnel, Error> {
        self.page(workspace, move |connection, _| overview::funnel(connection, workspace)).await
    }

    async fn problems(&self, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
        self.page(workspace, move |connection, opener| problems::all(connection, opener, workspace)).await
    }

    async fn history_awaited(&self, workspace: WorkspaceId) -> Result<Vec<(DealKey, StageId)>, Error> {
        self.page(workspace, move |connection, _| problems::history_awaited(connection, workspace)).await
    }

    async fn catalogues(&self, workspace: WorkspaceId) -> Result<Vec<Catalogue>, Error> {
        self.page(workspace, move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT state FROM catalogue WHERE workspace = ?")?;
            let mut rows = statement.query([workspace.0])?;
            let mut catalogues = Vec::new();
            while let Some(row) = rows.next()? {
                // What cannot be read counts as not known; it is read anew from the CRM.
                catalogues.extend(json_column::<Catalogue>(row, 0));
            }
            Ok(catalogues)
        })
        .await
    }

    async fn roll_ups(
        &self,
        workspace: WorkspaceId,
        grain: Grain,
        from_s: i64,
        to_s: i64,
    ) -> Result<RollUpPage, Error> {
        self.page(workspace, move |connection, _| {
            roll_ups::newest(connection, workspace, &grain, from_s, to_s, ROLL_UPS_MAX)
        })
        .await
    }

    async fn deals_of_sales(
        &self,
        workspace: WorkspaceId,
        sales: Vec<ToldSale>,
    ) -> Result<Vec<Option<DealKey>>, Error> {
        self.page(workspace, move |connection, _| sales::deals(connection, workspace, &sales)).await
    }

    async fn is_settled(&self, workspace: WorkspaceId) -> Result<bool, Error> {
        self.page(workspace, move |connection, _| {
            let open: bool = connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM ask WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM due WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM activity_due WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM activity_attempt INDEXED BY activity_attempt_open
                            WHERE workspace = ?1 AND ended_ms IS NULL LIMIT 1)
                         OR EXISTS (SELECT 1 FROM outcome WHERE workspace = ?1 LIMIT 1)
                         OR EXISTS (SELECT 1 FROM counter WHERE workspace = ?1 AND name = 'fact.pending' AND n > 0)",
                )?
                .query_row([workspace.0], |row| row.get(0))?;
            Ok(!open)
        })
        .await
    }

    async fn set_aside(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<SetAsideListed>, Error> {
        self.page(workspace, move |connection, opener| aside::listed(connection, opener, workspace, limit))
            .await
    }

    async fn unreadable_of(
        &self,
        workspace: WorkspaceId,
        source: &'static str,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<UnreadableListed>, Error> {
        self.page(workspace, move |connection, opener| {
            unreadable::listed(connection, opener, workspace, (source, below, limit))
        })
        .await
    }

    async fn oldest_undecided_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.page(workspace, move |connection, _| log::oldest_undecided_ms(connection, workspace)).await
    }

    async fn oldest_due_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.page(workspace, move |connection, _| {
            let oldest = [queue::oldest_due_ms, activities::oldest_due_ms];
            let all = oldest.iter().map(|oldest| oldest(connection, workspace));
            Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().min())
        })
        .await
    }
}
