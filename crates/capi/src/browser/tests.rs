use proptest::prelude::*;

use crate::Error;

use super::*;

const NOW_MS: i64 = 1_790_000_000_000;

fn visit() -> Visit<'static> {
    Visit { host: "shop.example.com".into(), ..Visit::default() }
}

fn answer(visit: &Visit<'_>) -> BrowserIds {
    visit.answer(&Domains::PublicSuffixList, NOW_MS, 1_073_741_823)
}

fn set(answer: &BrowserIds) -> Vec<(&str, &str)> {
    answer.cookies.iter().map(|cookie| (cookie.name, cookie.value.as_str())).collect()
}

#[test]
fn a_browser_without_a_click_gets_an_id_and_no_click() {
    let answer = answer(&visit());
    assert_eq!(answer.fbc, None, "nothing is invented");
    assert_eq!(answer.fbp, "fb.1.1790000000000.1073741823");
    assert_eq!(set(&answer), [("_fbp", "fb.1.1790000000000.1073741823")]);
    assert_eq!(answer.cookies[0].domain.as_deref(), Some("example.com"));
    assert_eq!(answer.cookies[0].max_age_s, 7_776_000);
}

#[test]
fn a_click_keeps_its_first_time_and_a_new_one_replaces_it() {
    for (known, fbclid, expected, is_set) in [
        (None, "AbC", Some("fb.1.1790000000000.AbC"), true),
        (Some("fb.1.1780000000000.AbC"), "AbC", Some("fb.1.1780000000000.AbC"), true),
        (Some("fb.1.1780000000000.AbC.AQQCAQMC"), "AbC", Some("fb.1.1780000000000.AbC"), false),
        (Some("fb.1.1780000000000.AbC.BA"), "abc", Some("fb.1.1790000000000.abc"), true),
        (Some("fb.1.1780000000000.AbC"), "", Some("fb.1.1780000000000.AbC"), true),
        (Some("fb.1.1780000000000.AbC.wrong"), "", None, false),
        (Some("fb1.1.1780000000000.AbC"), "", None, false),
        (Some("fb.1.178000000000x.AbC"), "", None, false),
        (Some("fb.1.1780000000000."), "new", Some("fb.1.1790000000000.new"), true),
    ] {
        let mut visit = visit();
        visit.fbc = known.map(Into::into);
        visit.fbclid = Some(fbclid.into());
        let answer = answer(&visit);
        assert_eq!(answer.fbc.as_deref(), expected, "{known:?} {fbclid}");
        assert_eq!(set(&answer).iter().any(|(name, _)| *name == "_fbc"), is_set, "{known:?} {fbclid}");
    }
}

#[test]
fn the_click_may_stand_in_the_referer() {
    for (referer, expected) in [
        ("https://a.example/?fbclid=AbC", Some("AbC")),
        ("a.example?x=1&fbclid=AbC#fbclid=no", Some("AbC")),
        ("https://a.example/?fbclid=a%2Fb+c", Some("a/b c")),
        ("https://a.example/?fbclidtest=AbC", None),
        ("https://a.example/#?fbclid=AbC", None),
        ("https://a.example/?fbclid=", None),
        // A parser of URLs takes these away first.
        ("https://[::1]?fbclid=a ", Some("a")),
        ("12345/?fbclid=x\ny", Some("xy")),
        ("http://a.b?fbclid=\0", None),
        ("", None),
    ] {
        let mut visit = visit();
        visit.referer = Some(referer.into());
        let expected = expected.map(|click| format!("fb.1.{NOW_MS}.{click}"));
        assert_eq!(answer(&visit).fbc, expected, "{referer:?}");
    }
    let mut visit = visit();
    visit.fbclid = Some("own".into());
    visit.referer = Some("https://a.example/?fbclid=other".into());
    assert_eq!(answer(&visit).fbc, Some(format!("fb.1.{NOW_MS}.own")));
}

#[test]
fn the_best_address_is_public_and_rather_ipv6() {
    for (cookie, forwarded_for, remote, expected) in [
        ("", "", "", None),
        ("", "203.0.113.50, 10.0.0.1", "10.0.0.1", Some("203.0.113.50")),
        ("", "10.0.0.1, 203.0.113.50", "198.51.100.7", Some("198.51.100.7")),
        ("", "", "172.16.0.1", None),
        ("8.8.8.8.BA", "203.0.113.50", "", Some("8.8.8.8")),
        ("8.8.8.8", "2001:4860::8888", "", Some("2001:4860::8888")),
        ("2001:4860::1.AQYCAQMA", "2001:4860::2", "", Some("2001:4860::1")),
        ("8.8.8.8.BA.BA", "", "", Some("8.8.8.8")),
        ("fd00::1", "", "9.9.9.9", Some("9.9.9.9")),
        ("garbage", "garbage", "garbage", None),
        // JavaScript does not count U+0085 as a blank.
        ("", "\u{85}172.32.0.1", "", None),
        ("", "\u{feff} 172.32.0.1 ", "", Some("172.32.0.1")),
    ] {
        let some = |text: &'static str| (!text.is_empty()).then(|| text.into());
        let visit =
            Visit { fbi: some(cookie), forwarded_for: some(forwarded_for), remote: some(remote), ..visit() };
        assert_eq!(
            answer(&visit).client_ip_address.as_deref(),
            expected,
            "{cookie} {forwarded_for} {remote}"
        );
    }
}

