//! Any text as any identifier, under all rules; what is normalised is its own normal form.

#![no_main]

use capi::{Key, Normalizer, Rules};
use libfuzzer_sys::fuzz_target;

const COUNTRIES: [&str; 10] = ["", "TR", "BR", "US", "SA", "AE", "EG", "MX", "DE", "GB"];

fuzz_target!(|input: (u8, u8, &str)| {
    let (key, country, text) = input;
    let key = Key::ALL[usize::from(key) % Key::ALL.len()];
    let country = COUNTRIES[usize::from(country) % COUNTRIES.len()];
    for rules in [Rules::Documentation, Rules::ParameterBuilder, Rules::Both] {
        let mut normalizer = Normalizer::new(rules, 1_790_000_000).in_country(country);
        let forms: Vec<(String, bool)> =
            normalizer.forms(key, text).iter().map(|form| (form.as_str().to_owned(), form.is_hash())).collect();
        for (form, is_hash) in &forms {
            assert!(!form.is_empty());
            assert!(*is_hash || form.len() <= text.len() * 4 + 16);
        }
        // A phone is a national number without its mark, and a date or code of one country can be
        // another thing elsewhere; everything else stays.
        if rules == Rules::Documentation && matches!(key, Key::FirstName | Key::LastName | Key::Email | Key::Gender | Key::Country) {
            if let Some((form, false)) = forms.first() {
                let again = normalizer.forms(key, form).texts().next().map(str::to_owned);
                assert!(again.is_none() || again.as_deref() == Some(form), "{form:?} became {again:?}");
            }
        }
    }
});
