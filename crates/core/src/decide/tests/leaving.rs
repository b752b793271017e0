//! What counts when an event leaves: what is known and configured then, and nothing of before.

use super::world::{QUALIFIED, T0, WON, World, click, contact_changed, moved, updated};
use crate::{Fact, Mode, Reason, Sent, State, Stop, make_body, may_repeat};

/// A sale at 100 that is on its way.
fn sold() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("100".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.told(), ["Purchase queued"]);
    world
}

fn price(world: &mut World, price: &str) {
    world.crm.price("d1", price, T0 + 500);
    world.hear(updated("d1", T0 + 500));
}

fn refuse(world: &mut World) {
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
    world.hear(contact_changed("c1", T0 + 600));
}

#[test]
fn a_price_that_is_corrected_before_anything_left_is_told() {
    let mut world = sold();
    price(&mut world, "200");
    let sale = world.only();
    assert_eq!((sale.value, sale.correction), (Some("200".parse().unwrap()), None));
    assert!(world.body(&sale).contains("\"value\":200"));
}

#[test]
fn consent_that_is_withdrawn_before_anything_left_stops_it() {
    let mut world = sold();
    refuse(&mut world);
    assert_eq!(world.told(), ["Purchase suppressed consent_refused"]);
}

#[test]
fn a_price_that_is_corrected_after_an_unknown_outcome_is_shown_as_not_told() {
    for sent in [Sent::Unknown, Sent::UnknownUnderWay] {
        let mut world = sold();
        world.set_sent(sent);
        price(&mut world, "200");
        let sale = world.only();
        assert_eq!(
            (sale.value, sale.correction),
            (Some("100".parse().unwrap()), Some("200".parse().unwrap()))
        );
        assert_eq!((sale.state, &sale.stop), (State::Queued, &None));
        assert_eq!(may_repeat(&sale, &world.policy, world.now()), Ok(()), "the same bytes go again");
        price(&mut world, "100");
        assert_eq!(world.only().correction, None);
    }
}

#[test]
fn a_price_that_is_corrected_after_meta_has_it_is_shown_as_not_told() {
    let mut world = sold();
    world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Accepted);
    price(&mut world, "200");
    let sale = world.only();
    assert_eq!((sale.state, sale.value), (State::Accepted, Some("100".parse().unwrap())));
    assert_eq!(sale.correction, Some("200".parse().unwrap()));
}

#[test]
fn what_changes_while_a_request_is_under_way_counts_for_the_next_one() {
    let mut world = sold();
    world.set_sent(Sent::UnderWay);
    price(&mut world, "200");
    let held = world.only();
    assert_eq!(
        (held.state, held.value),
        (State::Queued, Some("100".parse().unwrap())),
        "the bytes are on their way"
    );
    let stop = held.stop.clone().unwrap();
    assert_eq!((stop.state, stop.reason), (State::Waiting, Reason::ChangedMeanwhile));
    assert_eq!(make_body(&held, &world.policy, world.now()), Err(stop.clone()));
    assert_eq!(
        may_repeat(&held, &world.policy, world.now()),
        Ok(()),
        "if Meta may have it, it is as it was told"
    );

    // Meta has not taken it.
    world.set_sent(Sent::NotTaken);
    let next = world.expire(&held.stopped(stop));
    assert_eq!((next.state, next.value), (State::Queued, Some("200".parse().unwrap())));
}

#[test]
fn what_nobody_may_tell_is_not_told_again_whether_or_not_meta_has_it() {
    for (sent, told) in [
        (Sent::UnderWay, "Purchase queued"),
        (Sent::UnknownUnderWay, "Purchase queued"),
        (Sent::Unknown, "Purchase suppressed consent_refused"),
        (Sent::NotTaken, "Purchase suppressed consent_refused"),
    ] {
        let mut world = sold();
        world.set_sent(sent);
        refuse(&mut world);
        assert_eq!(world.told(), [told], "{sent:?}");
        let held = world.only();
        if sent.is_under_way() {
            let refused = Err(Stop::suppressed(Reason::ConsentRefused));
            assert_eq!(may_repeat(&held, &world.policy, world.now()), refused);
            assert_eq!(make_body(&held, &world.policy, world.now()).map(drop), refused);
        } else {
            // A yes that comes later does not bring back what Meta may have counted.
            world.crm.contacts.get_mut("c1").unwrap().1 = Some(true);
            world.hear(contact_changed("c1", T0 + 700));
            let again = if sent == Sent::Unknown { "Purchase suppressed consent_refused" } else { told };
            assert_eq!(world.told(), [again], "{sent:?}");
        }
    }
}

