//! Steps of a story about few conversions, deals and people.

use kopru_core::{
    Action, Catalogue, Cause, Channel, Chat, Click, ContactHint, ContactRead, Conversion, DealHint, DealKey,
    DealNow, DealRead, Fact, Identity, Join, Link, Named, Node, Outcome, Question, Reason, Route, Sent, Seq,
    StageId, StageLog, State, Stop, Trust, Worth,
};
use proptest::{prelude::*, sample::select};
use store::Expiring;

use super::activities::{ReportedEvent, hashed, told};

/// In the year 2100: no real clock comes near.
pub const BEGIN_MS: i64 = 4_102_444_800_000;
pub const ORIGIN: &str = "kommo:acme";

#[derive(Debug, Clone)]
pub enum Step {
    /// Time passes, milliseconds.
    Pass(i64),
    Append(Vec<Fact>),
    Report(Vec<ReportedEvent>),
    Decide(Turn),
    /// The same turn once more.
    DecideAgain,
    /// Remembers what is listed, for updates that have not seen what came after it.
    Look,
    Claim(u8, usize),
    /// Opens an attempt with what was claimed last, or with every second of it.
    Open(bool),
    /// Ends what was claimed last, with the attempt or without, each in its way.
    Settle(bool, Vec<End>),
    /// All of a delivery: claims, opens, decides the first one anew in between, and ends it.
    Deliver {
        lane: u8,
        limit: usize,
        between: Option<Kind>,
        ends: Vec<End>,
    },
    /// Ends a conversion that nobody has claimed.
    SettleUnclaimed(u8, End),
    Interrupted(u8),
    Lease,
    Pause(u8, Option<(i64, bool)>),
    Adopt(Vec<u8>),
    Taken(u8),
    Revisit(Action, Filter, bool, Option<i64>),
    SetAsideNext,
    Retry,
    Ask(Question, i64),
    Answer(u8, Seq),
    Postpone(Question, i64, &'static str),
    Abandon(Question),
    Count(&'static str),
    Erase(Vec<Node>),
    Lift(Vec<Node>),
    /// All of a kind that is older than this, in steps of so many rows.
    Expire(Expiring, i64, usize),
}

/// What is decided of the facts that are taken, and beside them.
#[derive(Debug, Clone)]
pub struct Turn {
    pub limit: usize,
    pub of_facts: Vec<(OfFact, Vec<Change>)>,
    pub of_expired: Vec<Kind>,
    pub swept: Option<Vec<Change>>,
    pub revisited: Option<Vec<Kind>>,
}

#[derive(Debug, Clone)]
pub enum OfFact {
    Decided(Outcome),
    SetAside,
}

#[derive(Debug, Clone)]
pub enum Change {
    Deal(u8, Vec<u8>),
    Contact(u8, Vec<u8>),
    Link(u8, u8, Join),
    Chat(u8, Chat),
    Heard(u8, i64),
    Click(Click),
    Catalogue(Seq, Catalogue),
    Create(u8, Kind),
    /// By what is stored now, or what was listed at the last look.
    Update(u8, Kind, bool),
    Ask(Question, Seq, i64),
    Settle(Seq, Outcome),
    Release(Seq),
    Sweep(u8, Seq),
}

/// What a conversion becomes.
#[derive(Debug, Clone)]
pub struct Kind {
    pub state: u8,
    value: Option<&'static str>,
    pub dataset: u8,
    route: Route,
    pub due_ms: i64,
}

#[derive(Debug, Clone)]
pub enum End {
    Accepted,
    Failed(Reason),
    Stopped(u8),
    Again(Option<i64>, bool),
    Unknown(Option<i64>),
    BytesRefused,
    /// Says nothing of it.
    Nothing,
}

#[derive(Debug, Clone)]
pub enum Filter {
    None,
    All,
    Since(i64),
    States(Vec<State>),
    Named(Vec<u8>),
}

pub fn step() -> impl Strategy<Value = Step> {
    let end = || {
        prop_oneof![
            3 => Just(End::Accepted),
            4 => select(vec![Reason::RefusedByMeta, Reason::RefusedByMeta, Reason::TooLate, Reason::Unreadable]).prop_map(End::Failed),
            2 => (0..3_u8).prop_map(End::Stopped),
            2 => (prop::option::of(after_ms()), any::<bool>()).prop_map(|(due, counts)| End::Again(due, counts)),
            2 => prop::option::of(after_ms()).prop_map(End::Unknown),
            1 => Just(End::BytesRefused),
            1 => Just(End::Nothing),
        ]
    };
    let one = prop_oneof![(0..4_u8).prop_map(phone), (0..3_u8).prop_map(contact), (0..4_u8).prop_map(hashed)]
        .boxed();
    let somebody = prop::collection::vec(one, 1..3);
    prop_oneof![
        3 => select(vec![1_i64, 1_000, 61_000, 400_000, 90_000_000]).prop_map(Step::Pass),
        5 => prop::collection::vec(fact(), 1..4).prop_map(Step::Append),
        5 => prop::collection::vec(told(), 1..4).prop_map(Step::Report),
        12 => turn().prop_map(Step::Decide),
        1 => Just(Step::DecideAgain),
        1 => Just(Step::Look),
        5 => (lane(), 1..5_usize).prop_map(|(lane, limit)| Step::Claim(lane, limit)),
        4 => any::<bool>().prop_map(Step::Open),
        5 => (prop::bool::weighted(0.7), prop::collection::vec(end(), 4))
            .prop_map(|(with, ends)| Step::Settle(with, ends)),
        6 => (lane(), 1..5_usize, prop::option::of(kind()), prop::collection::vec(end(), 4))
            .prop_map(|(lane, limit, between, ends)| Step::Deliver { lane, limit, between, ends }),
        2 => (id(), end()).prop_map(|(id, end)| Step::SettleUnclaimed(id, end)),
        1 => (0..4_u8).prop_map(Step::Interrupted),
        1 => Just(Step::Lease),
        1 => (0..4_u8, prop::option::of((after_ms(), any::<bool>())))
            .prop_map(|(scope, pause)| Step::Pause(scope, pause)),
        1 => prop::collection::vec(0..4_u8, 0..4).prop_map(Step::Adopt),
        1 => (0..2_u8).prop_map(Step::Taken),
        3 => (
            select(vec![Action::Resolve, Action::Retry, Action::Drop]),
            filter(),
            any::<bool>(),
            prop::option::of(Just(0_i64)),
        )
            .prop_map(|(action, filter, any_age, rule)| Step::Revisit(action, filter, any_age, rule)),
        1 => Just(Step::SetAsideNext),
        1 => Just(Step::Retry),
        1 => (question(), after_ms()).prop_map(|(question, after)| Step::Ask(question, after)),
        2 => (0..4_u8, 0..9_u64).prop_map(|(which, upto)| Step::Answer(which, upto)),
        2 => (question(), after_ms(), select(vec!["no answer", "busy"]))
            .prop_map(|(question, after, error)| Step::Postpone(question, after, error)),
        1 => question().prop_map(Step::Abandon),
        1 => select(vec!["door.signature", "door.size"]).prop_map(Step::Count),
        2 => somebody.clone().prop_map(Step::Erase),
        1 => somebody.prop_map(Step::Lift),
        2 => (select(Expiring::ALL.to_vec()), after_ms(), 1..4_usize)
            .prop_map(|(kind, age_ms, rows)| Step::Expire(kind, age_ms, rows)),
    ]
}

/// The number in a conversion's id.
fn id() -> impl Strategy<Value = u8> {
    0..12_u8
}

fn lane() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0_u8), 1 => 1..3_u8, 4 => Just(3_u8)]
}

