use proptest::prelude::*;

use super::{email, phone};

#[test]
fn phones() {
    for (raw, country, expected) in [
        // A plus sign says that the country code is there; the trunk zero goes.
        ("+90 (0532) 123 45 67", None, "905321234567"),
        ("+90 (0532) 123 45 67", Some("US"), "905321234567"),
        ("\u{202A}+90 532 123 45 67\u{202C}", None, "905321234567"),
        ("＋９０５３２１２３４５６７", None, "905321234567"),
        ("tel:+90-532-123-45-67", None, "905321234567"),
        ("+0090 532 123 45 67", None, "905321234567"),
        // Italy keeps its zero.
        ("+39 06 1234 5678", None, "390612345678"),
        // Numbers of the workspace's country.
        ("0532 123 45 67", Some("TR"), "905321234567"),
        ("532 123 45 67", Some("tr"), "905321234567"),
        ("905321234567", Some("TR"), "905321234567"),
        ("٠٥٣٢ ١٢٣ ٤٥ ٦٧", Some("TR"), "905321234567"),
        ("۰۵۳۲۱۲۳۴۵۶۷", Some("TR"), "905321234567"),
        ("0532 123 45 67 ext. 5", Some("TR"), "905321234567"),
        ("0532 123 45 67 (WhatsApp)", Some("TR"), "905321234567"),
        ("0532 123 45 67 / 0533 765 43 21", Some("TR"), "905321234567"),
        ("(11) 98765-4321", Some("BR"), "5511987654321"),
        ("(650) 253-0000", Some("US"), "16502530000"),
        // Exit codes.
        ("0090 532 123 45 67", Some("TR"), "905321234567"),
        ("0090 532 123 45 67", None, "905321234567"),
        ("0090 532 123 45 67", Some("US"), "905321234567"),
        ("0090 532 123 45 67", Some("BR"), "905321234567"),
        ("011 90 532 123 45 67", Some("US"), "905321234567"),
        ("0011 90 532 123 45 67", Some("AU"), "905321234567"),
        // Foreign numbers without their plus sign.
        ("4915123456789", Some("TR"), "4915123456789"),
        ("905321234567", Some("US"), "905321234567"),
        ("905321234567", Some("DE"), "905321234567"),
        ("447911123456", Some("IT"), "447911123456"),
        ("905321234567", Some("BR"), "905321234567"),
        ("16505551212", Some("BR"), "16505551212"),
        ("16505551212", Some("AR"), "16505551212"),
        ("11912345678", Some("BR"), "5511912345678"),
        ("0031 6 12345678", Some("BR"), "31612345678"),
        ("00995 555 12 34 56", Some("BR"), "995555123456"),
        // What stands behind the number, and around it.
        ("+1-650-555-1212#99", Some("US"), "16505551212"),
        ("5321234567.00", Some("TR"), "905321234567"),
        ("'5321234567.0", Some("TR"), "905321234567"),
        ("&#43;905321234567", Some("TR"), "905321234567"),
        // A zero that nobody dials.
        ("+34 (0) 612 345 678", Some("DE"), "34612345678"),
        ("+39 (0) 347 1234567", Some("IT"), "393471234567"),
        ("+39 (0)6 1234 5678", Some("IT"), "390612345678"),
        ("0xx11 91234-5678", Some("BR"), "5511912345678"),
        ("+05321234567", Some("TR"), "905321234567"),
        // Mexico's former prefixes.
        ("00 52 1 55 1234 5678", Some("TR"), "525512345678"),
        ("+52 01 55 1234 5678", None, "525512345678"),
        ("+52 044 55 1234 5678", Some("MX"), "525512345678"),
        ("905372159010", Some("BR"), "905372159010"),
        ("1-212-555-0123", Some("MX"), "12125550123"),
        // Nothing is known: only what looks international.
        ("905321234567", None, "905321234567"),
        ("5321234567", None, "5321234567"),
        ("905321234567", Some("nowhere"), "905321234567"),
    ] {
        assert_eq!(phone(raw, country).as_deref(), Some(expected), "{raw} {country:?}");
    }
}

#[test]
fn what_is_no_phone_gives_nothing() {
    for (raw, country) in [
        ("", None),
        ("+", None),
        ("---", Some("TR")),
        ("call me", Some("TR")),
        ("123", Some("TR")),
        ("911", Some("US")),
        ("1-800-FLOWERS", Some("US")),
        ("0532 123 45 67", None),
        // Too short, so that the trunk zero would pass for a digit.
        ("0532 123 45 6", Some("TR")),
        ("06 12 34 56 7", Some("FR")),
        ("0600 11 22 3", Some("ES")),
        ("123456789", None),
        ("1234567890123456", None),
        ("1234567890123456789", Some("TR")),
        ("+999 123 456 789", None),
        ("0000000000", Some("TR")),
        ("6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", Some("TR")),
        ("1234567890123fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4", None),
    ] {
        assert_eq!(phone(raw, country), None, "{raw} {country:?}");
    }
    assert_eq!(phone(&format!("{}+905321234567", " ".repeat(400)), None), None);
}

#[test]
fn emails() {
    for (raw, expected) in [
        (" Ayse.Kaya@Example.COM ", "ayse.kaya@example.com"),
        ("\u{FEFF}a+b@mail.example.org\u{200B}", "a+b@mail.example.org"),
        ("müşteri@örnek.com.tr", "müşteri@örnek.com.tr"),
        ("\"Ayşe Kaya\" <A@B.com>", "a@b.com"),
        ("mailto:a@b.com", "a@b.com"),
        ("a@b.com; c@d.com", "a@b.com"),
        ("ALİ@MAİL.COM", "ali@mail.com"),
    ] {
        assert_eq!(email(raw).as_deref(), Some(expected), "{raw}");
    }
    for raw in
        ["", "@", "a@", "@b.com", "a@b", "a@b.", "a@.com", "a@b..com", "a@b@c.com", "a b@c.com", "a@b.c\0d"]
    {
        assert_eq!(email(raw), None, "{raw}");
    }
    assert_eq!(email(&format!("{}@example.com", "a".repeat(320))), None);
}

proptest! {
    #[test]
    fn any_text_is_survived(raw in any::<String>(), country in proptest::option::of("[A-Za-z]{0,3}")) {
        if let Some(digits) = phone(&raw, country.as_deref()) {
            prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        }
        let _ = email(&raw);
    }

    #[test]
    fn a_normalised_phone_is_its_own_normal_form(raw in r"\+?[0-9 ()-]{5,22}", country in "(TR|BR|US|MX|DE|AR|EG|AU)") {
        if let Some(digits) = phone(&raw, Some(&country)) {
            // An international number with its plus sign is read the same in every country.
            let again = phone(&format!("+{digits}"), None);
            prop_assert_eq!(&again, &phone(&format!("+{digits}"), Some("IT")));
            let third = again.as_ref().and_then(|again| phone(&format!("+{again}"), None));
            prop_assert_eq!(again.is_some(), third.is_some());
        }
    }

    #[test]
    fn an_email_is_its_own_normal_form(raw in "[ A-Za-zİş@.]{3,24}") {
        if let Some(address) = email(&raw) {
            prop_assert_eq!(email(&address), Some(address));
        }
    }
}