#[test]
fn a_mended_account_id_is_in_the_body_of_what_waited() {
    let mut world = sold();
    world.policy.datasets[0].mistaken_accounts = vec!["waba-1".into()];
    world.policy.datasets[0].waba_id = Some("waba-2".into());
    assert!(world.body(&world.only()).contains("\"whatsapp_business_account_id\":\"waba-2\""));
    // And of what the same click brings later.
    world.crm.enter("d1", QUALIFIED, T0 + 50);
    world.hear(moved("d1", QUALIFIED, T0 + 50));
    assert!(world.conversions().iter().all(|one| world.body(one).contains("waba-2")));
}

#[test]
fn what_the_present_configuration_forbids_does_not_leave() {
    let world = sold();
    let sale = world.only();
    let with = |change: &dyn Fn(&mut crate::Policy)| {
        let mut policy = world.policy.clone();
        change(&mut policy);
        make_body(&sale, &policy, world.now()).map(drop)
    };
    let stop = |reason| Err(Stop::suppressed(reason));
    assert_eq!(with(&|_| {}), Ok(()));
    assert_eq!(with(&|policy| policy.datasets[0].mode = Mode::Off), stop(Reason::DatasetOff));
    assert_eq!(with(&|policy| policy.datasets[0].mode = Mode::Shadow), stop(Reason::Shadow));
    assert_eq!(with(&|policy| policy.datasets.clear()), stop(Reason::NoDataset));
    assert_eq!(with(&|policy| policy.datasets[0].routes.clear()), stop(Reason::NoDataset));
    assert_eq!(with(&|policy| policy.datasets[0].waba_id = None), stop(Reason::NoDataset));
    assert_eq!(with(&|policy| policy.consent = crate::Consent::Required), stop(Reason::NoConsent));
    assert_eq!(with(&|policy| policy.consent_since_s = Some(T0 + 101)), stop(Reason::NoConsent));
    assert_eq!(with(&|policy| policy.consent_since_s = Some(T0 + 100)), Ok(()));
    let switched = |before, until_s| {
        move |policy: &mut crate::Policy| {
            policy.datasets[0].earlier_modes = vec![(before, until_s)];
        }
    };
    assert_eq!(with(&switched(Mode::Shadow, T0 + 101)), stop(Reason::Shadow), "the cut time holds");
    assert_eq!(with(&switched(Mode::Shadow, T0 + 100)), Ok(()));
}

/// The present mode, since when its code is used, the mode before with its end, and when the event leaves: all after
/// T0, when it happened.
type TestCase = (Mode, Option<i64>, Option<(Mode, i64)>, i64, Result<(), Reason>);

#[test]
fn a_test_sends_for_a_day_and_records_from_then_on() {
    const DAY_S: i64 = crate::TestRun::LASTS_S;
    let (sent, over) = (Ok(()), Err(Reason::TestOver));
    let table: &[TestCase] = &[
        (Mode::Test, None, None, 0, sent),
        (Mode::Test, Some(0), None, DAY_S - 1, sent),
        (Mode::Test, Some(0), None, DAY_S, over),
        (Mode::Test, Some(DAY_S), None, 2 * DAY_S - 1, sent),
        // What was owed since it was live, as long as the test lasts.
        (Mode::Test, Some(5), Some((Mode::Live, 5)), 9, sent),
        (Mode::Test, Some(5), Some((Mode::Live, 5)), DAY_S + 5, over),
        (Mode::Test, Some(5), Some((Mode::Shadow, 5)), 9, Err(Reason::Shadow)),
        (Mode::Test, Some(5), Some((Mode::Off, 5)), 9, Err(Reason::DatasetOff)),
        // Another code after one that was over, and the end of testing: nothing of before.
        (Mode::Test, Some(5), Some((Mode::Test, 5)), 9, over),
        (Mode::Live, None, Some((Mode::Test, 5)), 9, over),
        (Mode::Live, None, Some((Mode::Test, 0)), 9, sent),
        (Mode::Shadow, None, Some((Mode::Test, 5)), 9, Err(Reason::Shadow)),
    ];
    for (mode, since_s, mode_before, leaves_s, expected) in table {
        let mut dataset = World::new().policy.datasets.remove(0);
        dataset.mode = *mode;
        dataset.earlier_modes = mode_before.iter().map(|(mode, until_s)| (*mode, T0 + until_s)).collect();
        dataset.test = (*mode == Mode::Test)
            .then(|| crate::TestRun { code: "TEST1".into(), since_s: since_s.map(|since_s| T0 + since_s) });
        let found = dataset.permits(T0, T0 + leaves_s);
        assert_eq!(found, *expected, "{mode:?} {since_s:?} {mode_before:?} {leaves_s}");
    }
}