fn after_ms() -> impl Strategy<Value = i64> {
    select(vec![0_i64, 0, 500, 30_000, 240_000, 360_000, 4_000_000])
}

fn turn() -> impl Strategy<Value = Turn> {
    (
        0..4_usize,
        prop::collection::vec((of_fact(), prop::collection::vec(change(), 0..4)), 4),
        prop::collection::vec(kind(), 0..3),
        prop::option::weighted(0.7, prop::collection::vec(change(), 0..2)),
        prop::option::weighted(0.7, prop::collection::vec(kind(), 0..3)),
    )
        .prop_map(|(limit, of_facts, of_expired, swept, revisited)| Turn {
            limit,
            of_facts,
            of_expired,
            swept,
            revisited,
        })
}

fn of_fact() -> impl Strategy<Value = OfFact> {
    prop_oneof![7 => outcome().prop_map(OfFact::Decided), 1 => Just(OfFact::SetAside)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        3 => Just(Outcome::Used),
        1 => Just(Outcome::Duplicate),
        1 => select(vec![Reason::NothingNew, Reason::NoDealYet]).prop_map(Outcome::Ignored),
        3 => question().prop_map(|question| Outcome::Waiting { on: question.key(), reason: Reason::AskingCrm }),
        1 => Just(Outcome::Again),
    ]
}

