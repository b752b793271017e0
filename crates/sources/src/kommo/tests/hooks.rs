use kopru_core::{ContactHint, DealHint, DealKey, Fact, Node, StageId};
use proptest::prelude::*;

use super::kommo;

const STATUS: &str = "account[subdomain]=acme&account[id]=330001&leads[status][0][id]=5550001\
&leads[status][0][name]=Ay%C5%9Fe+Kaya&leads[status][0][status_id]=142&leads[status][0][old_status_id]=880001\
&leads[status][0][pipeline_id]=770001&leads[status][0][price]=1500&leads[status][0][date_create]=1780000000\
&leads[status][0][last_modified]=1780000500&leads[status][0][created_at]=1780000000\
&leads[status][0][updated_at]=1780000500&leads[status][0][tags][0][id]=901\
&leads[status][0][custom_fields][0][id]=4401&leads[status][0][custom_fields][0][values][0][value]=Site\
&leads[status][0][custom_fields][2][values][0]=1780006400";

fn deal(id: &str, stage: Option<(&str, &str)>, moved: bool, at_s: Option<i64>) -> Fact {
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: DealKey { origin: "kommo:acme".into(), id: id.into() },
        stage: stage.map(|(pipeline, status)| StageId { pipeline: pipeline.into(), status: status.into() }),
        moved,
        at_s,
    })
}

fn deleted(id: &str) -> Fact {
    let Fact::DealHint(hint) = deal(id, None, false, None) else { panic!("no report of a deal") };
    Fact::DealHint(DealHint { deleted: true, ..hint })
}

/// The same, from this account.
fn of_account(account: &str, hint: Fact) -> Fact {
    let account = Some(account.to_owned());
    match hint {
        Fact::DealHint(hint) => Fact::DealHint(DealHint { account, ..hint }),
        Fact::ContactHint(hint) => Fact::ContactHint(ContactHint { account, ..hint }),
        other => panic!("no report: {other:?}"),
    }
}

/// The same, from another stage.
fn from((pipeline, status): (&str, &str), hint: Fact) -> Fact {
    let Fact::DealHint(hint) = hint else { panic!("no report of a deal") };
    let left = StageId { pipeline: pipeline.into(), status: status.into() };
    Fact::DealHint(DealHint { left: Some(left), ..hint })
}

fn contact(id: &str, at_s: Option<i64>) -> Fact {
    Fact::ContactHint(ContactHint {
        account: None,
        deals: Vec::new(),
        contact: Node::contact("kommo:acme", id),
        at_s,
    })
}

fn company(id: &str) -> Fact {
    let contact = Node::company("kommo:acme", id);
    Fact::ContactHint(ContactHint { deals: Vec::new(), contact, at_s: None, account: None })
}

#[test]
fn a_stage_change_is_a_hint() {
    let expected =
        vec![from(("770001", "880001"), deal("5550001", Some(("770001", "142")), true, Some(1_780_000_500)))];
    let expected: Vec<Fact> = expected.into_iter().map(|hint| of_account("330001", hint)).collect();
    assert_eq!(kommo().hints(STATUS.as_bytes()), Ok(expected));
}

#[test]
fn a_hint_names_the_account_wherever_the_body_does() {
    let body = "contacts[update][0][id]=9&leads[delete][0][id]=5&account[id]=42";
    let expected = vec![deleted("5"), contact("9", None)];
    let expected: Vec<Fact> = expected.into_iter().map(|hint| of_account("42", hint)).collect();
    assert_eq!(kommo().hints(body.as_bytes()), Ok(expected));
    for unreadable in ["account[id]=", "account[id]=0", "account[id]=x&account[subdomain]=acme"] {
        let body = format!("leads[delete][0][id]=5&{unreadable}");
        assert_eq!(kommo().hints(body.as_bytes()), Ok(vec![deleted("5")]), "{unreadable}");
    }
}

