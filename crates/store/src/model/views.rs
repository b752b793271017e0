//! What people read: counted anew each time.

use std::{cmp::Reverse, collections::BTreeMap};

use async_trait::async_trait;
use capi::Money;
use kopru_core::{
    Carried, Catalogue, Cause, ConversionFilter, DealKey, Node, Outcome, Question, Reason, StageId, State,
    WorkspaceId,
};

use super::{Model, Rows, conversions::ConversionRow, facts::FactEnd};
use crate::{
    Error, SetAsideListed, Views,
    bounds::LAG_MAX_MS,
    outcomes::{Dimensions, Grain, RollUpPage, Standing},
    views::{
        Breakdown, COUNTED_MAX, ConversionPage, Conversions, EXAMINED_MAX, Facts, Funnel, Ledger, Listed,
        Problem, RuleLedger, SALE_CONTACTS_MAX, SALE_DEALS_MAX, StoppedAt, ToldSale, UnreadableListed,
        rule_ledgers,
    },
};

impl Rows {
    fn deal_of_sale(&self, sale: &ToldSale) -> Option<DealKey> {
        let linked = |node: &Node| {
            let all = self.links.keys().filter(|(a, b)| a == node && b.is_contact()).map(|(_, b)| b.clone());
            all.take(SALE_CONTACTS_MAX).collect::<Vec<_>>()
        };
        let contacts: Vec<Node> = sale.who.iter().flat_map(linked).collect();
        let deals = contacts.iter().flat_map(|contact| self.deals_of(contact).take(SALE_DEALS_MAX));
        let is_sold = |deal: &DealKey| {
            let cause = Cause::Deal(deal.clone());
            let events = self.conversions.values().map(|row| &row.decided).filter(|one| one.cause == cause);
            events
                .take(SALE_DEALS_MAX)
                .any(|one| sale.is(&one.event, one.state, one.value, one.currency.as_deref(), one.event_s))
        };
        deals.into_iter().find(|deal| is_sold(deal)).cloned()
    }

    fn ledger(&self) -> Ledger {
        let mut facts = Facts {
            received: self.told.received,
            duplicate: self.told.doubles,
            used: self.told.received - self.told.doubles,
            ..Facts::default()
        };
        for row in self.facts.values() {
            facts.received += 1;
            *match &row.end {
                None | Some(FactEnd::Decided(Outcome::Again)) => &mut facts.pending,
                Some(FactEnd::Decided(Outcome::Waiting { .. })) => &mut facts.waiting,
                Some(FactEnd::Decided(Outcome::Used)) => &mut facts.used,
                Some(FactEnd::Decided(Outcome::Ignored(_))) => &mut facts.ignored,
                Some(FactEnd::Decided(Outcome::Duplicate)) => &mut facts.duplicate,
                Some(FactEnd::SetAside(_)) => &mut facts.set_aside,
            } += 1;
        }
        let mut conversions = Conversions::default();
        for row in self.conversions.values() {
            conversions.created += 1;
            *match row.decided.state {
                State::Queued => &mut conversions.queued,
                State::Waiting => &mut conversions.waiting,
                State::Accepted => &mut conversions.accepted,
                State::Duplicate => &mut conversions.duplicate,
                State::Suppressed => &mut conversions.suppressed,
                State::Failed => &mut conversions.failed,
            } += 1;
            conversions.undone += i64::from(row.decided.is_undone());
        }
        let door = |(name, n): (&String, &i64)| Some((name.strip_prefix("door.")?.to_owned(), *n));
        let refused_at_door = self.counters.iter().filter_map(door).collect();
        // Each row was counted once: there is nothing that could be out of balance.
        Ledger { refused_at_door, facts, conversions, balanced: true, rules: self.rule_ledgers() }
    }

    fn rule_ledgers(&self) -> Vec<RuleLedger> {
        let of_rules = self.conversions.values().filter(|row| !row.decided.rule.is_empty());
        let made = of_rules.map(|row| {
            let Standing { rule, place, amount, .. } = Standing::of(&row.decided);
            (rule, (Some(place.state), place.reason, place.currency, 1, amount.unwrap_or(Money::ZERO)))
        });
        let unmade = self.deals.values().flat_map(|deal| &deal.unmade).map(|(rule, one)| {
            let currency = one.currency.clone().unwrap_or_default();
            (rule.clone(), (None, Some(one.why), currency, 1, one.amount.unwrap_or(Money::ZERO)))
        });
        rule_ledgers(made.chain(unmade))
    }

