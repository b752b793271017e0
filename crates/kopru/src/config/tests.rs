//! Configurations that cannot work, and the line that says so.

use super::Config;

/// A configuration that works; each case breaks one line of it.
const GOOD: &str = r#"[[workspace]]
name = "acme"
consent = "assumed"
[[workspace.dataset]]
id = "1234567890"
token = "env:META_TOKEN"
whatsapp_business_account_id = "222"
[[workspace.source]]
kind = "whatsapp"
key = "0123456789abcdef-w"
app_secret = "shh"
[[workspace.source]]
kind = "kommo"
key = "0123456789abcdef-k"
account = "https://acme.kommo.com"
token = "shh"
[[workspace.rule]]
id = "qualified"
stage = "Qualified"
send = "Lead"
"#;

fn problems(text: &str) -> Vec<String> {
    let env = |name: &str| (name == "META_TOKEN").then(|| "token".to_owned());
    Config::read("kopru.toml", text, &env).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_configuration_has_no_problems() {
    assert_eq!(problems(GOOD), Vec::<String>::new());
}

#[test]
fn every_problem_says_where_and_how_to_mend_it() {
    let cases = [
        (
            "env:META_TOKEN",
            "env:MY_TOKEN",
            "kopru.toml:6: the token of dataset 1234567890 is taken from the environment variable MY_TOKEN, which is not set; set it before starting kopru",
        ),
        (
            "consent = \"assumed\"\n",
            "",
            "kopru.toml:1: workspace \"acme\" does not say \"consent\", and there is no default; say consent = \"required\" (only people of whom the CRM says yes) or \"assumed\" (the business has it from everybody who did not refuse)",
        ),
        (
            "abcdef-k",
            "abcdef-w",
            "kopru.toml:14: this key is that of the source at line 10 too; give each source its own",
        ),
        (
            "consent = \"assumed\"",
            "consnt = \"assumed\"",
            "kopru.toml:3: unknown key \"consnt\"; did you mean \"consent\"?",
        ),
        (
            "app_secret = \"shh\"\n",
            "",
            "kopru.toml:8: the whatsapp source needs an \"app_secret\": Meta signs its webhooks with it",
        ),
        (
            "kind = \"kommo\"",
            "kind = \"komo\"",
            "kopru.toml:13: there is no source of kind \"komo\"; did you mean \"kommo\"?",
        ),
        (
            "send = \"Lead\"",
            "send = \"Purchas\"",
            "kopru.toml:20: rule \"qualified\" sends \"Purchas\", which Meta refuses for chats (2804066); did you mean \"Purchase\"?",
        ),
        (
            "stage = \"Qualified\"\n",
            "",
            "kopru.toml:17: rule \"qualified\" needs a \"stage\": a name, an id, \"won\" or \"lost\"",
        ),
        (
            "https://acme.kommo.com",
            "acme.kommo.com",
            "kopru.toml:15: account = \"acme.kommo.com\" is not an address; write for example \"https://acme.kommo.com\"",
        ),
        ("id = \"1234567890\"", "id = 1234567890", "kopru.toml:5: this value is a text; put it in quotes"),
        (
            "token = \"env:META_TOKEN\"",
            "token = \"a\\rb\"",
            "kopru.toml:6: the token of dataset 1234567890 has a space or a control character in it; copy it again",
        ),
        (
            "\"222\"",
            "\"2 2\"",
            "kopru.toml:7: whatsapp_business_account_id = \"2 2\" is not one; write for example \"222\"",
        ),
        (
            "abcdef-k",
            "abc/ef-k",
            "kopru.toml:14: a key stands in an address: it has only letters, digits, - and _; `openssl rand -hex 16` makes one",
        ),
        (
            "stage = \"Qualified\"",
            "stage = \"\"",
            "kopru.toml:17: rule \"qualified\" needs a \"stage\": a name, an id, \"won\" or \"lost\"",
        ),
        (
            "[[workspace]]",
            "store.key = \"abc\"\n[[workspace]]",
            "kopru.toml:1: store.key: a data key is 64 hexadecimal digits (32 bytes); `openssl rand -hex 32` makes one",
        ),
        (
            "[[workspace]]",
            "store.path = \"\"\n[[workspace]]",
            "kopru.toml:1: store.path needs the name of a folder, for example \"kopru-data\"",
        ),
        (
            "[[workspace]]",
            "server.public_url = \"no url\"\n[[workspace]]",
            "kopru.toml:1: server.public_url = \"no url\" is not an address",
        ),
        ("name = \"acme\"", "name = \"\"", "kopru.toml:1: [[workspace]] needs a \"name\""),
        ("name = \"acme\"", "name = acme", "kopru.toml:2: "),
    ];
    for (good, bad, said) in cases {
        let text = GOOD.replace(good, bad);
        assert_ne!(text, GOOD, "{good}");
        let problems = problems(&text);
        assert!(problems.len() == 1 && problems[0].starts_with(said), "{good} → {bad}:\n{problems:#?}");
        assert!(!problems[0].contains('\n'), "{problems:#?}");
    }
}

#[test]
fn what_must_be_there_once_is_not_there_twice() {
    let dataset = "[[workspace.dataset]]\nid = \"1234567890\"\ntoken = \"t\"\n";
    let other = dataset.replace("1234567890", "77") + "whatsapp_business_account_id = \"222\"\n";
    let kommo = "[[workspace.source]]\nkind = \"kommo\"\nkey = \"0123456789abcdef-2\"\n\
                 account = \"https://acme.kommo.com\"\ntoken = \"t\"\n";
    for (again, said) in [
        (dataset, "kopru.toml:21: dataset 1234567890 is there already; name it once"),
        (
            &other,
            "kopru.toml:21: datasets 1234567890 and 77 name the same whatsapp_business_account_id; \
                  a chat's events can go to only one of them",
        ),
        (
            kommo,
            "kopru.toml:21: https://acme.kommo.com is a source of this workspace already; it needs only one",
        ),
    ] {
        assert_eq!(problems(&format!("{GOOD}{again}")), [said]);
    }
}

#[test]
fn all_problems_are_said_at_once() {
    let text = GOOD.replace("consent = \"assumed\"\n", "").replace("stage = \"Qualified\"\n", "");
    assert_eq!(problems(&text).len(), 2);
}

#[test]
fn an_empty_file_is_no_configuration() {
    assert_eq!(problems("").len(), 1);
}