#[test]
fn addresses_that_meta_can_use() {
    for (text, public) in [
        ("8.8.8.8", true),
        ("10.1.2.3", false),
        ("172.31.255.255", false),
        ("172.32.0.1", true),
        ("192.168.0.1", false),
        ("127.0.0.1", false),
        ("169.254.1.1", false),
        ("100.64.0.1", false),
        ("192.0.2.1", false),
        ("0.0.0.0", false),
        ("255.255.255.255", false),
        ("2001:4860:4860::8888", true),
        ("::1", false),
        ("::", false),
        ("fe80::1", false),
        ("fd12::1", false),
        ("2001:db8::1", false),
        ("::ffff:10.0.0.1", false),
        ("::ffff:8.8.8.8", true),
    ] {
        assert_eq!(address::is_public(text.parse().unwrap()), public, "{text}");
    }
    for (text, kind) in [
        ("1.2.3.4", Some(address::IpVersion::V4)),
        ("01.2.3.4", None),
        ("fe80::1%eth0", Some(address::IpVersion::V6)),
        ("fe80::1%", None),
        ("1.2.3.4:80", None),
        ("", None),
    ] {
        assert_eq!(address::kind(text), kind, "{text}");
    }
}

#[test]
fn the_domain_of_a_cookie() {
    let given = || Domains::Given(vec!["example.com".into(), "https://test.com:80".into()]);
    for (host, domains, domain, index) in [
        ("shop.example.com", Domains::PublicSuffixList, Some("example.com"), 1),
        ("Shop.Example.CO.UK:443", Domains::PublicSuffixList, Some("example.co.uk"), 2),
        ("a.b.example.com.tr", Domains::PublicSuffixList, Some("example.com.tr"), 2),
        ("me.github.io", Domains::PublicSuffixList, Some("me.github.io"), 2),
        ("localhost", Domains::PublicSuffixList, Some("localhost"), 0),
        ("a.b.example.com", Domains::FirstLabelCut, Some("b.example.com"), 2),
        ("example.co.uk", Domains::FirstLabelCut, Some("co.uk"), 1),
        ("example.com", Domains::FirstLabelCut, Some("example.com"), 1),
        ("http://a.builder.example.com", given(), Some("example.com"), 1),
        ("www.test.com", given(), Some("test.com"), 1),
        ("notexample.com", given(), Some("notexample.com"), 1),
        ("a.b.c", Domains::Host, Some("a.b.c"), 2),
        ("127.0.0.1:8080", Domains::PublicSuffixList, Some("127.0.0.1"), 0),
        ("[::1]:8080", Domains::PublicSuffixList, Some("[::1]"), 0),
        ("", Domains::PublicSuffixList, None, 0),
    ] {
        let site = Site::of(host, &domains);
        assert_eq!((site.domain.as_deref(), site.index), (domain, index), "{host} {domains:?}");
    }
}

#[test]
fn a_click_is_current_for_90_days() {
    let day = 24 * 60 * 60 * 1000;
    let at = |made: i64| Cookie::new(1, made, "AbC").is_current(NOW_MS);
    assert!(at(NOW_MS) && at(NOW_MS - 90 * day) && at(NOW_MS + 60_000));
    assert!(!at(NOW_MS - 90 * day - 1) && !at(NOW_MS + day) && !at(NOW_MS / 1000));
    assert!(!Cookie::read("fb.1.99999999999999999999999.a").unwrap().is_current(NOW_MS));
}

#[test]
fn a_cookie_reads_back_as_it_was() {
    for text in ["fb.1.1554763741205.IwAR2abc", "fb.0.1.x.BA", "fb.2.1596403881668.1116446470.AQQCAQMC"] {
        assert_eq!(Cookie::read(text).unwrap().to_string(), text);
    }
    for (text, why) in [
        ("fb.1.2", Error::CookieParts),
        ("fb.1.2.3.4.5", Error::CookieParts),
        ("fb.1.2.3.XX", Error::CookieParts),
        ("FB.1.2.3", Error::CookiePrefix),
        ("fb..2.3", Error::CookieDigits),
        ("fb.1.2.", Error::CookiePayload),
    ] {
        assert_eq!(Cookie::read(text), Err(why), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_set_is_kept_the_next_time(host in "[a-z.]{0,20}", fbclid in "[A-Za-z0-9_-]{1,40}", number in 0..FBP_NUMBER_LIMIT) {
        let first = Visit { host: host.into(), fbclid: Some(fbclid.into()), ..Visit::default() };
        let once = first.answer(&Domains::PublicSuffixList, NOW_MS, number);
        let next = Visit { fbc: once.fbc.clone().map(Into::into), fbp: Some(once.fbp.clone().into()), ..first.clone() };
        let twice = next.answer(&Domains::PublicSuffixList, NOW_MS + 1000, 7);
        prop_assert_eq!((&once.fbc, &once.fbp), (&twice.fbc, &twice.fbp));
    }

    #[test]
    fn any_request_is_survived(host in any::<String>(), a in any::<String>(), b in any::<String>(), c in any::<String>()) {
        let visit = Visit {
            host: host.into(),
            fbclid: Some(a.clone().into()),
            fbc: Some(b.clone().into()),
            fbi: Some(c.clone().into()),
            referer: Some(b.into()),
            forwarded_for: Some(c.into()),
            remote: Some(a.into()),
            ..Visit::default()
        };
        for domains in [Domains::PublicSuffixList, Domains::FirstLabelCut, Domains::Host] {
            visit.answer(&domains, NOW_MS, 1_073_741_823);
        }
    }
}
