use proptest::prelude::*;

use crate::Error;

use super::{address::NoAddress, *};

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
    assert_eq!(answer.fbc, Err(NoClick::Unknown), "nothing is invented");
    assert_eq!(answer.fbp, "fb.1.1790000000000.1073741823");
    assert_eq!(set(&answer), [("_fbp", "fb.1.1790000000000.1073741823")]);
    assert_eq!(answer.cookies[0].domain.as_deref(), Some("example.com"));
    assert_eq!(answer.cookies[0].max_age_s, 7_776_000);
}

#[test]
fn a_click_keeps_its_first_time_and_a_new_one_replaces_it() {
    for (known, fbclid, expected, is_set) in [
        (None, "AbC", Ok("fb.1.1790000000000.AbC"), true),
        (Some("fb.1.1785000000000.AbC"), "AbC", Ok("fb.1.1785000000000.AbC"), true),
        (Some("fb.1.1785000000000.AbC.AQQCAQMC"), "AbC", Ok("fb.1.1785000000000.AbC"), false),
        (Some("fb.1.1785000000000.AbC.BA"), "abc", Ok("fb.1.1790000000000.abc"), true),
        (Some("fb.1.1785000000000.AbC"), "", Ok("fb.1.1785000000000.AbC"), true),
        (Some("fb.1.1785000000000.AbC"), "a b", Ok("fb.1.1785000000000.AbC"), true),
        (Some("fb.1.1785000000000.AbC.wrong"), "", Err(NoClick::Cookie(Error::CookieParts)), false),
        (Some("fb1.1.1785000000000.AbC"), "", Err(NoClick::Cookie(Error::CookiePrefix)), false),
        (Some("fb.1.178500000000x.AbC"), "", Err(NoClick::Cookie(Error::CookieDigits)), false),
        (Some("fb.1.17850000000000.AbC"), "", Err(NoClick::Cookie(Error::CookieDigits)), false),
        (Some("fb.1.1785000000000."), "new", Ok("fb.1.1790000000000.new"), true),
        (Some("fb.1.1785000000000.a\r\nb"), "", Err(NoClick::Impossible), false),
        (Some("fb.1.1785000000000.undefined"), "", Err(NoClick::Placeholder), false),
        // What is older than 90 days is not prolonged, whoever brings it again.
        (Some("fb.1.1680000000000.AbC"), "", Err(NoClick::Old), false),
        (Some("fb.1.1680000000000.AbC.BA"), "", Err(NoClick::Old), false),
        (Some("fb.1.1680000000000.AbC"), "AbC", Err(NoClick::Old), false),
        (Some("fb.1.1680000000000.AbC"), "new", Ok("fb.1.1790000000000.new"), true),
        (Some("fb.1.1785000000.AbC"), "", Err(NoClick::Old), false),
        (Some("fb.1.1799999999999.AbC"), "", Err(NoClick::Future), false),
        (Some(""), "", Err(NoClick::Unknown), false),
    ] {
        let mut visit = visit();
        visit.fbc = known.map(Into::into);
        visit.fbclid = Some(fbclid.into());
        let answer = answer(&visit);
        assert_eq!(answer.fbc.as_deref(), expected.as_ref().map(|text| &**text), "{known:?} {fbclid}");
        assert_eq!(set(&answer).iter().any(|(name, _)| *name == "_fbc"), is_set, "{known:?} {fbclid}");
    }
}

