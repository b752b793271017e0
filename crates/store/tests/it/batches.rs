//! Deciding many facts on one working_set gives what deciding them one by one gives, each on a
//! freshly loaded state.

use kopru_core::{
    Catalogue, Channel, ChatMessage, Click, Consent, ContactHint, ContactRead, Dataset, DealHint, DealKey,
    DealNow, DealRead, Decision, Fact, IDENTIFIER_LINKS_MAX, Link, MessageContent, Mode, Named, Node, Policy,
    Repeat, RouteKind, Rule, StageId, StageLog, StageName, State, Trigger, Trust, WAITING_PER_TURN_MAX,
    WorkspaceId, Worth, decide, sweep,
};
use proptest::prelude::*;
use store::{
    AskDue, AskStore, Decided, DecisionStore, FactStore, Lease, Sqlite, Store, Views, views::Ledger,
    views::Listed,
};

use crate::open;

pub(crate) const ORIGIN: &str = "kommo:acme";
pub(crate) const T0: i64 = 1_780_000_000;
pub(crate) const NOW_MS: i64 = (T0 + 3600) * 1000;
const STAGES: [&str; 3] = ["1", "2", "142"];

/// What facts lead to.
#[derive(Debug, PartialEq)]
struct Outcome {
    conversions: Vec<Listed>,
    ledger: Ledger,
    /// The questions, with the newest fact that asks.
    asked: Vec<(String, u64)>,
}

/// Appends and decides one part of the facts after the other, in turns of at most `limit`.
async fn decide_all(store: &Sqlite, name: &str, parts: &[Vec<Fact>], limit: usize) -> Outcome {
    let workspace = store.workspace(name).await.unwrap();
    let lease = store.lease(workspace).await.unwrap();
    for part in parts {
        store.append(workspace, "test", NOW_MS, part.clone()).await.unwrap();
        decide_turns(store, lease, limit).await;
    }
    let ledger = store.ledger(workspace).await.unwrap();
    assert!(ledger.balanced && ledger.facts.pending == 0, "{ledger:?}");
    let mut conversions = store.conversions(workspace, None, 1_000).await.unwrap();
    conversions.sort_by(|a, b| a.conversion.event_id.cmp(&b.conversion.event_id));
    let asks = store.asks_due(ORIGIN, &[workspace], 1_000, i64::MAX).await.unwrap();
    let mut asked: Vec<_> = asks.iter().map(|ask: &AskDue| (ask.question.key(), ask.upto)).collect();
    asked.sort();
    Outcome { conversions, ledger, asked }
}

pub(crate) async fn decide_turns(store: &Sqlite, lease: Lease, limit: usize) {
    let policy = policy();
    loop {
        let mut work = store.take(lease, limit, NOW_MS).await.unwrap();
        if work.facts.is_empty() && work.sweep.is_none() {
            break;
        }
        let mut decisions: Vec<Decision> = Vec::new();
        for fact in &work.facts {
            decisions.push(decide(&mut work.state, &policy, fact, NOW_MS));
            if decisions.last().is_some_and(Decision::ends_turn) {
                break;
            }
        }
        let swept = work.sweep.map(|step| {
            let effects = sweep(&mut work.state, &policy, &step.deals, NOW_MS);
            (step, effects)
        });
        store.apply(lease, Decided { decisions, swept, now_ms: NOW_MS, ..Decided::default() }).await.unwrap();
    }
}

fn policy() -> Policy {
    let rule = |id: &str, trigger, send: &str, worth| Rule {
        id: id.into(),
        pipeline: None,
        trigger,
        send: send.into(),
        worth,
        repeat: Repeat::Once,
        since_s: None,
    };
    Policy {
        workspace: WorkspaceId(1),
        currency: Some("TRY".into()),
        consent: Consent::Elsewhere,
        consent_since_s: None,
        restored: None,
        rules: vec![
            rule("qualified", Trigger::Named("2".into()), "Lead", None),
            rule("won", Trigger::Won, "Purchase", Some(Worth::price())),
        ],
        datasets: vec![Dataset {
            id: "set-1".into(),
            waba_id: Some("waba".into()),
            mistaken_accounts: Vec::new(),
            routes: vec![RouteKind::Messaging],
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::Both,
            appending: kopru_core::Appending::default(),
            mode: Mode::Live,
        }],
    }
}

fn stage(status: &str) -> StageId {
    StageId { pipeline: "7".into(), status: status.into() }
}

fn deal() -> impl Strategy<Value = DealKey> {
    prop::sample::select(vec!["d1", "d2"]).prop_map(|id| DealKey { origin: ORIGIN.into(), id: id.into() })
}

fn contact() -> impl Strategy<Value = Node> {
    prop::sample::select(vec!["c1", "c2", "company-3"]).prop_map(|id| Node::contact(ORIGIN, id))
}

