//! A second cause and a second route: a contact that is a cause itself, told by its lead.

use super::world::{ORIGIN, QUALIFIED, T0, World, catalogue, click, contact_changed, moved, stage};
use crate::{
    Cause, ContactKey, Effect, Entry, Fact, Identity, Route, RouteKind, State,
    decide::{Deciding, happened::Happened, rules},
    event_id,
};

fn contact_cause() -> Cause {
    Cause::Contact(ContactKey { origin: ORIGIN.into(), id: "c1".into() })
}

/// Lets the contact itself enter a stage.
fn enter(world: &mut World) {
    let now = world.now();
    let mut deciding = Deciding::without_fact(&mut world.state, &world.policy, now);
    let entry = Entry::new(stage(QUALIFIED), T0 + 100);
    let happened = Happened::Entered(&entry);
    rules::fire(&mut deciding, &contact_cause(), happened, &catalogue(), now.ms);
    assert!(matches!(deciding.effects.as_slice(), [Effect::Create(_)]));
}

#[test]
fn a_contact_is_a_cause_like_a_deal() {
    let mut world = World::new();
    world.crm.enter("d1", "1", T0);
    world.hear(moved("d1", "1", T0));
    enter(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    assert_eq!(world.only().event_id, event_id(world.policy.workspace, &contact_cause(), "Lead", 1));
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    let lead = world.only();
    assert_eq!((lead.state, lead.route), (State::Queued, Route::Messaging(crate::Channel::Whatsapp)));
    assert!(world.body(&lead).contains("clid-m1"));
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
    world.hear(contact_changed("c1", T0 + 500));
    assert_eq!(world.told(), ["Lead suppressed consent_refused"]);
}

#[test]
fn what_one_route_cannot_tell_another_does_and_a_thing_goes_by_one_only() {
    let mut world = World::new();
    world.policy.datasets[0].routes = vec![RouteKind::Messaging, RouteKind::Lead];
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    let lead = world.only();
    assert_eq!((lead.state, lead.route, lead.name.as_str()), (State::Queued, Route::Lead, "Lead"));
    assert_eq!(lead.identity, Some(Identity::Lead { lead_id: "100000000000001".into() }));
    // A click that turns up before it left is the better way; the thing is the same.
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    let chat = world.only();
    assert_eq!((chat.route.kind(), chat.name.as_str()), (RouteKind::Messaging, "LeadSubmitted"));
    assert_eq!(chat.event_id, lead.event_id);
}

#[test]
fn a_name_that_has_left_stays_and_with_it_the_route() {
    let mut world = World::new();
    world.policy.datasets[0].routes = vec![RouteKind::Messaging, RouteKind::Lead];
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world.set_sent(crate::Sent::NotTaken);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!((world.only().route, world.only().name.as_str()), (Route::Lead, "Lead"));
}

#[test]
fn each_route_writes_its_own_body() {
    let mut world = World::new();
    world.policy.datasets[0].routes = vec![RouteKind::Lead];
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    let body = world.body(&world.only());
    assert!(body.contains("\"lead_id\":100000000000001") && body.contains("system_generated"), "{body}");
}
