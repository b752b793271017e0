//! Erasing people: what goes, what stays, and that nobody learns them anew.

use kopru_core::{
    Channel, Click, Contact, ContactHint, ContactRead, Conversion, Deal, DealNow, DealRead, Effect, Fact,
    Former, IDENTIFIER_LINKS_MAX, Join, Link, Named, Node, Outcome, Question, Reason, StageId, State, Trust,
};

use super::shop::{JOIN, ORIGIN, Shop, deal_key, nothing, queued};
use crate::{Decided, Error, KnownPerson, OutcomeOf, Settled, Store};

const ERASED: Outcome = Outcome::Ignored(Reason::Erased);

/// A shop with a person who clicked, and another one.
struct Crowd<'a> {
    shop: Shop<'a>,
    phone: Node,
    user: Node,
    other: Node,
}

fn contact(id: &str) -> Node {
    Node::contact(ORIGIN, id)
}

fn click(message: &str, who: &[&Node]) -> Click {
    Click {
        message: message.into(),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: who.iter().copied().cloned().collect(),
        at_s: 3,
        click_id: Some(format!("clid-{message}")),
        ad_id: Some("ad-1".into()),
    }
}

fn deal(id: &str, contact_id: &str) -> Effect {
    Effect::SaveDeal(Deal {
        price: "1500.50".parse().ok(),
        contacts: vec![contact(contact_id)],
        ..Deal::new(deal_key(id))
    })
}

fn known_as(id: &str, who: &Node) -> Effect {
    Effect::SaveContact(Contact { who: vec![who.clone()], ..Contact::new(contact(id)) })
}

fn contact_read(id: &str, who: &[&Node]) -> Fact {
    let who = who.iter().copied().cloned().collect();
    Fact::Contact(ContactRead {
        identifiers: Vec::new(),
        contact: contact(id),
        found: true,
        who,
        consent: None,
        updated_s: None,
        answered_upto: 1,
    })
}

/// A deal of a contact, as the CRM holds it.
fn of_contact(id: &str) -> DealNow {
    DealNow {
        created_s: None,
        stage: StageId { pipeline: "7".into(), status: "142".into() },
        price: None,
        contacts: vec![contact(id)],
        updated_s: 1,
        closed_s: None,
        consent: None,
        named: Named::default(),
    }
}

const CHAT: kopru_core::Chat =
    kopru_core::Chat { first_s: 1, last_s: 1, began_plain: true, withheld_s: None };

impl<'a> Crowd<'a> {
    /// The person is contact c1 with deal 1, the other one contact c2 with deal 2.
    async fn open(store: &'a dyn Store, name: &str) -> Self {
        let shop = Shop::open(store, name).await;
        let key = store.join_key(shop.workspace).await.unwrap();
        let (phone, other) = (key.phone("905321112233"), key.phone("905559998877"));
        let crowd = Self { shop, phone, user: key.whatsapp_user("U1"), other };
        let Self { shop, phone, user, other } = &crowd;
        shop.append(vec![
            Fact::Click(click("m1", &[phone, user])),
            Fact::Click(click("m2", &[other])),
            contact_read("c1", &[phone]),
        ])
        .await;
        let effects = vec![
            Effect::SaveClick(click("m1", &[phone, user])),
            Effect::SaveClick(click("m2", &[other])),
            Effect::SaveLink(phone.clone(), user.clone(), JOIN),
            Effect::SaveChat(phone.clone(), CHAT),
            Effect::SaveChat(user.clone(), CHAT),
            Effect::SaveChat(other.clone(), CHAT),
            known_as("c1", phone),
            known_as("c2", other),
            deal("1", "c1"),
            deal("2", "c2"),
            Effect::Create(queued("1", 0)),
            Effect::Create(queued("2", 0)),
        ];
        shop.decide(Outcome::Used, effects, 0).await;
        crowd
    }

    async fn person(&self, who: &Node) -> KnownPerson {
        self.shop.store.person(self.shop.workspace, std::slice::from_ref(who)).await.unwrap()
    }

