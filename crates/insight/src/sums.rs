//! Adding up: by how much the numbers of places change.

use std::collections::BTreeMap;

use store::outcomes::{Dimensions, Grain, KeptRollUps, OutcomeRow, RollUp, Standing};

use crate::{
    Zone,
    buckets::{in_minor_units, quarter_of},
};

/// Something that is kept up, and how a day of it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upkeep {
    pub(crate) kept: KeptRollUps,
    /// Where its days begin; `None` for quarters of an hour.
    zone: Option<Zone>,
}

impl Upkeep {
    /// Quarters of an hour that begin at a time or later.
    pub(crate) fn of_quarters(since_s: i64) -> Self {
        Self { kept: KeptRollUps { grain: Grain::Quarter, since_s, built_upto_s: i64::MAX }, zone: None }
    }

    /// Days of a zone that begin at a time or later.
    pub(crate) fn of_days(zone: &Zone, since_s: i64, built_upto_s: i64) -> Self {
        Self { kept: KeptRollUps { grain: zone.grain(), since_s, built_upto_s }, zone: Some(zone.clone()) }
    }

    /// What the store says is kept up; `None` if nobody knows the zone any more.
    pub(crate) fn read(kept: KeptRollUps) -> Option<Self> {
        let zone = match &kept.grain {
            Grain::Quarter => None,
            Grain::Day(name) => Some(Zone::named(name)?),
        };
        Some(Self { kept, zone })
    }

    /// Whether one of its days begins at a time, by the rules that are in use.
    pub(crate) fn begins_at(&self, start_s: i64) -> bool {
        self.start_of_any(start_s) == start_s
    }

    /// Where an event is counted; `None` if it is not, or not yet.
    fn start_of(&self, event_s: i64) -> Option<i64> {
        let start_s = self.start_of_any(event_s);
        let is_in = start_s >= self.kept.since_s && quarter_of(event_s) < self.kept.built_upto_s;
        is_in.then_some(start_s)
    }

    fn start_of_any(&self, event_s: i64) -> i64 {
        self.zone.as_ref().map_or_else(|| quarter_of(event_s), |zone| zone.day_of(event_s))
    }
}

/// Changes that are gathered, each place once.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<(Grain, i64, Dimensions), (i64, i64)>);

impl Changes {
    /// Takes away where an event stood, and adds where it stands.
    pub(crate) fn follow(&mut self, outcome: &OutcomeRow, upkeep: &[Upkeep]) {
        for one in upkeep {
            if let Some(was) = &outcome.was {
                self.stand(one, was, -outcome.n);
            }
            self.stand(one, &outcome.now, outcome.n);
        }
    }

    /// Adds or takes away so many that stand alike, with their amount together.
    fn stand(&mut self, upkeep: &Upkeep, standing: &Standing, by: i64) {
        let Some(start_s) = upkeep.start_of(standing.event_s) else { return };
        let amount = in_minor_units(standing.amount, &standing.place.currency);
        self.add(upkeep, start_s, &standing.place, by, by.signum() * amount);
    }

    /// Adds quarters of an hour to the days in which they lie.
    pub(crate) fn build(&mut self, upkeep: &Upkeep, quarters: &[RollUp]) {
        for RollUp { start_s, place, n, amount, .. } in quarters {
            self.add(upkeep, upkeep.start_of_any(*start_s), place, *n, *amount);
        }
    }

    /// Takes days away.
    pub(crate) fn clear(&mut self, upkeep: &Upkeep, days: &[RollUp]) {
        for RollUp { start_s, place, n, amount, .. } in days {
            self.add(upkeep, *start_s, place, -n, amount.saturating_neg());
        }
    }

    fn add(&mut self, upkeep: &Upkeep, start_s: i64, place: &Dimensions, n: i64, amount: i64) {
        let key = (upkeep.kept.grain.clone(), start_s, place.clone());
        let sum = self.0.entry(key).or_default();
        *sum = (sum.0 + n, sum.1.saturating_add(amount));
    }

    /// What changes.
    pub(crate) fn into_roll_ups(self) -> Vec<RollUp> {
        let changed = self.0.into_iter().filter(|(_, sum)| *sum != (0, 0));
        changed
            .map(|((grain, start_s, place), (n, amount))| RollUp { grain, start_s, place, n, amount })
            .collect()
    }
}
