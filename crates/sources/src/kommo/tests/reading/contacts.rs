//! What a contact says: who it is, and whether it consents.

use kopru_core::ConsentAnswer;

use super::*;

#[test]
fn consent_is_said_or_unknown() {
    let field = |value: Value| {
        json!({"custom_fields_values": [{"field_name": "Başka", "values": [{"value": true}]},
        {"field_name": "REKLAM İZNİ ", "field_code": "reklam izni", "values": [{"value": value}]}]})
    };
    for (value, expected) in [
        (json!(true), Some(ConsentAnswer::Yes)),
        (json!("Evet"), Some(ConsentAnswer::Yes)),
        (json!("YES"), Some(ConsentAnswer::Yes)),
        (json!("sim"), Some(ConsentAnswer::Yes)),
        (json!("نعم"), Some(ConsentAnswer::Yes)),
        (json!(1), Some(ConsentAnswer::Yes)),
        (json!("1"), Some(ConsentAnswer::Yes)),
        (json!(false), Some(ConsentAnswer::No)),
        (json!("HAYIR"), Some(ConsentAnswer::No)),
        (json!("Hayır"), Some(ConsentAnswer::No)),
        (json!(0), Some(ConsentAnswer::No)),
        (json!("hayır, istemiyorum"), Some(ConsentAnswer::No)),
        (json!("Onay vermedi"), Some(ConsentAnswer::No)),
        (json!("belki"), Some(ConsentAnswer::Unclear)),
        (json!("whatsapp"), Some(ConsentAnswer::Unclear)),
        (json!(""), None),
        (json!(null), None),
        (json!([true]), Some(ConsentAnswer::Yes)),
    ] {
        assert_eq!(read_deal(&field(value.clone())).consent, expected, "{value}");
    }
    let both = json!({"custom_fields_values": [{"field_code": "Reklam izni", "values": [{"value": "evet"}, {"value": "hayır"}]}]});
    assert_eq!(read_deal(&both).consent, Some(ConsentAnswer::No));
    let absent = json!({"custom_fields_values": []});
    assert_eq!(read_deal(&absent).consent, None);
}

#[test]
fn a_contacts_identifiers_become_nodes() {
    let row = json!({"id": 66, "name": "Ayşe Kaya", "updated_at": 1_780_000_000, "custom_fields_values": [
        {"field_code": "PHONE", "values": [{"value": "0532 000 00 01", "enum_code": "WORK"}, {"value": "+90 532 000 00 01"}, {"value": 905_320_000_002_u64}, {"value": "ara beni"}]},
        {"field_code": "EMAIL", "values": [{"value": " Ayse@Example.com"}, {"value": "yok"}]},
        {"field_name": "Reklam izni", "field_code": null, "values": [{"value": true}]},
        {"field_code": "IM", "values": [{"value": "905320000003"}]}]});
    let facts = answer(&[contact("66"), contact("67")], &[list("contacts", &json!([row]))]).unwrap();
    let who = vec![key().phone("905320000001"), key().phone("905320000002"), key().email("ayse@example.com")];
    let fact = |id, found, who, consent, answered_upto| {
        Fact::Contact(ContactRead {
            identifiers: Vec::new(),
            contact: Node::contact("kommo:acme", id),
            found,
            who,
            consent,
            updated_s: found.then_some(1_780_000_000),
            answered_upto,
        })
    };
    assert_eq!(
        facts,
        [fact("66", true, who, Some(ConsentAnswer::Yes), 7), fact("67", false, vec![], None, 8)]
    );
    let stored = serde_json::to_string(&facts).unwrap();
    assert!(!stored.contains("53200000") && !stored.contains("yse"), "{stored}");
}

#[test]
fn a_field_with_two_numbers_has_two() {
    for (values, expected) in [
        (json!([{"value": "0533 999 99 99, 0532 000 00 01"}]), &["905339999999", "905320000001"][..]),
        (json!([{"value": "0533 999 99 99 / 0532 000 00 01"}]), &["905339999999", "905320000001"]),
        (json!([{"value": "Ali: 0533 999 99 99\nAyşe: 0532 000 00 01"}]), &["905339999999", "905320000001"]),
        (json!([{"value": "05339999999 veya 05320000001"}]), &["905339999999", "905320000001"]),
        (
            json!([{"value": "0533/999 99 99"}, {"value": "0532 000 00 01; 0533 999 99 99"}]),
            &["905339999999", "905320000001"],
        ),
        (json!([{"value": "+229 01 97 12 34 56, 22997123456"}]), &["22997123456"]),
        (json!([{"value": "0533 999 99 99, ara beni"}]), &["905339999999"]),
    ] {
        let row = json!({"id": 66, "custom_fields_values": [{"field_code": "PHONE", "values": values}]});
        match answer(&[contact("66")], &[list("contacts", &json!([row]))]).unwrap().remove(0) {
            Fact::Contact(read) => {
                let expected: Vec<Node> = expected.iter().flat_map(|digits| key().phones(digits)).collect();
                assert_eq!(read.who, expected, "{values}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_contact_has_at_most_64_identifiers() {
    let values: Vec<Value> = (0..100).map(|i| json!({"value": format!("+90532000{i:04}")})).collect();
    let row = json!({"id": 66, "custom_fields_values": [{"field_code": "PHONE", "values": values}]});
    match answer(&[contact("66")], &[list("contacts", &json!([row]))]).unwrap().remove(0) {
        Fact::Contact(read) => assert_eq!(read.who.len(), 64),
        other => panic!("{other:?}"),
    }
}
