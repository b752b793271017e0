//! Pipelines and stages that come, are renamed and go.

use super::cards::{Change, LeadPatch, Stamp};
use super::news::News;
use super::{Crm, Status, is_closed};

/// What came of the wish to take a stage away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageChange {
    Done,
    NotThere,
    /// Won, lost, the stage of incoming leads, and the last open one stay.
    Fixed,
}

impl Crm {
    /// Adds a stage before the closing ones, or renames the one with its id.
    pub(crate) fn put_stage(&mut self, pipeline_id: u64, status: Status) {
        self.ensure_stage(pipeline_id, status.id);
        self.rename_stage((pipeline_id, status.id), status.name);
    }

    pub(crate) fn rename_stage(&mut self, (pipeline_id, id): (u64, u64), name: String) {
        let pipeline = self.pipelines.get_mut(&pipeline_id);
        let status = pipeline.and_then(|it| it.statuses.iter_mut().find(|status| status.id == id));
        if let Some(status) = status {
            status.name = name;
        }
    }

    /// Takes a stage away; its leads go to the first open one of their pipeline.
    pub(crate) fn remove_stage(
        &mut self,
        (pipeline_id, id): (u64, u64),
        stamp: Stamp,
        news: &mut News,
    ) -> StageChange {
        let Some(pipeline) = self.pipelines.get_mut(&pipeline_id) else { return StageChange::NotThere };
        let Some(status) = pipeline.statuses.iter().find(|status| status.id == id) else {
            return StageChange::NotThere;
        };
        let mut open = pipeline.statuses.iter().filter(|status| !status.incoming && !is_closed(status.id));
        let next = open.find(|status| status.id != id).map(|status| status.id);
        let (false, false, Some(next)) = (status.incoming, is_closed(id), next) else {
            return StageChange::Fixed;
        };
        pipeline.statuses.retain(|status| status.id != id);
        let within = self.leads.values().filter(|lead| lead.place() == (pipeline_id, id));
        let lead_ids: Vec<u64> = within.map(|lead| lead.card.id).collect();
        for lead_id in lead_ids {
            let patch = LeadPatch { place: Change::Set((pipeline_id, next)), ..LeadPatch::default() };
            self.change_lead(lead_id, patch, stamp, news);
        }
        StageChange::Done
    }

    /// Takes a pipeline away, unless it is the only one. Says whether it is gone.
    pub(crate) fn remove_pipeline(&mut self, id: u64) -> bool {
        self.pipelines.len() > 1 && self.pipelines.remove(&id).is_some()
    }
}
