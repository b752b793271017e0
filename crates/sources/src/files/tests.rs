//! Tables: names of columns, times, amounts, rows.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    amounts::{self, WrongAmount},
    currencies::Currencies,
    times::{self, TimeForms, WrongTime},
    *,
};

/// 2026-05-28 17:26:40 UTC.
const NOW_S: i64 = 1_779_989_200;

fn istanbul() -> TimeZone {
    TimeZone::get("Europe/Istanbul").unwrap()
}

fn names(header: &[&str]) -> Vec<Option<&'static str>> {
    guess(header, &[]).into_iter().map(|key| key.map(|key| key.name)).collect()
}

#[test]
fn columns_are_known_by_the_names_that_people_use() {
    for (header, keys) in [
        (
            "Sipariş No,Tarih,Ad,Soyad,E-Posta,Telefon,Tutar,Para Birimi,Şehir",
            "order_id,event_time,fn,ln,em,ph,value,currency,ct",
        ),
        ("SİPARİŞ NO,SİPARİŞ TARİHİ,E-MAİL,GSM,GENEL TOPLAM", "order_id,event_time,em,ph,value"),
        (
            "event_name,event_time,event_id,em,ph,value,currency",
            "event_name,event_time,event_id,em,ph,value,currency",
        ),
        // Shopify's orders: Name is the number of the order.
        (
            "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Created at,Billing Name,Billing City,Billing Zip,Billing Country,Billing Phone,Shipping Name,Shipping Phone,Id,Phone",
            "order_id,em,,,currency,,value,event_time,name,ct,zp,country,ph,,,,ph",
        ),
        // WooCommerce's.
        (
            "Order ID,Order Number,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Email (Billing),Phone (Billing),City (Billing),Postcode (Billing),Country Code (Billing),Order Total Amount",
            "order_id,,event_time,,fn,ln,em,ph,ct,zp,country,value",
        ),
        // Ticimax's and IdeaSoft's.
        (
            "Sipariş ID,Sipariş Numarası,Sipariş Tarihi,Üye Adı Soyadı,Üye E-Mail,Fatura Telefonu,Toplam Tutar,Para Birimi",
            ",order_id,event_time,name,em,ph,value,currency",
        ),
        (
            "Sipariş Numarası,Müşteri Adı,Müşteri Soyadı,E-posta Adresi,Cep Telefonu,Genel Toplam,Oluşturulma Tarihi,Sipariş Durumu",
            "order_id,fn,ln,em,ph,value,event_time,",
        ),
        // Deals of a CRM: sold when they were closed.
        (
            "ID,Lead name,Lead stage,Pipeline,Budget,Created at,Closed at,Main contact,Work phone,Work email",
            "event_id,,,,value,,event_time,name,ph,em",
        ),
        ("Fiş No,Tarih,Saat,Tel,Tutar", "order_id,event_time,time_of_day,ph,value"),
        ("No,Tarih,Tel 1,Tel 2,E-posta 1,Tutar (KDV Dahil)", "order_id,event_time,ph,ph,em,value"),
        ("Dekont No,İşlem Tarihi,İşlem Tutarı", "order_id,event_time,value"),
        ("a,b,c", ",,"),
        ("", ""),
    ] {
        let header: Vec<&str> = header.split(',').collect();
        let wanted: Vec<Option<&str>> =
            keys.split(',').map(|key| Some(key).filter(|key| !key.is_empty())).collect();
        assert_eq!(names(&header), wanted, "{header:?}");
    }
    assert!(same_column(" E-POSTA ", "eposta") && !same_column("a", "b"));
}

#[test]
fn a_key_is_one_column_unless_it_is_a_list() {
    assert_eq!(names(&["Telefon", "GSM", "Tel", "Mobile"]).iter().flatten().count(), 3);
    assert_eq!(names(&["Total", "Tutar"]), [Some("value"), None]);
    for key in &FILE_KEYS {
        assert!(key.words.iter().all(|word| !word.is_empty()), "{}", key.name);
        assert_eq!(FILE_KEYS.iter().filter(|other| other.name == key.name).count(), 1);
    }
}

