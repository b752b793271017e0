use std::collections::HashSet;

use super::*;

#[test]
fn every_code_and_name_finds_its_country() {
    let mut seen = HashSet::new();
    for Country { alpha2, alpha3, calling_code, names } in COUNTRIES.iter() {
        assert_eq!((alpha2.len(), alpha3.len()), (2, 3), "{alpha2}");
        assert_eq!(country_code(alpha2), Some(*alpha2));
        assert_eq!(country_code(&alpha2.to_uppercase()), Some(*alpha2));
        assert_eq!(country_code(&alpha3.to_uppercase()), Some(*alpha2));
        assert!(calling_code.parse::<u16>().is_ok_and(|code| (1..=998).contains(&code)), "{alpha2}");
        assert_eq!(super::calling_code(&alpha2.to_uppercase()), Some(*calling_code));
        for name in names.split('|').chain([*alpha3]) {
            assert_eq!(fold(name), name);
            assert_eq!(country_code(name), Some(*alpha2), "{name}");
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
    assert_eq!(COUNTRIES.len(), 250);
    assert!(seen.len() > 9_000, "{}", seen.len());
    assert!(codes().is_sorted());
}

#[test]
fn what_people_write() {
    for (code, texts) in [
        (
            "tr",
            "tr;TR; tr ;(TR);TUR;Turkey;TÜRKİYE;Türkiye;turkiye;Turkiye;T.C.;T.C;Türkiye Cumhuriyeti;تركيا;Турция",
        ),
        (
            "us",
            "US;U.S.;U.S;USA;U.S.A.;us of a;The United States;America;EE.UU.;EE. UU.;EEUU;E.U.A.;EUA;ABD;A.B.D.",
        ),
        ("us", "Estados Unidos;Amerika Birleşik Devletleri;الولايات المتحدة الأمريكية;États-Unis;США;美国"),
        ("gb", "uk;UK;U.K.;GB;GBR;England;Scotland;WALES;Northern Ireland;Great Britain;Britain;İngiltere"),
        ("gb", "Ingiltere;Birleşik Krallık;Reino Unido;Großbritannien;بريطانيا;Великобритания"),
        ("sa", "KSA;K.S.A.;Saudi Arabia;Kingdom of Saudi Arabia;Suudi Arabistan;SUUDİ ARABİSTAN;السعودية"),
        ("sa", "السعوديه;المملكة العربية السعودية;Arabia Saudita;Saudi-Arabien"),
        ("ae", "UAE;U.A.E.;Emirates;The United Arab Emirates;BAE;Birleşik Arap Emirlikleri;الإمارات;الامارات"),
        ("ae", "الامارات العربية المتحدة;Dubai;دبي;ОАЭ;Emirados Árabes Unidos"),
        (
            "eg",
            "Egypt;Mısır;Misir;MISIR;Masr;مصر;جمهورية مصر العربية;Arab Republic of Egypt;Ägypten;Aegypten",
        ),
        ("br", "BRA;Brasil;Brésil;BRAZİL;Brezilya;República Federativa do Brasil;البرازيل"),
        ("mx", "México;MEXICO;Méjico;Meksika;Estados Unidos Mexicanos;المكسيك"),
        ("de", "DEU;GER;Deutschland;BRD;Bundesrepublik Deutschland;Almanya;المانيا;ألمانيا;Alemania"),
        ("nl", "Holland;The Netherlands;NED;Hollanda"),
        ("gr", "el;GR;GRE;Ελλάδα;ΕΛΛΑΔΑ;Yunanistan"),
        ("cz", "Czechia;Czech Republic;Česko;Çekya"),
        ("ci", "Ivory Coast;Côte d'Ivoire;Cote d’Ivoire"),
        ("kr", "South Korea;Korea, Republic of;Republic of Korea;Korea (South);Güney Kore;대한민국"),
        ("kp", "North Korea;Korea, North;DPRK"),
        ("ru", "Russia;Russian Federation;Россия;Rusya"),
        ("cd", "DR Congo;Congo - Kinshasa;Congo, The Democratic Republic of the;Zaire"),
        ("cg", "Congo;Congo-Brazzaville"),
        ("gw", "Guinea-Bissau;guinea bissau"),
        ("mk", "Macedonia;North Macedonia"),
        ("xk", "XK;Kosovo;Kosova"),
        ("ps", "Palestine;فلسطين;Filistin"),
        ("mm", "Burma;Myanmar (Burma)"),
        ("sz", "Swaziland;Eswatini"),
        ("cv", "Cape Verde;Cabo Verde"),
        ("va", "Vatican;Holy See"),
        ("vn", "Viet Nam;Vietnam;Việt Nam"),
        ("tz", "Tanzania;Tanzania, United Republic of"),
        ("ge", "Georgia;Sakartvelo;Gürcistan"),
        ("ie", "Ireland;Eire;Republic of Ireland"),
    ] {
        for text in texts.split(';') {
            assert_eq!(country_code(text), Some(code), "{text}");
        }
    }
}

#[test]
fn a_text_of_several_parts_has_to_mean_one_country() {
    for (text, code) in [
        ("Turkey (TR)", Some("tr")),
        ("TR - Türkiye", Some("tr")),
        ("TR-Türkiye", Some("tr")),
        ("Türkiye/Turkey", Some("tr")),
        ("Turkey (+90)", Some("tr")),
        ("TR | TUR | 90", Some("tr")),
        ("Schweiz: Suisse, Svizzera", Some("ch")),
        ("İstanbul, Türkiye", Some("tr")),
        ("الرياض، السعودية", Some("sa")),
        ("Al-Mansoura, Egypt", Some("eg")),
        ("California, USA", Some("us")),
        ("Los Angeles, CA, USA", Some("us")),
        ("Turkey / Germany", None),
        // Beside an unknown word a short code can be anything.
        ("Al-Sharqia", None),
        ("DE - Delaware", None),
        ("CA - California", None),
        // Places that only contain the name of a country.
        ("New-Mexico", None),
        ("British-Columbia", None),
        ("Lebanon, Ohio", None),
        ("Atlanta, Georgia", None),
        ("Congo (Dem.)", None),
    ] {
        assert_eq!(country_code(text), code, "{text}");
    }
}

#[test]
fn what_is_no_country_gives_none() {
    let long = format!("{}Turkey", " ".repeat(NAME_BYTES_MAX));
    for text in ["", " ", "--", "zz", "EU", "R.U.", "T R", "1", "90", "Atlantis", "xx, yy", "aé", "日", &long]
    {
        assert_eq!(country_code(text), None, "{text}");
    }
    for (code, calling) in [("tr", Some("90")), ("US", Some("1")), ("do", Some("1")), ("xk", Some("383"))] {
        assert_eq!(calling_code(code), calling);
    }
    assert_eq!(calling_code("tur"), None);
}
