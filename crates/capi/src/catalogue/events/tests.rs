use super::*;
use crate::names::{STANDARD_EVENT_NAMES, is_standard};

#[test]
fn the_standard_events_are_those_of_the_names() {
    assert_eq!(STANDARD_EVENTS.map(|event| event.name), STANDARD_EVENT_NAMES);
    for event in &STANDARD_EVENTS {
        assert_eq!(standard_event(event.name), Some(event));
        assert!(event.fields.is_sorted_by(|one, other| one < other), "{}", event.name);
        assert!(event.required.iter().all(|key| event.fields.contains(key)), "{}", event.name);
        // Only Purchase has hard requirements.
        assert_eq!(event.required.is_empty(), event.name != "Purchase");
        assert!(!event.products_for_catalogue_ads || event.fields.contains(&"contents"), "{}", event.name);
    }
    assert_eq!(standard_event("purchase"), None);
}

#[test]
fn ga4_names_lead_to_standard_events() {
    for (ga4, meta) in GA4_NAMES {
        assert_eq!(meta_name_of_ga4(ga4), Some(meta));
        assert!(is_standard(meta), "{meta}");
    }
    for name in ["Purchase", "level_up", ""] {
        assert_eq!(meta_name_of_ga4(name), None);
    }
}

#[test]
fn no_value_is_listed_twice() {
    let lists: [&[&str]; 6] = [
        &APP_EVENT_NAMES,
        &CUSTOMER_SEGMENTATIONS,
        &DELIVERY_CATEGORIES,
        &ATTRIBUTION_MODELS,
        &ATTRIBUTION_METHODS,
        &DECLINE_REASONS,
    ];
    let sources = ACTION_SOURCES.map(|source| source.name);
    for list in lists.into_iter().chain([sources.as_slice()]) {
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), list.len(), "{list:?}");
    }
    let old = ACTION_SOURCES.iter().filter(|source| source.age_max_days != 7).map(|source| source.name);
    assert_eq!(old.collect::<Vec<_>>(), ["physical_store"]);
}
