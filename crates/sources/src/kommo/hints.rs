//! From a webhook body to hints. The same change may come as two reports (`status` and `update`)
//! and gives two hints then.

use std::collections::BTreeMap;

use kopru_core::{ContactHint, DealHint, DealKey, Fact, Node, StageId};

use super::{form, ids::is_id};
use crate::{NotUnderstood, lenient::seconds};

/// Most items in one body. Kommo sends a handful; a body with more is kept and read later.
const ITEMS_MAX: usize = 5000;
/// Most deals of one contact that a body names.
const LINKED_DEALS_MAX: usize = 250;

/// What Kommo reports about. From its documentation and captured webhooks.
const KNOWN_ENTITIES: [&str; 15] = [
    "leads",
    "contacts",
    "companies",
    "customers",
    "task",
    "tasks",
    "catalogs",
    "catalog_elements",
    "unsorted",
    "message",
    "outgoing_message",
    "talk",
    "talks",
    "note",
    "notes",
];

/// What happened, in the order in which the facts come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HintKind {
    DealStatus,
    DealAdd,
    DealUpdate,
    DealRestore,
    DealDelete,
    /// A trigger of the digital pipeline, which says where the deal stands.
    DealTrigger,
    ContactAdd,
    ContactUpdate,
    ContactDelete,
    CompanyAdd,
    CompanyUpdate,
    CompanyDelete,
}

impl HintKind {
    /// `None` for what is known but of no interest (notes, changes of the manager).
    fn of(entity: &str, action: &str) -> Option<Self> {
        Some(match (entity, action) {
            ("leads", "status") => Self::DealStatus,
            ("leads", "add") => Self::DealAdd,
            ("leads", "update") => Self::DealUpdate,
            ("leads", "restore") => Self::DealRestore,
            ("leads", "delete") => Self::DealDelete,
            ("leads", "call_in" | "chat" | "mail_in" | "site_visit") => Self::DealTrigger,
            ("contacts", "add") => Self::ContactAdd,
            ("contacts", "update") => Self::ContactUpdate,
            ("contacts", "delete") => Self::ContactDelete,
            ("companies", "add") => Self::CompanyAdd,
            ("companies", "update") => Self::CompanyUpdate,
            ("companies", "delete") => Self::CompanyDelete,
            _ => return None,
        })
    }
}

/// The fields of one item that matter.
#[derive(Debug, Default)]
struct Item {
    id: Option<String>,
    kind: Option<String>,
    status: Option<String>,
    pipeline: Option<String>,
    old_status: Option<String>,
    old_pipeline: Option<String>,
    changed_s: Option<i64>,
    created_s: Option<i64>,
    /// Deals with which a contact is linked.
    deals: Vec<String>,
}

pub(super) fn facts(origin: &str, body: &[u8]) -> Result<Vec<Fact>, NotUnderstood> {
    let mut items: BTreeMap<(HintKind, u64), Item> = BTreeMap::new();
    let mut understood = false;
    let mut account: Option<String> = None;
    for field in form::fields(body) {
        let Some(path) = form::path(&field.key) else { continue };
        if path == ["account", "id"] {
            account = Some(field.value.trim()).filter(|id| is_id(id)).map(str::to_owned);
        }
        let [entity, action, rest @ ..] = path.as_slice() else { continue };
        if !KNOWN_ENTITIES.contains(entity) {
            continue;
        }
        let Some(report) = HintKind::of(entity, action) else {
            understood = true;
            continue;
        };
        let [index, name, deeper @ ..] = rest else { continue };
        let Ok(index) = index.parse() else { continue };
        let item = items.entry((report, index)).or_default();
        match (*name, deeper) {
            ("linked_leads_id", deeper) => item.link(deeper, &field.value),
            (name, []) => item.set(name, &field.value),
            _ => {}
        }
        if items.len() > ITEMS_MAX {
            return Err(NotUnderstood::because("form: too many items"));
        }
    }
    let mut facts = Vec::with_capacity(items.len());
    for ((report, _), item) in items {
        if let Some(fact) = item.into_fact(report, origin, account.as_deref()) {
            understood = true;
            facts.push(fact);
        }
    }
    if understood {
        return Ok(facts);
    }
    Err(NotUnderstood::keys("form", form::fields(body).map(|field| field.key)))
}

