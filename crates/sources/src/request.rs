//! What a source is handed, and what it gives back.

use std::{collections::HashMap, net::IpAddr};

use capi::{Key, Normalizer, Plain, Rules, normalize, sha256_hex};
use http::{HeaderMap, Method, Response, StatusCode};
use kopru_core::{Consent, Fact, Identifier, JoinKey, MatchKey, Node, Trust, Wanted, WorkspaceId};

use crate::NotUnderstood;

/// A request to a source's address, whole.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `POST`, and `GET` where an upstream verifies an address.
    pub method: &'a Method,
    /// The address under which clients call: scheme, host, path and query, as signatures over an
    /// address cover them. It holds the key of the source.
    pub uri: &'a str,
    /// What follows the key in the path: empty, or a path that begins with a slash.
    pub rest: &'a str,
    /// What follows the question mark, as it was sent.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Who calls, after trusted proxies.
    pub peer: IpAddr,
    /// The raw body.
    pub body: &'a [u8],
    /// When it came, Unix milliseconds.
    pub received_ms: i64,
}

impl Request<'_> {
    /// A header's value, if there is exactly one: which of two counts is nobody's guess.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        values.next().is_none().then_some(first.as_bytes())
    }

    /// The first parameter of the query that has this name, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The value of the first cookie that has this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(http::header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

/// What a source knows of a workspace whose facts it makes.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Which workspace.
    pub workspace: WorkspaceId,
    /// Its key for joining identifiers.
    pub join: JoinKey,
    /// ISO 3166 code of the country in which a phone number without country code is valid.
    pub country: Option<String>,
    /// What it says of its customers' consent.
    pub consent: Consent,
    /// The fields and tags of deals that its rules name.
    pub wanted: Wanted,
}

impl Tenant {
    /// The nodes of a phone as people write it, today's first (see [`JoinKey::phones`]); none if it cannot be
    /// one.
    pub fn phone(&self, written: &Plain) -> Vec<Node> {
        let digits = normalize::phone(written.expose(), self.country.as_deref());
        digits.map(|digits| self.join.phones(&digits)).unwrap_or_default()
    }

    /// The nodes of a field in which people write phones, each once; none if there is none.
    pub fn phones(&self, written: &Plain) -> Vec<Node> {
        let numbers = normalize::phones(written.expose(), self.country.as_deref());
        let mut nodes: Vec<Node> = Vec::with_capacity(numbers.len());
        for node in numbers.iter().flat_map(|digits| self.join.phones(digits)) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        nodes
    }

    /// What Meta matches by of an e-mail address or a phone as people write it, in both of its readings; `None` if it
    /// cannot be one.
    pub fn identifier(&self, key: Key, written: &Plain) -> Option<Identifier> {
        let mut documented = Normalizer::new(Rules::Documentation, 0);
        documented.set_country(self.country.as_deref());
        let sha256 = documented.forms(key, written.expose()).iter().next()?.sha256();
        let mut both = Normalizer::new(Rules::Both, 0);
        both.set_country(self.country.as_deref());
        let hashes = both.forms(key, written.expose()).iter().map(|form| form.sha256()).collect();
        let match_key = Some(MatchKey { key: key.name().to_owned(), hashes });
        let node = self.join.match_hash(key.name(), &sha256);
        // Somebody typed it into a card, which says more than that it was written somewhere.
        Some(Identifier { node, trust: Trust::Other, match_key })
    }

    /// The node of an e-mail address as people write it; `None` if it cannot be one.
    pub fn email(&self, written: &Plain) -> Option<Node> {
        normalize::email(written.expose()).map(|address| self.join.email(&address))
    }

    /// The node of a phone of which only the hash came that Meta matches by; `None` if it cannot be one.
    pub fn hashed_phone(&self, written: &Plain) -> Option<Node> {
        let digits = normalize::phone(written.expose(), self.country.as_deref())?;
        Some(self.join.match_hash(Key::Phone.name(), &sha256_hex(digits.as_bytes())))
    }