    async fn erase(&self) -> crate::Erasure {
        let (store, workspace) = (self.shop.store, self.shop.workspace);
        let erased = store.erase(workspace, std::slice::from_ref(&self.phone), 50_000).await.unwrap();
        self.shop.balanced().await;
        erased
    }

    async fn send(&self, event_id: &str) {
        let claimed = self.shop.claim(10, 1_000).await;
        let claimed: Vec<_> = claimed.into_iter().filter(|one| one.conversion.event_id == event_id).collect();
        let opened = self.shop.open_attempt(&claimed, 1_000).await;
        let settled = Settled::Accepted { reply: "taken".into() };
        let outcome = OutcomeOf { number: claimed[0].number, settled };
        let (store, lease) = (self.shop.store, self.shop.lease);
        store.settle(lease, &super::shop::lane(), Some(opened.attempt), vec![outcome], 1_000).await.unwrap();
    }
}

pub(super) async fn leave_the_counts_and_nothing_of_the_person(store: &dyn Store) {
    let crowd = Crowd::open(store, "erased").await;
    let shop = &crowd.shop;
    shop.act(vec![Effect::Create(Conversion { cause: deal_key("1").into(), ..queued("1b", 0) })], 0).await;
    crowd.send("1b").await;
    let known = crowd.person(&crowd.phone).await;
    assert_eq!(known.contacts, [contact("c1")]);
    assert_eq!(known.identifiers, [("phone".to_owned(), 1), ("whatsapp-user".to_owned(), 1)].into());
    assert_eq!((known.clicks.len(), known.deals.len(), known.conversions.len()), (1, 1, 2));
    assert_eq!(known.clicks[0].account.as_deref(), Some("waba"));
    assert_eq!(known.chats, [CHAT, CHAT]);
    assert!(known.conversions[0].body.is_some() && !known.is_erased && known.is_whole);
    let before = store.ledger(shop.workspace).await.unwrap();

    let erased = crowd.erase().await;
    let removed = erased.removed;
    // The phone, the user and the contact.
    assert_eq!((erased.number, erased.at_ms, erased.marks), (1, 50_000, 3));
    assert_eq!((removed.contacts, removed.links, removed.clicks), (1, 2, 1));
    assert_eq!((removed.facts, removed.conversions, removed.not_sent), (2, 2, 1));

    let told = shop.listed("1b").await;
    assert_eq!((told.conversion.state, &told.body, &told.reply), (State::Accepted, &None, &None));
    assert!(told.conversion.identity.is_none());
    let untold = shop.listed("1").await.conversion;
    assert_eq!((untold.state, untold.reason), (State::Suppressed, Some(Reason::Erased)));
    assert!(untold.identity.is_none());
    assert_eq!((untold.ad_id.as_deref(), untold.event_s), (Some("ad-1"), 7), "what is counted stays");
    let left = crowd.person(&crowd.phone).await;
    assert!(left.contacts.is_empty() && left.clicks.is_empty() && left.chats.is_empty() && left.is_erased);
    let after = store.ledger(shop.workspace).await.unwrap();
    assert_eq!(after.facts.received, before.facts.received);
    assert_eq!(after.conversions.created, before.conversions.created);

    let who = vec![crowd.phone.clone(), crowd.user.clone(), crowd.other.clone()];
    shop.append(vec![Fact::Link(Link { who, at_s: 1, ..Link::default() })]).await;
    let chats = shop.take(10, 0).await.state.chats;
    assert_eq!(chats.into_keys().collect::<Vec<_>>(), std::slice::from_ref(&crowd.other));
    shop.decide(Outcome::Used, Vec::new(), 0).await;

    // The other one is as before.
    let other = crowd.person(&crowd.other).await;
    assert_eq!((other.contacts.len(), other.clicks.len(), other.conversions.len()), (1, 1, 1));
    assert_eq!(super::shop::ids(&shop.claim(10, 1_000).await), ["2"]);
    assert!(shop.listed("2").await.conversion.identity.is_some());
}