#[test]
fn times_are_read_as_they_are_written() {
    let zone = istanbul();
    let read =
        |text: &str, of_day: &str, order| TimeForms { zone: &zone, order, now_s: NOW_S }.read(text, of_day);
    let at = |time: &str| Ok(time.parse::<jiff::Timestamp>().unwrap().as_second());
    for (text, time) in [
        ("2026-05-27T20:26:40Z", "2026-05-27T20:26:40Z"),
        ("2026-05-27T20:26:40.123+03:00", "2026-05-27T17:26:40Z"),
        ("2026-05-27 20:26:40 +0300", "2026-05-27T17:26:40Z"),
        ("2026-05-27 20:26:40 -05", "2026-05-28T01:26:40Z"),
        ("2026-05-27 20:26:40 UTC", "2026-05-27T20:26:40Z"),
        ("2026-05-27 20:26", "2026-05-27T17:26:00Z"),
        ("27.05.2026 20:26", "2026-05-27T17:26:00Z"),
        ("27.05.2026, 20:26:05", "2026-05-27T17:26:05Z"),
        ("27.05.26 20:26", "2026-05-27T17:26:00Z"),
        ("7.5.2026 9:06", "2026-05-07T06:06:00Z"),
        ("27/05/2026 20:26", "2026-05-27T17:26:00Z"),
        ("05/27/2026 8:26 PM", "2026-05-27T17:26:00Z"),
        ("05/27/2026 12:05 AM", "2026-05-26T21:05:00Z"),
        ("2026/05/27 20:26", "2026-05-27T17:26:00Z"),
        ("27.05.2026 - 20:26", "2026-05-27T17:26:00Z"),
        ("27.05.2026 Saat 20:26", "2026-05-27T17:26:00Z"),
        ("202605272026", "2026-05-27T17:26:00Z"),
        ("20260527202640", "2026-05-27T17:26:40Z"),
        ("27.05.2026 8:26 ÖS", "2026-05-27T17:26:00Z"),
        ("27.05.2026 08:26:00 öö", "2026-05-27T05:26:00Z"),
        // With the month in words.
        ("27 Mayıs 2026 20:26", "2026-05-27T17:26:00Z"),
        ("27 MAYIS 2026", "2026-05-27T09:00:00Z"),
        ("27 Mayıs 2026 Çarşamba", "2026-05-27T09:00:00Z"),
        ("27 Mayıs 2026 Çarşamba 20:26", "2026-05-27T17:26:00Z"),
        ("Çarşamba, 27 Mayıs 2026 20:26", "2026-05-27T17:26:00Z"),
        ("27-May-26", "2026-05-27T09:00:00Z"),
        ("27.May.2026", "2026-05-27T09:00:00Z"),
        ("May 27, 2026 8:26 PM", "2026-05-27T17:26:00Z"),
        ("Wednesday, 27 May 2026", "2026-05-27T09:00:00Z"),
        ("7 Şub 2026", "2026-02-07T09:00:00Z"),
        // Without a time of day: noon, or now.
        ("27.05.2026", "2026-05-27T09:00:00Z"),
        ("20260527", "2026-05-27T09:00:00Z"),
        ("1779900000", "2026-05-27T16:40:00Z"),
        ("1779900000.75", "2026-05-27T16:40:00Z"),
        ("1779900000123", "2026-05-27T16:40:00Z"),
        // Excel's.
        ("46169", "2026-05-27T09:00:00Z"),
        ("46169.5", "2026-05-27T09:00:00Z"),
        ("46169,851388889", "2026-05-27T17:26:00Z"),
    ] {
        assert_eq!(read(text, "", None), at(time), "{text}");
    }
    assert_eq!(read("27.05.2026", "20:26", None), at("2026-05-27T17:26:00Z"));
    assert_eq!(read("28.05.2026", "", None), at("2026-05-28T09:00:00Z"));
    let forms = TimeForms { zone: &zone, order: None, now_s: NOW_S - 10 * 3600 };
    assert_eq!(forms.read("28.05.2026", ""), Ok(NOW_S - 10 * 3600), "noon is still to come");
    assert_eq!(read("05/06/2026", "", None), Err(WrongTime::TwoMeanings));
    assert_eq!(read("05/06/2026", "", Some(DayOrder::DayFirst)), at("2026-06-05T09:00:00Z"));
    assert_eq!(read("05/06/2026", "", Some(DayOrder::MonthFirst)), at("2026-05-06T09:00:00Z"));
    assert_eq!(read("05/05/2026", "", None), at("2026-05-05T09:00:00Z"));
    for text in [
        "",
        "x",
        "yesterday",
        "2026-13-01",
        "30.02.2026",
        "27.05.2026 25:00",
        "27.05.2026 x",
        "27.05.2026 20:26 CEST",
        "1",
        "99999999999999999999",
        "05/27",
        "27.05",
        "202613272026",
        "27 Smarch 2026",
        "Mayıs 2026",
        "31 Şubat 2026",
        "Çarşamba",
    ] {
        assert_eq!(read(text, "", None), Err(WrongTime::NoTime), "{text}");
    }
    let order = |texts: &[&str]| times::order_of(texts.iter().copied());
    assert_eq!(order(&["05/06/2026", "27/05/2026"]), Some(DayOrder::DayFirst));
    assert_eq!(order(&["05/06/2026", "05/27/2026 10:00"]), Some(DayOrder::MonthFirst));
    assert_eq!(order(&["27/05/2026", "05/27/2026"]), None);
    assert_eq!(order(&["2026-05-27", "27.05.2026"]), None);
}

