use super::*;

const NOW_S: i64 = 1_780_000_000;

fn sale() -> Event {
    Event::whatsapp("Purchase", NOW_S - 60, "k1", "222", "ARAclick").with_value("10".parse().unwrap(), "TRY")
}

fn subcode(change: impl FnOnce(&mut Event)) -> Option<u32> {
    let mut event = sale();
    change(&mut event);
    check(&event, NOW_S).err().map(|refusal| refusal.subcode)
}

#[test]
fn each_refusal_has_metas_subcode() {
    assert_eq!(subcode(|_| ()), None);
    assert_eq!(subcode(|event| event.event_name.clear()), Some(2_804_019));
    assert_eq!(subcode(|event| event.messaging_channel = None), Some(2_804_063));
    assert_eq!(subcode(|event| event.event_name = "Lead".into()), Some(2_804_066));
    assert_eq!(subcode(|event| event.user_data.ctwa_clid = None), Some(2_804_071));
    assert_eq!(subcode(|event| event.user_data.ctwa_clid = Some(String::new())), Some(2_804_071));
    assert_eq!(subcode(|event| event.user_data.whatsapp_business_account_id = None), Some(2_804_116));
    assert_eq!(subcode(|event| event.custom_data.value = None), Some(2_804_009));
    assert_eq!(subcode(|event| event.custom_data.currency = None), Some(2_804_010));
}

#[test]
fn only_a_purchase_needs_a_value() {
    let lead = Event::whatsapp("LeadSubmitted", NOW_S, "k1", "222", "ARAclick");
    assert_eq!(check(&lead, NOW_S), Ok(()));
}

#[test]
fn the_time_window_is_seven_days_back_and_an_hour_ahead() {
    let at = |event_time| subcode(|event| event.event_time = event_time);
    assert_eq!(at(NOW_S - EVENT_AGE_MAX_S), None);
    assert_eq!(at(NOW_S - EVENT_AGE_MAX_S - 1), Some(2_804_003));
    assert_eq!(at(NOW_S + FUTURE_TOLERANCE_S), None);
    assert_eq!(at(NOW_S + FUTURE_TOLERANCE_S + 1), Some(2_804_004));
    assert_eq!(at(NOW_S * 1000), Some(2_804_004));
    assert_eq!(at(i64::MAX), Some(2_804_004));
    assert_eq!(at(i64::MIN), Some(2_804_003));
}

#[test]
fn a_refusal_reads_as_one_line() {
    let mut event = sale();
    event.custom_data.value = None;
    let refusal = check(&event, NOW_S).unwrap_err();
    assert_eq!(refusal.to_string(), "custom_data.value: a purchase needs a value (2804009)");
}