#[test]
fn every_kind_of_report_says_whether_the_deal_moved() {
    let won = Some(("77", "142"));
    for (body, expected) in [
        // The thin body of the digital pipeline.
        (
            "leads[status][0][id]=5&leads[status][0][status_id]=142&leads[status][0][pipeline_id]=77&leads[status][0][old_status_id]=88",
            vec![from(("77", "88"), deal("5", won, true, None))],
        ),
        (
            "leads[call_in][0][id]=5&leads[call_in][0][status_id]=142&leads[call_in][0][pipeline_id]=77",
            vec![deal("5", won, false, None)],
        ),
        (
            "leads[add][0][id]=5&leads[add][0][status_id]=142&leads[add][0][pipeline_id]=77&leads[add][0][date_create]=1780000000",
            vec![deal("5", won, true, Some(1_780_000_000))],
        ),
        (
            "leads[update][0][id]=5&leads[update][0][status_id]=142&leads[update][0][pipeline_id]=77&leads[update][0][updated_at]=1780000500",
            vec![deal("5", won, false, Some(1_780_000_500))],
        ),
        (
            "leads[update][0][id]=5&leads[update][0][status_id]=142&leads[update][0][pipeline_id]=77&leads[update][0][old_status_id]=88",
            vec![from(("77", "88"), deal("5", won, true, None))],
        ),
        (
            "leads[update][0][id]=5&leads[update][0][status_id]=142&leads[update][0][pipeline_id]=77&leads[update][0][old_status_id]=142",
            vec![deal("5", won, false, None)],
        ),
        (
            "leads[update][0][id]=5&leads[update][0][status_id]=142&leads[update][0][pipeline_id]=77&leads[update][0][old_status_id]=142&leads[update][0][old_pipeline_id]=78",
            vec![from(("78", "142"), deal("5", won, true, None))],
        ),
        (
            "leads[restore][0][id]=5&leads[restore][0][status_id]=142&leads[restore][0][pipeline_id]=77",
            vec![deal("5", won, false, None)],
        ),
        // Half a stage is none.
        ("leads[status][0][id]=5&leads[status][0][status_id]=142", vec![deal("5", None, false, None)]),
        // One change under two names, and several deals: a hint each.
        (
            "leads[update][0][id]=5&leads[status][1][id]=6&leads[status][0][id]=5",
            vec![deal("5", None, false, None), deal("6", None, false, None), deal("5", None, false, None)],
        ),
        (
            "contacts[update][0][id]=66&contacts[update][0][type]=contact&contacts[update][0][last_modified]=1780000500",
            vec![contact("66", Some(1_780_000_500))],
        ),
        (
            "contacts[add][0][id]=66&contacts[add][0][created_at]=1780000000",
            vec![contact("66", Some(1_780_000_000))],
        ),
        (
            "contacts[update][0][id]=67&contacts[update][0][type]=company&companies[add][0][id]=68",
            vec![company("67"), company("68")],
        ),
        ("unsorted[add][0][uid]=a1&leads[add][0][id]=5", vec![deal("5", None, false, None)]),
    ] {
        assert_eq!(kommo().hints(body.as_bytes()), Ok(expected), "{body}");
    }
}

#[test]
fn damaged_fields_harm_no_other() {
    for body in [
        format!("{STATUS}&leads[status][0]["),
        format!("leads[status][0][id=7&{STATUS}"),
        format!("{STATUS}&leads[status][1][name]=x&leads[status][2][id]=12a&leads[status][3][id]=0"),
        format!("{STATUS}&leads[status][4][id]=123456789012345678901&leads[status][x][id]=9"),
        format!("&&=&x&{STATUS}&%FF%FE=%zz"),
    ] {
        assert_eq!(kommo().hints(body.as_bytes()), kommo().hints(STATUS.as_bytes()), "{body}");
    }
    let no_times = STATUS.replace("1780000500", "yesterday").replace("1780000000", "");
    let expected = from(("770001", "880001"), deal("5550001", Some(("770001", "142")), true, None));
    let expected = vec![of_account("330001", expected)];
    assert_eq!(kommo().hints(no_times.as_bytes()), Ok(expected));
}

#[test]
fn a_deal_that_is_deleted_is_read_again() {
    let hint = deleted("5");
    assert_eq!(kommo().hints(b"leads[delete][0][id]=5"), Ok(vec![hint.clone()]));
    // Whatever else it says is of before.
    let more = b"leads[delete][0][id]=5&leads[delete][0][status_id]=142&leads[delete][0][pipeline_id]=770001\
        &leads[delete][0][old_status_id]=880001&leads[delete][0][last_modified]=1800000000";
    assert_eq!(kommo().hints(more), Ok(vec![hint]));
}

#[test]
fn a_report_of_a_contact_names_the_deals_that_it_is_linked_with() {
    let body = b"contacts[update][0][id]=7&contacts[update][0][type]=contact\
        &contacts[update][0][linked_leads_id][11][ID]=11&contacts[update][0][linked_leads_id][x][ID]=1";
    let deal = |id: &str| DealKey { origin: "kommo:acme".into(), id: id.into() };
    let contact = Node::contact("kommo:acme", "7");
    let hint = ContactHint { account: None, contact, deals: vec![deal("11")], at_s: None };
    assert_eq!(kommo().hints(body), Ok(vec![Fact::ContactHint(hint)]));
}