#[test]
fn amounts_are_read_as_they_are_written() {
    let only = |read: Currencies| read.only().map_or_else(|| "several".to_owned(), str::to_owned);
    let read = |text: &str, mark| {
        amounts::read(text, mark).map(|read| (read.amount.to_string(), read.currencies.map(only)))
    };
    for (text, amount, currency) in [
        ("1500", "1500", None),
        ("1500.50", "1500.5", None),
        ("1.299,90", "1299.9", None),
        ("1,299.90", "1299.9", None),
        ("49,90 TL", "49.9", Some("TRY")),
        ("₺1.299,90", "1299.9", Some("TRY")),
        ("€ 12,5", "12.5", Some("EUR")),
        ("$12.50", "12.5", Some("several")),
        ("-$12.50", "-12.5", Some("several")),
        ("$100 USD", "100", Some("USD")),
        ("US$ 100", "100", Some("USD")),
        ("12.50 CHF", "12.5", Some("CHF")),
        ("CHF 1'299.90", "1299.9", Some("CHF")),
        ("Fr. 100.-", "100", Some("CHF")),
        ("1.250,00 ₺", "1250", Some("TRY")),
        ("100,- zł", "100", Some("PLN")),
        ("100 try", "100", Some("TRY")),
        ("(5,00)", "-5", None),
        ("₺-5", "-5", Some("TRY")),
        ("−5,00 TL", "-5", Some("TRY")),
        ("5,00-", "-5", None),
        (".5", "0.5", None),
        ("+5", "5", None),
        ("1.000.000", "1000000", None),
        ("1 299,90", "1299.9", None),
        ("1'299.90", "1299.9", None),
        ("1\u{a0}299,90", "1299.9", None),
        ("-5,00", "-5", None),
        ("0,500", "0.5", None),
    ] {
        assert_eq!(read(text, None), Ok((amount.to_owned(), currency.map(str::to_owned))), "{text}");
    }
    for text in ["12.500", "12,500", "1.000 TL", "999,999"] {
        assert_eq!(read(text, None), Err(WrongAmount::TwoMeanings), "{text}");
    }
    let said = |text, mark| read(text, Some(mark)).map(|(amount, _)| amount);
    assert_eq!(said("12.500", DecimalMark::Comma).as_deref(), Ok("12500"));
    assert_eq!(said("12.500", DecimalMark::Point).as_deref(), Ok("12.5"));
    assert_eq!(said("12,500", DecimalMark::Point).as_deref(), Ok("12500"));
    for text in ["", "x", "1,2,3", "1.2.3", "1.29,9,0", "TL", "--5", "(-5)", "-5-", "1,29.90", "5 6x7"] {
        assert_eq!(read(text, None), Err(WrongAmount::NoNumber), "{text}");
    }
    for text in ["12 apples", "5 XYZ", "5 DEM", "no. 5"] {
        assert_eq!(read(text, None), Err(WrongAmount::NoCurrency), "{text}");
    }
    assert_eq!(read("$5 TL", None), Err(WrongAmount::TwoCurrencies));
    assert_eq!(said("12.50", DecimalMark::Comma), Err(WrongAmount::NoNumber), "the file says otherwise");
    let mark = |texts: &[&str]| amounts::mark_of(texts.iter().copied());
    assert_eq!(mark(&["12.500", "1.299,90 TL"]), Some(DecimalMark::Comma));
    assert_eq!(mark(&["12.500", "12.5"]), Some(DecimalMark::Point));
    assert_eq!(mark(&["12,5", "12.5"]), None);
    assert_eq!(mark(&["12.500", "1500"]), None);
    assert_eq!(mark(&["Rs. 10"]), None, "the point is of the word");
}

