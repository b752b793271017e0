//! A story, played in SQLite and in the model side by side.

use std::collections::BTreeMap;

use kopru_core::{
    Adopted, CatchUp, Cause, Contact, Conversion, ConversionFilter, Deal, Decision, Effect, Former, Reason,
    Revisit, Route, State,
};
use store::{
    Answered, AttemptId, Decided, LaneKey, Lease, Member, Model, OutcomeOf, Pause, PauseScope, Queued,
    SetAside, Settled, Sqlite, Store, Work,
};

use super::{
    activities::{activity, told_again},
    seen,
    steps::{
        BEGIN_MS, Change, End, Filter, Kind, ORIGIN, OfFact, Step, Turn, answer, contact, conversion,
        dataset, deal, phone, stop,
    },
};

pub struct Pair<'a> {
    sides: [Side<'a>; 2],
    now_ms: i64,
}

struct Side<'a> {
    store: &'a dyn Store,
    lease: Lease,
    lane: LaneKey,
    claimed: Vec<Queued>,
    attempt: Option<AttemptId>,
    turn: Option<Decided>,
    /// What was listed at the last look.
    looked_at: BTreeMap<String, Conversion>,
}

impl<'a> Pair<'a> {
    pub async fn open(sqlite: &'a Sqlite, model: &'a Model, name: &str) -> Self {
        Self { sides: [Side::open(sqlite, name).await, Side::open(model, name).await], now_ms: BEGIN_MS }
    }

    pub async fn play(&mut self, step: Step) {
        if let Step::Pass(ms) = step {
            self.now_ms += ms;
        }
        let [sqlite, model] = &mut self.sides;
        let (one, other) = (sqlite.play(&step, self.now_ms).await, model.play(&step, self.now_ms).await);
        agree(one, other, &step);
    }

    /// Whoever looks at the two sees the same.
    pub async fn agrees(&self, played: &str) {
        let [sqlite, model] = &self.sides;
        agree(sqlite.seen(self.now_ms).await, model.seen(self.now_ms).await, played);
    }
}

fn agree(sqlite: Vec<String>, model: Vec<String>, of: impl std::fmt::Debug) {
    for (sqlite, model) in sqlite.into_iter().zip(model) {
        assert!(sqlite == model, "after {of:?}\nSQLite has {sqlite}\nthe model has {model}");
    }
}

impl<'a> Side<'a> {
    async fn open(store: &'a dyn Store, name: &str) -> Self {
        let workspace = store.workspace(name).await.unwrap();
        let lease = store.lease(workspace).await.unwrap();
        let lane = lane(0);
        let looked_at = BTreeMap::new();
        Self { store, lease, lane, claimed: Vec::new(), attempt: None, turn: None, looked_at }
    }

    async fn seen(&self, now_ms: i64) -> Vec<String> {
        let mut seen = seen::of(self.store, self.lease.workspace, now_ms).await;
        for lane in (0..4).map(lane) {
            // What it says is right after a claim that found none.
            if self.store.claim(self.lease, &lane, 1, now_ms).await.unwrap().ready.is_empty() {
                seen.push(seen::text("next due", &self.store.next_due(self.lease, &lane).await.unwrap()));
            }
        }
        seen
    }

