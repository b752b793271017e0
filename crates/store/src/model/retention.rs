//! What has been kept long enough goes.

use async_trait::async_trait;
use kopru_core::{Click, ImportedSale, Node, State, WorkspaceId};

use super::{Model, Rows};
use crate::{Error, Expiring, ExpiryStep, RetentionStore};

#[derive(Debug, Clone)]
pub(super) struct ClickRow {
    /// The same for all identifiers of who clicked.
    pub(super) number: u64,
    pub(super) received_ms: i64,
    pub(super) click: Click,
    /// Then only its ad and its time are shown.
    pub(super) expired: bool,
}

/// Days since 1970.
pub(super) fn day_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(24 * 3600 * 1000)
}

impl Rows {
    /// The next of a kind that has expired and may go, but for the newest.
    fn expire(&mut self, kind: Expiring, before_ms: i64) -> bool {
        let first_day = day_of(before_ms);
        match kind {
            Expiring::Facts => {
                let newest = self.facts.keys().last().copied();
                let is_idle = |row: &super::FactRow| !row.gone && row.end.is_some() && !row.is_waiting();
                let mut old = self.facts.iter_mut().filter(|(seq, row)| {
                    Some(**seq) != newest && is_idle(row) && row.incoming.received_ms < before_ms
                });
                old.next().map(|(_, row)| row.gone = true).is_some()
            }
            Expiring::Clicks => {
                let newest = self.clicks_kept;
                let mut old = self
                    .clicks
                    .values_mut()
                    .filter(|row| row.number != newest && !row.expired && row.received_ms < before_ms);
                old.next().map(|row| row.expired = true).is_some()
            }
            Expiring::ClickRemains => {
                let newest = self.clicks_kept;
                let old =
                    self.clicks.iter().find(|(_, row)| row.number != newest && row.received_ms < before_ms);
                let old = old.map(|(key, _)| key.clone());
                old.and_then(|key| self.clicks.remove(&key)).is_some()
            }
            Expiring::Links => {
                let old =
                    self.links.iter().find(|(_, (day, _))| *day < first_day).map(|(link, _)| link.clone());
                // With its other direction: nobody finds half a link.
                let gone = old.map(|(a, b)| {
                    self.links.remove(&(b.clone(), a.clone()));
                    self.links.remove(&(a, b))
                });
                gone.is_some()
            }
            Expiring::Chats => {
                let old = self.chats.iter().find(|(_, (_, day))| *day < first_day);
                let old = old.map(|(node, _)| node.clone());
                old.and_then(|node| self.chats.remove(&node)).is_some()
            }
            Expiring::Contacts => {
                let old = self.contacts.iter().find(|(_, (_, day))| *day < first_day);
                let old = old.map(|(node, _)| node.clone());
                old.and_then(|node| self.contacts.remove(&node)).is_some()
            }
            Expiring::Bodies => {
                let mut made = self.conversions.iter().filter(|(_, row)| row.told.is_none());
                let newest = made.rfind(|(_, row)| row.attempts > 0 && !row.gone);
                let newest = newest.map(|(number, _)| *number);
                let mut old = self.conversions.iter_mut().filter(|(number, row)| {
                    Some(**number) != newest
                        && row.told.is_none()
                        && row.body.is_some()
                        && !matches!(row.decided.state, State::Queued | State::Waiting)
                        && row.created_ms < before_ms
                });
                old.next().map(|(_, row)| row.body = None).is_some()
            }
            Expiring::Conversions => self.expire_conversion(before_ms, false),
            Expiring::Activities => self.expire_conversion(before_ms, true),
            Expiring::ActivityBodies => {
                let mut old = self.conversions.values_mut().filter(|row| {
                    row.told.is_some()
                        && row.decided.identity.is_some()
                        && !matches!(row.decided.state, State::Queued | State::Waiting)
                        && row.created_ms < before_ms
                });
                old.next().map(|row| row.decided.identity = None).is_some()
            }
            Expiring::ActivityAttempts => self.expire_attempt(before_ms),
            Expiring::OnceKeys => {
                let mut once = self.told.once.iter();
                let old = once.find(|(_, (_, until_s))| until_s.saturating_mul(1000) < before_ms);
                let old = old.map(|(key, _)| *key);
                old.and_then(|key| self.told.once.remove(&key)).is_some()
            }
            Expiring::ImportedSales => {
                let is_old = |(_, sale): &(Node, ImportedSale)| sale.to_s.saturating_mul(1000) < before_ms;
                let old = self.imported.iter().position(is_old);
                old.map(|place| self.imported.remove(place)).is_some()
            }
            Expiring::SeenTogether => {
                let seen_together = &mut self.told.seen_together;
                let old = seen_together.iter().find(|(_, (.., day))| *day < first_day);
                let old = old.map(|(pair, _)| pair.clone());
                // With its other direction.
                let gone = old.map(|(a, b)| {
                    seen_together.remove(&(b.clone(), a.clone()));
                    seen_together.remove(&(a, b))
                });
                gone.is_some()
            }
        }
    }
}

impl Rows {
    /// The next conversion or activity that has ended, but for the newest.
    fn expire_conversion(&mut self, before_ms: i64, told: bool) -> bool {
        let mut alike = self.conversions.iter().filter(|(_, row)| row.told.is_some() == told);
        let newest = alike.next_back().map(|(number, _)| *number);
        let mut old = self.conversions.iter_mut().filter(|(number, row)| {
            Some(**number) != newest
                && row.told.is_some() == told
                && !row.gone
                && !matches!(row.decided.state, State::Queued | State::Waiting)
                && row.created_ms < before_ms
        });
        let Some((_, row)) = old.next() else { return false };
        (row.gone, row.body) = (true, None);
        if told {
            row.decided.identity = None;
        }
        true
    }
}

#[async_trait]
impl RetentionStore for Model {
    async fn expire(
        &self,
        workspace: WorkspaceId,
        kind: Expiring,
        before_ms: i64,
        rows: usize,
    ) -> Result<ExpiryStep, Error> {
        self.change(workspace, |all| {
            let gone = (0..rows).take_while(|_| all.expire(kind, before_ms)).count();
            ExpiryStep { looked_at: gone, gone, done: gone < rows }
        })
    }
}