    fn page(&self, filter: &ConversionFilter, below: Option<u64>, limit: usize) -> ConversionPage {
        let is_named = !filter.event_ids.is_empty();
        // What was made before the time from which on something is meant has not happened after it, by a
        // clock that is not too wrong.
        let since_ms = filter.since_s.filter(|_| !is_named).map(|since_s| since_s.saturating_mul(1000));
        let oldest_ms = since_ms.map_or(i64::MIN, |since_ms| since_ms.saturating_sub(LAG_MAX_MS));
        let examined_max = if is_named { usize::MAX } else { EXAMINED_MAX };
        let mut page = ConversionPage::default();
        let mut last = None;
        let kept = self.conversions.range(..below.unwrap_or(u64::MAX)).filter(|(_, row)| !row.gone);
        for (examined, (number, row)) in kept.rev().enumerate() {
            if page.listed.len() >= limit || row.created_ms < oldest_ms {
                break;
            }
            if examined == examined_max {
                page.stopped_at = last;
                break;
            }
            let is_found =
                !is_named || row.told.is_none() || self.told_as(&row.decided.event_id).contains(number);
            if is_found && filter.takes(&row.now()) {
                page.listed.push(self.listed(*number, row));
            }
            last = Some(StoppedAt { event_id: row.decided.event_id.clone(), created_ms: row.created_ms });
        }
        page
    }

    fn breakdown(&self) -> Breakdown {
        let mut kinds: BTreeMap<_, (State, Option<Reason>, i64)> = BTreeMap::new();
        for one in self.conversions.values().map(|row| &row.decided) {
            let kind = (one.event.clone(), one.state.code(), one.reason.map(Reason::code));
            kinds.entry(kind).or_insert((one.state, one.reason, 0)).2 += 1;
        }
        kinds.into_iter().map(|((event, ..), (state, reason, n))| (event, state, reason, n)).collect()
    }

    fn funnel(&self) -> Funnel {
        let mut funnel = Funnel { conversations: self.clicks_kept as i64, ..Funnel::default() };
        let accepted = self.conversions.values().map(|row| &row.decided);
        for one in accepted.filter(|one| one.state == State::Accepted && !one.rule.is_empty()) {
            let Standing { place: Dimensions { currency, .. }, amount, .. } = Standing::of(one);
            funnel.add(&one.event, one.is_undone(), 1, &currency, amount.unwrap_or(Money::ZERO));
        }
        funnel
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (scope, pause) in &self.pauses {
            let queued = self.queue(None).filter(|(_, row, place)| {
                row.decided.dataset.as_ref() == Some(&pause.dataset) && place.attempt.is_none()
            });
            problems.push(Problem::Paused {
                scope: scope.clone(),
                dataset: pause.dataset.clone(),
                pause: pause.clone(),
                queued: (queued.count() as i64).min(COUNTED_MAX + 1),
            });
        }
        let mut unanswered: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for ask in self.asks.values() {
            if let Some(error) = &ask.last_error {
                *unanswered.entry((ask.question.origin(), error)).or_default() += 1;
            }
        }
        problems.extend(unanswered.into_iter().map(|((origin, error), questions)| Problem::Unanswered {
            origin: origin.to_owned(),
            questions: questions.min(COUNTED_MAX + 1),
            error: error.to_owned(),
        }));
        let again = self.told.numbers_again.iter();
        problems.extend(again.map(|(dataset, [sales, since_ms, last_ms])| Problem::NumbersAgain {
            dataset: dataset.clone(),
            sales: *sales,
            since_ms: *since_ms,
            last_ms: *last_ms,
        }));
        problems
    }

    fn history_awaited(&self) -> Vec<(DealKey, StageId)> {
        let failed = self.asks.values().filter(|ask| ask.last_error.is_some());
        let is_said = |key: &str, deal: &DealKey, stage: &StageId| {
            self.facts.values().any(|fact| fact.waits_on(key))
                || self.deals.get(deal).is_some_and(|deal| deal.has_arrived(stage))
        };
        let awaited = failed.filter_map(|ask| match &ask.question {
            Question::StageLog { deal, stage } if is_said(&ask.question.key(), deal, stage) => {
                Some((deal.clone(), stage.clone()))
            }
            _ => None,
        });
        awaited.take(COUNTED_MAX as usize).collect()
    }

    fn ignored(&self) -> Vec<(Reason, i64)> {
        let mut by_reason: BTreeMap<Reason, i64> = BTreeMap::new();
        for row in self.facts.values() {
            if let Some(FactEnd::Decided(Outcome::Ignored(reason))) = &row.end {
                *by_reason.entry(*reason).or_default() += 1;
            }
        }
        let mut all: Vec<_> = by_reason.into_iter().collect();
        all.sort_by_key(|(_, n)| Reverse(*n));
        all
    }

