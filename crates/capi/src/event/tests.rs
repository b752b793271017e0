use super::*;

#[test]
fn reading_takes_an_object_and_nothing_else() {
    assert!(Event::from_slice(br#" {"event_name":"Lead"} "#).is_ok());
    for other in ["[]", "7", "null", r#""{}""#, "{} {}", ""] {
        assert!(Event::from_slice(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn an_event_knows_what_it_has() {
    let json = br#"{"event_name":"Lead","event_id":"","user_data":{},"app_data":[1],"mine":1}"#;
    let event = Event::from_slice(json).unwrap();
    for (name, has) in [
        ("event_name", true),
        ("event_id", false),
        ("event_time", false),
        ("user_data", false),
        ("app_data", false),
        ("mine", true),
        ("yours", false),
    ] {
        assert_eq!(event.has(name), has, "{name}");
    }
    assert!(!event.is_empty() && Event::default().is_empty());
    assert!(
        Event::from_slice(br#"{"event_name":"","user_data":{"em":[""]},"mine":null}"#).unwrap().is_empty()
    );
}

#[test]
fn no_field_is_declared_twice() {
    for fields in [
        Event::FIELDS,
        UserData::FIELDS,
        CustomData::FIELDS,
        Content::FIELDS,
        AppData::FIELDS,
        AttributionData::FIELDS,
    ] {
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), fields.len());
    }
    assert!(crate::Key::ALL.iter().all(|key| UserData::FIELDS.contains(&key.name())));
}

#[test]
fn words_of_metas_are_read_back() {
    for word in ActionSource::WORDS {
        let source = ActionSource::from(Cow::Borrowed(*word));
        assert_eq!(source.as_str(), *word);
        assert!(!matches!(source, ActionSource::Other(_)), "{word}");
    }
    assert_eq!(ActionSource::from(Cow::Borrowed("Website")), ActionSource::Other("Website".into()));
    assert_eq!(ActionSource::from(Cow::Borrowed("other")), ActionSource::ElseWhere);
}

#[test]
fn an_amount_is_money_where_money_can_be_so_exact() {
    let amount = |text: &'static str| Amount::read(text.into()).unwrap();
    for (text, money) in
        [("49.90", Some("49.9")), ("1e3", Some("1000")), ("-0.0", Some("0")), ("1e300", None)]
    {
        assert_eq!(amount(text).money().map(|money| money.to_string()).as_deref(), money, "{text}");
    }
    for (text, is_negative) in [("-1", true), ("-0.01", true), ("-0", false), ("-0.0", false), ("1", false)] {
        assert_eq!(amount(text).is_negative(), is_negative, "{text}");
    }
}
