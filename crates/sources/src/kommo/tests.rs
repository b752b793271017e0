mod audit;
mod companies;
mod hooks;
mod named;
mod paging;
mod reading;
mod renamed;
mod setup;

use super::*;

fn kommo() -> Kommo {
    Kommo {
        consent_field: Some("Reklam izni".into()),
        ..Kommo::at("https://acme.kommo.com", "token_of_the_account")
    }
}

#[test]
fn an_account_has_one_origin() {
    for (address, origin) in [
        ("https://acme.kommo.com", "kommo:acme"),
        (" https://ACME.kommo.com/leads/?x=1 ", "kommo:acme"),
        ("acme.kommo.com", "kommo:acme"),
        ("http://127.0.0.1:8490", "kommo:127.0.0.1:8490"),
        ("https://a.b.kommo.com", "kommo:a.b.kommo.com"),
        ("https://crm.example.com:8443/x", "kommo:crm.example.com:8443"),
    ] {
        assert_eq!(Kommo::at(address, "").origin, origin);
    }
}

#[test]
fn it_conforms() {
    let good = "leads[status][0][id]=5550001&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=1\
                &leads[status][0][name]=Ay%C5%9Fe+Kaya&contacts[update][0][id]=7\
                &contacts[update][0][name]=Zeynep+Demir&contacts[update][0][phone]=905320000001";
    crate::conformance::check(&crate::conformance::Sample {
        kind: &KIND,
        source: Arc::new(kommo()),
        sign: None,
        good: good.to_owned(),
        with_an_unusable_neighbour: format!("{good}&leads[status][1][id]=x&leads[status][1][status_id]=142"),
        personal: &["Kaya", "Ay%C5%9Fe", "Zeynep", "905320000001"],
        secrets: &["token_of_the_account"],
    });
}