#[test]
fn what_cannot_be_a_click_id_never_reaches_a_cookie() {
    let long = "a".repeat(1025);
    for (fbclid, expected) in [
        ("IwAR2F4-dbP0l7Mn1_awQQG", Ok("IwAR2F4-dbP0l7Mn1_awQQG")),
        // Facebook appends its own to an address that was shared with one.
        ("IwAR1,IwAR2", Ok("IwAR2")),
        ("IwAR1,", Ok("IwAR1")),
        ("IwAR1,undefined", Ok("IwAR1")),
        ("abc; Domain=evil.test", Err(NoClick::Impossible)),
        ("a\r\nSet-Cookie: x=1", Err(NoClick::Impossible)),
        ("a\0", Err(NoClick::Impossible)),
        ("a b", Err(NoClick::Impossible)),
        (" ", Err(NoClick::Impossible)),
        ("a.b", Err(NoClick::Impossible)),
        ("IwAR2&utm_source=x", Err(NoClick::Impossible)),
        ("käse", Err(NoClick::Impossible)),
        (&long, Err(NoClick::Impossible)),
        ("undefined", Err(NoClick::Placeholder)),
        ("null", Err(NoClick::Placeholder)),
        ("true", Err(NoClick::Placeholder)),
        ("{{fbclid}}", Err(NoClick::Placeholder)),
        ("[object Object]", Err(NoClick::Placeholder)),
        ("", Err(NoClick::Unknown)),
        (",", Err(NoClick::Unknown)),
    ] {
        let answer = answer(&Visit { fbclid: Some(fbclid.into()), ..visit() });
        let expected = expected.map(|click| format!("fb.1.{NOW_MS}.{click}"));
        assert_eq!(answer.fbc, expected, "{fbclid}");
        assert_eq!(answer.cookies.len(), 1 + usize::from(answer.fbc.is_ok()), "{fbclid}");
    }
}

#[test]
fn what_a_click_id_carries_is_of_its_signs() {
    let with = |fbclid: &'static str, prefix: &'static str, value: &'static str| {
        let more = vec![(prefix.into(), value.into())];
        answer(&Visit { fbclid: Some(fbclid.into()), more, ..visit() }).fbc
    };
    assert_eq!(with("a", "s", "b"), Ok("fb.1.1790000000000.a_s_b".to_owned()));
    assert_eq!(with("a_s_c", "s", "b"), Ok("fb.1.1790000000000.a_s_c".to_owned()));
    assert_eq!(with("a", "s", "b;c"), Ok("fb.1.1790000000000.a".to_owned()));
    assert_eq!(with("", "s", "b"), Err(NoClick::Unknown), "that is no click");
}

#[test]
fn of_a_cookie_that_comes_several_times_the_first_good_one_counts() {
    let (new, old, now) = ("fb.1.1785000000000.New", "fb.1.1680000000000.Old", "fb.1.1789000000000.Now");
    for (fbc, expected) in [
        (format!("{new},{now}"), Ok(new)),
        (format!("{old},{now}"), Ok(now)),
        (format!("undefined,{new}, {now}"), Ok(new)),
        (format!("{new},undefined"), Ok(new)),
        (format!("{old},undefined"), Err(NoClick::Old)),
        (format!("undefined,{old}"), Err(NoClick::Old)),
        ("undefined,null".to_owned(), Err(NoClick::Cookie(Error::CookieParts))),
        (",".to_owned(), Err(NoClick::Unknown)),
    ] {
        let answer = answer(&Visit { fbc: Some(fbc.clone().into()), ..visit() });
        assert_eq!(answer.fbc, expected.map(str::to_owned), "{fbc}");
    }
    for (fbp, expected) in [
        ("fb.1.1780000000000.11,fb.1.1781000000000.22", "fb.1.1780000000000.11"),
        ("GA1.2.3,fb.1.1781000000000.22", "fb.1.1781000000000.22"),
        ("fb.1.1780000000000.11,", "fb.1.1780000000000.11"),
    ] {
        let answer = answer(&Visit { fbp: Some(fbp.into()), ..visit() });
        assert_eq!(answer.fbp, expected, "{fbp}");
        assert!(
            answer.cookies.iter().any(|cookie| cookie.name == "_fbp" && cookie.value == expected),
            "{fbp}"
        );
    }
}

