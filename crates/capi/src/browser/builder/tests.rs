use super::*;

const NOW_MS: i64 = 1_790_000_000_000;

fn answer(visit: &Visit<'_>, domains: &BuilderDomains) -> BuilderIds {
    super::answer(visit, domains, NOW_MS, 1_073_741_823)
}

#[test]
fn whatever_stands_as_a_click_is_kept_and_prolonged() {
    for (known, fbclid, expected, is_set) in [
        (None, "AbC", Some("fb.1.1790000000000.AbC"), true),
        (None, "abc; Domain=evil.test", Some("fb.1.1790000000000.abc; Domain=evil.test"), true),
        (None, "IwAR1,IwAR2", Some("fb.1.1790000000000.IwAR1,IwAR2"), true),
        (Some("fb.1.1680000000000.AbC"), "AbC", Some("fb.1.1680000000000.AbC"), true),
        (Some("fb.1.1680000000000.AbC.AQQCAQMC"), "AbC", Some("fb.1.1680000000000.AbC"), false),
        (Some("fb.1.1780000000000.AbC.BA"), "abc", Some("fb.1.1790000000000.abc"), true),
        (Some("fb.1.1780000000000.AbC"), "", Some("fb.1.1780000000000.AbC"), true),
        (Some("fb.1.1780000000000.AbC.wrong"), "", None, false),
        (Some("fb.1.1780000000000."), "new", Some("fb.1.1790000000000.new"), true),
    ] {
        let visit = Visit {
            host: "example.com".into(),
            fbc: known.map(Into::into),
            fbclid: Some(fbclid.into()),
            ..Visit::default()
        };
        let answer = answer(&visit, &BuilderDomains::FirstLabelCut);
        assert_eq!(answer.fbc.as_deref(), expected, "{known:?} {fbclid}");
        let sets_it = answer.cookies.iter().any(|cookie| cookie.name == "_fbc");
        assert_eq!(sets_it, is_set, "{known:?} {fbclid}");
    }
}

#[test]
fn an_address_is_public_by_its_first_letters() {
    for (cookie, forwarded_for, remote, expected) in [
        ("", "203.0.113.50, 10.0.0.1", "10.0.0.1", Some("203.0.113.50")),
        ("", "10.0.0.1, 203.0.113.50", "198.51.100.7", Some("198.51.100.7")),
        ("8.8.8.8", "", "::ffff:10.0.0.3", Some("::ffff:10.0.0.3")),
        ("", "8.8.8.8:5555", "", None),
        // JavaScript does not count U+0085 as a blank.
        ("", "\u{85}172.32.0.1", "", None),
        ("", "\u{feff} 172.32.0.1 ", "", Some("172.32.0.1")),
    ] {
        let some = |text: &'static str| (!text.is_empty()).then(|| text.into());
        let visit = Visit {
            fbi: some(cookie),
            forwarded_for: some(forwarded_for),
            remote: some(remote),
            ..Visit::default()
        };
        let address = answer(&visit, &BuilderDomains::Host).client_ip_address;
        assert_eq!(address.as_deref(), expected, "{cookie} {forwarded_for} {remote}");
    }
}

#[test]
fn a_domain_is_cut_unless_it_was_given() {
    let given = || BuilderDomains::Given(vec!["example.com".into(), "https://test.com:80".into()]);
    for (host, domains, domain, index) in [
        ("a.b.example.com", BuilderDomains::FirstLabelCut, Some("b.example.com"), 2),
        ("example.co.uk", BuilderDomains::FirstLabelCut, Some("co.uk"), 1),
        ("example.com", BuilderDomains::FirstLabelCut, Some("example.com"), 1),
        ("cafe", BuilderDomains::FirstLabelCut, Some("cafe"), 0),
        ("http://a.builder.example.com", given(), Some("example.com"), 1),
        ("www.test.com", given(), Some("test.com"), 1),
        ("notexample.com", given(), Some("notexample.com"), 1),
        ("a.b.c", BuilderDomains::Host, Some("a.b.c"), 2),
        ("[::1]:8080", BuilderDomains::Host, Some("[::1]"), 0),
        ("", BuilderDomains::Host, None, 0),
    ] {
        let site = BuilderSite::of(host, &domains);
        assert_eq!((site.domain.as_deref(), site.index), (domain, index), "{host} {domains:?}");
    }
}