    /// Plays a step; returns what whoever takes it is told.
    async fn play(&mut self, step: &Step, now_ms: i64) -> Vec<String> {
        let (store, lease, workspace) = (self.store, self.lease, self.lease.workspace);
        match step.clone() {
            Step::Pass(_) => {}
            Step::Append(facts) => store.append(workspace, "test", now_ms, facts).await.unwrap(),
            Step::Report(all) => {
                let join = store.join_key(workspace).await.unwrap();
                let all = all.iter().map(|told| activity(told, &join, now_ms)).collect();
                let doubles = store.append_activities(workspace, now_ms, all).await.unwrap();
                return vec![seen::text("doubles", &doubles)];
            }
            Step::Decide(turn) => {
                let work = store.take(lease, turn.limit, now_ms).await.unwrap();
                let told = seen::work(&work);
                let decided = self.decided(turn, work, now_ms).await;
                self.turn = Some(decided.clone());
                store.apply(lease, decided).await.unwrap();
                return told;
            }
            Step::DecideAgain => {
                let turn = self.turn.take().filter(|turn| !turn.decisions.is_empty());
                if let Some(turn) =
                    turn.filter(|turn| turn.decisions.iter().all(|one| one.outcome.code() != "pending"))
                {
                    assert!(store.apply(lease, turn).await.is_err());
                }
            }
            Step::Look => self.looked_at = self.listed().await,
            Step::Claim(which, limit) => return vec![self.claim(which, limit, now_ms).await],
            Step::Open(all) => return vec![self.open_attempt(all, now_ms).await],
            Step::Settle(with_attempt, ends) => self.settle(with_attempt, ends, now_ms).await,
            Step::Deliver { lane, limit, between, ends } => {
                let claimed = self.claim(lane, limit, now_ms).await;
                let opened = self.open_attempt(true, now_ms).await;
                if let (Some(kind), Some(first)) = (between, self.claimed.first()) {
                    let expired = vec![wanted(&first.conversion, &kind, now_ms)];
                    let erasures = store.take(lease, 0, now_ms).await.unwrap().erasures;
                    let decided = Decided { expired, now_ms, erasures, ..Decided::default() };
                    store.apply(lease, decided).await.unwrap();
                }
                self.settle(true, ends, now_ms).await;
                return vec![claimed, opened];
            }
            Step::SettleUnclaimed(id, end) => {
                let number = store.conversion_number(workspace, &format!("e{id}")).await.unwrap();
                let one = self.listed().await.remove(&format!("e{id}"));
                if let Some((number, conversion)) = number.zip(one) {
                    let one = Queued { number, revision: 1, conversion, tries: 0, unknown: None };
                    // Without a claim nobody knows a revision.
                    let end = if let End::Stopped(_) = end { End::Accepted } else { end };
                    let outcomes = outcome(&one, &end, now_ms).into_iter().collect();
                    let lane = if is_told(&self.lane) { lane(0) } else { self.lane.clone() };
                    store.settle(lease, &lane, None, outcomes, now_ms).await.unwrap();
                }
            }
            Step::Interrupted(which) => store.interrupted(lease, &lane(which)).await.unwrap(),
            Step::Lease => self.lease = store.lease(workspace).await.unwrap(),
            Step::Pause(which, pause) => {
                let pause = pause.map(|(after_ms, needs_you)| Pause {
                    until_ms: now_ms + after_ms,
                    needs_you,
                    cause: "said".into(),
                    code: "4".into(),
                    since_ms: now_ms,
                    dataset: dataset(which % 2),
                });
                store.pause(lease, &scope(which), pause).await.unwrap();
            }
            Step::Adopt(scopes) => {
                let scopes = scopes.into_iter().map(scope).collect();
                store.adopt(lease, Adopted::default(), None, scopes).await.unwrap();
            }
            Step::Taken(which) => store.note_taken(lease, &dataset(which), "waba").await.unwrap(),
            Step::Revisit(action, filter, any_age_of_queued, rule) => {
                let rules = rule.map(|since_s| CatchUp { rule: "rule 1".into(), since_s });
                let (filter, rules) = (conversion_filter(filter), rules.into_iter().collect());
                let revisit = Revisit { action, filter, any_age_of_queued, ask_for: Vec::new(), rules };
                store.revisit(workspace, revisit).await.unwrap();
            }
            Step::SetAsideNext => {
                return vec![seen::text("aside", &store.set_aside_next(lease, "broken").await.unwrap())];
            }
            Step::Retry => {
                return vec![seen::text("retried", &store.retry_set_aside(workspace).await.unwrap())];
            }
            Step::Ask(question, after) => store.ask(workspace, question, now_ms + after).await.unwrap(),
            Step::Answer(which, upto) => {
                let asks = store.asks_due(ORIGIN, &[workspace], 100, i64::MAX).await.unwrap();
                let by_key: BTreeMap<_, _> = asks.iter().map(|ask| (ask.question.key(), ask)).collect();
                if let Some(ask) = by_key.into_values().nth(which.into()) {
                    let (question, fact) = (ask.question.clone(), answer(&ask.question, upto));
                    let answers = vec![Answered { question, upto, fact }];
                    store.answer(workspace, "kommo", now_ms, answers).await.unwrap();
                }
            }
            Step::Postpone(question, after, error) => {
                store.postpone(workspace, vec![(question, now_ms + after)], error).await.unwrap();
            }
            Step::Abandon(question) => store.abandon(workspace, vec![question]).await.unwrap(),
            Step::Erase(who) => {
                return vec![seen::text("erased", &store.erase(workspace, &who, now_ms).await.unwrap())];
            }
            Step::Lift(who) => {
                return vec![seen::text("lifted", &store.lift(workspace, &who, now_ms).await.unwrap())];
            }
            Step::Expire(kind, age_ms, rows) => {
                while !store.expire(workspace, kind, now_ms - age_ms, rows).await.unwrap().done {}
            }
            Step::Count(name) => store.count(vec![(workspace, name.into(), 1)]).await.unwrap(),
        }
        Vec::new()
    }