#[test]
fn a_browser_id_is_a_number() {
    for (fbp, is_kept) in [
        ("fb.1.1780000000000.77", true),
        ("fb.1.1680000000000.77", true),
        ("fb.1.1780000000000.77.AQQCAQMC", true),
        ("fb.1.1780000000000.7;7", false),
        ("fb.1.1780000000000.GA1", false),
        ("fb.1.17800000000000.77", false),
        ("fb.001.1780000000000.77", false),
        ("undefined", false),
    ] {
        let answer = answer(&Visit { fbp: Some(fbp.into()), ..visit() });
        assert_eq!(answer.fbp != "fb.1.1790000000000.1073741823", is_kept, "{fbp}");
        assert_eq!(answer.cookies.is_empty(), fbp.ends_with("AQQCAQMC"), "{fbp}");
    }
}

#[test]
fn the_click_may_stand_in_the_referer() {
    for (referer, expected) in [
        ("https://a.example/?fbclid=AbC", Ok("AbC")),
        ("a.example?x=1&fbclid=AbC#fbclid=no", Ok("AbC")),
        ("https://a.example/?fbclid=AbC&fbclid=DeF", Ok("DeF")),
        ("https://a.example/?fbclid=a%2Fb+c", Err(NoClick::Impossible)),
        ("https://a.example/?fbclidtest=AbC", Err(NoClick::Unknown)),
        ("https://a.example/#?fbclid=AbC", Err(NoClick::Unknown)),
        ("https://a.example/?fbclid=", Err(NoClick::Unknown)),
        // A parser of URLs takes these away first.
        ("https://[::1]?fbclid=a ", Ok("a")),
        ("12345/?fbclid=x\ny", Ok("xy")),
        ("http://a.b?fbclid=\0", Err(NoClick::Unknown)),
        ("", Err(NoClick::Unknown)),
    ] {
        let mut visit = visit();
        visit.referer = Some(referer.into());
        let expected = expected.map(|click| format!("fb.1.{NOW_MS}.{click}"));
        assert_eq!(answer(&visit).fbc, expected, "{referer:?}");
    }
    let mut visit = visit();
    visit.fbclid = Some("own".into());
    visit.referer = Some("https://a.example/?fbclid=other".into());
    assert_eq!(answer(&visit).fbc, Ok(format!("fb.1.{NOW_MS}.own")));
    visit.fbclid = Some("undefined".into());
    assert_eq!(answer(&visit).fbc, Ok(format!("fb.1.{NOW_MS}.other")));
}

