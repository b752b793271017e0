use std::collections::HashSet;

use super::*;

#[test]
fn every_code_and_name_finds_its_region() {
    let (mut states, mut provinces) = (HashSet::new(), HashSet::new());
    let mut seen = HashSet::new();
    for line in lines(include_str!("../regions.tsv")) {
        let [country, code, names] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let (find, codes): (fn(&str) -> _, _) = match country {
            "us" => (us_state, &mut states),
            _ => (ca_province, &mut provinces),
        };
        assert!(codes.insert(code), "{code}");
        for name in names.split('|').chain([code]) {
            assert_eq!(fold(name), name);
            assert_eq!(find(name), Some(code), "{name}");
            assert_eq!(find(&name.to_uppercase()), Some(code), "{name}");
            assert!(seen.insert((country, name)), "{name} is there twice");
        }
    }
    assert_eq!((states.len(), provinces.len()), (60, 13));
}

#[test]
fn what_people_write() {
    for (code, texts) in [
        (
            "ca",
            "CA;ca;Calif.;CALIFORNIA;US-CA;CA - California;California (CA);California, USA;California USA;CA 90210",
        ),
        ("ny", "N.Y.;New York;State of New York;New York State;New York, NY;NY 10001-1234;Nueva York"),
        ("dc", "D.C.;Washington DC;Washington, D.C.;District of Columbia;Washington, DC, USA"),
        ("wa", "Wash.;Washington;Washington State"),
        ("ma", "Mass.;Commonwealth of Massachusetts"),
        ("pa", "Penna.;Pa.;Penn."),
        ("wv", "W. Va.;West Virginia"),
        ("va", "Virginia"),
        ("ks", "Kansas"),
        ("ar", "Arkansas;Ark."),
        ("pr", "PR;Puerto Rico;Puerto Rico, USA"),
        ("vi", "VI;U.S. Virgin Islands;Virgin Islands (US)"),
        ("ae", "AE;Armed Forces Europe;U.S. Armed Forces – Europe"),
        ("ga", "Georgia;US-GA;State of Georgia"),
    ] {
        for text in texts.split(';') {
            assert_eq!(us_state(text), Some(code), "{text}");
        }
    }
    for (code, texts) in [
        ("on", "ON;Ont.;Ontario;CA-ON;Ontario, Canada;Province of Ontario"),
        ("qc", "QC;Québec;Que.;PQ;P.Q.;Quebec (QC)"),
        ("pe", "P.E.I.;Prince Edward Island;Île-du-Prince-Édouard"),
        ("nl", "Newfoundland & Labrador;Nfld.;Terre-Neuve-et-Labrador"),
        ("bc", "B.C.;British Columbia;British-Columbia"),
    ] {
        for text in texts.split(';') {
            assert_eq!(ca_province(text), Some(code), "{text}");
        }
    }
}

#[test]
fn what_is_no_region_gives_none() {
    let long = format!("{}CA", " ".repeat(NAME_BYTES_MAX));
    for text in
        ["", "USA", "US", "XX", "Bavaria", "Muş", "Los Angeles, CA", "NY or NJ", "CA, NV", "90210", &long]
    {
        assert_eq!(us_state(text), None, "{text}");
    }
    assert_eq!(ca_province("California"), None);
    assert_eq!(ca_province("Canada"), None);
}

#[test]
fn limited_data_use_counts_its_states() {
    for (at, (number, name)) in (1000..).zip(LDU_STATES) {
        assert_eq!(number, at);
        assert!(us_state(name).is_some(), "{name}");
    }
}