fn ended() -> impl Strategy<Value = Outcome> {
    outcome().prop_filter("a fact that waited ends", |outcome| *outcome != Outcome::Again)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => (0..3_u8, prop::collection::vec(0..3_u8, 0..3)).prop_map(|(deal, who)| Change::Deal(deal, who)),
        2 => (0..3_u8, prop::collection::vec(0..4_u8, 0..3)).prop_map(|(one, who)| Change::Contact(one, who)),
        2 => (0..4_u8, 0..4_u8, join()).prop_map(|(a, b, told)| Change::Link(a, b, told)),
        1 => (0..4_u8, chat()).prop_map(|(a, chat)| Change::Chat(a, chat)),
        1 => (0..2_u8, 0..3_i64).prop_map(|(a, since_s)| Change::Heard(a, since_s)),
        1 => click().prop_map(Change::Click),
        1 => (0..9_u64, catalogue()).prop_map(|(seq, catalogue)| Change::Catalogue(seq, catalogue)),
        8 => (id(), kind()).prop_map(|(id, kind)| Change::Create(id, kind)),
        6 => (id(), kind(), any::<bool>()).prop_map(|(id, kind, stale)| Change::Update(id, kind, stale)),
        2 => (question(), 0..9_u64, after_ms()).prop_map(|(ask, upto, after)| Change::Ask(ask, upto, after)),
        2 => (1..12_u64, ended()).prop_map(|(seq, outcome)| Change::Settle(seq, outcome)),
        2 => (1..12_u64).prop_map(Change::Release),
        1 => (0..3_u8, 1..9_u64).prop_map(|(contact, seq)| Change::Sweep(contact, seq)),
    ]
}

fn join() -> impl Strategy<Value = Join> {
    (select(Trust::ALL.to_vec()), 0..5_i64, prop::option::of(0..5_i64))
        .prop_map(|(trust, since_s, until_s)| Join { trust, since_s, until_s })
}

fn chat() -> impl Strategy<Value = Chat> {
    (0..5_i64, 0..5_i64, any::<bool>(), prop::option::of(0..5_i64)).prop_map(
        |(first_s, last_s, began_plain, withheld_s)| Chat { first_s, last_s, began_plain, withheld_s },
    )
}

fn kind() -> impl Strategy<Value = Kind> {
    (
        prop_oneof![6 => Just(0_u8), 4 => 1..5_u8],
        prop::option::of(select(vec!["5", "7.50", "0.1"])),
        prop_oneof![4 => Just(0_u8), 1 => Just(1_u8)],
        prop_oneof![4 => Just(Route::Messaging(Channel::Whatsapp)), 1 => Just(Route::Crm)],
        after_ms(),
    )
        .prop_map(|(state, value, dataset, route, due_ms)| Kind { state, value, dataset, route, due_ms })
}

fn filter() -> impl Strategy<Value = Filter> {
    prop_oneof![
        1 => Just(Filter::None),
        1 => Just(Filter::All),
        2 => select(vec![-50_i64, 100, 300, 500]).prop_map(Filter::Since),
        1 => prop::collection::vec(select(State::ALL.to_vec()), 1..3).prop_map(Filter::States),
        1 => prop::collection::vec(id(), 1..3).prop_map(Filter::Named),
    ]
}

