use proptest::prelude::*;

use super::*;

#[test]
fn two_forms_of_one_mobile_join() {
    for (one, other) in [
        ("5215512345678", "525512345678"),
        ("5511987654321", "551187654321"),
        ("5491123456789", "541123456789"),
        ("2290197123456", "22997123456"),
        ("2290144123456", "22944123456"),
        ("220833012345", "2203012345"),
        ("220879912345", "220879912345"),
        ("220872012345", "2202012345"),
        // The old number becomes the new one.
        ("22547123456", "2250747123456"),
        ("22505123456", "2250505123456"),
        ("22501123456", "2250101123456"),
        ("22520301234", "2252720301234"),
        ("22522501234", "2252722501234"),
        ("22520801234", "2252120801234"),
        ("23771234567", "237671234567"),
        ("23799123456", "237699123456"),
        ("23722212345", "237222212345"),
        ("24107123456", "24177123456"),
        ("24106123456", "24166123456"),
        ("24101123456", "24111123456"),
        ("5712345678", "576012345678"),
        ("23414630643", "2342014630643"),
        ("2307123456", "23057123456"),
        ("841669748562", "84369748562"),
        ("841201234567", "84701234567"),
        ("841991234567", "84591234567"),
    ] {
        assert_eq!(join_form(one), other);
        assert_eq!(join_form(other), other);
    }
}

#[test]
fn other_numbers_stay() {
    for digits in [
        "905321234567",
        "16505551234",
        "551133334444",
        "521551234567",
        "54911234567890",
        "55é1987654321",
        "22997123456",
        "2290297123456",
        "220843012345",
        "220833",
        "2250747123456",
        "24177123456",
        "84912345678",
        "841701234567",
        "22981123456",
        "23788012345",
        "2é",
        "",
    ] {
        assert_eq!(join_form(digits), digits);
    }
}

#[test]
fn each_rule_leads_back_and_to_numbers_that_can_exist() {
    for plan in plans::PLANS {
        let Some(change) = &plan.change else { continue };
        for (old, new) in change.rules {
            assert_eq!(old.matches('.').count(), new.matches('.').count(), "{old} {new}");
            // An area or operator that exists: 11, or what the pattern says.
            let old = old.replace('.', "1");
            let national = format!("{old}{}", &"2345678901"[..change.digits - old.len()]);
            let renewed = change.renew(&national).unwrap();
            assert_eq!(change.undo(&renewed).as_deref(), Some(&*national), "{} {new}", plan.code);
            let (before, since) = (format!("{}{national}", plan.code), format!("{}{renewed}", plan.code));
            assert!(can_exist(&since), "{since}");
            assert_eq!(join_form(&before), join_form(&since));
            let Numbers { today, twin } = numbers(&before);
            match change.dialled {
                InForce::New => assert_eq!((&*today, twin.as_deref()), (&*since, Some(&*before))),
                InForce::Both => assert_eq!((&*today, twin.as_deref()), (&*before, Some(&*since))),
            }
        }
    }
}

#[test]
fn plans_with_something_that_is_dialled_first_stand_in_front() {
    assert!(plans::PLANS.is_sorted_by_key(|plan| plan.trunk.is_empty()));
}

#[test]
fn no_two_plans_claim_a_country() {
    let mut codes: Vec<&str> = plans::PLANS.iter().map(|plan| plan.code).collect();
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| !pair[1].starts_with(pair[0])), "{codes:?}");
}

#[test]
fn ranges_are_sorted_and_of_their_length() {
    for (length, ranges) in ranges::RANGES.iter().enumerate() {
        assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "{length}");
        for (first, last) in *ranges {
            assert!(first <= last && [first, last].iter().all(|end| end.to_string().len() == length));
        }
    }
}

#[test]
fn what_can_exist() {
    for digits in ["905321234567", "16505551234", "15551234567", "4915123456789", "24762889", "390612345678"]
    {
        assert!(can_exist(digits), "{digits}");
    }
    for digits in
        ["89123456789", "541523456789", "901000000000", "999123456789", "", "9", "+905321234567", "9é"]
    {
        assert!(!can_exist(digits), "{digits}");
    }
}

#[test]
fn former_forms_are_of_the_countries_that_changed_since() {
    for (digits, former) in [
        ("2290197123456", &["2290197123456"][..]),
        ("22997123456", &["2290197123456"]),
        ("220833012345", &["220833012345"]),
        ("2250747123456", &["22547123456"]),
        ("22547123456", &["22547123456"]),
        ("576012345678", &["5712345678"]),
        ("5215512345678", &[]),
        ("525512345678", &[]),
        ("5531988887777", &[]),
        ("553188887777", &[]),
        ("5491123456789", &[]),
        ("905321234567", &[]),
        ("", &[]),
        ("22é", &[]),
    ] {
        assert_eq!(former_join_forms(digits), former, "{digits}");
    }
}

proptest! {
    #[test]
    fn numbers_of_one_person_join_whichever_is_seen(digits in "(52|55|54|57|84|220|225|229|230|234|237|241|7|90)[0-9]{6,11}") {
        let Numbers { today, twin } = numbers(&digits);
        prop_assert_eq!(join_form(&join_form(&digits)), join_form(&digits));
        for other in twin.iter().chain([&today]) {
            prop_assert_eq!(join_form(other), join_form(&digits), "{} {}", other, digits);
        }
        // What the first version stored of either is among what is looked up.
        for number in twin.iter().chain([&today]) {
            let first = first_join_form(number);
            prop_assert!(first == join_form(&digits) || former_join_forms(&digits).contains(&first));
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,20}") {
        let _ = (join_form(&text), former_join_forms(&text), numbers(&text), can_exist(&text));
    }
}