/// What comes of trying everything again by hand.
pub(super) fn retry(world: &mut World) -> Vec<crate::Effect> {
    look_again(world, crate::Action::Retry)
}

/// What comes of looking at everything again.
pub(super) fn look_again(world: &mut World, action: crate::Action) -> Vec<crate::Effect> {
    let filter = Some(crate::ConversionFilter::default());
    let revisit =
        crate::Revisit { action, filter, any_age_of_queued: false, ask_for: Vec::new(), rules: Vec::new() };
    let (conversions, deals) = (world.conversions(), Vec::new());
    let step = crate::RevisitStep { number: 1, revisit, conversions, deals, next: None };
    let now = world.now();
    crate::revisit(&mut world.state, &world.policy, &step, now)
}

#[test]
fn a_sale_of_a_live_dataset_leaves_although_it_was_off_meanwhile() {
    for sent in [Sent::Never, Sent::Unknown] {
        let mut world = sold();
        world.set_sent(sent);
        world.policy.datasets[0].mode = Mode::Off;
        look_again(&mut world, crate::Action::Resolve);
        assert_eq!(world.told(), ["Purchase suppressed dataset_off"]);
        world.policy.datasets[0].mode = Mode::Live;
        world.policy.datasets[0].earlier_modes = vec![(Mode::Live, T0 + 400), (Mode::Off, T0 + 402)];
        look_again(&mut world, crate::Action::Resolve);
        assert_eq!(world.told(), ["Purchase queued"], "{sent:?}");
        assert_eq!(world.only().sent, sent);
    }
    // What happened while it was off stays unsent.
    let mut world = sold();
    world.policy.datasets[0].mode = Mode::Off;
    look_again(&mut world, crate::Action::Resolve);
    world.policy.datasets[0].mode = Mode::Live;
    world.policy.datasets[0].earlier_modes = vec![(Mode::Live, T0), (Mode::Off, T0 + 402)];
    assert_eq!(look_again(&mut world, crate::Action::Resolve), []);
}

#[test]
fn a_retry_by_hand_tells_nobody_what_nobody_may_tell() {
    let mut world = sold();
    world.set_sent(Sent::Unknown);
    refuse(&mut world);
    assert_eq!(retry(&mut world), [], "the refusal stands");
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(true);
    world.hear(contact_changed("c1", T0 + 700));
    price(&mut world, "200");
    retry(&mut world);
    let sale = world.only();
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!((sale.value, sale.correction), (Some("100".parse().unwrap()), Some("200".parse().unwrap())));
}

/// A sale of somebody whose yes is needed and there, which Meta may have.
fn sold_with_a_yes() -> World {
    let mut world = World::new();
    world.policy.consent = crate::Consent::Required;
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(true);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("100".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    world.set_sent(Sent::Unknown);
    world
}

#[test]
fn a_yes_that_is_taken_back_stops_what_meta_may_have_where_a_yes_is_required() {
    let mut world = sold_with_a_yes();
    world.crm.contacts.get_mut("c1").unwrap().1 = None;
    world.hear(contact_changed("c1", T0 + 600));
    assert_eq!(world.told(), ["Purchase suppressed no_consent"]);
}

#[test]
fn a_yes_that_is_given_again_lets_what_meta_may_have_go_on_as_it_was() {
    let mut world = sold_with_a_yes();
    for (said, at_s) in [(None, T0 + 600), (Some(true), T0 + 700), (None, T0 + 800), (Some(true), T0 + 900)] {
        world.crm.contacts.get_mut("c1").unwrap().1 = said;
        world.hear(contact_changed("c1", at_s));
        let told = if said.is_none() { "Purchase suppressed no_consent" } else { "Purchase queued" };
        assert_eq!(world.told(), [told], "{said:?} at {at_s}");
        // What it would be told as by now is for the correction.
        price(&mut world, "200");
        assert_eq!(world.only().value, Some("100".parse().unwrap()));
    }
    assert_eq!(may_repeat(&world.only(), &world.policy, world.now()), Ok(()));
}
