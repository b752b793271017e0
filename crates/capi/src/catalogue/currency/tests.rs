use super::*;

#[test]
fn the_table_is_in_order_and_found() {
    assert!(CURRENCIES.is_sorted_by(|one, other| one.code < other.code));
    assert_eq!(CURRENCIES.len(), 165);
    for Currency { code, minor_units, name } in CURRENCIES.iter() {
        assert_eq!(super::minor_units(code), Some(*minor_units));
        assert_eq!(super::minor_units(&code.to_lowercase()), Some(*minor_units));
        assert_eq!(currency_name(code), Some(*name));
        assert_eq!(currency_hint(code), Some(*code));
    }
}

#[test]
fn digits_are_those_of_iso() {
    for (digits, codes) in [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ] {
        let found: Vec<_> =
            CURRENCIES.iter().filter(|row| row.minor_units == digits).map(|row| row.code).collect();
        assert_eq!(found.join(" "), codes);
    }
    for code in ["TRY", "USD", "EUR", "BRL", "SAR", "AED", "EGP", "MXN", "GBP", "HUF", "TWD", "COP"] {
        assert_eq!(minor_units(code), Some(2), "{code}");
    }
    for code in ["", "TL", "TRL", "DEM", "BGN", "XAU", "XXX", "TRYY", "₺", "é1"] {
        assert!(!is_currency(code), "{code}");
    }
}

#[test]
fn what_people_write_instead_of_a_code() {
    for (written, code) in [
        ("TL", "TRY"),
        (" tl. ", "TRY"),
        ("₺", "TRY"),
        ("Türk Lirası", "TRY"),
        ("TRL", "TRY"),
        ("try", "TRY"),
        ("€", "EUR"),
        ("R$", "BRL"),
        ("r$", "BRL"),
        ("US$", "USD"),
        ("USD$", "USD"),
        ("U$S", "USD"),
        ("SR", "SAR"),
        ("ر.س", "SAR"),
        ("ر.س.", "SAR"),
        ("Dhs", "AED"),
        ("Dhs.", "AED"),
        ("AED.", "AED"),
        ("د.إ", "AED"),
        ("LE", "EGP"),
        ("L.E.", "EGP"),
        ("E£", "EGP"),
        ("ج.م", "EGP"),
        ("MXN$", "MXN"),
        ("M.N.", "MXN"),
        ("£", "GBP"),
        ("RUR", "RUB"),
        ("руб.", "RUB"),
        ("zł", "PLN"),
    ] {
        assert_eq!(currency_hint(written), Some(code), "{written}");
    }
    for written in ["", "$", "¥", "kr", "Rs", "riyal", "dirham", "pound", "1500", &"€".repeat(50)] {
        assert_eq!(currency_hint(written), None, "{written}");
    }
    for (written, code) in SIGNS.into_iter().chain(WORDS) {
        assert!(is_currency(code), "{code}");
        assert_eq!(currency_hint(written), Some(code), "{written}");
    }
    for (word, _) in WORDS {
        assert_eq!(fold(word), word);
    }
}