    /// The same of an e-mail address.
    pub fn hashed_email(&self, written: &Plain) -> Option<Node> {
        let address = normalize::email(written.expose())?;
        Some(self.join.match_hash(Key::Email.name(), &sha256_hex(address.as_bytes())))
    }

    /// The nodes of a shop's own id of a customer, in plain or as the hash that it sends, one for each of these
    /// datasets; none if nobody can be told apart by it.
    pub fn customer<'a>(&self, written: &Plain, datasets: impl Iterator<Item = &'a str>) -> Vec<Node> {
        let Some(sha256) = crate::graph::customer_hash(written.expose()) else { return Vec::new() };
        datasets.map(|dataset| self.join.customer(dataset, &sha256)).collect()
    }
}

/// Whose account is whose.
#[derive(Debug, Clone)]
pub enum Directory {
    /// The source belongs to one workspace, whatever account a body names.
    Workspace(Tenant),
    /// The source serves many: workspaces by the ids of their accounts.
    Accounts(HashMap<String, Tenant>),
}

impl Directory {
    /// The workspace of an account; `None` if nobody here has it.
    pub fn find(&self, account: &str) -> Option<&Tenant> {
        match self {
            Self::Workspace(tenant) => Some(tenant),
            Self::Accounts(accounts) => accounts.get(account),
        }
    }

    /// The one workspace to which the source belongs, if it belongs to one.
    pub fn only(&self) -> Option<&Tenant> {
        match self {
            Self::Workspace(tenant) => Some(tenant),
            Self::Accounts(_) => None,
        }
    }
}

/// What is answered.
pub type HttpReply = Response<Vec<u8>>;

/// What became of a request.
#[derive(Debug)]
pub enum Received {
    /// It is understood.
    Taken {
        /// What it says, in a fixed order, each fact with its workspace. Nothing of interest is no fact.
        facts: Vec<(WorkspaceId, Fact)>,
        /// What is answered once the facts are durable.
        reply: HttpReply,
    },
    /// It does not come from whom it says it does. Answered with 401 and no hint.
    Forged,
    /// It is authentic and not understood. The body is kept, and answered with 200: a CRM disables an
    /// address that answers otherwise.
    Unreadable(NotUnderstood),
    /// It cannot be taken, and whoever sent it has to know.
    Refused {
        /// Under which it is counted: short, in snake case.
        reason: &'static str,
        /// An answer in the source's own protocol.
        reply: HttpReply,
    },
}

impl Received {
    /// Facts of one workspace, answered with 200.
    pub fn of(tenant: &Tenant, facts: Vec<Fact>) -> Self {
        let facts = facts.into_iter().map(|fact| (tenant.workspace, fact)).collect();
        Self::Taken { facts, reply: HttpReply::new(Vec::new()) }
    }

    /// No facts and this answer.
    pub fn reply(reply: HttpReply) -> Self {
        Self::Taken { facts: Vec::new(), reply }
    }
}

fn status(status: StatusCode) -> HttpReply {
    let mut reply = HttpReply::default();
    *reply.status_mut() = status;
    reply
}

/// An answer with a status, a content type and a body.
pub fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> HttpReply {
    let mut reply = HttpReply::new(body.into());
    *reply.status_mut() = status;
    let content_type = http::HeaderValue::from_static(content_type);
    reply.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    reply
}

/// The refusal of whoever asks whether the address is ours and has no right token, with no hint of what
/// would have been right.
pub(crate) fn bad_handshake() -> Received {
    Received::Refused { reason: "bad_handshake", reply: status(StatusCode::FORBIDDEN) }
}

/// The refusal of a method that a source does not take, naming those that it does.
pub(crate) fn wrong_method(allowed: &'static str) -> Received {
    let mut reply = status(StatusCode::METHOD_NOT_ALLOWED);
    reply.headers_mut().insert(http::header::ALLOW, http::HeaderValue::from_static(allowed));
    Received::Refused { reason: "wrong_method", reply }
}