fn identifiers(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Node>> {
    let all = ["phone:1", "phone:2", "whatsapp-user:1", "whatsapp-user:2", "email:1"];
    let all = all.map(|text| Node::from_stored(text.into()));
    prop::sample::subsequence(all.to_vec(), count).prop_shuffle()
}

fn at_s() -> impl Strategy<Value = i64> {
    (0..20_i64).prop_map(|step| T0 + step * 100)
}

pub(crate) fn catalogue() -> Fact {
    let name = |status: &&str| StageName {
        stage: stage(status),
        pipeline_name: "Sales".into(),
        stage_name: format!("Stage {status}"),
    };
    let stages = STAGES.iter().map(name).collect();
    Fact::Catalogue(Catalogue {
        account: None,
        name: None,
        origin: ORIGIN.into(),
        currency: Some("TRY".into()),
        stages,
        former: Vec::new(),
        meanings: Vec::new(),
    })
}

fn link() -> impl Strategy<Value = Fact> {
    let content = [MessageContent::Read, MessageContent::Withheld, MessageContent::Unsupported];
    let message = prop::sample::select(content.to_vec())
        .prop_map(|content| ChatMessage { account: "waba".into(), content });
    let trust = prop::sample::select(Trust::ALL.to_vec());
    (identifiers(0..4), at_s(), trust, 0..3_usize, prop::option::of(message)).prop_map(
        |(who, at_s, trust, former, message)| {
            let former = who.iter().take(former).cloned().collect();
            Fact::Link(Link { who, at_s, trust, former, message })
        },
    )
}

fn contact_read() -> impl Strategy<Value = Fact> {
    let consent = prop::option::weighted(0.1, (0..3_u8).prop_map(kopru_core::ConsentAnswer::from_code));
    (contact(), identifiers(0..3), consent, prop::option::of(at_s()), 0..30_u64).prop_map(
        |(contact, who, consent, updated_s, answered_upto)| {
            Fact::Contact(ContactRead {
                identifiers: Vec::new(),
                contact,
                found: true,
                who,
                consent,
                updated_s,
                answered_upto,
            })
        },
    )
}

/// Any fact about two deals of three contacts; an answer may answer any question asked so far.
fn fact() -> impl Strategy<Value = Fact> {
    let status = || prop::sample::select(STAGES.to_vec()).prop_map(stage);
    let price =
        prop::option::of(1..4_u8).prop_map(|price| price.map(|price| price.to_string().parse().unwrap()));
    let click = (0..4_u8, identifiers(1..3), at_s()).prop_map(|(message, who, at_s)| {
        Fact::Click(Click {
            message: format!("m{message}"),
            channel: Channel::Whatsapp,
            account: "waba".into(),
            who,
            at_s,
            click_id: (message > 0).then(|| format!("clid-{message}")),
            ad_id: Some(format!("ad-{message}")),
        })
    });
    let created_s = prop::option::of(at_s());
    let found = (
        status(),
        price,
        prop::collection::vec(contact(), 0..3),
        at_s(),
        prop::option::of(at_s()),
        created_s,
    );
    let found = found.prop_map(|(stage, price, contacts, updated_s, closed_s, created_s)| DealNow {
        created_s,
        stage,
        price,
        contacts,
        updated_s,
        closed_s,
        consent: None,
        named: Named::default(),
    });
    prop_oneof![
        2 => click,
        3 => link(),
        3 => (deal(), prop::option::of(status()), any::<bool>(), prop::option::of(at_s())).prop_map(
            |(deal, stage, moved, at_s)| Fact::DealHint(DealHint { deleted: false, account: None, left: None, deal, moved: moved && stage.is_some(), stage, at_s })
        ),
        1 => (contact(), at_s())
            .prop_map(|(contact, at_s)| Fact::ContactHint(ContactHint { account: None, deals: Vec::new(), contact, at_s: Some(at_s) })),
        5 => (deal(), prop::option::weighted(0.9, found), 0..30_u64)
            .prop_map(|(deal, found, answered_upto)| Fact::Deal(DealRead { deal, found, answered_upto })),
        4 => contact_read(),
        1 => Just(catalogue()),
        2 => (deal(), status(), prop::option::of(at_s()), 0..30_u64).prop_map(
            |(deal, stage, entered_s, answered_upto)| Fact::StageLog(StageLog { first_s: None, left_s: None, deal, stage, entered_s, answered_upto })
        ),
    ]
}

/// An answer cannot answer what comes after it.
fn in_time(facts: Vec<Fact>) -> Vec<Fact> {
    in_time_after(0, facts)
}

/// The same behind so many other facts.
fn in_time_after(before: usize, mut facts: Vec<Fact>) -> Vec<Fact> {
    for (place, fact) in facts.iter_mut().enumerate() {
        if let Fact::Deal(DealRead { answered_upto, .. })
        | Fact::Contact(ContactRead { answered_upto, .. })
        | Fact::StageLog(StageLog { answered_upto, .. }) = fact
        {
            *answered_upto = (*answered_upto * (1 + before as u64 / 20)).min((before + place) as u64);
        }
    }
    facts
}

/// The same facts in turns of different sizes.
fn in_turns(parts: &[Vec<Fact>]) -> Vec<Outcome> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let mut results = Vec::new();
        for limit in [1, 3, 256] {
            results.push(decide_all(&store, &format!("turns of {limit}"), parts, limit).await);
        }
        results
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_at_once_give_what_one_by_one_give(
        facts in prop::collection::vec(fact(), 0..40),
    ) {
        let results = in_turns(&[in_time(facts)]);
        prop_assert_eq!(&results[0], &results[1]);
        prop_assert_eq!(&results[0], &results[2]);
    }
}