fn forms() -> RowForms {
    RowForms {
        zone: istanbul(),
        order: None,
        mark: None,
        event_name: Some("Purchase".into()),
        action_source: Some("physical_store".into()),
        currency: Some("TRY".into()),
        written_in: None,
    }
}

fn reader(header: &[&str]) -> RowReader {
    RowReader::new(guess(header, &[]), None, forms())
}

fn event_of(header: &[&str], row: &[&str]) -> Result<Value, RefusedRow> {
    reader(header).event(row, NOW_S).map(|event| serde_json::from_str(&event).unwrap())
}

#[test]
fn a_row_becomes_an_event() {
    let header = ["Fiş No", "Tarih", "Ad Soyad", "E-posta", "Telefon", "GSM", "Tutar", "Şehir"];
    let row = [
        "F-17",
        "27.05.2026 20:26",
        "Ada \"Deniz\" Kaya",
        "ada@example.com",
        "'05321112233",
        "=\"0533 111 22 33\"",
        "1.299,90 TL",
        "-",
    ];
    assert_eq!(
        event_of(&header, &row).unwrap(),
        json!({
            "event_id": "F-17", "event_name": "Purchase", "action_source": "physical_store", "event_time": 1_779_902_760,
            "user_data": {
                "em": "ada@example.com", "ph": ["05321112233", "0533 111 22 33"], "fn": "Ada \"Deniz\"", "ln": "Kaya",
            },
            "custom_data": {"value": 1299.9, "currency": "TRY", "order_id": "F-17"},
        })
    );
    let wrong = |header: &[&str], row: &[&str]| event_of(header, row).unwrap_err().key;
    assert_eq!(wrong(&["Tarih", "Tutar"], &["27.05.2026", "5"]), "event_id");
    assert_eq!(wrong(&["Sipariş No", "Tarih"], &["1", ""]), "event_time");
    assert_eq!(wrong(&["Sipariş No", "Tarih"], &["1"]), "event_time", "a row that is too short");
    assert_eq!(wrong(&["Sipariş No", "Tarih"], &["9.05321E+11", "27.05.2026"]), "order_id");
    assert_eq!(wrong(&["Sipariş No", "Tarih", "Telefon"], &["1", "27.05.2026", "9,05321E+11"]), "ph");
    assert_eq!(wrong(&["Sipariş No", "Tarih", "Tutar"], &["1", "27.05.2026", "12.500"]), "value");
}

#[test]
fn an_amount_counts_in_the_currency_that_it_names() {
    let of = |default: Option<&str>, amount: &str, column: &str| {
        let header = ["Sipariş No", "Tarih", "Tutar", "Para Birimi"];
        let forms = RowForms { currency: default.map(str::to_owned), ..forms() };
        let reader = RowReader::new(guess(&header, &[]), None, forms);
        let event = reader.event(&["1", "27.05.2026", amount, column], NOW_S);
        event.map(|event| {
            let event: Value = serde_json::from_str(&event).unwrap();
            event["custom_data"]["currency"].as_str().unwrap_or_default().to_owned()
        })
    };
    for (default, amount, column, wanted) in [
        (Some("TRY"), "100", "", "TRY"),
        (None, "100", "", ""),
        (Some("TRY"), "100 CHF", "", "CHF"),
        (Some("TRY"), "100 CHF", "chf", "CHF"),
        (Some("TRY"), "100", "€", "EUR"),
        (Some("TRY"), "$100", "CAD", "CAD"),
        (Some("TRY"), "100 CAD", "$", "CAD"),
        (Some("USD"), "$100", "", "USD"),
        (Some("AUD"), "$100", "", "AUD"),
        (Some("AUD"), "100", "$", "AUD"),
        (Some("AUD"), "US$100", "", "USD"),
        (Some("TRY"), "1.250,00 ₺", "", "TRY"),
        // What is no currency, the check refuses.
        (Some("TRY"), "100 TL", "beads", "beads"),
    ] {
        assert_eq!(of(default, amount, column).as_deref(), Ok(wanted), "{default:?} {amount} {column}");
    }
    for (default, amount, column) in [
        (Some("TRY"), "$100", ""),
        (None, "$100", ""),
        (Some("TRY"), "100", "$"),
        (Some("TRY"), "100 kr", ""),
        (Some("TRY"), "5 TL", "EUR"),
        (Some("TRY"), "$5", "TL"),
        (Some("EUR"), "$5 TL", ""),
    ] {
        let refused = of(default, amount, column).unwrap_err();
        assert_eq!(refused.key, "currency", "{default:?} {amount} {column}");
    }
    assert!(of(Some("TRY"), "$100", "").unwrap_err().wrong.contains("--currency"));
    assert!(of(Some("TRY"), "100 XYZ", "").unwrap_err().wrong.contains("code"));
}