#[test]
fn deals_of_a_contact_are_read_in_every_form_in_which_they_come() {
    for (form, deals) in [
        ("[11][ID]=11&[12][ID]=12", &["11", "12"][..]),
        ("[11][id]=11", &["11"]),
        ("[0][ID]=11&[1][ID]=12", &["11", "12"]),
        ("[0]=11&[1]=12", &["11", "12"]),
        ("[]=11&[]=12", &["11", "12"]),
        ("[11]=11", &["11"]),
        ("[11][ID]=", &["11"]),
        ("=11", &["11"]),
        ("=11,12", &["11", "12"]),
        ("= 11; 12 ", &["11", "12"]),
        ("=[\"11\",12]", &["11", "12"]),
        ("={\"11\":{\"ID\":\"11\"}}", &["11"]),
        ("[0][ID]=0&[x][ID]=y&[1][NAME]=12", &[]),
        ("=", &[]),
        ("=0", &[]),
        ("[11][ID][deeper]=11", &[]),
    ] {
        let fields: Vec<String> =
            form.split('&').map(|field| format!("contacts[update][0][linked_leads_id]{field}")).collect();
        let body = format!("contacts[update][0][id]=7&{}", fields.join("&"));
        let deals =
            deals.iter().map(|id| DealKey { origin: "kommo:acme".into(), id: (*id).into() }).collect();
        let contact = Node::contact("kommo:acme", "7");
        let hint = ContactHint { account: None, contact, deals, at_s: None };
        assert_eq!(kommo().hints(body.as_bytes()), Ok(vec![Fact::ContactHint(hint)]), "{form}");
    }
}

#[test]
fn what_is_known_but_of_no_interest_gives_no_facts() {
    for body in [
        "message[add][0][id]=a1&message[add][0][text]=Merhaba&message[add][0][contact_id]=66",
        "talk[update][0][talk_id]=1201",
        "task[add][0][id]=1",
        "unsorted[add][0][uid]=a1",
        "leads[responsible][0][id]=5",
        "leads[note][0][note][id]=5",
        "companies[note][0][id]=5",
        "catalogs[add][0][id]=5",
    ] {
        assert_eq!(kommo().hints(body.as_bytes()), Ok(vec![]), "{body}");
    }
}

#[test]
fn what_is_not_understood_shows_its_keys_and_no_values() {
    for (body, skeleton) in [
        ("", "form:"),
        ("ayse.kaya", "form: ?"),
        (r#"{"leads":{"status":[{"id":5}]}}"#, "form: ?"),
        (r#"{"name":"Ayse=x"}"#, "form: ?"),
        ("account[id]=330001&foo[12]=Kaya", "form: ?[0] account[id]"),
        ("leads=5", "form: leads"),
        ("leads[status][0][name]=Kaya", "form: leads[status][0][name]"),
        ("ayse%40example.com=1&905321234567=1", "form: 0 ?"),
    ] {
        assert_eq!(kommo().hints(body.as_bytes()).unwrap_err().skeleton, skeleton, "{body}");
    }
}

#[test]
fn the_number_of_items_is_bounded() {
    let body = |items: usize| {
        (0..items).map(|i| format!("leads[update][{i}][id]={}", i + 1)).collect::<Vec<_>>().join("&")
    };
    assert_eq!(kommo().hints(body(5000).as_bytes()).unwrap().len(), 5000);
    assert_eq!(kommo().hints(body(5001).as_bytes()).unwrap_err().skeleton, "form: too many items");
}

fn encoded(pair: &str, all: bool) -> String {
    let (key, value) = pair.split_once('=').unwrap();
    if all {
        return format!(
            "%{}={value}",
            key.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join("%")
        );
    }
    format!("{}={}", key.replace('[', "%5B").replace(']', "%5d"), value.replace('+', "%20"))
}

proptest! {
    #[test]
    fn encoding_and_order_of_keys_do_not_matter(
        pairs in Just(STATUS.to_owned() + "&leads[update][0][id]=5550001&contacts[update][10][id]=66&contacts[update][9][id]=65")
            .prop_map(|body| body.split('&').map(str::to_owned).collect::<Vec<_>>())
            .prop_shuffle(),
        forms in proptest::collection::vec(0_u8..3, 32),
    ) {
        let body: Vec<String> = pairs.iter().zip(forms.iter().cycle()).map(|(pair, form)| match form {
            0 => pair.clone(),
            1 => encoded(pair, false),
            _ => encoded(pair, true),
        }).collect();
        let expected = vec![
            from(("770001", "880001"), deal("5550001", Some(("770001", "142")), true, Some(1_780_000_500))),
            deal("5550001", None, false, None),
            contact("65", None),
            contact("66", None),
        ];
        let expected: Vec<Fact> = expected.into_iter().map(|hint| of_account("330001", hint)).collect();
        prop_assert_eq!(kommo().hints(body.join("&").as_bytes()), Ok(expected));
    }

    #[test]
    fn any_bytes_are_survived(body in any::<Vec<u8>>()) {
        if let Err(unreadable) = kommo().hints(&body) {
            prop_assert!(unreadable.skeleton.len() <= 200);
        }
    }

    #[test]
    fn a_damaged_body_is_survived(at in any::<prop::sample::Index>(), cut in 0_usize..40, with in "[0-9a-z%=&\\[\\]]{0,8}") {
        let mut text = STATUS.as_bytes().to_vec();
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, with.into_bytes());
        let _ = kommo().hints(&text);
    }
}