    async fn claim(&mut self, which: u8, limit: usize, now_ms: i64) -> String {
        (self.lane, self.attempt) = (lane(which), None);
        let claimed = self.store.claim(self.lease, &self.lane, limit, now_ms).await.unwrap().ready;
        self.claimed = self.store.complete(self.lease, &self.lane, claimed).await.unwrap().ready;
        seen::claimed(&self.claimed)
    }

    async fn open_attempt(&mut self, all: bool, now_ms: i64) -> String {
        let chosen = self.claimed.iter().enumerate().filter(|(place, _)| all || place % 2 == 0);
        let members = chosen.map(|(_, one)| member(one, now_ms)).collect();
        let opened = self.store.open(self.lease, &self.lane, members, now_ms).await.unwrap();
        self.attempt = Some(opened.attempt);
        let moved = self.claimed.iter().filter(|one| opened.moved.contains(&one.number));
        seen::text("moved", &moved.map(|one| &one.conversion.event_id).collect::<Vec<_>>())
    }

    async fn settle(&self, with_attempt: bool, ends: Vec<End>, now_ms: i64) {
        let outcomes = self.claimed.iter().zip(ends).filter_map(|(one, end)| outcome(one, &end, now_ms));
        let attempt = self.attempt.filter(|_| with_attempt);
        self.store.settle(self.lease, &self.lane, attempt, outcomes.collect(), now_ms).await.unwrap();
    }

    /// Everything that is known of all conversions, by id.
    async fn listed(&self) -> BTreeMap<String, Conversion> {
        let all = self.store.conversions(self.lease.workspace, None, 100).await.unwrap();
        all.into_iter().map(|one| (one.conversion.event_id.clone(), one.conversion)).collect()
    }

    async fn decided(&self, turn: Turn, work: Work, now_ms: i64) -> Decided {
        let stored = self.listed().await;
        let effects = |changes: Vec<Change>| {
            changes.into_iter().filter_map(|change| self.effect(change, &stored, now_ms)).collect::<Vec<_>>()
        };
        let again = |all: &[Conversion], kinds: Vec<Kind>| {
            let each = all.iter().zip(kinds);
            each.map(|(one, kind)| match one.cause {
                Cause::Activity(_) => wanted(one, &kind, now_ms),
                _ => now_knowing(one, &wanted(one, &kind, now_ms)),
            })
            .collect::<Vec<_>>()
        };
        let mut decided = Decided { now_ms, erasures: work.erasures, ..Decided::default() };
        for (fact, (of_fact, changes)) in work.facts.iter().zip(turn.of_facts) {
            let seq = fact.seq;
            match of_fact {
                OfFact::SetAside => decided.set_aside.push(SetAside { seq, why: "odd".into() }),
                OfFact::Decided(outcome) => {
                    decided.decisions.push(Decision { seq, outcome, effects: effects(changes) });
                }
            }
        }
        decided.expired = again(&work.expired, turn.of_expired);
        decided.swept = work.sweep.zip(turn.swept.map(effects));
        decided.revisited = work.revisit.zip(turn.revisited).map(|(step, kinds)| {
            let updates = again(&step.conversions, kinds).into_iter().map(Effect::Update).collect();
            (step, updates)
        });
        decided
    }

    fn effect(&self, change: Change, stored: &BTreeMap<String, Conversion>, now_ms: i64) -> Option<Effect> {
        Some(match change {
            Change::Deal(id, who) => {
                let contacts = who.into_iter().map(contact).collect();
                Effect::SaveDeal(Deal { contacts, ..Deal::new(deal(id)) })
            }
            Change::Contact(id, who) => {
                // Some of it is what it had once.
                let had = who.get(1).copied().filter(|one| one % 2 == 1);
                let has = who.into_iter().filter(|one| Some(*one) != had);
                let former = had.into_iter().map(|one| Former { node: phone(one), until_s: 1 }).collect();
                let who = has.map(phone).collect();
                Effect::SaveContact(Contact { former, who, ..Contact::new(contact(id)) })
            }
            Change::Link(a, b, told) => Effect::SaveLink(phone(a), phone(b), told),
            Change::Chat(a, chat) => Effect::SaveChat(phone(a), chat),
            Change::Heard(a, since_s) => Effect::SaveHeard { account: a.to_string(), since_s },
            Change::Click(click) => Effect::SaveClick(click),
            Change::Catalogue(seq, catalogue) => Effect::SaveCatalogue(seq, catalogue),
            Change::Create(id, kind) => Effect::Create(conversion(id, &kind, now_ms)),
            Change::Update(id, kind, stale) => {
                let known = if stale { &self.looked_at } else { stored };
                let before = known.get(&format!("e{id}"))?;
                Effect::Update(now_knowing(before, &conversion(id, &kind, now_ms)))
            }
            Change::Ask(question, upto, after_ms) => Effect::Ask { question, upto, after_ms },
            Change::Settle(seq, outcome) => Effect::Settle { seq, outcome },
            Change::Release(seq) => Effect::Release { seq },
            Change::Sweep(id, asked_by) => Effect::Sweep { contact: contact(id), asked_by },
        })
    }
}

