//! How many values of realistic, messy customers come out as Meta's documentation asks.

use std::collections::BTreeMap;

use capi::{Key, Normalizer, Rules};

use crate::customers;

/// Share of values that have to come out right, of each key.
const RIGHT_MIN: f64 = 0.995;
const NOW_S: i64 = 1_790_000_000;

#[test]
fn nearly_every_value_of_messy_customers_is_normalised_as_documented() {
    let mut normalizer = Normalizer::new(Rules::Documentation, NOW_S);
    let mut right: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut wrong: BTreeMap<(&str, &str), (u32, String)> = BTreeMap::new();
    for value in customers::values(2026, 20_000) {
        let key = Key::from_name(value.key).unwrap();
        normalizer.set_country(Some(value.country));
        let came = normalizer.forms(key, &value.input).texts().next().map(str::to_owned);
        let (good, all) = right.entry(value.key).or_default();
        *all += 1;
        if came == value.truth {
            *good += 1;
        } else {
            let (count, _) = wrong.entry((value.key, value.mess)).or_insert_with(|| {
                (0, format!("{:?} in {}: {came:?} instead of {:?}", value.input, value.country, value.truth))
            });
            *count += 1;
        }
    }
    let report: Vec<String> = wrong
        .iter()
        .map(|((key, mess), (count, example))| format!("{key} {mess}: {count}, {example}"))
        .collect();
    let report = report.join("\n");
    for (key, (good, all)) in right {
        let share = f64::from(good) / f64::from(all);
        println!("{key}: {:.2} % of {all}", share * 100.0);
        assert!(share >= RIGHT_MIN, "{key}: only {:.2} % are right\n{report}", share * 100.0);
    }
    println!("{report}");
}
