//! Any request of a browser; the cookies that are set are valid and are kept the next time.

#![no_main]

use capi::browser::{Cookie, Domains, Visit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str, &str, &str, &str, &str, &str)| {
    let (host, fbclid, fbc, fbp, fbi, referer, forwarded_for, remote) = input;
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned().into());
    let visit = Visit {
        host: host.into(),
        fbclid: some(fbclid),
        more: Vec::new(),
        fbc: some(fbc),
        fbp: some(fbp),
        fbi: some(fbi),
        referer: some(referer),
        forwarded_for: some(forwarded_for),
        remote: some(remote),
    };
    for domains in [Domains::PublicSuffixList, Domains::FirstLabelCut, Domains::Given(vec!["example.com".into()])] {
        let answer = visit.answer(&domains, 1_790_000_000_000, 5);
        assert!(Cookie::read(&answer.fbp).is_ok());
        for cookie in &answer.cookies {
            // A click id with dots in it makes a cookie that cannot be told from a marked one.
            assert!(Cookie::read(&cookie.value).is_ok() || cookie.value.matches('.').count() > 3);
        }
        let next = Visit { fbp: Some(answer.fbp.clone().into()), ..visit.clone() };
        assert_eq!(next.answer(&domains, 1_790_000_001_000, 1).fbp, answer.fbp);
    }
});
