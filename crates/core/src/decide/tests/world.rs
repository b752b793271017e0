//! A tiny world: a log of facts, what was decided about them, and questions answered by hand.

use std::collections::{BTreeMap, VecDeque};

use super::crm::Crm;
use crate::{
    Catalogue, Channel, ChatMessage, Click, Consent, ConsentAnswer, ContactHint, ContactRead, Conversion,
    Dataset, DealHint, DealKey, DealRead, Effect, Fact, Incoming, JoinKey, Link, MessageContent, Mode, Node,
    Now, Outcome, Policy, Question, Reason, Repeat, RouteKind, Rule, Sent, Seq, StageId, StageLog, StageName,
    State, Trigger, Trust, WorkingSet, WorkspaceId, Worth, decide, expire, make_body, needs,
};

/// When the stories begin, Unix seconds.
pub const T0: i64 = 1_780_000_000;
/// From when on a question is asked later than a story goes on, milliseconds.
const LATER_MS: i64 = 60_000;
pub const ORIGIN: &str = "kommo:acme";
pub const NEW: &str = "1";
pub const QUALIFIED: &str = "2";
pub const WON: &str = "142";
pub const LOST: &str = "143";

pub fn stage(status: &str) -> StageId {
    StageId { pipeline: "7".into(), status: status.into() }
}

pub fn deal_key(id: &str) -> DealKey {
    DealKey { origin: ORIGIN.into(), id: id.into() }
}

pub fn contact(id: &str) -> Node {
    Node::contact(ORIGIN, id)
}

pub fn phone(digits: &str) -> Node {
    JoinKey::new(&[7; 32]).phone(digits)
}

pub fn user(id: &str) -> Node {
    JoinKey::new(&[7; 32]).whatsapp_user(id)
}

/// A click on ad `ad-<message>` with click id `clid-<message>`.
pub fn click(message: &str, who: &[Node], at_s: i64) -> Click {
    Click {
        message: message.into(),
        channel: Channel::Whatsapp,
        account: "waba-1".into(),
        who: who.to_vec(),
        at_s,
        click_id: Some(format!("clid-{message}")),
        ad_id: Some(format!("ad-{message}")),
    }
}

pub fn link(who: &[Node], at_s: i64) -> Fact {
    Fact::Link(Link { who: who.to_vec(), at_s, ..Link::default() })
}

/// Names that were seen together, with this trust.
pub fn seen_as(trust: Trust, who: &[Node], at_s: i64) -> Fact {
    Fact::Link(Link { who: who.to_vec(), at_s, trust, ..Link::default() })
}

/// Word of the chat product that some names are a person's no longer.
pub fn renamed(who: &[Node], former: &[Node], at_s: i64) -> Fact {
    Fact::Link(Link { who: who.to_vec(), at_s, former: former.to_vec(), ..Link::default() })
}

/// A message that names no ad.
pub fn written(who: &[Node], at_s: i64) -> Fact {
    written_as(MessageContent::Read, who, at_s)
}

/// A message of which so much came.
pub fn written_as(content: MessageContent, who: &[Node], at_s: i64) -> Fact {
    let message = Some(ChatMessage { account: "waba-1".into(), content });
    Fact::Link(Link { who: who.to_vec(), at_s, message, ..Link::default() })
}

/// A report that a deal moved into a stage.
pub fn moved(deal: &str, status: &str, at_s: i64) -> Fact {
    let stage = Some(stage(status));
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key(deal),
        stage,
        moved: true,
        at_s: Some(at_s),
    })
}

/// A report that a deal changed.
pub fn updated(deal: &str, at_s: i64) -> Fact {
    Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key(deal),
        stage: None,
        moved: false,
        at_s: Some(at_s),
    })
}

pub fn contact_changed(id: &str, at_s: i64) -> Fact {
    Fact::ContactHint(ContactHint {
        account: None,
        deals: Vec::new(),
        contact: contact(id),
        at_s: Some(at_s),
    })
}

pub struct World {
    pub state: WorkingSet,
    pub policy: Policy,
    pub crm: Crm,
    pub now_s: i64,
    /// Whether somebody agrees with the clock.
    pub clock_confirmed: bool,
    /// Questions that are open, with the newest fact that wants the answer.
    pub open: BTreeMap<String, (Question, Seq)>,
    /// Every question that was ever asked.
    pub asked: Vec<Question>,
    /// Questions that are asked so much later that a story says when.
    pub later: Vec<(Question, Seq)>,
    /// Facts of which nobody is to know what they said.
    pub forgotten: Vec<Seq>,
    log: BTreeMap<Seq, Incoming>,
    outcomes: BTreeMap<Seq, Outcome>,
}

