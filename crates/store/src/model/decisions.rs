//! What decisions need: work with the state around it, and a place for what was decided.

use async_trait::async_trait;
use kopru_core::{
    Adopted, Conversion, Fact, History, Incoming, Reason, Revisit, RevisitPlace, RevisitStep, Seq, State,
    WorkingSet, WorkspaceId,
};

use super::{Model, Rows, facts::FactEnd, state::Loading};
use crate::{Clock, Decided, DecisionStore, Error, LaneKey, Lease, PauseScope, Work, wakeups::News};

impl Rows {
    /// Takes over. What was under way when the last holder ended may have reached Meta; what a person had to
    /// mend may be mended, and what was put off for it goes behind what was not tried.
    fn take_over(&mut self) {
        self.fence += 1;
        self.interrupted(None);
        self.end_pauses_that_need_somebody();
        let now_ms = Clock::system().now_ms();
        for row in self.conversions.values_mut() {
            let at_once_ms = row.event_ms().max(now_ms);
            let is_told = row.told.is_some();
            if let Some(place) = row.place.as_mut().filter(|place| is_told || place.put_off_ms.is_some()) {
                place.due_ms = place.due_ms.min(at_once_ms);
            }
        }
    }

    pub(super) fn end_pauses_that_need_somebody(&mut self) {
        for pause in self.pauses.values_mut().filter(|pause| pause.needs_you) {
            pause.until_ms = 0;
        }
    }

    fn take(&self, limit: usize, now_ms: i64) -> Work {
        let facts: Vec<_> = self.undecided().take(limit).cloned().collect();
        let (expired, next_deadline_ms) = self.expired(limit, now_ms);
        let mut loading = Loading::around(self, &facts);
        for one in &expired {
            if one.reason.is_some_and(Reason::is_decided_anew) {
                loading.cause(&one.cause);
            }
        }
        // Whoever asks for no fact does no step either, which could stand in the way of one.
        let revisit = if limit == 0 { None } else { self.next_revisit(&mut loading) };
        let sweep = if limit == 0 { None } else { self.next_sweep(&mut loading) };
        let (state, erasures) = (loading.state, self.erased.last());
        Work { facts, expired, sweep, revisit, state, unreadable: Vec::new(), next_deadline_ms, erasures }
    }

    /// Conversions that have waited as long as they could, and when the next one will have.
    fn expired(&self, limit: usize, now_ms: i64) -> (Vec<Conversion>, Option<i64>) {
        let waiting = self.conversions.values().filter(|row| row.decided.state == State::Waiting);
        let mut waiting: Vec<(i64, Conversion)> =
            waiting.filter_map(|row| Some((row.decided.deadline_ms?, row.now()))).collect();
        waiting.sort_by_key(|(deadline_ms, _)| *deadline_ms);
        let next_ms = waiting.first().map(|(deadline_ms, _)| *deadline_ms);
        let over = waiting.into_iter().take_while(|(deadline_ms, _)| *deadline_ms <= now_ms);
        (over.take(limit).map(|(_, one)| one).collect(), next_ms)
    }

    fn set_aside_next(&mut self, why: &str) -> Result<Option<Seq>, Error> {
        let Some(seq) = self.undecided().map(|fact| fact.seq).next() else { return Ok(None) };
        self.decide(seq, Some(FactEnd::SetAside(why.to_owned())))?;
        Ok(Some(seq))
    }

    /// Brings back what could not be read: facts and conversions; returns how many, and the lanes that got
    /// some.
    fn retry_set_aside(&mut self) -> (usize, Vec<LaneKey>) {
        let mut retried = 0;
        for row in
            self.facts.values_mut().filter(|row| !row.gone && matches!(row.end, Some(FactEnd::SetAside(_))))
        {
            row.end = None;
            retried += 1;
        }
        let mut lanes = Vec::new();
        let may_come_back: Vec<bool> =
            self.conversions.keys().map(|number| self.may_come_back(*number)).collect();
        for (row, may_come_back) in self.conversions.values_mut().zip(may_come_back) {
            if row.retry(may_come_back) {
                retried += 1;
                lanes.extend(LaneKey::of(&row.decided));
            }
        }
        (retried, lanes)
    }
}

#[async_trait]
impl DecisionStore for Model {
    async fn lease(&self, workspace: WorkspaceId) -> Result<Lease, Error> {
        self.change(workspace, |rows| {
            rows.take_over();
            Lease { workspace, fence: rows.fence }
        })
    }

    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, Error> {
        self.look(lease.workspace, |rows| rows.take(limit, now_ms))
    }

    async fn apply(&self, lease: Lease, decided: Decided) -> Result<(), Error> {
        let news = News::of(&decided);
        self.change_held(lease, |rows| rows.apply(decided))??;
        news.wake_all(&self.wakeups, lease.workspace);
        Ok(())
    }

    async fn set_aside_next(&self, lease: Lease, why: &str) -> Result<Option<Seq>, Error> {
        self.change_held(lease, |rows| rows.set_aside_next(why))?
    }

    async fn history(&self, workspace: WorkspaceId) -> Result<History, Error> {
        self.look(workspace, |rows| History {
            before: rows.adopted.clone(),
            matched: {
                let made = rows.conversions.values().filter(|row| row.told.is_none());
                made.map(|row| row.decided.rule.clone()).collect()
            },
            taken: rows.taken.clone(),
        })
    }

    async fn adopt(
        &self,
        lease: Lease,
        adopted: Adopted,
        revisit: Option<Revisit>,
        scopes: Vec<PauseScope>,
    ) -> Result<(), Error> {
        self.change_held(lease, |rows| {
            rows.adopted = Some(adopted);
            if let Some(revisit) = revisit {
                rows.begin_revisit(revisit);
            }
            rows.pauses.retain(|scope, _| scopes.contains(scope));
        })?;
        self.wakeups.wake_facts(lease.workspace);
        Ok(())
    }

    async fn revisit(&self, workspace: WorkspaceId, revisit: Revisit) -> Result<(), Error> {
        self.change(workspace, |rows| rows.begin_revisit(revisit))?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn revisit_step(
        &self,
        workspace: WorkspaceId,
        revisit: Revisit,
        place: RevisitPlace,
    ) -> Result<(RevisitStep, WorkingSet), Error> {
        self.look(workspace, |rows| {
            let mut loading = Loading::around(rows, &[]);
            let step = rows.revisit_step(&mut loading, 0, revisit, &place);
            (step, loading.state)
        })
    }

    async fn around(&self, workspace: WorkspaceId, fact: Fact) -> Result<WorkingSet, Error> {
        let fact = Incoming { seq: 0, received_ms: 0, fact };
        self.look(workspace, |rows| Loading::around(rows, &[fact]).state)
    }

    async fn retry_set_aside(&self, workspace: WorkspaceId) -> Result<usize, Error> {
        let (retried, lanes) = self.change(workspace, Rows::retry_set_aside)?;
        for lane in &lanes {
            self.wakeups.wake_queue(workspace, lane);
        }
        self.wakeups.wake_facts(workspace);
        Ok(retried)
    }
}