/// More reports than one answer ends in a turn: it goes on, and what builds on it comes after it.
mod many_reports {
    use super::*;

    const REPORTS: usize = WAITING_PER_TURN_MAX + 40;

    fn reports() -> impl Strategy<Value = Vec<Fact>> {
        let moved = prop::option::weighted(0.02, prop::sample::select(STAGES.to_vec()).prop_map(stage));
        let report = (moved, at_s()).prop_map(|(stage, at_s)| {
            let deal = DealKey { origin: ORIGIN.into(), id: "d1".into() };
            Fact::DealHint(DealHint {
                deleted: false,
                account: None,
                left: None,
                deal,
                moved: stage.is_some(),
                stage,
                at_s: Some(at_s),
            })
        });
        prop::collection::vec(report, REPORTS)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn are_decided_in_any_turns_alike(
            reports in reports(),
            facts in prop::collection::vec(fact(), 5..20),
        ) {
            let facts = in_time_after(reports.len(), facts);
            let results = in_turns(&[reports, facts]);
            prop_assert_eq!(&results[0], &results[1]);
            prop_assert_eq!(&results[0], &results[2]);
        }
    }
}

/// More deals of one contact than a turn can hold, and a click that comes after all of them.
#[test]
fn the_deals_of_a_crowded_contact_are_swept_in_any_turns_alike() {
    let contact = Node::contact(ORIGIN, "c1");
    let phone = Node::from_stored("phone:1".into());
    let deals = 300;
    let mut before = vec![catalogue()];
    before.extend((0..deals).map(|number| won(&number.to_string(), &contact)));
    let who = vec![phone.clone()];
    before.push(Fact::Contact(ContactRead {
        identifiers: Vec::new(),
        contact,
        found: true,
        who,
        consent: None,
        updated_s: None,
        answered_upto: u64::from(u32::MAX),
    }));
    let results = in_turns(&[before, vec![click("m", &phone)]]);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
    assert_eq!(queued(&results[0]), deals);
}

pub(crate) fn won(id: &str, contact: &Node) -> Fact {
    let now = DealNow {
        created_s: None,
        stage: stage("142"),
        price: "10".parse().ok(),
        contacts: vec![contact.clone()],
        updated_s: T0 + 10,
        closed_s: Some(T0 + 10),
        consent: None,
        named: Named::default(),
    };
    let deal = DealKey { origin: ORIGIN.into(), id: id.into() };
    Fact::Deal(DealRead { deal, found: Some(now), answered_upto: 0 })
}

pub(crate) fn click(message: &str, who: &Node) -> Fact {
    Fact::Click(Click {
        message: message.into(),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: vec![who.clone()],
        at_s: T0,
        click_id: Some("clid".into()),
        ad_id: None,
    })
}

fn queued(outcome: &Outcome) -> usize {
    outcome.conversions.iter().filter(|one| one.conversion.state == State::Queued).count()
}

/// A phone that so many share joins nobody, until enough of them lose it: whether they lose it
/// in one turn or in several.
#[test]
fn many_who_lose_a_shared_phone_at_once_lose_it_as_one_by_one() {
    let phone = Node::from_stored("phone:reception".into());
    let contact = |number: usize| Node::contact(ORIGIN, &format!("c{number:03}"));
    let read = |number: usize, who: &[Node]| {
        Fact::Contact(ContactRead {
            identifiers: Vec::new(),
            contact: contact(number),
            found: true,
            who: who.to_vec(),
            consent: None,
            updated_s: None,
            answered_upto: u64::from(u32::MAX),
        })
    };
    let sharing = IDENTIFIER_LINKS_MAX + 10;
    let mut before = vec![catalogue(), click("m", &phone)];
    let own = |number: usize| Node::from_stored(format!("email:{number}"));
    before.extend((0..sharing).map(|number| read(number, &[phone.clone(), own(number)])));
    before.extend((0..sharing).map(|number| won(&number.to_string(), &contact(number))));
    for losing in [9, 10] {
        let after = (0..losing).map(|number| read(number, &[])).collect();
        let results = in_turns(&[before.clone(), after]);
        assert_eq!(results[0], results[2]);
        assert_eq!(queued(&results[0]), if losing == 10 { IDENTIFIER_LINKS_MAX } else { 0 });
    }
}