impl World {
    /// A world whose stages are known, whose chats come in and whose contact `c1` has the phone of [`World::phone`].
    pub fn new() -> Self {
        let mut world = Self::without_catalogue();
        world.tell(Fact::Catalogue(catalogue()));
        world
    }

    pub fn without_catalogue() -> Self {
        let mut crm = Crm::default();
        crm.contact("c1", &[Self::phone()]);
        Self {
            state: WorkingSet { heard: [("waba-1".to_owned(), T0 - 1)].into(), ..WorkingSet::default() },
            policy: policy(),
            crm,
            now_s: T0 + 3600,
            clock_confirmed: true,
            open: BTreeMap::new(),
            asked: Vec::new(),
            later: Vec::new(),
            forgotten: Vec::new(),
            log: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        }
    }

    pub fn phone() -> Node {
        phone("905321112233")
    }

    /// Appends a fact and decides it, and everything that it releases.
    pub fn tell(&mut self, fact: Fact) -> Seq {
        let seq = self.log.len() as Seq + 1;
        let incoming = Incoming { seq, received_ms: self.now_s * 1000, fact };
        self.log.insert(seq, incoming);
        let mut todo = VecDeque::from([seq]);
        while let Some(seq) = todo.pop_front() {
            let incoming = self.log[&seq].clone();
            // What a fact needs can always be said.
            let _ = needs(&incoming.fact);
            let now = self.now();
            let decision = decide(&mut self.state, &self.policy, &incoming, now);
            if decision.outcome == Outcome::Again {
                todo.push_back(seq);
            }
            self.outcomes.insert(seq, decision.outcome);
            for effect in decision.effects {
                match effect {
                    Effect::Ask { question, upto, after_ms } if after_ms >= LATER_MS => {
                        self.later.push((question, upto));
                    }
                    Effect::Ask { question, upto, after_ms } => {
                        // Nobody here waits for real: the time of asking comes at once.
                        self.now_s += after_ms / 1000;
                        self.asked.push(question.clone());
                        let open = self.open.entry(question.key()).or_insert((question, upto));
                        open.1 = open.1.max(upto);
                    }
                    Effect::Settle { seq, outcome } => {
                        assert!(
                            matches!(self.outcomes[&seq], Outcome::Waiting { .. }),
                            "fact {seq} had ended"
                        );
                        self.outcomes.insert(seq, outcome);
                    }
                    Effect::Release { seq } => todo.push_back(seq),
                    Effect::Forget { seq } => self.forgotten.push(seq),
                    _ => {}
                }
            }
        }
        self.no_event_twice();
        seq
    }

    /// Takes a question out of the open ones, and gives the answer that the CRM has now.
    pub fn fetch(&mut self, key: &str) -> Fact {
        let (question, answered_upto) = self.open.remove(key).expect("an open question");
        match question {
            Question::Deal { deal } => {
                Fact::Deal(DealRead { found: self.crm.deals.get(&deal.id).cloned(), deal, answered_upto })
            }
            Question::Contact { origin, id } => {
                let found = self.crm.contacts.get(&id).cloned();
                let contact = Node::contact(&origin, &id);
                let (found, (who, consent)) = (found.is_some(), found.unwrap_or_default());
                let updated_s = self.crm.contacts_changed_s.get(&id).copied();
                Fact::Contact(ContactRead {
                    identifiers: Vec::new(),
                    contact,
                    found,
                    who,
                    consent: consent.map(|yes| if yes { ConsentAnswer::Yes } else { ConsentAnswer::No }),
                    updated_s,
                    answered_upto,
                })
            }
            Question::StageLog { deal, stage } => {
                let place = (deal.id.clone(), stage.status.clone());
                let entered_s = self.crm.log.get(&place).copied();
                let first_s = self.crm.first.get(&place).copied();
                let left_s = self.crm.left.get(&place).copied();
                let left_s = left_s.filter(|left_s| entered_s.is_none_or(|entered_s| *left_s < entered_s));
                Fact::StageLog(StageLog { deal, stage, entered_s, first_s, left_s, answered_upto })
            }
            Question::Catalogue { .. } => Fact::Catalogue(catalogue()),
        }
    }

