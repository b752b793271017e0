//! What each ad brought.

use std::collections::BTreeMap;

use capi::Money;
use kopru_core::{Reason, State, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{
    Error, Views,
    outcomes::{Dimensions, RollUp},
};

use crate::{Zone, buckets::money};

/// What ads brought in some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdsReport {
    /// By whose days.
    pub time_zone: String,
    /// The first day, if one was asked for.
    pub since: Option<String>,
    /// The last day, if one was asked for.
    pub until: Option<String>,
    /// The first day that is in it, where older ones were asked for and are not: they would be too many
    /// rows, or nobody has counted by the days of this zone then.
    pub looked_back_to: Option<String>,
    /// Whether everything is counted yet; days of a new zone take a moment.
    pub counted: bool,
    /// By ad and event; events of no known ad come last.
    pub rows: Vec<AdRow>,
}

/// What became of one event of one ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdRow {
    /// The ad's id; `None` where no ad is known.
    pub ad: Option<String>,
    /// The event's name.
    pub event: String,
    /// Meta took them.
    pub accepted: i64,
    /// Meta had them already.
    pub duplicate: i64,
    /// Not sent, on purpose.
    pub suppressed: i64,
    /// Refused by Meta, or too late.
    pub failed: i64,
    /// Something is missing.
    pub waiting: i64,
    /// On their way.
    pub queued: i64,
    /// What Meta took is worth, by currency.
    pub accepted_value: BTreeMap<String, Money>,
    /// Those of the accepted whose sale was undone since. Meta's totals do not fall for them.
    #[serde(default)]
    pub undone: i64,
    /// What those are worth, by currency; a part of `accepted_value`.
    #[serde(default)]
    pub undone_value: BTreeMap<String, Money>,
}

/// What ads brought on the days of a zone in which any part of a span lies, Unix seconds.
///
/// # Errors
/// The store cannot be read.
pub async fn ads_report(
    store: &(impl Views + ?Sized),
    workspace: WorkspaceId,
    zone: &Zone,
    since_s: Option<i64>,
    until_s: Option<i64>,
) -> Result<AdsReport, Error> {
    let from_s = since_s.map_or(i64::MIN, |since_s| zone.day_of(since_s));
    let to_s = until_s.unwrap_or(i64::MAX);
    let page = store.roll_ups(workspace, zone.grain(), from_s, to_s).await?;
    let counted_since_s = page.kept.as_ref().map(|kept| kept.since_s).filter(|since_s| *since_s > from_s);
    let date = |at_s| zone.date_of(at_s).map(|date| date.to_string());
    Ok(AdsReport {
        time_zone: zone.name().to_owned(),
        since: since_s.and_then(date),
        until: until_s.and_then(|until_s| date(until_s.saturating_sub(1))),
        looked_back_to: page.stopped_at_s.max(counted_since_s).and_then(date),
        counted: page.kept.is_some_and(|kept| kept.built_upto_s == i64::MAX),
        rows: by_ad(&page.rows),
    })
}

fn by_ad(roll_ups: &[RollUp]) -> Vec<AdRow> {
    /// In the smallest unit, by currency.
    type ByCurrency = BTreeMap<String, i64>;
    let mut ads: BTreeMap<(bool, &str, &str), (AdRow, ByCurrency, ByCurrency)> = BTreeMap::new();
    for RollUp { place: Dimensions { ad, name, state, reason, currency, .. }, n, amount, .. } in roll_ups {
        let (row, worth, undone) = ads.entry((ad.is_empty(), ad, name)).or_default();
        *match state {
            State::Accepted => &mut row.accepted,
            State::Duplicate => &mut row.duplicate,
            State::Suppressed => &mut row.suppressed,
            State::Failed => &mut row.failed,
            State::Waiting => &mut row.waiting,
            State::Queued => &mut row.queued,
        } += n;
        if *state != State::Accepted {
            continue;
        }
        let is_undone = *reason == Some(Reason::Undone);
        row.undone += if is_undone { *n } else { 0 };
        for sums in [Some(worth), is_undone.then_some(undone)].into_iter().flatten() {
            if !currency.is_empty() {
                let sum = sums.entry(currency.to_ascii_uppercase()).or_default();
                *sum = sum.saturating_add(*amount);
            }
        }
    }
    let amounts = |sums: ByCurrency| {
        let amount = |(currency, units): (String, i64)| {
            let amount = money(units, &currency);
            (currency, amount)
        };
        sums.into_iter().map(amount).collect()
    };
    let rows = ads.into_iter().map(|((_, ad, event), (row, worth, undone))| AdRow {
        ad: (!ad.is_empty()).then(|| ad.to_owned()),
        event: event.to_owned(),
        accepted_value: amounts(worth),
        undone_value: amounts(undone),
        ..row
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use store::outcomes::Grain;

    use super::*;

    fn rolled(ad: &str, state: State, currency: &str, n: i64, amount: i64) -> RollUp {
        let place = Dimensions {
            dataset: "1".into(),
            name: "Purchase".into(),
            route: "messaging".into(),
            source: "kommo:1".into(),
            ad: ad.into(),
            state,
            reason: None,
            currency: currency.into(),
        };
        RollUp { grain: Grain::Quarter, start_s: 0, place, n, amount }
    }

    fn undone(rolled: RollUp) -> RollUp {
        let place = Dimensions { reason: Some(Reason::Undone), ..rolled.place };
        RollUp { place, ..rolled }
    }

    #[test]
    fn ads_are_added_up_and_what_has_none_comes_last() {
        let rows = by_ad(&[
            rolled("", State::Suppressed, "", 7, 0),
            rolled("12", State::Accepted, "TRY", 2, 299_980),
            undone(rolled("12", State::Accepted, "TRY", 1, 5_000)),
            undone(rolled("12", State::Accepted, "", 1, 0)),
            rolled("12", State::Accepted, "try", 1, 10),
            rolled("12", State::Accepted, "JPY", 1, 500),
            rolled("12", State::Failed, "TRY", 4, 400),
            rolled("11", State::Waiting, "", 1, 0),
        ]);
        let row = |ad: Option<&str>| AdRow {
            ad: ad.map(str::to_owned),
            event: "Purchase".into(),
            ..AdRow::default()
        };
        let money = |(currency, amount): (&str, &str)| (currency.to_owned(), amount.parse().unwrap());
        let worth = [("TRY", "3049.9"), ("JPY", "500")].map(money);
        let undone_value = [("TRY", "50")].map(money);
        let wanted = [
            AdRow { waiting: 1, ..row(Some("11")) },
            AdRow {
                accepted: 6,
                failed: 4,
                accepted_value: worth.into(),
                undone: 2,
                undone_value: undone_value.into(),
                ..row(Some("12"))
            },
            AdRow { suppressed: 7, ..row(None) },
        ];
        assert_eq!(rows, wanted);
    }
}
