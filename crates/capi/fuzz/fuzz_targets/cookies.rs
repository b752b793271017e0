//! Any request of a browser; the cookies that are set are valid and are kept the next time.

#![no_main]

use capi::browser::{
    Cookie, Domains, Visit,
    builder::{self, BuilderDomains},
};
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
        ..Visit::default()
    };
    for domains in [Domains::PublicSuffixList, Domains::Host, Domains::Given(vec!["example.com".into()])] {
        let answer = visit.answer(&domains, 1_790_000_000_000, 5);
        for cookie in &answer.cookies {
            assert!(Cookie::read(&cookie.value).is_ok() && !cookie.value.contains([';', ',', ' ', '\r', '\n']));
        }
        let next = Visit {
            fbc: answer.fbc.clone().ok().map(Into::into),
            fbp: Some(answer.fbp.clone().into()),
            ..visit.clone()
        };
        let again = next.answer(&domains, 1_790_000_001_000, 1);
        assert_eq!((again.fbc, again.fbp), (answer.fbc, answer.fbp));
    }
    builder::answer(&visit, &BuilderDomains::FirstLabelCut, 1_790_000_000_000, 5);
});