/// A contact that has another phone since is found by the one that it had, and nothing of that is left.
pub(super) async fn find_whoever_had_an_identifier_once(store: &dyn Store) {
    let crowd = Crowd::open(store, "erased former").await;
    let Crowd { shop, phone, user, other } = &crowd;
    let had = |id: &str, who: &Node| {
        let former = vec![Former { node: phone.clone(), until_s: 5 }];
        let who = vec![who.clone()];
        Effect::SaveContact(Contact { former, who, ..Contact::new(contact(id)) })
    };
    let third = Node::from_stored("phone:third".into());
    shop.act(vec![had("c1", &third)], 0).await;
    let known = crowd.person(phone).await;
    assert_eq!(known.contacts, [contact("c1")]);
    assert_eq!(known.clicks.len(), 1);
    crowd.erase().await;
    let left = crowd.person(&third).await;
    assert!(left.contacts.is_empty() && left.clicks.is_empty() && left.is_erased, "{left:?}");
    assert_eq!(crowd.person(user).await.clicks, []);

    // Of a phone that too many had, the phone goes and they stay.
    let cards = IDENTIFIER_LINKS_MAX + 1;
    let many: Vec<Effect> = (0..cards).map(|card| had(&format!("m{card}"), other)).collect();
    shop.act(many, 0).await;
    crowd.erase().await;
    shop.append(vec![contact_read("m0", &[])]).await;
    let state = shop.take(10, 0).await.state;
    assert!(state.contacts[&contact("m0")].former.is_empty() && state.former_of.is_empty());
}

/// A card that only the last link leads to is loaded with what it says.
pub(super) async fn show_the_last_card_of_a_person(store: &dyn Store) {
    let shop = Shop::open(store, "known far away").await;
    let [near, far, last] = ["near", "far", "last"].map(|phone| Node::from_stored(format!("phone:{phone}")));
    let card = |id: &str, who: &[&Node]| {
        let who = who.iter().map(|node| (*node).clone()).collect();
        Effect::SaveContact(Contact { who, ..Contact::new(contact(id)) })
    };
    let join = Join { trust: Trust::HashOnly, since_s: 0, until_s: None };
    shop.act(vec![Effect::SaveLink(far.clone(), last.clone(), join)], 0).await;
    shop.act(vec![card("c0", &[&last]), card("c1", &[&far, &near])], 0).await;
    let mut known = store.person(shop.workspace, &[near]).await.unwrap();
    known.contacts.sort();
    assert_eq!(known.contacts, [contact("c0"), contact("c1")]);
}

/// Companies are cards as well.
pub(super) async fn take_a_company_with_whoever_has_its_phone(store: &dyn Store) {
    let crowd = Crowd::open(store, "erased company").await;
    let shop = &crowd.shop;
    let company = Node::company(ORIGIN, "7");
    let company_deal = Deal { contacts: vec![contact("c9"), company.clone()], ..Deal::new(deal_key("9")) };
    let card = Contact { who: vec![crowd.phone.clone()], ..Contact::new(company.clone()) };
    shop.act(vec![Effect::SaveContact(card), Effect::SaveDeal(company_deal)], 0).await;
    let known = crowd.person(&crowd.phone).await;
    assert_eq!(known.contacts, [contact("c1"), company.clone()]);
    assert_eq!(
        known.deals.iter().map(|deal| &deal.key).collect::<Vec<_>>(),
        [&deal_key("1"), &deal_key("9")]
    );
    crowd.erase().await;
    let left = crowd.person(&company).await;
    assert!(left.is_erased && left.identifiers.is_empty(), "{left:?}");
}