#[test]
fn the_column_of_amounts_may_name_their_currency() {
    let of = |name: &str, amount: &str| {
        let header = ["Sipariş No", "Tarih", name];
        let columns = guess(&header, &[]);
        let mut forms = forms();
        forms.learn(&columns, &header, &[]);
        let event = RowReader::new(columns, None, forms).event(&["1", "27.05.2026", amount], NOW_S)?;
        let event: Value = serde_json::from_str(&event).unwrap();
        Ok(event["custom_data"]["currency"].as_str().unwrap_or_default().to_owned())
    };
    for (name, amount, currency) in [
        ("Tutar (TL)", "100", "TRY"),
        ("Genel Toplam TL", "100", "TRY"),
        ("Toplam Tutar (₺)", "100", "TRY"),
        ("Tutar (USD)", "100", "USD"),
        ("Total [eur]", "100", "EUR"),
        ("Total EUR", "100 USD", "USD"),
        ("Tutar", "100", "TRY"),
    ] {
        assert_eq!(of(name, amount).as_deref(), Ok(currency), "{name} {amount}");
    }
    let refused: Result<String, RefusedRow> = of("Tutar ($)", "100");
    assert_eq!(refused.unwrap_err().key, "currency", "the business has TRY");
    assert_eq!(names(&["Kalan TL", "Order All"]), [None, None]);
}

#[test]
fn what_is_given_back_or_costs_nothing_is_no_sale() {
    let of = |name: &str, amount: &str| {
        let header = ["event_name", "Sipariş No", "Tarih", "Tutar"];
        event_of(&header, &[name, "1", "27.05.2026", amount])
    };
    for amount in ["-5", "-5,00 TL", "(5,00)", "₺-5", "−5,00", "5,00-"] {
        assert!(of("Purchase", amount).unwrap_err().wrong.starts_with("a return is not a sale"), "{amount}");
    }
    for amount in ["0", "0,00 TL", "-0.00", "₺0"] {
        assert!(of("Purchase", amount).unwrap_err().wrong.contains("zero"), "{amount}");
    }
    assert_eq!(of("OrderReturned", "-5").unwrap()["custom_data"]["value"], -5.0);
    assert_eq!(of("Lead", "0").unwrap()["custom_data"]["value"], 0.0);
}

#[test]
fn a_cell_may_hold_several_numbers_and_a_name_its_family_first() {
    let of = |name: &str, cell: &str| {
        let event = event_of(&["Sipariş No", "Tarih", name], &["1", "27.05.2026", cell]).unwrap();
        event["user_data"].clone()
    };
    for (name, cell, wanted) in [
        ("Telefon", "0532 111 22 33 / 0533 444 55 66", json!({"ph": ["0532 111 22 33", "0533 444 55 66"]})),
        ("Telefon", "0532 111 22 33; 0533 444 55 66", json!({"ph": ["0532 111 22 33", "0533 444 55 66"]})),
        ("Telefon", "0532/111 22 33", json!({"ph": "0532/111 22 33"})),
        ("Telefon", "0532 111 22 33", json!({"ph": "0532 111 22 33"})),
        (
            "E-posta",
            "ada@example.com, ece@example.com",
            json!({"em": ["ada@example.com", "ece@example.com"]}),
        ),
        ("E-posta", "yok; ada@example.com", json!({"em": "yok; ada@example.com"})),
        ("Ad Soyad", "Kaya, Ada", json!({"fn": "Ada", "ln": "Kaya"})),
        ("Ad Soyad", "Kaya,", json!({"fn": "Kaya"})),
        ("Ad Soyad", "Ada", json!({"fn": "Ada"})),
    ] {
        assert_eq!(of(name, cell), wanted, "{cell}");
    }
}