pub fn question() -> impl Strategy<Value = Question> {
    prop_oneof![
        2 => (0..2_u8).prop_map(|id| Question::Deal { deal: deal(id) }),
        1 => (0..2_u8).prop_map(|id| Question::Contact { origin: ORIGIN.into(), id: id.to_string() }),
        1 => Just(Question::Catalogue { origin: ORIGIN.into() }),
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    let somebody = || prop::collection::vec((0..4_u8).prop_map(phone), 0..3);
    prop_oneof![
        (0..3_u8).prop_map(|id| Fact::DealHint(DealHint {
            deleted: false,
            account: (id > 0).then(|| id.to_string()),
            left: None,
            deal: deal(id),
            stage: None,
            moved: false,
            at_s: None
        })),
        (0..3_u8).prop_map(|id| Fact::ContactHint(ContactHint {
            account: (id > 0).then(|| id.to_string()),
            deals: Vec::new(),
            contact: contact(id),
            at_s: None
        })),
        (0..3_u8).prop_map(|id| answer(&Question::Deal { deal: deal(id) }, 1)),
        (0..3_u8, prop::collection::vec((0..3_u8).prop_map(contact), 0..3)).prop_map(|(id, contacts)| {
            let stage = StageId { pipeline: "1".into(), status: "2".into() };
            let (price, updated_s, closed_s, consent) = (None, 1, None, None);
            let found = Some(DealNow {
                created_s: None,
                stage,
                price,
                contacts,
                updated_s,
                closed_s,
                consent,
                named: Named::default(),
            });
            Fact::Deal(DealRead { deal: deal(id), found, answered_upto: 1 })
        }),
        (0..3_u8, somebody()).prop_map(|(id, who)| {
            Fact::Contact(ContactRead {
                identifiers: Vec::new(),
                contact: contact(id),
                found: true,
                who,
                consent: None,
                updated_s: None,
                answered_upto: 1,
            })
        }),
        somebody().prop_map(|who| Fact::Link(Link { who, at_s: 1, ..Link::default() })),
        click().prop_map(Fact::Click),
        catalogue().prop_map(Fact::Catalogue),
        (0..3_u8).prop_map(|id| {
            let stage = StageId { pipeline: "1".into(), status: "2".into() };
            Fact::StageLog(StageLog {
                first_s: None,
                left_s: None,
                deal: deal(id),
                stage,
                entered_s: None,
                answered_upto: 1,
            })
        }),
    ]
}

/// A message is always the same one.
fn click() -> impl Strategy<Value = Click> {
    (0..4_u8).prop_map(|message| Click {
        message: format!("m{message}"),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: (message / 2..=message).map(phone).collect(),
        at_s: 10 - i64::from(message / 2),
        click_id: Some(format!("click {}", message % 2)),
        ad_id: None,
    })
}

fn catalogue() -> impl Strategy<Value = Catalogue> {
    prop::option::of(Just("TRY".to_owned())).prop_map(|currency| Catalogue {
        account: currency.as_ref().map(|_| "1".to_owned()),
        name: None,
        origin: ORIGIN.into(),
        currency,
        stages: Vec::new(),
        former: Vec::new(),
        meanings: Vec::new(),
    })
}

pub fn deal(id: u8) -> DealKey {
    DealKey { origin: ORIGIN.into(), id: id.to_string() }
}

pub fn contact(id: u8) -> Node {
    Node::contact(ORIGIN, &id.to_string())
}

pub fn phone(id: u8) -> Node {
    Node::from_stored(format!("phone:{id}"))
}

pub fn answer(question: &Question, upto: Seq) -> Fact {
    match question {
        Question::Contact { origin, id } => Fact::Contact(ContactRead {
            identifiers: Vec::new(),
            contact: Node::contact(origin, id),
            found: false,
            who: Vec::new(),
            consent: None,
            updated_s: None,
            answered_upto: upto,
        }),
        Question::Catalogue { origin } => Fact::Catalogue(Catalogue {
            account: None,
            name: None,
            origin: origin.clone(),
            currency: None,
            stages: Vec::new(),
            former: Vec::new(),
            meanings: Vec::new(),
        }),
        Question::Deal { deal } | Question::StageLog { deal, .. } => {
            Fact::Deal(DealRead { deal: deal.clone(), found: None, answered_upto: upto })
        }
    }
}

/// A conversion of this kind. What it comes from, its event and its time follow from its id.
pub fn conversion(id: u8, kind: &Kind, now_ms: i64) -> Conversion {
    let cause = match id {
        0 => Cause::Contact(contact(0).contact_key().unwrap()),
        id => Cause::Deal(deal(id % 2)),
    };
    let one = Conversion {
        released: false,
        event_id: format!("e{id}"),
        event: if id.is_multiple_of(2) { "Lead" } else { "Purchase" }.into(),
        name: "Name".into(),
        rule: format!("rule {id}"),
        cause,
        route: kind.route,
        event_s: BEGIN_MS / 1000 + i64::from(id) * 50,
        received_ms: BEGIN_MS,
        worth: kind.value.as_ref().map(|_| Worth::price()),
        value: kind.value.map(|value| value.parse().unwrap()),
        currency: kind.value.map(|_| if kind.dataset == 0 { "TRY" } else { "EUR" }.into()),
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some(dataset(kind.dataset)),
        ad_id: None,
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: Some(now_ms + kind.due_ms),
        detail: None,
        stop: None,
        identity: kind.value.map(|value| match value {
            "5" => Identity::Lead { lead_id: value.into() },
            value => {
                let click_id = if value == "0.1" { "click 0" } else { "click 1" };
                Identity::Click { account: "waba".into(), click_id: click_id.into() }
            }
        }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    };
    match kind.state {
        0 => one,
        state => one.stopped(stop(state, now_ms)),
    }
}

pub fn stop(which: u8, now_ms: i64) -> Stop {
    match which {
        1 => Stop::waiting(Reason::WaitingPrice, now_ms + 1_000),
        2 => Stop::waiting(Reason::WaitingClock, 0),
        3 => Stop::suppressed(Reason::ConsentRefused),
        _ => Stop::failed(Reason::TooLate),
    }
}

pub fn dataset(which: u8) -> String {
    format!("set-{which}")
}
