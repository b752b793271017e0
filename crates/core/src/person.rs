//! Who is the same person: how far names reach over what joins them, and whose a name was at a time.
//!
//! A number can pass to somebody else, and a chat product gives out new ids. So a join of two identifiers has
//! a trust and a time, and a person is what a deal's contacts reach as of the time when the deal began.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Cause, ContactKey, Conversion, DealKey, Node, WorkingSet, working_set::Subject};

/// How far a person reaches over links.
pub const HOPS_MAX: usize = 2;
/// How many identifiers a person may have before the search stops.
pub const PERSON_LINKS_MAX: usize = 64;
/// With more people than this an identifier (a reception's phone, info@) joins nobody.
pub const IDENTIFIER_LINKS_MAX: usize = 16;
/// With more cards than this it joins nobody, whoever they are: no more are looked at.
pub const IDENTIFIER_CARDS_MAX: usize = 64;
/// Two companies' clocks never agree to the second, so this much later still counts as before, seconds.
pub(crate) const CLOCK_SKEW_MAX_S: i64 = 600;

/// By how much later a message must be written to be noted as the last one of a chat, seconds.
pub(crate) const LATEST_STEP_S: i64 = 600;

/// How far it can be believed that two identifiers are one person's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Somebody told the hash by which Meta matches: it is of what they had, written as they wrote it, and can be
    /// found by trying.
    HashOnly,
    /// Somebody typed them into one card of a CRM.
    Other,
    /// Their owner shared the card on request.
    OwnCard,
    /// The chat product named both in one signed body.
    #[default]
    Signed,
}

impl Trust {
    /// All of them, the weakest first.
    pub const ALL: [Self; 4] = [Self::HashOnly, Self::Other, Self::OwnCard, Self::Signed];

    /// The number under which it is stored; a higher one is stronger.
    pub fn rank(self) -> u8 {
        match self {
            Self::HashOnly => 0,
            Self::Other => 1,
            Self::OwnCard => 2,
            Self::Signed => 3,
        }
    }

    /// Reads a number back.
    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|trust| trust.rank() == rank)
    }
}

/// What is known of two identifiers that belong to one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// The strongest word for it.
    pub trust: Trust,
    /// Since when it is known to hold, Unix seconds: the earliest word.
    pub since_s: i64,
    /// Until when whoever has the first identifier had the second one, Unix seconds; absent where nobody said
    /// that this ended. It holds in this direction only.
    pub until_s: Option<i64>,
}

impl Join {
    /// The same, with what was told besides. In whatever order words come, they say the same together.
    #[must_use]
    pub fn with(self, told: Self) -> Self {
        Self {
            trust: self.trust.max(told.trust),
            since_s: self.since_s.min(told.since_s),
            until_s: self.until_s.max(told.until_s),
        }
    }

    /// The same as it is known in the other direction.
    #[must_use]
    pub fn back(self) -> Self {
        Self { until_s: None, ..self }
    }
}

/// How a chat began, as far as its messages came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    /// When its first message was written, Unix seconds.
    pub first_s: i64,
    /// When a late message of it was written, Unix seconds: of a chat under a number alone the last one, to
    /// ten minutes.
    pub last_s: i64,
    /// Whether the first one was read, and came from no ad.
    pub began_plain: bool,
    /// When the first message was written that the chat product withheld, with whatever ad it came from.
    pub withheld_s: Option<i64>,
}

impl Chat {
    /// A chat of one message.
    pub fn of(at_s: i64, began_plain: bool, withheld_s: Option<i64>) -> Self {
        Self { first_s: at_s, last_s: at_s, began_plain, withheld_s }
    }

    /// The same, with another message. In whatever order messages come, they say the same together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let began_plain = match self.first_s.cmp(&other.first_s) {
            std::cmp::Ordering::Less => self.began_plain,
            std::cmp::Ordering::Equal => self.began_plain && other.began_plain,
            std::cmp::Ordering::Greater => other.began_plain,
        };
        let withheld_s = self.withheld_s.into_iter().chain(other.withheld_s).min();
        let (first_s, last_s) = (self.first_s.min(other.first_s), self.last_s.max(other.last_s));
        Self { first_s, last_s, began_plain, withheld_s }
    }
}

