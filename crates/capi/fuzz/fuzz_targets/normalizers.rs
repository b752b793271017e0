//! Any text as any identifier, under all rules; what is normalised is its own normal form.

#![no_main]

use capi::{Key, Normalizer, Rules, normalize::phones, phone};
use libfuzzer_sys::fuzz_target;

const COUNTRIES: [&str; 20] = [
    "", "TR", "BR", "US", "SA", "AE", "EG", "MX", "DE", "GB", "RU", "UZ", "BJ", "GM", "GA", "VN", "CO", "CY", "AR",
    "AC",
];

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
        if key == Key::Phone && rules == Rules::Documentation {
            for (digits, _) in forms.iter().filter(|(_, is_hash)| !is_hash) {
                assert!(phone::can_exist(digits), "{digits}");
                assert_eq!(phone::join_form(&phone::join_form(digits)), phone::join_form(digits));
            }
            for digits in phones(text, Some(country)) {
                assert!(phone::former_join_forms(&digits).len() <= 2, "{digits}");
            }
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