pub(super) async fn are_known_to_every_turn(store: &dyn Store) {
    let crowd = Crowd::open(store, "known-erased").await;
    let Crowd { shop, phone, user, other } = &crowd;
    shop.append(vec![nothing()]).await;
    let taken = shop.take(10, 0).await;
    assert!(taken.state.erased.is_empty());
    crowd.erase().await;
    // What was decided without knowing it is not applied.
    let decided = Decided { erasures: taken.erasures, ..Decided::default() };
    assert!(matches!(shop.apply(decided).await, Err(Error::ErasedMeanwhile)));
    shop.decide(Outcome::Used, Vec::new(), 0).await;

    let of_deal = DealRead { deal: deal_key("1"), found: Some(of_contact("c1")), answered_upto: 1 };
    let marked = async |fact: Fact| {
        shop.append(vec![fact]).await;
        let erased = shop.take(10, 0).await.state.erased;
        shop.decide(ERASED, Vec::new(), 0).await;
        let mut erased: Vec<Node> = erased.into_iter().collect();
        erased.sort_unstable();
        erased
    };
    assert_eq!(marked(Fact::Click(click("m9", &[phone]))).await, std::slice::from_ref(phone));
    let link = Link { who: vec![user.clone(), other.clone()], at_s: 1, ..Link::default() };
    assert_eq!(marked(Fact::Link(link)).await, std::slice::from_ref(user));
    let hint = ContactHint { account: None, deals: Vec::new(), contact: contact("c1"), at_s: None };
    assert_eq!(marked(Fact::ContactHint(hint)).await, [contact("c1")]);
    assert_eq!(marked(contact_read("c9", &[phone])).await, std::slice::from_ref(phone));
    assert_eq!(marked(Fact::Deal(of_deal)).await, [contact("c1")]);
    assert!(marked(Fact::Click(click("m8", &[other]))).await.is_empty());
}

pub(super) async fn end_what_an_attempt_holds_with_the_attempt(store: &dyn Store) {
    for (name, taken) in [("held-taken", true), ("held-again", false)] {
        let crowd = Crowd::open(store, name).await;
        let shop = &crowd.shop;
        let claimed: Vec<_> =
            shop.claim(10, 1_000).await.into_iter().filter(|one| one.conversion.event_id == "1").collect();
        let attempt = shop.open_attempt(&claimed, 1_000).await.attempt;
        assert_eq!(crowd.erase().await.removed.not_sent, 0);
        let held = shop.listed("1").await;
        assert_eq!((held.conversion.state, held.body.is_some()), (State::Queued, true), "{name}");
        let settled = if taken {
            Settled::Accepted { reply: "taken".into() }
        } else {
            Settled::Again { due_ms: None, counts: false, reply: Some("no".into()) }
        };
        let outcome = OutcomeOf { number: claimed[0].number, settled };
        let lane = super::shop::lane();
        store.settle(shop.lease, &lane, Some(attempt), vec![outcome], 2_000).await.unwrap();
        shop.balanced().await;
        if !taken {
            // Whoever makes its body finds that it is not to be told.
            let again = shop.claim(10, 3_000).await;
            let again = again.into_iter().find(|one| one.conversion.event_id == "1").unwrap();
            let stop = again.conversion.stop.unwrap();
            assert_eq!(stop.reason, Reason::Erased);
            let settled = Settled::Stopped { stop, revision: again.revision };
            let outcome = OutcomeOf { number: again.number, settled };
            store.settle(shop.lease, &lane, None, vec![outcome], 3_000).await.unwrap();
            shop.balanced().await;
        }
        let ended = shop.listed("1").await;
        let state = if taken { State::Accepted } else { State::Suppressed };
        assert_eq!((ended.conversion.state, ended.body, ended.reply), (state, None, None), "{name}");
        assert!(ended.conversion.identity.is_none());
    }
}