/// A name of a person.
#[derive(Debug, Clone, Copy)]
struct PersonName {
    /// As of when the person is looked at under this name, Unix seconds; absent where all times count.
    as_of_s: Option<i64>,
    /// Until when it was theirs, Unix seconds, where that ended.
    until_s: Option<i64>,
    /// How many links away it is.
    links: usize,
}

/// A person at a time, by their names.
#[derive(Debug, Default)]
pub(crate) struct PersonNames {
    names: HashMap<Node, PersonName>,
}

impl PersonNames {
    /// All names, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.names.keys()
    }
}

/// Whose a phone is.
struct Holders<'a> {
    /// The ids of whoever has it.
    now: BTreeSet<&'a Node>,
    /// Whether it is known of others that they had it, or have it since.
    has_others: bool,
    /// Whether two claim it for the same time with the same right.
    is_unclear: bool,
}

impl WorkingSet {
    /// What the person behind a cause can be recognised by, at whatever time: everything reached from its
    /// contacts.
    pub fn person_of(&self, cause: &Cause) -> HashSet<Node> {
        let contacts = self.subject(cause).map(|subject| subject.contacts).unwrap_or_default();
        self.reach(contacts.iter())
    }

    /// What the contacts of a cause had at a time, Unix seconds, and have no longer, with what it leads to. What
    /// another contact has by now is theirs.
    pub(crate) fn person_before(&self, cause: &Cause, as_of_s: i64) -> PersonNames {
        let contacts = self.subject(cause).map(|subject| subject.contacts).unwrap_or_default();
        let former =
            contacts.iter().filter_map(|contact| self.contacts.get(contact)).flat_map(|one| &one.former);
        let is_anothers = |node: &Node| {
            let links = self.links.get(node).into_iter().flatten();
            self.has_erased(std::slice::from_ref(node))
                || links.into_iter().any(|other| other.is_contact() && !contacts.contains(other))
        };
        let counting = former.filter(|former| as_of_s < former.until_s && !is_anothers(&former.node));
        let name = |until_s| PersonName { as_of_s: Some(as_of_s), until_s: Some(until_s), links: 1 };
        let names = counting.map(|former| (former.node.clone(), name(former.until_s))).collect();
        self.reach_from(PersonNames { names }, 1)
    }

    /// What the companies behind a cause were recognised by at a time, Unix seconds.
    pub(crate) fn companies_as_of(&self, cause: &Cause, as_of_s: i64) -> PersonNames {
        let companies = self.subject(cause).map(|subject| subject.companies).unwrap_or_default();
        self.reach_as_of(companies.iter(), Some(as_of_s))
    }

    /// What the person behind a cause was recognised by at a time, Unix seconds.
    pub(crate) fn person_as_of(&self, cause: &Cause, as_of_s: i64) -> PersonNames {
        let contacts = self.subject(cause).map(|subject| subject.contacts).unwrap_or_default();
        self.reach_as_of(contacts.iter(), Some(as_of_s))
    }

    /// Everybody and everything that is meant by these: what they reach, and what the contacts among them, and
    /// those that they are linked to at once, are recognised by.
    pub fn person_meant(&self, who: &[Node]) -> HashSet<Node> {
        let linked = who.iter().filter_map(|node| self.joining_links(node)).flatten();
        let contacts: BTreeSet<&Node> = who.iter().chain(linked).filter(|node| node.is_contact()).collect();
        let mut all = self.reach(who.iter());
        for contact in contacts {
            all.extend(self.reach(std::iter::once(contact)));
        }
        all
    }

    /// The contacts whom these identifiers can mean and who are causes themselves.
    pub(crate) fn contacts_around(&self, who: &[Node]) -> BTreeSet<ContactKey> {
        let keys = self.reach(who.iter()).into_iter().filter_map(|node| node.contact_key());
        keys.filter(|key| self.conversions.contains_key(&Cause::Contact(key.clone()))).collect()
    }

    /// The deals of everybody whom these identifiers can mean, as far as they are known here.
    pub fn deals_around(&self, who: &[Node]) -> BTreeSet<DealKey> {
        self.reach(who.iter()).iter().filter_map(|node| self.deals_of.get(node)).flatten().cloned().collect()
    }

