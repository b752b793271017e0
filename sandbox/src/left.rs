//! How much has left the lists.

use serde::Serialize;

/// How many records have left each list because it was full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Accepted events.
    pub events: u64,
    /// Graph requests.
    pub graph_requests: u64,
    /// Kommo requests.
    pub kommo_requests: u64,
    /// Rows of Kommo's audit log.
    pub audit_rows: u64,
    /// Keys by which copies would have been recognised.
    pub dedup_keys: u64,
    /// Event ids of a sandbox that discards events.
    pub ids: u64,
    /// Days of ads, with what events brought to them.
    pub ad_days: u64,
    /// Attempts to deliver Kommo's webhooks.
    pub kommo_deliveries: u64,
    /// Webhooks of Kommo that were never sent, because too many waited.
    pub kommo_webhooks: u64,
}

impl Left {
    pub(crate) fn of(meta: sandbox_meta::Left, kommo: sandbox_kommo::Left) -> Self {
        Self {
            events: meta.events,
            graph_requests: meta.requests,
            kommo_requests: kommo.requests,
            audit_rows: kommo.audit_rows,
            dedup_keys: meta.dedup_keys,
            ids: meta.ids,
            ad_days: meta.ad_days,
            kommo_deliveries: kommo.deliveries,
            kommo_webhooks: kommo.webhooks,
        }
    }
}
