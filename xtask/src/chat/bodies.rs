//! The webhooks of a load, made before it is measured: signing costs as much as checking.

use crate::service::{load, site::kommo_key};

/// Messages in one webhook.
pub const BODY: usize = 100;
/// Kommo accounts of the workspace.
pub const ACCOUNTS: usize = 32;
/// Of so many people who write, one buys.
const BUYERS: u64 = 4;

/// Webhooks that one connection posts in this order: nobody buys before they have written.
pub type InOrder = Vec<Vec<u8>>;

/// The messages of people who came from an ad.
pub fn clicks(people: &[u64], won_s: i64) -> Vec<InOrder> {
    people.chunks(BODY).map(|people| vec![load::clicks(0, people.iter().copied(), won_s)]).collect()
}

/// The same, with the deals that some of them become, and how many these are.
pub fn chat(people: &[u64], won_s: i64) -> (Vec<InOrder>, u64) {
    let buyers = |people: &[u64]| -> Vec<u64> {
        people.iter().copied().filter(|person| person.is_multiple_of(BUYERS)).collect()
    };
    let bodies = people.chunks(BODY).enumerate().map(|(place, people)| {
        let key = kommo_key(0, place % ACCOUNTS);
        vec![load::clicks(0, people.iter().copied(), won_s), load::wins(&key, buyers(people), won_s)]
    });
    (bodies.collect(), buyers(people).len() as u64)
}
