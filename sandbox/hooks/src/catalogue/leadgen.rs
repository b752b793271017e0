//! The shapes of Meta's lead forms.

use super::{Recipe, Values};
use crate::{LeadgenEntry, LeadgenLead, leadgen};

pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        name: "lead",
        meaning: "Somebody filled in the form of an ad.",
        body: |it| leadgen(&[entry(it, vec![lead(it)])]),
    },
    Recipe {
        name: "organic",
        meaning: "Somebody filled in the form without an ad: no ad and no ad set.",
        body: |it| {
            let organic = LeadgenLead { ad_id: None, adgroup_id: None, ..lead(it) };
            leadgen(&[entry(it, vec![organic])])
        },
    },
    Recipe {
        name: "batch",
        meaning: "Two Pages in one body: two leads, and another Page's lead. Their ids follow each other.",
        body: |it| {
            let nth = |n| LeadgenLead { leadgen_id: it.lead.saturating_add(n), ..lead(it) };
            let of_another = LeadgenEntry { page_id: format!("{}9", it.page), ..entry(it, vec![nth(2)]) };
            leadgen(&[entry(it, vec![nth(0), nth(1)]), of_another])
        },
    },
];

fn entry(it: &Values, leads: Vec<LeadgenLead>) -> LeadgenEntry {
    LeadgenEntry { page_id: it.page.clone(), time: it.time.saturating_add(1), leads }
}

fn lead(it: &Values) -> LeadgenLead {
    LeadgenLead {
        leadgen_id: it.lead,
        form_id: it.form.clone(),
        adgroup_id: Some("120200000000000001".to_owned()),
        ad_id: Some(it.ad.clone()),
        created_time: it.time,
    }
}