    /// Answers questions until none is open.
    pub fn answer_all(&mut self) {
        while let Some(key) = self.open.keys().next().cloned() {
            let answer = self.fetch(&key);
            self.tell(answer);
        }
        for (seq, outcome) in &self.outcomes {
            assert!(
                !matches!(outcome, Outcome::Waiting { .. }),
                "fact {seq} waits for no question: {outcome:?}"
            );
        }
    }

    /// Lets so many seconds pass, and everything be asked that was put off.
    pub fn wait_s(&mut self, seconds: i64) {
        self.now_s += seconds;
        for (question, upto) in std::mem::take(&mut self.later) {
            self.asked.push(question.clone());
            self.open.entry(question.key()).or_insert((question, upto));
        }
    }

    /// Tells a fact and answers everything that it makes Kopru ask.
    pub fn hear(&mut self, fact: Fact) -> Seq {
        let seq = self.tell(fact);
        self.answer_all();
        seq
    }

    pub fn now(&self) -> Now {
        Now { ms: self.now_s * 1000, confirmed: self.clock_confirmed }
    }

    /// Ends what has waited as long as it can.
    pub fn expire(&mut self, waiting: &Conversion) -> Conversion {
        let now = self.now();
        expire(&mut self.state, &self.policy, waiting, now)
    }

    /// Lets something of the one conversion have left.
    pub fn set_sent(&mut self, sent: Sent) {
        let all = self.state.conversions.values_mut().flatten();
        all.for_each(|one| one.sent = sent);
    }

    /// What Meta would get now.
    pub fn body(&self, conversion: &Conversion) -> String {
        make_body(conversion, &self.policy, self.now()).expect("it may leave").body
    }

    pub fn outcome(&self, seq: Seq) -> &Outcome {
        &self.outcomes[&seq]
    }

    /// How often each outcome came.
    pub fn count(&self, wanted: &Outcome) -> usize {
        self.outcomes.values().filter(|outcome| *outcome == wanted).count()
    }

    pub fn conversions(&self) -> Vec<Conversion> {
        let mut all: Vec<Conversion> = self.state.conversions.values().flatten().cloned().collect();
        all.sort_by(|a, b| (&a.cause, a.event_s, &a.event).cmp(&(&b.cause, b.event_s, &b.event)));
        all
    }

    /// The one conversion that there is.
    pub fn only(&self) -> Conversion {
        let [one] = self.conversions().try_into().expect("one conversion");
        one
    }

    /// Event, state and reason of every conversion, as `Lead queued` or `Lead suppressed no_click`.
    pub fn told(&self) -> Vec<String> {
        self.conversions()
            .iter()
            .map(|one| {
                let reason =
                    one.reason.map(|reason: Reason| format!(" {}", reason.code())).unwrap_or_default();
                format!("{} {}{reason}", one.event, one.state.code())
            })
            .collect()
    }

    fn no_event_twice(&self) {
        let all = self.conversions();
        for (place, one) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| (&other.cause, &other.event, other.occurrence)
                != (&one.cause, &one.event, one.occurrence)));
            assert!(one.state != State::Queued || one.identity.is_some() && one.dataset.is_some());
        }
    }
}

pub fn catalogue() -> Catalogue {
    catalogue_with(&[])
}

/// The names of stages, and of some more.
pub fn catalogue_with(more: &[(&str, &str)]) -> Catalogue {
    let named = |status, name: &str| StageName {
        stage: stage(status),
        pipeline_name: "Satış".into(),
        stage_name: name.into(),
    };
    Catalogue {
        account: None,
        name: None,
        origin: ORIGIN.into(),
        currency: Some("TRY".into()),
        stages: [(NEW, "New"), (QUALIFIED, "Qualified"), (WON, "Closed - won")]
            .iter()
            .chain(more)
            .map(|(status, name)| named(status, name))
            .collect(),
        former: Vec::new(),
        meanings: Vec::new(),
    }
}

/// Qualified is a Lead, won is a Purchase, to one live dataset.
pub fn policy() -> Policy {
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
        currency: None,
        consent: Consent::Elsewhere,
        consent_since_s: None,
        restored: None,
        rules: vec![
            rule("qualified", Trigger::Named("Qualified".into()), "Lead", None),
            rule("won", Trigger::Won, "Purchase", Some(Worth::price())),
        ],
        datasets: vec![Dataset {
            id: "set-1".into(),
            waba_id: Some("waba-1".into()),
            mistaken_accounts: Vec::new(),
            routes: vec![RouteKind::Messaging],
            mode: Mode::Live,
            earlier_modes: Vec::new(),
            test: None,
            rules: capi::Rules::Both,
            appending: crate::Appending::default(),
        }],
    }
}
