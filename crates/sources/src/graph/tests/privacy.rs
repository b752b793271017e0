//! What is of a person and stands where it does not belong neither leaves nor reaches the disk in the clear.

use super::*;

/// Texts with an address or a number in them, and what of it must be nowhere.
const TEXTS: [(&str, &str); 14] = [
    ("mail me: ada@example.com.", "ada@example"),
    ("Gift for <ADA@EXAMPLE.COM.>", "ADA@EXAMPLE"),
    ("ada_@example.com-x", "ada_@example"),
    ("lovelace\u{FF20}example.com", "lovelace"),
    ("lovelace&#64;example.com", "lovelace"),
    ("lovelace%2540example.com", "lovelace"),
    ("ada@mail.xn--p1ai", "xn--p1ai"),
    ("call 0532 000 00 01", "000 00 01"),
    ("Tel: +90 532 000 00 01", "000 00 01"),
    ("+905320000001 arayın", "5320000001"),
    ("Order 12, +90 (532) 000 00 01", "000 00 01"),
    ("0532 000 00 01 siparişim", "000 00 01"),
    ("Ada 05320000001", "5320000001"),
    ("wa.me/905320000001", "5320000001"),
];

#[test]
fn texts_that_hold_an_address_or_a_number_stay_here() {
    for (text, personal) in TEXTS {
        for change in [
            json!({"custom_data": {"note": text}}),
            json!({"custom_data": {"content_name": text}}),
            json!({"custom_data": {"search_string": text}}),
            json!({"custom_data": {"contents": [{"id": "A1", "quantity": 1, "title": text}]}}),
            json!({"custom_data": {"mine": {"deep": [text]}}}),
            json!({"note": text}),
            json!({"event_source_url": format!("https://shop.example/u/{text}/x?utm_source={text}")}),
        ] {
            let activity = one(&event(&change));
            assert!(!activity.event.json.contains(personal), "{change}: {}", activity.event.json);
        }
        let refused = refused(take(&json!({"data": [event(&json!({"event_name": text}))]})));
        let shown = format!("{refused:?} {}", String::from_utf8_lossy(refused.reply.body()));
        assert!(!shown.contains(personal), "{shown}");
    }
    for name in ["05320000001", "905320000001"] {
        refused(take(&json!({"data": [event(&json!({"event_name": name}))]})));
    }
}

#[test]
fn ids_that_hold_an_address_or_a_number_are_listed_by_their_key() {
    for id in ["lead:ada@example.com.", "ada@example.com-x", "lead +905320000001", "tel:05320000001"] {
        let activity =
            one(&event(&json!({"event_id": id, "custom_data": {"order_id": id, "content_ids": [id]}})));
        assert_eq!(activity.event_id, capi::hex(&activity.once[0].key), "{id}");
        let sent = sent(&activity);
        assert_eq!(sent["event_id"], id);
        assert_eq!(
            (&sent["custom_data"]["order_id"], &sent["custom_data"]["content_ids"]),
            (&json!(null), &json!(null)),
            "{id}"
        );
    }
}

#[test]
fn numbers_of_orders_and_products_go_on() {
    for id in [
        "532-111-2233",
        "XR+1234567890",
        "05320000001",
        "8691234567890",
        "00812345678905",
        "0306406152",
        "SKU-0532-000-00-01",
        "TR330006100519786457841326",
        "1700000000000",
    ] {
        let change = json!({"event_id": id, "custom_data": {"order_id": id, "content_ids": [id], "sku": id,
            "contents": [{"id": id, "quantity": 1, "item_price": 10.5}]}});
        let activity = one(&event(&change));
        assert_eq!(activity.event_id, id);
        let data = &sent(&activity)["custom_data"];
        let all = [&data["order_id"], &data["content_ids"][0], &data["contents"][0]["id"], &data["sku"]];
        assert!(all.iter().all(|there| *there == id), "{data}");
    }
}

#[test]
fn what_is_named_for_a_person_in_the_languages_of_shops() {
    for name in [
        "adres",
        "müşteri_adı",
        "tc_kimlik",
        "kart_no",
        "iban_no",
        "telefon",
        "cep",
        "eposta",
        "soyad",
        "tel_no",
        "Nachname",
        "dirección",
        "prénom",
        "sobrenome",
        "фамилия",
        "هاتف",
    ] {
        let activity = one(&event(&json!({"custom_data": {name: "4111 1111 1111 1111", "renk": "mavi"}})));
        let data = &sent(&activity)["custom_data"];
        assert_eq!((&data[name], &data["renk"]), (&json!(null), &json!("mavi")), "{name}");
    }
}

/// Without its id Meta would refuse the thing, and the whole sale with it.
#[test]
fn a_thing_whose_id_looks_personal_does_not_cost_the_sale() {
    for id in ["ada@example.com", "ada@example.com-L", "tel:5320000001", "+905320000001"] {
        let things = json!([{"id": "SKU-1", "quantity": 1}, {"id": id, "quantity": 1}]);
        let taken = taken(take(&json!({"data": [event(&json!({"custom_data": {"contents": things}}))]})));
        let sent = sent(&taken.activities[0]);
        assert_eq!(sent["custom_data"]["contents"], json!([{"id": "SKU-1", "quantity": 1}]), "{id}: {sent}");
        let answer = body_of(&taken.reply.make(TurnedOut::default()));
        let advice = answer["kopru"]["advice"].as_array().unwrap();
        let paths: Vec<&str> = advice.iter().filter_map(|one| one["path"].as_str()).collect();
        assert_eq!(paths, ["custom_data.contents.1.id", "custom_data.contents"], "{id}: {answer}");
    }
    let alone = event(&json!({"custom_data": {"contents": [{"id": "tel:5320000001"}]}}));
    let sent = sent(&taken(take(&json!({ "data": [alone] }))).activities[0]);
    assert_eq!(sent["custom_data"]["contents"], json!(null), "{sent}");
}