pub(super) async fn end_what_is_still_to_be_decided(store: &dyn Store) {
    let crowd = Crowd::open(store, "undecided-erased").await;
    let Crowd { shop, phone, other, .. } = &crowd;
    let hint = Fact::ContactHint(ContactHint {
        account: None,
        deals: Vec::new(),
        contact: contact("c1"),
        at_s: None,
    });
    shop.append(vec![hint]).await;
    let question = Question::Contact { origin: ORIGIN.into(), id: "c1".into() };
    let on = question.key();
    let ask = Effect::Ask { question, upto: 9, after_ms: 0 };
    shop.decide(Outcome::Waiting { on, reason: Reason::AskingCrm }, vec![ask], 0).await;
    shop.append(vec![Fact::Click(click("m3", &[phone]))]).await;
    store.set_aside_next(shop.lease, "odd").await.unwrap();
    shop.append(vec![Fact::Click(click("m4", &[phone])), Fact::Click(click("m5", &[other]))]).await;

    let removed = crowd.erase().await.removed;
    assert_eq!((removed.questions, removed.facts), (1, 5));
    let facts = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((facts.pending, facts.waiting, facts.set_aside, facts.ignored), (1, 0, 0, 3));
    assert_eq!(store.ignored(shop.workspace).await.unwrap(), [(Reason::Erased, 3)]);
    assert!(store.asks_due(ORIGIN, &[shop.workspace], 10, i64::MAX / 2).await.unwrap().is_empty());
    assert!(store.set_aside(shop.workspace, 10).await.unwrap().is_empty());
    let left = shop.take(10, 0).await;
    assert_eq!(left.facts.len(), 1);
    assert!(matches!(&left.facts[0].fact, Fact::Click(click) if click.message == "m5"));
}

/// The CRM has given the deal to another contact since: by whose click an event was told says whose it is.
pub(super) async fn find_what_was_told_by_their_click_whoever_has_the_deal(store: &dyn Store) {
    let crowd = Crowd::open(store, "moved-erased").await;
    let Crowd { shop, phone, user, other } = &crowd;
    let by = |message: &str, event_id: &str| {
        let (cause, identity) = (deal_key("1").into(), click(message, &[phone]).identity());
        Effect::Create(Conversion { cause, identity, ..queued(event_id, 0) })
    };
    shop.act(vec![by("m1", "told"), by("m1", "held"), by("m1", "untold"), by("m2", "others")], 0).await;
    crowd.send("told").await;
    let claimed = shop.claim(10, 1_000).await;
    let held: Vec<_> = claimed.into_iter().filter(|one| one.conversion.event_id == "held").collect();
    let attempt = shop.open_attempt(&held, 1_000).await.attempt;
    shop.act(vec![deal("1", "c2")], 0).await;

    let ids = |person: &KnownPerson| {
        let mut ids: Vec<_> = person.conversions.iter().map(|one| one.conversion.event_id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&crowd.person(phone).await), ["held", "told", "untold"]);
    assert_eq!(ids(&crowd.person(user).await), ["held", "told", "untold"], "the click is theirs as well");
    let removed = crowd.erase().await.removed;
    assert_eq!((removed.conversions, removed.not_sent), (3, 1));
    let told = shop.listed("told").await;
    assert_eq!((told.conversion.state, told.body, told.reply), (State::Accepted, None, None));
    assert!(told.conversion.identity.is_none());
    assert_eq!(shop.listed("untold").await.conversion.reason, Some(Reason::Erased));
    // What an attempt holds ends with it, and is not found twice.
    assert_eq!(crowd.erase().await.removed.conversions, 0);
    let settled = Settled::Accepted { reply: "taken".into() };
    let outcome = OutcomeOf { number: held[0].number, settled };
    store.settle(shop.lease, &super::shop::lane(), Some(attempt), vec![outcome], 2_000).await.unwrap();
    shop.balanced().await;
    let held = shop.listed("held").await;
    assert_eq!((held.conversion.identity, held.body, held.reply), (None, None, None));
    // The deal, and what was told by another one's click, belong to the other one.
    assert_eq!(ids(&crowd.person(other).await), ["1", "2", "held", "others", "told", "untold"]);
    assert!(shop.listed("others").await.conversion.identity.is_some());
}

