//! What delivery needs: each call is one job of the writer or one short read.

use async_trait::async_trait;
use kopru_core::State;

use super::{
    Sqlite, activities,
    activities::NarrowMember,
    adopted,
    attempts::{self, SealedMember, SealedOutcome},
    fence, leases, pauses, queue,
};
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, QueueStore,
    Queued, Settled,
};

/// How many events are read in one go: for as long as one reads, the log of changes cannot begin anew.
const READ_AT_ONCE: usize = 100;

#[async_trait]
impl QueueStore for Sqlite {
    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), Error> {
        let lane = lane.clone();
        let reply = leases::interrupted_reply(&self.keys.of(lease.workspace)?.seal)?;
        self.write(move |txn| {
            fence::check_fence(txn, lease)?;
            leases::interrupted(txn, lease.workspace, Some(&lane), &reply)
        })
        .await
    }

    async fn claim(&self, lease: Lease, lane: &LaneKey, limit: usize, now_ms: i64) -> Result<Claimed, Error> {
        let lane = lane.clone();
        self.read(lease.workspace, move |connection, opener| {
            if activities::are_of(&lane) {
                return activities::claim(connection, lease, &lane, limit, now_ms);
            }
            queue::claim(connection, opener, lease, &lane, limit, now_ms)
        })
        .await
    }

    async fn complete(&self, lease: Lease, lane: &LaneKey, ready: Vec<Queued>) -> Result<Claimed, Error> {
        if !activities::are_of(lane) {
            return Ok(Claimed { ready, unreadable: Vec::new() });
        }
        let (mut all, mut rest) = (Claimed::default(), ready.into_iter());
        loop {
            let some: Vec<Queued> = rest.by_ref().take(READ_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(all);
            }
            let lane = lane.clone();
            let read = self.read(lease.workspace, move |connection, opener| {
                activities::complete(connection, opener, lease, &lane, some)
            });
            let Claimed { ready, unreadable } = read.await?;
            all.ready.extend(ready);
            all.unreadable.extend(unreadable);
        }
    }

    async fn next_due(&self, lease: Lease, lane: &LaneKey) -> Result<Option<i64>, Error> {
        let lane = lane.clone();
        let next_due = if activities::are_of(&lane) { activities::next_due } else { queue::next_due };
        self.read(lease.workspace, move |connection, _| next_due(connection, lease, &lane)).await
    }

    async fn open(
        &self,
        lease: Lease,
        lane: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<OpenAttempt, Error> {
        let lane = lane.clone();
        let keys = self.keys.of(lease.workspace)?;
        if activities::are_of(&lane) {
            let (members, bytes) = NarrowMember::all(&members, &keys.seal)?;
            return self
                .write(move |txn| activities::open(txn, lease, &lane, &members, &bytes, now_ms))
                .await;
        }
        let sealed = members.into_iter().map(|member| SealedMember::of(member, &keys.seal));
        let members: Vec<_> = sealed.collect::<Result<_, Error>>()?;
        self.write(move |txn| attempts::open(txn, lease, &lane, &members, now_ms)).await
    }

    async fn settle(
        &self,
        lease: Lease,
        lane: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), Error> {
        if activities::are_of(lane) {
            return self.settle_activities(lease, lane.clone(), attempt, outcomes, now_ms).await;
        }
        let is_undecided = |one: &OutcomeOf| matches!(&one.settled, Settled::Stopped { stop, .. } if stop.state == State::Waiting);
        let undecided = outcomes.iter().any(is_undecided);
        let keys = self.keys.of(lease.workspace)?;
        let sealed = outcomes.into_iter().map(|outcome| SealedOutcome::of(outcome, &keys.seal));
        let outcomes: Vec<_> = sealed.collect::<Result<_, Error>>()?;
        self.write(move |txn| attempts::settle(txn, lease, attempt, &outcomes, now_ms)).await?;
        if undecided {
            self.wakeups.wake_facts(lease.workspace);
        }
        Ok(())
    }

    async fn pause(&self, lease: Lease, scope: &PauseScope, pause: Option<Pause>) -> Result<(), Error> {
        let scope = scope.clone();
        let keys = self.keys.of(lease.workspace)?;
        let sealed = |pause: Pause| -> Result<_, Error> {
            let cause = keys.seal.seal(pauses::CAUSE, pause.cause.as_bytes())?;
            Ok((pause, cause))
        };
        let pause = pause.map(sealed).transpose()?;
        self.write(move |txn| {
            pauses::put(txn, lease, &scope, pause.as_ref().map(|(pause, cause)| (pause, cause.as_slice())))
        })
        .await
    }

    async fn paused(&self, lease: Lease, scopes: &[PauseScope]) -> Result<Vec<(PauseScope, Pause)>, Error> {
        let scopes = scopes.to_vec();
        self.read(lease.workspace, move |connection, opener| pauses::of(connection, opener, lease, &scopes))
            .await
    }

    async fn note_taken(&self, lease: Lease, dataset: &str, account: &str) -> Result<(), Error> {
        let (dataset, account) = (dataset.to_owned(), account.to_owned());
        self.write(move |txn| adopted::note_taken(txn, lease, &dataset, &account)).await
    }
}

impl Sqlite {
    async fn settle_activities(
        &self,
        lease: Lease,
        lane: LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), Error> {
        let keys = self.keys.of(lease.workspace)?;
        let is_undecided = |one: &OutcomeOf| matches!(&one.settled, Settled::Stopped { stop, .. } if stop.state == State::Waiting);
        let undecided = outcomes.iter().any(is_undecided);
        // What one was told, all of the request were told.
        let reply = outcomes.iter().rev().find_map(|one| one.settled.reply());
        let reply = keys.seal.seal_text(queue::REPLY, reply)?;
        self.write(move |txn| {
            activities::settle(txn, lease, &lane, attempt, &outcomes, reply.as_deref(), now_ms)
        })
        .await?;
        if undecided {
            self.wakeups.wake_facts(lease.workspace);
        }
        Ok(())
    }
}