/// What decisions make of a conversion that would be another one with what is known now.
fn now_knowing(before: &Conversion, wanted: &Conversion) -> Conversion {
    match before.state {
        State::Accepted | State::Duplicate => {
            let reason = (wanted.state == State::Suppressed).then_some(Reason::Undone);
            Conversion { correction: wanted.value, reason, ..before.clone() }
        }
        State::Queued if before.sent.is_under_way() => before.frozen(wanted),
        State::Queued if before.sent.is_unknown() => {
            let after = before.frozen(wanted);
            match after.stop {
                Some(stop) => before.clone().stopped(stop),
                None => Conversion { dataset: wanted.dataset.clone(), ..after },
            }
        }
        _ => Conversion { sent: before.sent, stored: before.stored, ..wanted.clone() },
    }
}

/// What decisions would make of a conversion.
fn wanted(one: &Conversion, kind: &Kind, now_ms: i64) -> Conversion {
    match one.cause {
        Cause::Activity(_) => told_again(one, kind, now_ms),
        _ => conversion(id_of(one), kind, now_ms),
    }
}

fn is_told(lane: &LaneKey) -> bool {
    lane.route == Route::Website
}

fn id_of(one: &Conversion) -> u8 {
    one.event_id[1..].parse().unwrap()
}

fn member(one: &Queued, now_ms: i64) -> Member {
    let body = format!("{} at {now_ms}", one.conversion.event_id);
    let may_count_twice = one.unknown.is_some();
    Member { number: one.number, revision: one.revision, body, carried: "{}".into(), may_count_twice }
}

fn outcome(one: &Queued, end: &End, now_ms: i64) -> Option<OutcomeOf> {
    let later = |after: Option<i64>| after.map(|after| now_ms + after);
    let reply = Some("said".to_owned());
    let settled = match *end {
        End::Accepted => Settled::Accepted { reply: "trace".into() },
        End::Failed(Reason::TooLate) => Settled::Failed { reason: Reason::TooLate, reply: None },
        End::Failed(reason) => Settled::Failed { reason, reply },
        End::Stopped(which) => Settled::Stopped { stop: stop(which + 1, now_ms), revision: one.revision },
        End::Again(due, counts) => Settled::Again { due_ms: later(due), reply, counts },
        End::Unknown(due) => Settled::Unknown { due_ms: later(due), reply, may_count_twice: due.is_none() },
        End::BytesRefused => Settled::BytesRefused { reply },
        End::Nothing => return None,
    };
    Some(OutcomeOf { number: one.number, settled })
}

fn lane(which: u8) -> LaneKey {
    let wanted = [(0, "messaging/whatsapp"), (1, "messaging/whatsapp"), (0, "crm"), (0, "website")]
        [usize::from(which)];
    LaneKey { dataset: dataset(wanted.0), route: wanted.1.parse().unwrap() }
}

fn scope(which: u8) -> PauseScope {
    match which {
        0 => PauseScope::App("app".into()),
        1 => PauseScope::Token("token".into()),
        2 => PauseScope::Dataset(dataset(0)),
        _ => PauseScope::Lane(lane(1)),
    }
}

fn conversion_filter(filter: Filter) -> Option<ConversionFilter> {
    let all = ConversionFilter::default();
    match filter {
        Filter::None => None,
        Filter::All => Some(all),
        Filter::Since(after) => Some(ConversionFilter { since_s: Some(BEGIN_MS / 1000 + after), ..all }),
        Filter::States(states) => Some(ConversionFilter { states, ..all }),
        Filter::Named(ids) => {
            Some(ConversionFilter { event_ids: ids.iter().map(|id| format!("e{id}")).collect(), ..all })
        }
    }
}
