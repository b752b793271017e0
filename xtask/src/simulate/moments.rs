//! What happens when in a life: reports come in, hosts fail, go away and come back, the service dies and starts.

use super::{
    life::{CrmFault, Life, MetaFault, What},
    truth::Truth,
};

/// What happens in a life beside what the hosts are asked.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// The report with this place in [`Truth::reports`].
    Report(usize),
    CrmAway(bool),
    MetaAway(bool),
    Dies,
    Starts,
}

/// When the hosts fail, and when the service is down; milliseconds since the life began.
pub struct Windows {
    crm: Vec<(i64, i64, CrmFault)>,
    meta: Vec<(i64, i64, MetaFault)>,
    downs: Vec<(i64, i64)>,
}

impl Windows {
    pub fn of(life: &Life) -> Self {
        let mut windows = Self { crm: Vec::new(), meta: Vec::new(), downs: Vec::new() };
        for step in &life.steps {
            match step.what {
                What::CrmFails { how, for_ms } => windows.crm.push((step.at_ms, step.at_ms + for_ms, how)),
                What::MetaFails { how, for_ms } => windows.meta.push((step.at_ms, step.at_ms + for_ms, how)),
                What::Killed { down_ms } => windows.downs.push((step.at_ms, step.at_ms + down_ms)),
                _ => {}
            }
        }
        windows
    }

    pub fn crm(&self, now_ms: i64) -> Option<CrmFault> {
        self.crm.iter().find(|(from, until, _)| (*from..*until).contains(&now_ms)).map(|(.., how)| *how)
    }

    pub fn meta(&self, now_ms: i64) -> Option<MetaFault> {
        self.meta.iter().find(|(from, until, _)| (*from..*until).contains(&now_ms)).map(|(.., how)| *how)
    }

    /// When the CRM cannot be reached.
    pub fn crm_away(&self) -> Vec<(i64, i64)> {
        let away = self.crm.iter().filter(|(.., how)| *how == CrmFault::Unreachable);
        away.map(|(from, until, _)| (*from, *until)).collect()
    }

    /// When Meta cannot be reached.
    pub fn meta_away(&self) -> Vec<(i64, i64)> {
        let away = self.meta.iter().filter(|(.., how)| *how == MetaFault::Unreachable);
        away.map(|(from, until, _)| (*from, *until)).collect()
    }

    /// All that happens, in the order of time.
    pub fn moments(&self, truth: &Truth) -> Vec<(i64, Moment)> {
        let mut moments = Vec::new();
        for (from, until) in self.crm_away() {
            moments.extend([(from, Moment::CrmAway(true)), (until, Moment::CrmAway(false))]);
        }
        for (from, until) in self.meta_away() {
            moments.extend([(from, Moment::MetaAway(true)), (until, Moment::MetaAway(false))]);
        }
        for (from, until) in &self.downs {
            moments.push((*from, Moment::Dies));
            // Of two that overlap, the one that ends last starts it.
            if !self.downs.iter().any(|(from, later)| (*from..*later).contains(until)) {
                moments.push((*until, Moment::Starts));
            }
        }
        let reports = truth.reports.iter().enumerate();
        moments.extend(reports.map(|(place, report)| (report.at_ms, Moment::Report(place))));
        moments.sort_by_key(|(at_ms, _)| *at_ms);
        moments
    }
}