#[test]
fn the_best_address_is_public_and_rather_ipv6() {
    for (cookie, forwarded_for, remote, expected) in [
        ("", "", "", Err(NoAddress::Unknown)),
        ("", "203.0.113.50, 10.0.0.1", "10.0.0.1", Ok("203.0.113.50")),
        ("", "10.0.0.1, 81.2.69.142", "10.0.0.2", Ok("81.2.69.142")),
        ("", "unknown, _hidden, 81.2.69.142", "10.0.0.2", Ok("81.2.69.142")),
        ("", "81.2.69.142:5555", "", Ok("81.2.69.142")),
        ("", "[2001:4860::8888]:443, 10.0.0.1", "", Ok("2001:4860::8888")),
        ("", "\"[2001:4860::8888]\"", "", Ok("2001:4860::8888")),
        ("", "10.0.0.1", "81.2.69.142:5555", Ok("81.2.69.142")),
        ("", "", "::ffff:81.2.69.142", Ok("81.2.69.142")),
        ("", "", "[::ffff:81.2.69.142]:80", Ok("81.2.69.142")),
        ("", "", "::FFFF:81.2.69.142", Ok("81.2.69.142")),
        ("", "", "172.16.0.1", Err(NoAddress::NotPublic)),
        ("", "", "100.64.1.2", Err(NoAddress::NotPublic)),
        ("", "unknown", "fe80::1%eth0", Err(NoAddress::NotPublic)),
        ("81.2.69.142", "", "::ffff:10.0.0.3", Ok("81.2.69.142")),
        ("8.8.8.8.BA", "81.2.69.142", "", Ok("8.8.8.8")),
        ("8.8.8.8", "2001:4860::8888", "", Ok("2001:4860::8888")),
        ("8.8.8.8", "::ffff:81.2.69.142", "", Ok("8.8.8.8")),
        ("2001:4860::1.AQYCAQMA", "2001:4860::2", "", Ok("2001:4860::1")),
        ("8.8.8.8.BA.BA", "", "", Ok("8.8.8.8")),
        ("fd00::1", "", "9.9.9.9", Ok("9.9.9.9")),
        ("::ffff:10.0.0.1.AQYCAQMA", "", "", Err(NoAddress::NotPublic)),
        ("garbage", "garbage", "garbage", Err(NoAddress::Unreadable)),
        ("10.0.0.1,8.8.8.8.BA,9.9.9.9", "", "", Ok("8.8.8.8")),
        ("", "81.2.69.142:99999", "", Err(NoAddress::Unreadable)),
        ("", ",, ", " ", Err(NoAddress::Unknown)),
    ] {
        let some = |text: &'static str| (!text.is_empty()).then(|| text.into());
        let visit =
            Visit { fbi: some(cookie), forwarded_for: some(forwarded_for), remote: some(remote), ..visit() };
        let expected = expected.map(str::to_owned);
        assert_eq!(answer(&visit).client_ip_address, expected, "{cookie} {forwarded_for} {remote}");
    }
}

