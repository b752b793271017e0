//! Rules: what fires them, and what their events are worth.

use capi::Money;
use kopru_core::{AmountFrom, Repeat, Rule, Trigger, Wanted, Worth};

use super::{Config, GOOD, problems};

/// The rule of the good configuration, with other lines.
fn with(lines: &str) -> String {
    GOOD.replace("stage = \"Qualified\"\nsend = \"Lead\"\n", lines)
}

fn rule(lines: &str) -> Rule {
    let env = |_: &str| Some("token".to_owned());
    let config = Config::read("kopru.toml", &with(lines), &env);
    let mut config = config.unwrap_or_else(|problems| panic!("{lines}: {problems:?}"));
    config.workspaces.remove(0).policy.rules.remove(0)
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn a_rule_says_what_its_event_is_worth() {
    let price = Worth::price;
    for (lines, worth) in [
        ("stage = \"won\"\nsend = \"Purchase\"\n", Some(price())),
        ("stage = \"Hot\"\nsend = \"Lead\"\n", None),
        ("stage = \"Hot\"\nsend = \"Lead\"\nvalue = \"price\"\n", Some(price())),
        (
            "stage = \"won\"\nsend = \"Purchase\"\nvalue = \"field: Sale value \"\n",
            Some(Worth { from: AmountFrom::Field("Sale value".into()), ..price() }),
        ),
        (
            "stage = \"Hot\"\nsend = \"Lead\"\nvalue = \"fixed:12.50\"\n",
            Some(Worth { from: AmountFrom::Fixed(money("12.5")), ..price() }),
        ),
        (
            "stage = \"won\"\nsend = \"Purchase\"\ntimes = 0.8333\nminimum = 100\n",
            Some(Worth { times: "0.8333".parse().ok(), minimum: Some(money("100")), ..price() }),
        ),
        (
            "stage = \"won\"\nsend = \"Purchase\"\ntimes = \"0.1\"\nminimum = 99.90\n",
            Some(Worth { times: "0.1".parse().ok(), minimum: Some(money("99.9")), ..price() }),
        ),
    ] {
        assert_eq!(rule(lines).worth, worth, "{lines}");
    }
}

#[test]
fn a_tag_fires_a_rule_as_well() {
    let tag = rule("tag = \"VIP\"\nsend = \"Lead\"\n");
    assert_eq!(tag.trigger, Trigger::Tag("VIP".into()));
    let lines = "tag = \"VIP\"\nsend = \"Lead\"\nvalue = \"field:Deposit\"\n";
    let env = |_: &str| Some("token".to_owned());
    let config = Config::read("kopru.toml", &with(lines), &env).ok().unwrap();
    let wanted = Wanted { fields: vec!["Deposit".into()], tags: vec!["VIP".into()], ..Wanted::default() };
    assert_eq!(config.workspaces[0].policy.wanted(), wanted);
}

#[test]
fn a_lead_has_one_name_whichever_is_written() {
    for name in ["Lead", "LeadSubmitted"] {
        assert_eq!(rule(&format!("stage = \"Hot\"\nsend = \"{name}\"\n")).send, "Lead");
    }
}

#[test]
fn a_rule_says_how_often_it_fires() {
    for (line, repeat) in [
        ("", Repeat::Once),
        ("repeat = \"once\"\n", Repeat::Once),
        ("repeat = \"each_win\"\n", Repeat::EachWin),
    ] {
        assert_eq!(rule(&format!("stage = \"won\"\nsend = \"Purchase\"\n{line}")).repeat, repeat);
    }
}

#[test]
fn a_rule_that_cannot_work_says_why_and_what_to_write() {
    let sale = "stage = \"won\"\nsend = \"Purchase\"\n";
    let lead = "stage = \"Hot\"\nsend = \"Lead\"\n";
    for (lines, said) in [
        (
            format!("{sale}value = \"fixed:500\"\n"),
            "kopru.toml:22: rule \"qualified\" has value = \"fixed:500\", an estimate, and what is sold has a price: with \
             send = \"Purchase\" take value = \"price\", or value = \"field:NAME\"",
        ),
        (
            format!("{lead}value = \"fixed:500 TL\"\n"),
            "kopru.toml:22: rule \"qualified\" has value = \"fixed:500 TL\", and \"500 TL\" is no amount; write it with a \
             point and without a currency",
        ),
        (
            format!("{lead}value = \"fixed:12.500\"\n"),
            "kopru.toml:22: rule \"qualified\" has value = \"fixed:12.500\", and \"12.500\" can mean two amounts",
        ),
        (
            format!("{lead}value = \"fixed:-5\"\n"),
            "kopru.toml:22: rule \"qualified\" has value = \"fixed:-5\"",
        ),
        (
            format!("{lead}value = \"field:\"\n"),
            "kopru.toml:22: value = \"field:\" is not known in this version; it can be: price, field:NAME",
        ),
        (
            format!("{lead}value = \"prise\"\n"),
            "kopru.toml:22: value = \"prise\" is not known in this version",
        ),
        (
            format!("{lead}times = 0.5\n"),
            "kopru.toml:22: rule \"qualified\" has times and no value; add value = \"price\", or take times out",
        ),
        (
            format!("{lead}value = \"fixed:5\"\nminimum = 3\n"),
            "kopru.toml:23: rule \"qualified\" has minimum for an amount that is always the same",
        ),
        (
            format!("{sale}times = 83.33\n"),
            "kopru.toml:22: rule \"qualified\" needs a number above 0 and up to 10 as times, for example times = 0.8333",
        ),
        (
            format!("{sale}times = true\n"),
            "kopru.toml:22: rule \"qualified\" needs a number above 0 and up to 10 as times",
        ),
        (
            format!("{sale}minimum = 0\n"),
            "kopru.toml:22: rule \"qualified\" needs an amount above 0 as minimum, for example minimum = 100",
        ),
        (
            format!("{sale}minimum = \"1.500,00\"\n"),
            "kopru.toml:22: rule \"qualified\" needs an amount above 0 as minimum",
        ),
        (
            format!("{sale}tag = \"VIP\"\n"),
            "kopru.toml:22: rule \"qualified\" has a stage and a tag; give the tag a rule of its own",
        ),
        (
            "send = \"Lead\"\n".to_owned(),
            "kopru.toml:18: rule \"qualified\" needs a \"stage\": a name, an id, \"won\" or \"lost\"; or a \"tag\"",
        ),
        (
            format!("{lead}repeat = \"each_win\"\n"),
            "kopru.toml:22: rule \"qualified\" has repeat = \"each_win\", which goes with stage = \"won\" only; take repeat \
             out",
        ),
        (
            format!("{sale}repeat = \"always\"\n"),
            "kopru.toml:22: repeat = \"always\" is not known in this version; it can be: once, each_win",
        ),
    ] {
        let problems = problems(&with(&lines));
        assert!(problems.len() == 1 && problems[0].starts_with(said), "{lines}:\n{problems:#?}");
        assert!(!problems[0].contains('\n'), "{problems:#?}");
    }
}

#[test]
fn an_id_that_cannot_be_a_name_of_a_stage_is_refused() {
    for id in [" ".to_owned(), "x".repeat(101), "a\\nb".to_owned()] {
        let text = GOOD.replace("id = \"qualified\"", &format!("id = \"{id}\""));
        let problems = problems(&text);
        assert!(problems.len() == 1 && problems[0].contains("lead_stage"), "{id}: {problems:#?}");
    }
}

#[test]
fn a_rule_that_takes_back_what_it_cannot_is_said() {
    let sale = "stage = \"won\"\nsend = \"Purchase\"\n";
    let of_sales = "stage = \"won\"\nsend = \"Purchase\"\npipeline = \"Sales\"\n";
    let (no_sale, on_won) = (Some("no rule sends a \"Purchase\""), Some("for deals that are won"));
    for (sale, lines, says) in [
        (None, "stage = \"lost\"\nsend = \"OrderCanceled\"\n", no_sale),
        (None, "stage = \"won\"\nsend = \"OrderReturned\"\n", no_sale),
        (Some(sale), "stage = \"won\"\nsend = \"OrderCanceled\"\n", on_won),
        (Some(sale), "stage = \"142\"\nsend = \"OrderReturned\"\n", on_won),
        (Some(of_sales), "stage = \"won\"\nsend = \"OrderReturned\"\npipeline = \"sales\"\n", on_won),
        (Some(of_sales), "stage = \"won\"\nsend = \"OrderReturned\"\npipeline = \"Returns\"\n", None),
        (Some(sale), "stage = \"lost\"\nsend = \"OrderCanceled\"\n", None),
        (Some(sale), "tag = \"back\"\nsend = \"OrderReturned\"\n", None),
        (Some(sale), "stage = \"Hot\"\nsend = \"Lead\"\n", None),
    ] {
        let sale = sale.map_or_else(String::new, |sale| format!("[[workspace.rule]]\nid = \"sale\"\n{sale}"));
        let config = Config::read("kopru.toml", &(with(lines) + &sale), &|_| Some("token".to_owned()));
        let said: Vec<String> = config.ok().unwrap().notices.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), usize::from(says.is_some()), "{lines}: {said:?}");
        assert!(says.is_none_or(|says| said[0].contains(says)), "{lines}: {said:?}");
    }
}
