//! An activity that comes again: whether its first report gives way, what a no means for that, and whether it is rather
//! another sale with the same number.

use capi::{catalogue, limits};

use crate::{
    Activity, Admitted, ConsentAnswer, Conversion, Reason, State, Stop, activity::IN_A_SHOP,
    append_value::differ,
};

/// How far apart two sales of one number are on other days, seconds. Our own choice: a till that was read twice in one
/// night tells the same day.
const OTHER_DAY_S: i64 = 12 * 60 * 60;

/// Whether the first report of something lets another one take its place: Meta has refused it, and whoever sends it has
/// mended it; or it was never told for want of a permission, and the other one has that, or says no for good.
///
/// What may be at Meta gives way under its own id alone, and only as long as Meta surely knows that.
pub fn gives_way(first: &Conversion, to: &Admitted, is_same_id: bool, now_s: i64) -> bool {
    let is_decided = to.state == State::Queued || to.reason == Some(Reason::ConsentRefused);
    let may_be_there = first.sent.is_unknown();
    let is_known_until_s = first.received_ms / 1000 + limits::DEDUPLICATION_WINDOW_S;
    match first.state {
        // A no binds for good.
        _ if first.consent == Some(ConsentAnswer::No) => false,
        State::Failed => !may_be_there || (is_same_id && now_s < is_known_until_s),
        State::Suppressed => {
            is_decided && !may_be_there && first.reason.is_some_and(Reason::may_be_permitted)
        }
        State::Waiting | State::Queued | State::Accepted | State::Duplicate => false,
    }
}

/// Whether two reports are of one order number and two sales, as of a till that counts from 1 each day: on other days
/// and of other amounts.
pub fn is_another_sale(first: &Conversion, again: &Activity) -> bool {
    let digits = again.currency.as_deref().and_then(catalogue::minor_units).unwrap_or(2);
    let is_worth_the_same = first.currency == again.currency
        && match (first.value, again.value) {
            (Some(one), Some(other)) => !differ(one, other, digits),
            (one, other) => one == other,
        };
    again.event.action_source == IN_A_SHOP
        && first.event_id != again.event_id
        && first.event_s.abs_diff(again.event_s) >= OTHER_DAY_S.unsigned_abs()
        && !is_worth_the_same
}

impl Conversion {
    /// The same once its person has said no, if Meta does not have it: it does not leave, or not once more, and
    /// nobody can have it tried again.
    pub fn refused(&self) -> Option<Self> {
        let refused = Self { consent: Some(ConsentAnswer::No), ..self.clone() };
        let stop = Stop::suppressed(Reason::ConsentRefused);
        match self.state {
            State::Accepted | State::Duplicate => None,
            State::Suppressed | State::Failed => Some(refused),
            State::Queued if self.sent.is_under_way() => Some(Self { stop: Some(stop), ..refused }),
            State::Waiting | State::Queued => Some(refused.stopped(stop)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActivityKey, Appending, Carried, Sent, StoredEvent};

    const DAY_S: i64 = 24 * 60 * 60;

    fn again(id: &str, event_s: i64, value: &str) -> Activity {
        Activity {
            origin: "graph:till".into(),
            dataset: "1".into(),
            name: "Purchase".into(),
            event_id: id.into(),
            event_s,
            value: value.parse().ok(),
            currency: Some("TRY".into()),
            consent: Some(ConsentAnswer::Yes),
            once: Vec::new(),
            adds_to: Vec::new(),
            who: Vec::new(),
            event: StoredEvent {
                action_source: IN_A_SHOP.into(),
                envelope: String::new(),
                json: "{}".into(),
                added: Vec::new(),
                beside: String::new(),
            },
            carried: Carried::default(),
        }
    }

    fn first() -> Conversion {
        let key = ActivityKey { origin: "graph:till".into(), id: "monday-7".into() };
        Conversion {
            value: "120".parse().ok(),
            currency: Some("TRY".into()),
            ..Conversion::of_activity(key, "Purchase".into(), 10 * DAY_S, 10 * DAY_S * 1000)
        }
    }

    #[test]
    fn a_number_of_another_day_and_amount_is_another_sale() {
        let tuesday_s = 11 * DAY_S;
        for (what, other, expected) in [
            ("another day and amount", again("tuesday-7", tuesday_s, "80"), true),
            ("the day before", again("sunday-7", 9 * DAY_S, "80"), true),
            ("written otherwise", again("tuesday-7", tuesday_s, "120.00"), false),
            ("in the smallest unit", again("tuesday-7", tuesday_s, "12000"), false),
            ("the same day", again("monday-8", 10 * DAY_S + 3600, "80"), false),
            ("the same event", again("monday-7", tuesday_s, "80"), false),
            (
                "another currency",
                Activity { currency: Some("EUR".into()), ..again("t", tuesday_s, "120") },
                true,
            ),
        ] {
            assert_eq!(is_another_sale(&first(), &other), expected, "{what}");
        }
        let mut on_a_site = again("tuesday-7", tuesday_s, "80");
        on_a_site.event.action_source = "website".into();
        assert!(!is_another_sale(&first(), &on_a_site), "a site appends what is new");
    }

    #[test]
    fn what_may_be_at_meta_gives_way_under_its_own_id_alone_and_not_for_ever() {
        let failed = |sent, consent| Conversion {
            state: State::Failed,
            reason: Some(Reason::TooLate),
            sent,
            consent,
            ..first()
        };
        let to = Admitted {
            activity: again("again", 10 * DAY_S, "120"),
            state: State::Queued,
            reason: None,
            appending: Appending::Changed,
        };
        let (yes, no) = (Some(ConsentAnswer::Yes), Some(ConsentAnswer::No));
        for (first, is_same_id, days, expected) in [
            (failed(Sent::NotTaken, yes), false, 6, true),
            (failed(Sent::Unknown, yes), false, 0, false),
            (failed(Sent::Unknown, yes), true, 1, true),
            (failed(Sent::Unknown, yes), true, 2, false),
            (failed(Sent::NotTaken, no), true, 0, false),
            (Conversion { state: State::Queued, ..first() }, true, 0, false),
        ] {
            let now_s = (10 + days) * DAY_S;
            assert_eq!(gives_way(&first, &to, is_same_id, now_s), expected, "{first:?} {is_same_id} {days}");
        }
    }

    #[test]
    fn a_no_stops_all_that_meta_does_not_have() {
        let stands = |state, sent| Conversion { state, sent, ..first() }.refused();
        for state in [State::Accepted, State::Duplicate] {
            assert_eq!(stands(state, Sent::NotTaken), None);
        }
        for (state, sent) in
            [(State::Queued, Sent::Never), (State::Queued, Sent::Unknown), (State::Waiting, Sent::Never)]
        {
            let after = stands(state, sent).unwrap();
            let ended = (State::Suppressed, Some(Reason::ConsentRefused), Some(ConsentAnswer::No));
            assert_eq!((after.state, after.reason, after.consent), ended, "{state:?} {sent:?}");
        }
        let held = stands(State::Queued, Sent::UnknownUnderWay).unwrap();
        assert_eq!(held.stop, Some(Stop::suppressed(Reason::ConsentRefused)));
        assert_eq!((held.state, held.consent), (State::Queued, Some(ConsentAnswer::No)));
        let failed = stands(State::Failed, Sent::Unknown).unwrap();
        assert_eq!((failed.state, failed.consent), (State::Failed, Some(ConsentAnswer::No)));
    }
}
