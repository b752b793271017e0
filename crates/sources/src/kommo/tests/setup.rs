use kopru_core::Wanted;
use serde_json::{Value, json};

use super::kommo;
use crate::{Drift, NotUnderstood, Page, SetupPart, Upstream};

const KEY: &str = "key-0123456789abcdef";
const ALL: [&str; 8] = [
    "add_lead",
    "update_lead",
    "delete_lead",
    "restore_lead",
    "status_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
];

fn hook(destination: &str, settings: &[&str], is_off: bool) -> Value {
    json!({ "id": 1, "destination": destination, "settings": settings, "disabled": is_off, "sort": 1 })
}

fn body(list: &str, rows: &[Value]) -> String {
    json!({ "_embedded": { list: rows } }).to_string()
}

fn drifts_of(hooks: &[Value]) -> Result<Vec<Drift>, NotUnderstood> {
    let body = body("webhooks", hooks);
    let page = Page { status: 200, body: body.as_bytes() };
    kommo().drifts(SetupPart::Hooks, &[page], KEY, &Wanted::default())
}

fn ours(settings: &[&str], is_off: bool) -> Value {
    hook(&format!("https://kopru.example.com/hooks/{KEY}"), settings, is_off)
}

#[test]
fn hooks_are_compared_with_what_is_needed() {
    let some: Vec<&str> = ALL.into_iter().filter(|code| !code.contains("contact")).collect();
    let contacts: Vec<String> = ALL[5..].iter().map(|code| (*code).to_owned()).collect();
    let more: Vec<&str> = ALL.into_iter().chain(["add_task"]).collect();
    for (hooks, expected) in [
        (vec![ours(&ALL, false)], vec![]),
        (vec![ours(&more, false)], vec![]),
        (vec![hook(&format!("http://10.0.0.1:8480/hooks/{KEY}?x=1"), &ALL, false)], vec![]),
        (vec![ours(&some, false)], vec![Drift::HookLacks(contacts.clone())]),
        (vec![ours(&ALL, true)], vec![Drift::HookOff]),
        // One that is off tells nothing, and two tell together.
        (vec![ours(&some, false), ours(&ALL, true)], vec![Drift::HookLacks(contacts)]),
        (vec![ours(&some, false), ours(&ALL[5..], false)], vec![]),
        (vec![hook("https://kopru.example.com/hooks/another-key", &ALL, false)], vec![Drift::NoHook]),
        (vec![hook(&format!("https://example.com/?to={KEY}x"), &ALL, false)], vec![Drift::NoHook]),
        (vec![json!({ "destination": 5 }), json!(null)], vec![Drift::NoHook]),
        (vec![], vec![Drift::NoHook]),
    ] {
        assert_eq!(drifts_of(&hooks), Ok(expected), "{hooks:?}");
    }
    let nothing = Page { status: 204, body: b"" };
    let wanted = Wanted::default();
    assert_eq!(kommo().drifts(SetupPart::Hooks, &[nothing], KEY, &wanted), Ok(vec![Drift::NoHook]));
    let odd = Page { status: 200, body: b"{\"title\":\"?\"}" };
    assert!(kommo().drifts(SetupPart::Hooks, &[odd], KEY, &wanted).is_err());
}

#[test]
fn a_hook_is_mended_where_the_account_knows_it() {
    let address = "https://kopru.example.com/hooks/new";
    let body_of = |hooks: &[Value]| {
        let listed = body("webhooks", hooks);
        let page = Page { status: 200, body: listed.as_bytes() };
        let call = kommo().mend_hooks(&[page], KEY, address).unwrap().unwrap();
        assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/api/v4/webhooks"));
        serde_json::from_str::<Value>(call.body.unwrap().text()).unwrap()
    };
    let settings = |body: &Value| body["settings"].as_array().unwrap().len();
    let made = body_of(&[]);
    assert_eq!((made["destination"].as_str(), settings(&made)), (Some(address), 8));
    // What else it tells of stays.
    let known = format!("http://proxy.example.com/hooks/{KEY}");
    let mended = body_of(&[hook(&known, &["add_task", "add_lead"], true)]);
    assert_eq!((mended["destination"].as_str(), settings(&mended)), (Some(known.as_str()), 9));
}

#[test]
fn a_field_that_is_named_and_not_there_is_said() {
    let wanted =
        Wanted { fields: vec!["Sale value".into(), "71".into(), "Phone".into()], ..Wanted::default() };
    let field = |id: u64, name: &str, code: Option<&str>, of: &str| json!({ "id": id, "name": name, "code": code, "entity_type": of, "type": "text" });
    let missing = |deals: &[Value], contacts: &[Value]| {
        let bodies = [body("custom_fields", deals), body("custom_fields", contacts)];
        let pages = bodies.each_ref().map(|body| Page { status: 200, body: body.as_bytes() });
        kommo().drifts(SetupPart::Fields, &pages, KEY, &wanted).unwrap()
    };
    let no = |name: &str| Drift::NoField(name.to_owned());
    let deals = [field(71, "Other", None, "leads"), field(72, " SALE value", None, "leads")];
    let contacts =
        [field(5, "Telefon", Some("PHONE"), "contacts"), field(6, "reklam İZNİ", None, "contacts")];
    // An amount stands in a deal; a consent stands anywhere.
    assert_eq!(missing(&deals, &contacts), [no("Phone")]);
    assert_eq!(missing(&deals[..1], &[]), [no("Sale value"), no("Phone"), no("Reklam izni")]);
    assert_eq!(kommo().setup_calls(SetupPart::Fields, &Wanted::default()).len(), 2);
    let plain = crate::Kommo::at("https://acme.kommo.com", "t");
    assert_eq!(plain.setup_calls(SetupPart::Fields, &Wanted::default()), []);
    assert_eq!(plain.setup_calls(SetupPart::Fields, &wanted).len(), 1);
}
