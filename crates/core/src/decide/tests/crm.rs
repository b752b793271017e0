//! A CRM that holds the truth; the stories change it.

use std::collections::BTreeMap;

use super::world::{WON, contact, stage};
use crate::{DealNow, Named, Node};

/// What the CRM holds.
#[derive(Default, Clone)]
pub struct Crm {
    pub deals: BTreeMap<String, DealNow>,
    pub contacts: BTreeMap<String, (Vec<Node>, Option<bool>)>,
    /// When it changed a contact last, where it says so.
    pub contacts_changed_s: BTreeMap<String, i64>,
    /// When a deal entered a stage, latest entry.
    pub log: BTreeMap<(String, String), i64>,
    /// When a deal that entered a stage more than once entered it first.
    pub first: BTreeMap<(String, String), i64>,
    /// When a deal that was made in a stage left it.
    pub left: BTreeMap<(String, String), i64>,
}

impl Crm {
    /// Moves a deal into a stage, as people do in the CRM; the deal is made on the way.
    pub fn enter(&mut self, id: &str, status: &str, at_s: i64) -> &mut DealNow {
        self.log.insert((id.into(), status.into()), at_s);
        let deal = self.deals.entry(id.into()).or_insert_with(|| DealNow {
            created_s: None,
            stage: stage(status),
            price: None,
            contacts: vec![contact("c1")],
            updated_s: at_s,
            closed_s: None,
            consent: None,
            named: Named::default(),
        });
        deal.stage = stage(status);
        deal.updated_s = at_s;
        deal.closed_s = (status == WON).then_some(at_s);
        deal
    }

    pub fn price(&mut self, id: &str, amount: &str, at_s: i64) {
        let deal = self.deals.get_mut(id).expect("the deal exists");
        deal.price = Some(amount.parse().expect("an amount"));
        deal.updated_s = at_s;
    }

    /// Writes a contact with its identifiers.
    pub fn contact(&mut self, id: &str, who: &[Node]) {
        self.contacts.insert(id.into(), (who.to_vec(), None));
    }
}