    /// The contacts whom these identifiers can mean and whose deals are too many.
    pub(crate) fn crowded_around(&self, who: &[Node]) -> BTreeSet<Node> {
        self.reach(who.iter()).into_iter().filter(|node| self.crowded.contains(node)).collect()
    }

    /// Whether something that was written at a time under a name of the person is theirs. `by` are all names
    /// under which it was written, if they are known.
    pub(crate) fn is_by(&self, person: &PersonNames, name: &Node, by: &[Node], at_s: i64) -> bool {
        let Some(known) = person.names.get(name) else { return false };
        if known.until_s.is_some_and(|until_s| at_s > until_s) {
            return false;
        }
        let Some(as_of_s) = known.as_of_s.filter(|_| name.is_phone()) else { return true };
        let holders = self.holders(name, as_of_s);
        let mut users = by.iter().filter(|node| node.is_chat_user()).peekable();
        match users.peek() {
            _ if !holders.has_others => self.has_same_owner(name, as_of_s, at_s),
            _ if holders.is_unclear => false,
            Some(_) => users.any(|user| holders.now.contains(user) || person.names.contains_key(user)),
            None => self.holders(name, at_s).now == holders.now,
        }
    }

    /// Whether a number had the same owner at two times, Unix seconds, as far as nobody is known who has it.
    fn has_same_owner(&self, phone: &Node, one_s: i64, other_s: i64) -> bool {
        let between = one_s.min(other_s)..one_s.max(other_s);
        let mut given_up = self.given_up_s(phone).filter(|given_up_s| between.contains(given_up_s));
        !given_up.any(|given_up_s| self.is_written_under_since(phone, given_up_s))
    }

    /// When owners gave a number up, Unix seconds.
    pub(crate) fn given_up_s(&self, phone: &Node) -> impl Iterator<Item = i64> {
        let others = self.links.get(phone).into_iter().flatten();
        others.filter_map(|other| self.until_s(other, phone))
    }

    /// Whether somebody of whom only the number is known has written under it since a time, Unix seconds.
    fn is_written_under_since(&self, phone: &Node, since_s: i64) -> bool {
        self.chats.get(phone).is_some_and(|chat| chat.last_s > since_s)
    }

    /// Whether two people claim one of the person's numbers with the same right.
    pub(crate) fn is_unclear(&self, person: &PersonNames) -> bool {
        person
            .names
            .iter()
            .filter(|(name, _)| name.is_phone())
            .any(|(name, known)| known.as_of_s.is_some_and(|as_of_s| self.holders(name, as_of_s).is_unclear))
    }

    /// Whether anything of the person behind an event, of what they had before or of their companies can be met in
    /// a chat at all.
    pub(crate) fn can_be_met(&self, conversion: &Conversion, person: &PersonNames) -> bool {
        let (cause, began_s) = (&conversion.cause, self.began_s(conversion));
        let is_met = |name: &Node| name.is_phone() || name.is_chat_user();
        person.iter().any(is_met)
            || self.shared_by_too_many(cause).into_iter().any(is_met)
            || self.person_before(cause, began_s).iter().any(is_met)
            || self.companies_as_of(cause, began_s).iter().any(is_met)
    }

    /// The identifiers of a cause's contacts and companies that join nobody because they reach too many people.
    pub(crate) fn shared_by_too_many(&self, cause: &Cause) -> Vec<&Node> {
        let Some(Subject { contacts, companies, .. }) = self.subject(cause) else { return Vec::new() };
        let identifiers =
            contacts.iter().chain(&companies).filter_map(|contact| self.links.get(contact)).flatten();
        identifiers.filter(|node| self.joining_links(node).is_none()).collect()
    }