#[test]
fn a_row_that_adds_up_is_no_order() {
    let header = ["Sipariş No", "Tarih", "Müşteri", "Tutar"];
    let reader = reader(&header);
    for row in [
        ["Toplam", "", "", "1.500,00"],
        ["", "", "GENEL TOPLAM:", "1.500,00"],
        ["Total", "", "", "1500"],
        ["", "", "", "1.500,00"],
    ] {
        assert!(reader.is_sum(&row), "{row:?}");
    }
    for row in [["Toplam", "27.05.2026", "", "5"], ["", "", "Ada", "5"], ["7", "", "", "5"], ["", "", "", ""]]
    {
        assert!(!reader.is_sum(&row), "{row:?}");
    }
}

#[test]
fn consent_goes_with_its_row_under_the_name_of_its_column() {
    let header = ["Sipariş No", "Tarih", "KVKK Onayı"];
    let reader = RowReader::new(guess(&header, &[]), Some((2, "KVKK Onayı".into())), forms());
    let event: Value =
        serde_json::from_str(&reader.event(&["1", "27.05.2026", "Evet"], NOW_S).unwrap()).unwrap();
    assert_eq!(event["custom_data"]["KVKK Onayı"], "Evet");
}

#[test]
fn further_lines_of_an_order_are_none_of_their_own() {
    let reader = reader(&["Name", "Financial Status", "Total", "Created at"]);
    let first = ["#1001", "paid", "50.00", "2026-05-27 20:26:40 +0300"];
    assert!(reader.continues(&["#1001", "", "", "2026-05-27 20:26:40 +0300"], &first));
    assert!(!reader.continues(&["#1002", "", "", ""], &first));
    assert!(!reader.continues(&["#1001", "", "5.00", ""], &first), "it is a double, and known as one");
    assert!(!reader.continues(&["#1001", "", "", ""], &[] as &[&str]));
    assert!(reader.repeats(&["#1001", "", "5.00", ""], &first), "the amount of another product");
    assert!(!reader.repeats(&["#1001", "", "50.00", ""], &first), "the total again");
    assert!(
        !reader.repeats(&["#1001", "", "", ""], &first) && !reader.repeats(&["#1002", "", "5", ""], &first)
    );
}

#[test]
fn a_file_says_how_it_is_written() {
    let header = ["Order ID", "Date", "Total ($)"];
    let columns = guess(&header, &[]);
    let rows: Vec<Vec<String>> = [["1", "05/06/2026", "12.500"], ["2", "27/06/2026", "12,5"]]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec();
    let mut forms = forms();
    forms.learn(&columns, &header, &rows);
    assert_eq!((forms.order, forms.mark), (Some(DayOrder::DayFirst), Some(DecimalMark::Comma)));
    assert_eq!(forms.written_in.as_deref(), Some("$"));
}

proptest! {
    #[test]
    fn any_cells_make_an_event_or_a_reason(
        header in proptest::collection::vec("(?s).{0,12}|tarih|tutar|telefon|email|order id|ad soyad", 0..8),
        row in proptest::collection::vec("(?s).{0,24}|[0-9.,/: -]{0,20}", 0..10),
    ) {
        let columns = guess(&header, &[]);
        let mut forms = forms();
        forms.learn(&columns, &header, std::slice::from_ref(&row));
        let reader = RowReader::new(columns, Some((0, "agreed".into())), forms);
        let _ = reader.continues(&row, &row);
        if let Ok(event) = reader.event(&row, NOW_S) {
            let event: Value = serde_json::from_str(&event).unwrap();
            prop_assert!(event["event_time"].is_i64());
        }
    }
}