/// A deal stays known, so a reading of it that is still to be decided stays until it is.
pub(super) async fn leave_a_reading_of_their_deal_until_it_is_decided(store: &dyn Store) {
    let crowd = Crowd::open(store, "read-erased").await;
    let Crowd { shop, phone, .. } = &crowd;
    let read =
        || Fact::Deal(DealRead { deal: deal_key("1"), found: Some(of_contact("c1")), answered_upto: 1 });
    shop.append(vec![read()]).await;
    shop.decide(Outcome::Used, Vec::new(), 0).await;
    shop.append(vec![read()]).await;
    let on = Question::Catalogue { origin: ORIGIN.into() }.key();
    let waits = shop.decide(Outcome::Waiting { on, reason: Reason::AskingCrm }, Vec::new(), 0).await[0];
    shop.append(vec![read()]).await;
    assert_eq!(crowd.erase().await.removed.facts, 3, "their click, their contact and what is decided");
    // Both can still be decided, by whoever says then that they are done with.
    for release in [vec![Effect::Release { seq: waits }], Vec::new()] {
        let open = shop.take(10, 0).await.facts;
        assert_eq!(open.iter().map(|fact| &fact.fact).collect::<Vec<_>>(), [&read()]);
        let forget = Effect::Forget { seq: open[0].seq };
        shop.decide(Outcome::Used, release.into_iter().chain([forget]).collect(), 0).await;
    }
    assert!(shop.take(10, 0).await.facts.is_empty());
    let again = store.erase(shop.workspace, &[phone.clone(), contact("c1")], 51_000).await.unwrap();
    assert_eq!(again.removed.facts, 0, "nothing is left of what they said");
    shop.balanced().await;
}

pub(super) async fn go_through_all_deals_of_a_contact(store: &dyn Store) {
    let crowd = Crowd::open(store, "many-erased").await;
    let shop = &crowd.shop;
    let ids: Vec<String> = (0..80).map(|number| format!("many-{number:02}")).collect();
    let effects = ids.iter().flat_map(|id| [deal(id, "c1"), Effect::Create(queued(id, 0))]).collect();
    shop.act(effects, 0).await;
    let removed = crowd.erase().await.removed;
    assert_eq!((removed.conversions, removed.not_sent), (81, 81));
    assert_eq!(super::shop::ids(&shop.claim(100, 1_000).await), ["2"]);
}

pub(super) async fn are_lifted_for_the_whole_person(store: &dyn Store) {
    let crowd = Crowd::open(store, "lifted").await;
    let Crowd { shop, phone, user, .. } = &crowd;
    crowd.erase().await;
    assert_eq!(crowd.erase().await.number, 2, "what is marked may be marked again");
    let erased = async || {
        shop.append(vec![Fact::Click(click("m9", &[phone, user])), contact_read("c1", &[phone])]).await;
        let erased = shop.take(10, 0).await.state.erased.len();
        shop.decide(Outcome::Used, Vec::new(), 0).await;
        erased
    };
    assert_eq!(erased().await, 3);
    // By any of what belongs to them.
    assert_eq!(store.lift(shop.workspace, std::slice::from_ref(phone), 60_000).await.unwrap(), 3);
    assert_eq!(erased().await, 0);
    assert_eq!(store.lift(shop.workspace, std::slice::from_ref(user), 60_000).await.unwrap(), 0);
}

pub(super) async fn take_a_whole_workspace(store: &dyn Store) {
    let crowd = Crowd::open(store, "closing").await;
    let workspace = crowd.shop.workspace;
    crowd.erase().await;
    let mut before = store.workspace_names().await.unwrap();
    assert!(store.erase_workspace(workspace, 70_000).await.unwrap() > 10);
    assert!(matches!(store.erase_workspace(workspace, 70_000).await, Err(Error::NoKeys(_))));
    assert!(matches!(store.append(workspace, "test", 1, vec![nothing()]).await, Err(Error::NoKeys(_))));
    assert_eq!(store.known_workspace("closing").await.unwrap(), None);
    before.retain(|name| name != "closing");
    assert_eq!(store.workspace_names().await.unwrap(), before, "nor by another name");
    let anew = Shop::open(store, "closing").await;
    assert_ne!(anew.workspace, workspace, "a number is given to nobody else");
    anew.balanced().await;
}
