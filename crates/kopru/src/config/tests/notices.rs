//! What is said of a configuration that can be taken, and of routes.

use kopru_core::RouteKind;

use super::*;

#[test]
fn an_unknown_route_is_told_those_that_are_served() {
    let read = |route: &str| {
        let text = GOOD.replacen(
            "[[workspace.dataset]]",
            &format!("[[workspace.dataset]]\nroutes = [\"{route}\"]"),
            1,
        );
        Config::read("kopru.toml", &text, &|_| Some("token".to_owned()))
            .map(|config| config.notices.iter().map(|notice| notice.message.clone()).collect::<Vec<_>>())
            .map_err(|problems| problems[0].message.clone())
    };
    // Tests of other crates may serve more than the program does.
    let served = RouteKind::ALL.into_iter().filter(|kind| kopru_core::serves(*kind)).map(RouteKind::code);
    let served: Vec<&str> = served.collect();
    assert!(served.contains(&"messaging") && served.contains(&"website") && !served.contains(&"crm"));
    let wanted = format!("routes = \"web\" is not known in this version; it can be: {}", served.join(", "));
    assert_eq!(read("web"), Err(wanted));
    assert_eq!(read("crm"), Ok(vec!["the route \"crm\" is not served by this version yet".to_owned()]));
}

#[test]
fn consent_that_nothing_says_is_asked_of_what_is_there() {
    let dataset = "[[workspace.dataset]]\nid = \"1\"\ntoken = \"t\"\nwhatsapp_business_account_id = \"2\"\n";
    let crm = "[[workspace.source]]\nkind = \"kommo\"\nkey = \"0123456789abcdef\"\n\
               account = \"https://acme.kommo.com\"\ntoken = \"t\"\n";
    let said = |more: &str| {
        let text = format!(
            "[[workspace]]\nname = \"acme\"\ncountry = \"TR\"\ntime_zone = \"Europe/Istanbul\"\n\
             consent = \"required\"\n{more}"
        );
        let config = Config::read("kopru.toml", &text, &|_| None);
        let config = config.unwrap_or_else(|problems| panic!("{}", problems[0].message));
        let of_consent = config.notices.iter().filter(|notice| notice.message.contains("consent"));
        of_consent.map(|notice| notice.message.clone()).collect::<Vec<_>>().join("\n")
    };
    assert!(said(&format!("{dataset}{crm}")).contains("until its source has consent_field"));
    let alone = said(dataset);
    assert!(alone.contains("nothing here says it") && !alone.contains("kommo"), "{alone}");
    assert_eq!(said(&format!("{dataset}routes = [\"website\"]\n")), "");
    assert_eq!(said(&format!("{dataset}{crm}consent_field = \"Consent\"\n")), "");
}