#[test]
fn a_trusted_proxy_is_believed_and_nobody_before_it() {
    let proxies: Vec<Network> = ["10.0.0.0/8", "198.51.100.7"].map(|text| text.parse().unwrap()).into();
    for (forwarded_for, remote, expected) in [
        ("81.2.69.142", "10.0.0.1", Ok("81.2.69.142")),
        ("9.9.9.9, 81.2.69.142", "10.0.0.1", Ok("81.2.69.142")),
        ("9.9.9.9, 81.2.69.142:80, 198.51.100.7", "::ffff:10.0.0.1", Ok("81.2.69.142")),
        ("9.9.9.9, 81.2.69.142", "", Ok("81.2.69.142")),
        // Who comes without a proxy has written the header by himself.
        ("9.9.9.9", "81.2.69.142", Ok("81.2.69.142")),
        ("81.2.69.142, 192.168.1.1", "10.0.0.1", Err(NoAddress::NotPublic)),
        ("9.9.9.9, unknown", "10.0.0.1", Err(NoAddress::NotPublic)),
        ("", "10.0.0.1", Err(NoAddress::NotPublic)),
    ] {
        let some = |text: &'static str| (!text.is_empty()).then(|| text.into());
        let visit = Visit {
            forwarded_for: some(forwarded_for),
            remote: some(remote),
            proxies: (&proxies).into(),
            ..visit()
        };
        assert_eq!(answer(&visit).client_ip_address, expected.map(str::to_owned), "{forwarded_for} {remote}");
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
fn an_address_as_meta_can_use_it() {
    for (text, used) in [
        ("81.2.69.142", Some("81.2.69.142")),
        (" 2a02:e0::1 ", Some("2a02:e0::1")),
        ("::ffff:81.2.69.142", Some("81.2.69.142")),
        ("::ffff:81.2.69.142.AQYCAQMB", Some("81.2.69.142.AQYCAQMB")),
        ("81.2.69.142.AQYCAQMB.AQYCAQMB", Some("81.2.69.142.AQYCAQMB.AQYCAQMB")),
        ("81.2.69.142:80", None),
        ("10.0.0.7", None),
        ("::ffff:10.0.0.7", None),
        ("192.0.2.1", None),
        ("", None),
        ("x", None),
    ] {
        assert_eq!(address::for_meta(text).as_deref(), used, "{text}");
    }
}

#[test]
fn the_domain_of_a_cookie() {
    let given = || Domains::Given(vec!["com.tr".into(), "example.com".into(), "https://Test.com:80".into()]);
    for (host, domains, domain, index) in [
        ("shop.example.com", Domains::PublicSuffixList, Some("example.com"), 1),
        ("a.b.example.com", Domains::PublicSuffixList, Some("example.com"), 1),
        ("example.com.tr", Domains::PublicSuffixList, Some("example.com.tr"), 2),
        ("a.b.example.com.tr.", Domains::PublicSuffixList, Some("example.com.tr"), 2),
        ("Shop.Example.CO.UK:443", Domains::PublicSuffixList, Some("example.co.uk"), 2),
        ("https://shop.example.com.br/cart?x=1", Domains::PublicSuffixList, Some("example.com.br"), 2),
        ("www.xn--bcher-kva.example", Domains::PublicSuffixList, Some("xn--bcher-kva.example"), 1),
        // Browsers keep no cookie for all customers of a host.
        ("me.github.io", Domains::PublicSuffixList, Some("me.github.io"), 2),
        ("com.tr", Domains::PublicSuffixList, Some("com.tr"), 1),
        ("localhost:3000", Domains::PublicSuffixList, Some("localhost"), 0),
        ("cafe", Domains::PublicSuffixList, Some("cafe"), 0),
        ("127.0.0.1:8080", Domains::PublicSuffixList, Some("127.0.0.1"), 0),
        ("[::1]:8080", Domains::PublicSuffixList, Some("[::1]"), 0),
        ("", Domains::PublicSuffixList, None, 0),
        ("example.com; Secure", Domains::PublicSuffixList, None, 0),
        ("example.com\r\nx: y", Domains::PublicSuffixList, None, 0),
        ("..", Domains::PublicSuffixList, None, 0),
        ("http://a.builder.example.com", given(), Some("example.com"), 1),
        ("www.test.com", given(), Some("test.com"), 1),
        ("shop.notexample.com", given(), Some("notexample.com"), 1),
        ("www.example.com.tr", given(), Some("example.com.tr"), 2),
        ("a.b.c", Domains::Host, Some("a.b.c"), 2),
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
        let next = Visit { fbc: once.fbc.clone().ok().map(Into::into), fbp: Some(once.fbp.clone().into()), ..first.clone() };
        let twice = next.answer(&Domains::PublicSuffixList, NOW_MS + 1000, 7);
        prop_assert_eq!((&once.fbc, &once.fbp), (&twice.fbc, &twice.fbp));
    }

    /// Whatever a browser sends, a cookie that is set can stand in a header, and reads back.
    #[test]
    fn any_request_is_answered_with_sound_cookies(host in any::<String>(), a in any::<String>(), b in any::<String>(), c in "fb[.][0-9]{1,3}[.][0-9]{1,14}[.].*") {
        let visit = Visit {
            host: host.into(),
            fbclid: Some(a.clone().into()),
            more: vec![(a.clone().into(), b.clone().into())],
            fbc: Some(c.clone().into()),
            fbp: Some(c.clone().into()),
            fbi: Some(c.clone().into()),
            referer: Some(b.into()),
            forwarded_for: Some(c.into()),
            remote: Some(a.into()),
            ..Visit::default()
        };
        for domains in [Domains::PublicSuffixList, Domains::Host, Domains::Given(vec!["example.com".into()])] {
            let answer = visit.answer(&domains, NOW_MS, 1_073_741_823);
            for cookie in answer.cookies {
                prop_assert!(Cookie::read(&cookie.value).is_ok());
                prop_assert!(cookie.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
                prop_assert!(!cookie.domain.unwrap_or_default().contains([';', ' ', '\r', '\n']));
            }
        }
        builder::answer(&visit, &builder::BuilderDomains::FirstLabelCut, NOW_MS, 1_073_741_823);
    }
}
