//! Configurations that cannot work, and the line that says so.

mod notices;
mod pixel;
mod rules;

use super::Config;

/// A configuration that works; each case breaks one line of it.
const GOOD: &str = r#"[[workspace]]
name = "acme"
consent = "elsewhere"
basis = "contract"
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
            "kopru.toml:7: the token of dataset 1234567890 is taken from the environment variable MY_TOKEN, which is not set; set it before starting kopru",
        ),
        (
            "consent = \"elsewhere\"\n",
            "",
            "kopru.toml:1: workspace \"acme\" does not say \"consent\", and there is no default; say consent = \"required\" (only people who said yes, in the field of the CRM that the source's consent_field names), or consent = \"elsewhere\" with basis = \"...\" (everybody who did not refuse, on a legal ground that the business documents: which, and where)",
        ),
        (
            "consent = \"elsewhere\"\nbasis = \"contract\"\n",
            "consent = \"assumed\"\n",
            "kopru.toml:3: consent = \"assumed\" is not taken any more, because it names no ground; say consent = \"required\" (",
        ),
        (
            "consent = \"elsewhere\"\nbasis = \"contract\"\n",
            "consent = \"yes\"\n",
            "kopru.toml:3: consent = \"yes\" is not known; say consent = \"required\" (",
        ),
        (
            "basis = \"contract\"\n",
            "",
            "kopru.toml:3: consent = \"elsewhere\" needs a basis = \"...\": the legal ground and where it is documented, for example ",
        ),
        (
            "basis = \"contract\"",
            "basis = \" \"",
            "kopru.toml:4: basis is empty; say the legal ground and where it is documented",
        ),
        (
            "basis = \"contract\"",
            "basis = \"con\\ntract\"",
            "kopru.toml:4: basis has a line end or a control character in it; write it in one line",
        ),
        (
            "consent = \"elsewhere\"",
            "consent = \"required\"",
            "kopru.toml:4: \"basis\" does not go with consent = \"required\", where each person's own yes is the ground; take basis out, or say consent = \"elsewhere\"",
        ),
        (
            "abcdef-k",
            "abcdef-w",
            "kopru.toml:15: this key is that of the source at line 11 too; give each source its own",
        ),
        (
            "consent = \"elsewhere\"",
            "consnt = \"elsewhere\"",
            "kopru.toml:3: unknown key \"consnt\"; did you mean \"consent\"?",
        ),
        (
            "token = \"env:META_TOKEN\"",
            "mode = \"test\"\ntoken = \"env:META_TOKEN\"",
            "kopru.toml:7: dataset 1234567890 is \"test\" and has no test_event_code; copy the code from Events Manager, Test events: test_event_code = \"TEST12345\"",
        ),
        (
            "token = \"env:META_TOKEN\"",
            "test_event_code = \"TEST1\"\ntoken = \"env:META_TOKEN\"",
            "kopru.toml:7: dataset 1234567890 has a test_event_code, which counts in test mode only; write mode = \"test\", or take the code out",
        ),
        (
            "token = \"env:META_TOKEN\"",
            "mode = \"test\"\ntest_event_code = \"my code\"\ntoken = \"env:META_TOKEN\"",
            "kopru.toml:8: test_event_code = \"my code\" is not one; write for example \"TEST12345\"",
        ),
        (
            "token = \"env:META_TOKEN\"",
            "append_value = \"always\"\ntoken = \"env:META_TOKEN\"",
            "kopru.toml:7: append_value = \"always\" is not known in this version; it can be: never, stated, changed",
        ),
        (
            "token = \"env:META_TOKEN\"",
            "mode = \"tset\"\ntoken = \"env:META_TOKEN\"",
            "kopru.toml:7: mode = \"tset\" is not known in this version; it can be: live, test, shadow, off",
        ),
        (
            "app_secret = \"shh\"\n",
            "",
            "kopru.toml:9: the whatsapp source needs an \"app_secret\": Meta signs its webhooks with it",
        ),
        (
            "kind = \"kommo\"",
            "kind = \"komo\"",
            "kopru.toml:14: there is no source of kind \"komo\"; did you mean \"kommo\"?",
        ),
        (
            "send = \"Lead\"",
            "send = \"Purchas\"",
            "kopru.toml:21: rule \"qualified\" sends \"Purchas\", which Meta refuses for chats (2804066); did you mean \"Purchase\"?",
        ),
        (
            "stage = \"Qualified\"\n",
            "",
            "kopru.toml:18: rule \"qualified\" needs a \"stage\": a name, an id, \"won\" or \"lost\"",
        ),
        (
            "https://acme.kommo.com",
            "acme.kommo.com",
            "kopru.toml:16: account = \"acme.kommo.com\" is not an address; write for example \"https://acme.kommo.com\"",
        ),
        ("id = \"1234567890\"", "id = 1234567890", "kopru.toml:6: this value is a text; put it in quotes"),
        (
            "token = \"env:META_TOKEN\"",
            "token = \"a\\rb\"",
            "kopru.toml:7: the token of dataset 1234567890 has a space or a control character in it; copy it again",
        ),
        (
            "\"222\"",
            "\"2 2\"",
            "kopru.toml:8: whatsapp_business_account_id = \"2 2\" is not one; write for example \"222\"",
        ),
        (
            "abcdef-k",
            "abc/ef-k",
            "kopru.toml:15: a key stands in an address: it has only letters, digits, - and _; `openssl rand -hex 16` makes one",
        ),
        (
            "stage = \"Qualified\"",
            "stage = \"\"",
            "kopru.toml:18: rule \"qualified\" needs a \"stage\": a name, an id, \"won\" or \"lost\"",
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
        (
            "[[workspace]]",
            "server.admin_token = \"0123456789abcdef0123456789abcde\"\n[[workspace]]",
            "kopru.toml:1: server.admin_token is shorter than 32 characters; `openssl rand -hex 32` makes one",
        ),
        (
            "[[workspace]]",
            "server.admin_hosts = [\"kopru.example.com\",\n\"https://kopru.example.com/\"]\n[[workspace]]",
            "kopru.toml:2: server.admin_hosts: \"https://kopru.example.com/\" is not the name of a host; write for example \"kopru.example.com\"",
        ),
        (
            "[[workspace]]",
            "server.trusted_proxies = [\"10.0.0.0/8\",\n\"proxy\"]\n[[workspace]]",
            "kopru.toml:2: server.trusted_proxies: \"proxy\" is not an address or network; write for example \"10.0.0.7\" or \"10.0.0.0/8\"",
        ),
        (
            "token = \"shh\"",
            "token = \"shh\"\nallow_insecure = \"yes\"",
            "kopru.toml:18: allow_insecure is true or false, without quotes",
        ),
        (
            "app_secret = \"shh\"\n",
            "app_secret = \"shh\"\nconsent_field = \"Consent\"\n",
            "kopru.toml:13: \"consent_field\" is a key of kommo sources, and this is one of kind whatsapp; take it out, \
             or move it there. Known keys here: kind, key, verify_token, app_secret",
        ),
        (
            "app_secret = \"shh\"",
            "app_secrt = \"shh\"\napp_secret = \"shh\"",
            "kopru.toml:12: unknown key \"app_secrt\"; did you mean \"app_secret\"?",
        ),
        (
            "app_secret = \"shh\"",
            "app_secret = \"shh\"\ncolour = 3",
            "kopru.toml:13: unknown key \"colour\"; known keys here: kind, key, verify_token, app_secret",
        ),
        ("app_secret = \"shh\"", "app_secret = 5", "kopru.toml:12: this value is a text; put it in quotes"),
        ("kind = \"kommo\"\n", "", "kopru.toml:13: [[workspace.source]] needs a \"kind\": whatsapp or kommo"),
        ("kind = \"kommo\"", "kind = 7", "kopru.toml:14: this value is a text; put it in quotes"),
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
fn a_former_name_belongs_to_one_workspace() {
    let with = |text: &str| problems(&GOOD.replace("name = \"acme\"", &format!("name = \"acme\"\n{text}")));
    assert_eq!(with("formerly = \"old\""), Vec::<String>::new());
    assert_eq!(
        with("formerly = \"acme\""),
        [
            "kopru.toml:3: formerly = \"acme\" is the name that the workspace has; write the one that it had before, or \
          take formerly out"
        ]
    );
    let empty =
        "kopru.toml:3: formerly is empty; write the name that the workspace had before, or take it out";
    assert_eq!(with("formerly = \" \""), [empty]);
    let said = "is said of another workspace (line 1); take one of the two out";
    let other = "[[workspace]]\nname = \"b\"\nconsent = \"required\"\nformerly = ";
    assert_eq!(
        problems(&format!("{GOOD}{other}\"acme\"\n")),
        [format!("kopru.toml:25: formerly = \"acme\" {said}")]
    );
}

#[test]
fn what_is_kept_has_a_number_of_days_and_says_what_else_was_written() {
    let with = |text: &str| problems(&format!("[retention]\n{text}\n{GOOD}"));
    let wanted = "write a whole number of days from 8 to 3650; 30 is usual";
    for (value, is) in [
        ("\"30\"", "\"30\" is a text in quotes"),
        ("30.5", "30.5 is a number with a fraction"),
        ("true", "true is true or false"),
        ("[30]", "[30] is a list"),
        ("2026-05-28", "2026-05-28 is a date"),
    ] {
        let said = format!("kopru.toml:2: retention.clicks = {is}; {wanted}");
        assert_eq!(with(&format!("clicks = {value}")), [said]);
    }
    let bounds = "is not a number of days from 8 to 3650: events leave for up to seven days, and need it until then; 400 is usual";
    for days in ["7", "3651", "-1", "0"] {
        let said = format!("kopru.toml:2: retention.links = {days} {bounds}");
        assert_eq!(with(&format!("links = {days}")), [said]);
    }
    for days in ["8", "3650"] {
        assert_eq!(with(&format!("links = {days}")), Vec::<String>::new());
    }
    assert_eq!(with("clicks = \"a\"\nfacts = \"b\"").len(), 2, "all are said");
}

#[test]
fn nothing_is_kept_for_longer_than_that_with_which_it_goes() {
    let read = |text: &str| {
        let env = |_: &str| Some("token".to_owned());
        let config = Config::read("kopru.toml", &format!("[retention]\n{text}\n{GOOD}"), &env);
        config.map(|config| config.retention).map_err(|problems| problems[0].to_string())
    };
    for kind in ["clicks", "bodies"] {
        let said = format!(
            "kopru.toml:2: retention.{kind} = 21 is longer than retention.conversions = 20, and {kind} go when conversions \
             go: raise conversions, or write at most 20 for {kind}"
        );
        assert_eq!(read(&format!("{kind} = 21\nconversions = 20")), Err(said));
        assert!(read(&format!("{kind} = 20\nconversions = 20")).is_ok());
        assert!(read(&format!("{kind} = 401")).is_err(), "than what is usual as well");
    }
    // What nobody said follows what was said.
    let kept = read("conversions = 20").unwrap();
    assert_eq!(
        (kept.conversions_days, kept.clicks_days, kept.bodies_days, kept.facts_days),
        (20, 20, 20, 30)
    );
}

#[test]
fn what_must_be_there_once_is_not_there_twice() {
    let dataset = "[[workspace.dataset]]\nid = \"1234567890\"\ntoken = \"t\"\n";
    let other = dataset.replace("1234567890", "77") + "whatsapp_business_account_id = \"222\"\n";
    let kommo = "[[workspace.source]]\nkind = \"kommo\"\nkey = \"0123456789abcdef-2\"\n\
                 account = \"https://acme.kommo.com\"\ntoken = \"t\"\n";
    for (again, said) in [
        (dataset, "kopru.toml:22: dataset 1234567890 is there already; name it once"),
        (
            &other,
            "kopru.toml:22: datasets 1234567890 and 77 name the same whatsapp_business_account_id; \
                  a chat's events can go to only one of them",
        ),
        (
            kommo,
            "kopru.toml:22: https://acme.kommo.com is a source of this workspace already; it needs only one",
        ),
    ] {
        assert_eq!(problems(&format!("{GOOD}{again}")), [said]);
    }
}

#[test]
fn all_problems_are_said_at_once() {
    let text = GOOD.replace("consent = \"elsewhere\"\n", "").replace("stage = \"Qualified\"\n", "");
    assert_eq!(problems(&text).len(), 2);
}

#[test]
fn an_empty_file_is_no_configuration() {
    assert_eq!(problems("").len(), 1);
}

/// Where a token would go in the clear or into somebody's own network, unless the object says that it may.
#[test]
fn a_token_goes_only_where_it_is_safe() {
    let clear = "over http:// the token would travel in the clear; write https://, or allow_insecure = true beside it";
    let private =
        "this is a private or link-local address; write a public one, or allow_insecure = true beside it";
    for (url, why) in [
        ("https://upstream.example.com", None),
        ("http://127.0.0.1:8490", None),
        ("http://localhost:8490", None),
        ("http://[::1]:8490", None),
        ("http://upstream.example.com", Some(clear)),
        ("http://169.254.169.254", Some(clear)),
        ("https://169.254.169.254", Some(private)),
        ("https://10.0.0.7:8443", Some(private)),
        ("https://[fd00::1]", Some(private)),
    ] {
        let account = GOOD.replace("https://acme.kommo.com", url);
        let graph = GOOD.replace("222\"\n", &format!("222\"\ngraph_url = \"{url}\"\n"));
        for (text, key, line) in [(account, "account", 16), (graph, "graph_url", 9)] {
            let said = why.map(|why| format!("kopru.toml:{line}: {key} = \"{url}\": {why}"));
            assert_eq!(problems(&text), Vec::from_iter(said), "{key} {url}");
            let this_line = format!("{key} = \"{url}\"\n");
            let allowed = text.replace(&this_line, &format!("{this_line}allow_insecure = true\n"));
            assert_ne!(allowed, text);
            assert_eq!(problems(&allowed), Vec::<String>::new(), "{key} {url}");
        }
    }
}

#[test]
fn who_may_call_and_who_is_believed_is_read() {
    let server = "[server]\nadmin_token = \"0123456789abcdef0123456789abcdef\"\n\
                  admin_hosts = [\"Kopru.Example.com:8443\", \"10.0.0.7\"]\n\
                  trusted_proxies = [\"127.0.0.1\", \"2001:db8::/32\"]\n";
    let env = |_: &str| Some("token".to_owned());
    let config = Config::read("kopru.toml", &format!("{server}{GOOD}"), &env).ok().unwrap();
    assert_eq!(config.admin_hosts, ["kopru.example.com", "10.0.0.7"]);
    assert_eq!(config.trusted_proxies, [("127.0.0.1").parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
    assert!(config.notices.is_empty());
}

#[test]
fn a_currency_is_one_that_there_is() {
    let read = |currency: &str| {
        let text = GOOD.replacen("name = ", &format!("currency = \"{currency}\"\nname = "), 1);
        Config::read("kopru.toml", &text, &|_| Some("token".to_owned()))
            .map(|_| ())
            .map_err(|problems| problems[0].message.clone())
    };
    assert_eq!(read("try"), Ok(()));
    for (code, mend) in [
        ("ZZZ", "currency = \"ZZZ\" is no code of ISO 4217; write for example \"TRY\""),
        ("TL", "currency = \"TL\" is no code of ISO 4217; write \"TRY\""),
        (
            "BGN",
            "currency = \"BGN\" is no code of ISO 4217: BGN was withdrawn in 2026-01; write EUR, and the amount changes: \
             1.95583 BGN are 1 EUR",
        ),
    ] {
        assert_eq!(read(code), Err(mend.to_owned()));
    }
}

#[test]
fn a_public_address_without_https_is_said() {
    for (url, is_said) in [
        ("http://convert.example.com", true),
        ("http://10.0.0.7:8480", true),
        ("https://convert.example.com", false),
        ("http://127.0.0.1:8480", false),
        ("http://localhost:8480", false),
    ] {
        let text = format!("[server]\npublic_url = \"{url}\"\n{GOOD}");
        let config = Config::read("kopru.toml", &text, &|_| Some("token".to_owned())).ok().unwrap();
        let said: Vec<String> = config.notices.iter().map(ToString::to_string).collect();
        let wanted = is_said.then_some(
            "kopru.toml:2: server.public_url is not https: Meta and CRMs send webhooks to https addresses only",
        );
        assert_eq!(said, Vec::from_iter(wanted), "{url}");
        assert_eq!(config.public_url.as_deref(), Some(url));
    }
}

/// The example is the reference: each key that is read stands in it, and what is commented out works too.
#[test]
fn the_example_has_every_key_and_all_of_them_work() {
    let example = include_str!("../../../../kopru.example.toml");
    let is_key =
        |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim().bytes().all(is_key_byte));
    let whole: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| is_key(line)).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let env = |name: &str| Some(format!("{name}-0123456789abcdef0123456789abcdef"));
    let problems = |text: &str| Config::read("kopru.example.toml", text, &env).err().unwrap_or_default();
    // The code counts in test mode only.
    let whole = whole.replace("= \"shadow\"", "= \"test\"");
    // Somebody has to choose, and only that is open.
    let open = problems(example);
    assert!(open.len() == 1 && open[0].message.contains("does not say \"consent\""), "{open:?}");
    let without = |unwanted: &[&str]| -> String {
        let kept = whole.lines().filter(|line| !unwanted.iter().any(|start| line.starts_with(start)));
        kept.fold(String::new(), |text, line| text + line + "\n")
    };
    let required = without(&["consent = \"elsewhere\"", "basis "]);
    let elsewhere = without(&["consent = \"required\""]);
    for text in [required, elsewhere] {
        let text = text.replace("\"env:KOPRU_DATA_KEY\"", &format!("\"{}\"", "0".repeat(64)));
        assert_eq!(problems(&text), []);
    }
    let written = include_str!("raw.rs");
    let keys: Vec<&str> = written
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':').map(|(key, _)| key))
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        // Apps are refused, and the others are the names of tables.
        let table = matches!(
            key,
            "server" | "store" | "retention" | "workspace" | "dataset" | "source" | "rule" | "app"
        );
        let stands =
            whole.lines().any(|line| line.split_once('=').is_some_and(|(name, _)| name.trim() == key));
        assert!(table || stands, "{key} is not in the example");
    }
    assert!(example.contains("KOPRU_LOG="));
    // What a kind has is said by the kind; the example shows it as it is.
    for kind in sources::KINDS {
        let wanted = kind.example(&format!("env:{}_HOOK_KEY", kind.name.to_ascii_uppercase()));
        assert!(example.contains(&wanted), "the example has to hold this:\n{wanted}");
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}