impl Item {
    fn set(&mut self, name: &str, value: &str) {
        let id = || Some(value.trim()).filter(|id| is_id(id)).map(str::to_owned);
        match name {
            "id" => self.id = id(),
            "type" => self.kind = Some(value.to_owned()),
            "status_id" => self.status = id(),
            "pipeline_id" => self.pipeline = id(),
            "old_status_id" => self.old_status = id(),
            "old_pipeline_id" => self.old_pipeline = id(),
            // Each time comes under an older and a newer name; both, if there, are the same.
            "last_modified" | "updated_at" => self.changed_s = self.changed_s.max(seconds(value)),
            "date_create" | "created_at" => self.created_s = self.created_s.max(seconds(value)),
            _ => {}
        }
    }

    /// Takes over deals that a contact is linked with: under an index or their id, with `ID` behind it or without,
    /// or as one text. The key counts only where the value is no id.
    fn link(&mut self, deeper: &[&str], value: &str) {
        let is_number = |key: &str| key.bytes().all(|byte| byte.is_ascii_digit());
        let ids: Vec<&str> = match deeper {
            [key, ..] if !is_number(key) => return,
            [] => value.split(|letter: char| !letter.is_ascii_digit()).collect(),
            [_] => vec![value.trim()],
            [key, name] if name.eq_ignore_ascii_case("id") && value.trim().is_empty() => vec![*key],
            [_, name] if name.eq_ignore_ascii_case("id") => vec![value.trim()],
            _ => return,
        };
        for id in ids.into_iter().filter(|id| is_id(id)) {
            if self.deals.len() < LINKED_DEALS_MAX && self.deals.iter().all(|known| known != id) {
                self.deals.push(id.to_owned());
            }
        }
    }

    fn into_fact(self, report: HintKind, origin: &str, account: Option<&str>) -> Option<Fact> {
        let account = account.map(str::to_owned);
        let at_s = match report {
            HintKind::DealAdd | HintKind::ContactAdd | HintKind::CompanyAdd => {
                self.created_s.or(self.changed_s)
            }
            _ => self.changed_s,
        };
        let differs = |old: &Option<String>, now: &Option<String>| old.is_some() && old != now;
        let left_another =
            differs(&self.old_status, &self.status) || differs(&self.old_pipeline, &self.pipeline);
        let id = self.id?;
        let entered = match report {
            HintKind::DealStatus | HintKind::DealAdd => true,
            HintKind::DealUpdate | HintKind::DealTrigger => left_another,
            HintKind::DealRestore | HintKind::DealDelete => false,
            HintKind::ContactAdd
            | HintKind::ContactUpdate
            | HintKind::ContactDelete
            | HintKind::CompanyAdd
            | HintKind::CompanyUpdate
            | HintKind::CompanyDelete => {
                // Companies come as contacts as well, with their type.
                let is_company = report >= HintKind::CompanyAdd || self.kind.as_deref() == Some("company");
                let deal = |id| DealKey { origin: origin.to_owned(), id };
                let deals = self.deals.into_iter().map(deal).collect();
                let contact =
                    if is_company { Node::company(origin, &id) } else { Node::contact(origin, &id) };
                return Some(Fact::ContactHint(ContactHint { contact, deals, at_s, account }));
            }
        };
        if report == HintKind::DealDelete {
            // Whatever else it says is of before.
            let deal = DealKey { origin: origin.to_owned(), id };
            let (stage, left, at_s) = (None, None, None);
            return Some(Fact::DealHint(DealHint {
                deal,
                stage,
                left,
                moved: false,
                deleted: true,
                at_s,
                account,
            }));
        }
        let left = self.old_status.zip(self.old_pipeline.or_else(|| self.pipeline.clone()));
        let left = left.map(|(status, pipeline)| StageId { pipeline, status });
        let stage = self.pipeline.zip(self.status).map(|(pipeline, status)| StageId { pipeline, status });
        Some(Fact::DealHint(DealHint {
            deal: DealKey { origin: origin.to_owned(), id },
            moved: entered && stage.is_some(),
            left: left.filter(|left| stage.as_ref() != Some(left)),
            stage,
            deleted: false,
            at_s,
            account,
        }))
    }
}