    fn set_aside(&self, limit: usize) -> Vec<SetAsideListed> {
        let listed = self.facts.values().filter(|row| !row.gone).filter_map(|row| {
            let Some(FactEnd::SetAside(why)) = &row.end else { return None };
            Some(SetAsideListed {
                seq: row.incoming.seq,
                source: row.source.clone(),
                kind: row.incoming.fact.kind().to_owned(),
                received_ms: row.incoming.received_ms,
                why: why.clone(),
            })
        });
        listed.take(limit).collect()
    }
}

impl Rows {
    pub(super) fn listed(&self, number: u64, row: &ConversionRow) -> Listed {
        Listed {
            added: Carried::added_of_stored(&row.carried),
            appends: self.appends(number).map(Box::new),
            number,
            conversion: row.now(),
            reply: row.reply.clone(),
            attempts: row.attempts,
            may_count_twice: row.may_count_twice,
            body: row.body.clone(),
            settled_ms: row.settled_ms,
        }
    }
}

#[async_trait]
impl Views for Model {
    async fn ledger(&self, workspace: WorkspaceId) -> Result<Ledger, Error> {
        self.look(workspace, Rows::ledger)
    }

    async fn conversions_of(
        &self,
        workspace: WorkspaceId,
        filter: ConversionFilter,
        below: Option<u64>,
        limit: usize,
    ) -> Result<ConversionPage, Error> {
        self.look(workspace, |rows| rows.page(&filter, below, limit))
    }

    async fn conversion_number(&self, workspace: WorkspaceId, event_id: &str) -> Result<Option<u64>, Error> {
        self.look(workspace, |rows| rows.told_as(event_id).into_iter().chain(rows.numbered(event_id)).max())
    }

    async fn ignored(&self, workspace: WorkspaceId) -> Result<Vec<(Reason, i64)>, Error> {
        self.look(workspace, Rows::ignored)
    }

    async fn breakdown(&self, workspace: WorkspaceId) -> Result<Breakdown, Error> {
        self.look(workspace, Rows::breakdown)
    }

    async fn funnel(&self, workspace: WorkspaceId) -> Result<Funnel, Error> {
        self.look(workspace, Rows::funnel)
    }

    async fn problems(&self, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
        self.look(workspace, Rows::problems)
    }

    async fn history_awaited(&self, workspace: WorkspaceId) -> Result<Vec<(DealKey, StageId)>, Error> {
        self.look(workspace, Rows::history_awaited)
    }

    async fn catalogues(&self, workspace: WorkspaceId) -> Result<Vec<Catalogue>, Error> {
        self.look(workspace, |rows| {
            rows.catalogues.values().map(|(_, catalogue)| catalogue.clone()).collect()
        })
    }

    async fn roll_ups(
        &self,
        workspace: WorkspaceId,
        grain: Grain,
        from_s: i64,
        to_s: i64,
    ) -> Result<RollUpPage, Error> {
        self.look(workspace, |rows| rows.outcomes.page(&grain, from_s, to_s))
    }

    async fn deals_of_sales(
        &self,
        workspace: WorkspaceId,
        sales: Vec<ToldSale>,
    ) -> Result<Vec<Option<DealKey>>, Error> {
        self.look(workspace, |rows| sales.iter().map(|sale| rows.deal_of_sale(sale)).collect())
    }

    async fn is_settled(&self, workspace: WorkspaceId) -> Result<bool, Error> {
        self.look(workspace, |rows| {
            rows.undecided().next().is_none()
                && rows.asks.is_empty()
                && rows.queue(None).next().is_none()
                && rows.outcomes.is_followed()
        })
    }

    async fn set_aside(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<SetAsideListed>, Error> {
        self.look(workspace, |rows| rows.set_aside(limit))
    }

    async fn unreadable_of(
        &self,
        workspace: WorkspaceId,
        source: &'static str,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<UnreadableListed>, Error> {
        self.look(workspace, |rows| {
            let of_source = rows.unreadable.iter().rev().filter(|(of, _)| of == source);
            let below = of_source.filter(|(_, one)| below.is_none_or(|below| one.number < below));
            below.take(limit).map(|(_, one)| one.clone()).collect()
        })
    }

    async fn oldest_undecided_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.look(workspace, |rows| rows.undecided().map(|fact| fact.received_ms).next())
    }

    async fn oldest_due_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
        self.look(workspace, |rows| {
            let free = rows.queue(None).filter(|(.., place)| place.attempt.is_none());
            free.map(|(_, row, place)| place.due_ms.max(row.event_ms())).min()
        })
    }
}