    fn reach<'a>(&self, start: impl Iterator<Item = &'a Node>) -> HashSet<Node> {
        self.reach_as_of(start, None).names.into_keys().collect()
    }

    /// Everything reached within [`HOPS_MAX`] links, nearest first, at most [`PERSON_LINKS_MAX`]. Another name
    /// of the same thing, a number or an id that was changed, is no hop, but never more than one link besides:
    /// no more is loaded.
    fn reach_as_of<'a>(&self, start: impl Iterator<Item = &'a Node>, as_of_s: Option<i64>) -> PersonNames {
        let begin = PersonName { as_of_s, until_s: None, links: 0 };
        let names = start.map(|node| (node.clone(), begin)).collect();
        self.reach_from(PersonNames { names }, 0)
    }

    /// The same from names that are so many links away.
    fn reach_from(&self, mut person: PersonNames, links: usize) -> PersonNames {
        let mut level: Vec<Node> = person.names.keys().cloned().collect();
        for hop in links..=HOPS_MAX {
            let renamed = self.next_names(&mut person, &level, true);
            level.extend(renamed);
            if hop < HOPS_MAX {
                level = self.next_names(&mut person, &level, false);
            }
        }
        person
    }

    /// Takes in the names one link away from these, either those that are other names of the same thing or the
    /// rest; returns the new ones.
    fn next_names(&self, person: &mut PersonNames, from: &[Node], renamed: bool) -> Vec<Node> {
        let mut news = Vec::new();
        for node in from {
            let Some(known) = person.names.get(node).copied().filter(|known| known.links <= HOPS_MAX) else {
                continue;
            };
            // At whatever time: what a contact had once counts as well.
            let former = self.former_links(node).filter(|_| known.as_of_s.is_none() && !renamed);
            for other in former.filter(|other| !person.names.contains_key(*other)).collect::<Vec<_>>() {
                if person.names.len() >= PERSON_LINKS_MAX {
                    return news;
                }
                person.names.insert(other.clone(), PersonName { links: known.links + 1, ..known });
                news.push(other.clone());
            }
            for other in self.joining_links(node).into_iter().flatten() {
                if person.names.len() >= PERSON_LINKS_MAX {
                    return news;
                }
                if self.is_renaming(node, other) != renamed || person.names.contains_key(other) {
                    continue;
                }
                let Some(name) = self.follow(node, known, other) else { continue };
                // What lies behind the last link is not loaded, so there the links themselves are counted.
                let joins = match self.joining_links(other) {
                    Some(links) => {
                        other.is_contact() || name.links <= HOPS_MAX || links.len() <= IDENTIFIER_LINKS_MAX
                    }
                    None => false,
                };
                if joins {
                    person.names.insert(other.clone(), name);
                    news.push(other.clone());
                }
            }
        }
        news
    }

    /// The identifiers that a contact had once, or the contacts that had an identifier; no contacts where those
    /// are too many.
    fn former_links(&self, node: &Node) -> impl Iterator<Item = &Node> {
        let had = self.contacts.get(node).map(|contact| contact.former.iter().map(|former| &former.node));
        let by = self.former_of.get(node).filter(|contacts| contacts.len() <= IDENTIFIER_LINKS_MAX);
        had.into_iter().flatten().chain(by.into_iter().flatten())
    }

    /// The name at the other end of a link, unless that was not this person's at the time.
    fn follow(&self, node: &Node, known: PersonName, other: &Node) -> Option<PersonName> {
        let next = PersonName { links: known.links + 1, ..known };
        let Some(as_of_s) = known.as_of_s else { return Some(next) };
        let (had, has) = (self.until_s(node, other), self.until_s(other, node));
        if had > has {
            // Whoever has the one had the other until then.
            let until_s = known.until_s.into_iter().chain(had).min();
            let as_of_s = until_s.map_or(as_of_s, |until_s| as_of_s.min(until_s));
            return Some(PersonName { as_of_s: Some(as_of_s), until_s, ..next });
        }
        let is_theirs = match has {
            Some(until_s) => !node.is_phone() || !self.has_passed(node, until_s, as_of_s),
            None if node.is_phone() && other.is_chat_user() => {
                self.holders(node, as_of_s).now.contains(other)
            }
            None if node.is_chat_user() && other.is_phone() => {
                self.holders(other, as_of_s).now.contains(node)
            }
            None => true,
        };
        is_theirs.then_some(next)
    }

    /// Until when whoever has the one identifier had the other.
    fn until_s(&self, one: &Node, other: &Node) -> Option<i64> {
        self.join_of(one, other)?.until_s
    }

    /// Whether two identifiers are names of one thing, of which one may have taken the place of the other.
    fn is_renaming(&self, one: &Node, other: &Node) -> bool {
        let same_kind = (one.is_phone() && other.is_phone()) || (one.is_chat_user() && other.is_chat_user());
        same_kind || self.until_s(one, other).is_some() || self.until_s(other, one).is_some()
    }

    /// Whether somebody else has had a number that its owner gave up, by a time; both Unix seconds.
    fn has_passed(&self, phone: &Node, given_up_s: i64, as_of_s: i64) -> bool {
        let upto_s = as_of_s.saturating_add(CLOCK_SKEW_MAX_S);
        self.claims(phone).any(|(_, join)| join.since_s > given_up_s && join.since_s <= upto_s)
            || (as_of_s > given_up_s && self.is_written_under_since(phone, given_up_s))
    }

    /// The ids of those who have or had a phone, as far as nobody said that this ended.
    fn claims<'a>(&'a self, phone: &Node) -> impl Iterator<Item = (&'a Node, Join)> {
        let users = self.links.get(phone).into_iter().flatten().filter(|node| node.is_chat_user());
        users.filter_map(move |user| {
            let join = self.join_of(phone, user)?;
            let is_over = join.until_s.is_some() || self.until_s(user, phone).is_some();
            (!is_over).then_some((user, *join))
        })
    }

    /// Whose a phone was at a time, Unix seconds: of those whose claim is the strongest, whoever was the last
    /// to come by then. Ids that are known to be one person's are one claim.
    fn holders(&self, phone: &Node, at_s: i64) -> Holders<'_> {
        let mut claims: Vec<(BTreeSet<&Node>, Join)> = Vec::new();
        for (user, join) in self.claims(phone) {
            let is_same = |claim: &(BTreeSet<&Node>, Join)| {
                let links = self.links.get(user);
                claim.0.iter().any(|known| links.is_some_and(|links| links.contains(*known)))
            };
            let (same, others): (Vec<_>, Vec<_>) = claims.into_iter().partition(is_same);
            let mut claim = (BTreeSet::from([user]), join);
            for (users, join) in same {
                claim.0.extend(users);
                claim.1 = claim.1.with(join);
            }
            claims = others;
            claims.push(claim);
        }
        let has_others = claims.len() > 1;
        let strongest = claims.iter().map(|(_, join)| join.trust).max();
        claims.retain(|(_, join)| Some(join.trust) == strongest);
        let upto_s = at_s.saturating_add(CLOCK_SKEW_MAX_S);
        let since = claims.iter().map(|(_, join)| join.since_s);
        let chosen = since.clone().filter(|since_s| *since_s <= upto_s).max().or_else(|| since.min());
        claims.retain(|(_, join)| Some(join.since_s) == chosen);
        let is_unclear = claims.len() > 1;
        let now = if is_unclear {
            BTreeSet::new()
        } else {
            claims.into_iter().flat_map(|(users, _)| users).collect()
        };
        Holders { now, has_others, is_unclear }
    }

    /// The links of a node, unless it reaches so many people that it joins nobody.
    fn joining_links(&self, node: &Node) -> Option<&BTreeSet<Node>> {
        self.links.get(node).filter(|links| {
            let is_shared =
                || links.len() > IDENTIFIER_CARDS_MAX || self.people_among(links) > IDENTIFIER_LINKS_MAX;
            node.is_contact() || links.len() <= IDENTIFIER_LINKS_MAX || !is_shared()
        })
    }

    /// How many people these are at most. Cards of a CRM with the same identifiers are one person, entered
    /// more than once.
    fn people_among(&self, links: &BTreeSet<Node>) -> usize {
        let identifiers =
            |card: &Node| self.contacts.get(card).map(|card| card.who.iter().collect::<BTreeSet<_>>());
        let (read, others): (Vec<_>, Vec<_>) = links.iter().map(identifiers).partition(Option::is_some);
        read.into_iter().flatten().collect::<HashSet<_>>().len() + others.len()
    }
}
