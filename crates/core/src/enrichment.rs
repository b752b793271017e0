//! Enrichment: what Meta can be told of a person beside what an event says itself.
//!
//! Identifiers that were seen together lead from one to the next. Only what is unambiguous is added: where two
//! addresses were seen with one browser, nobody can say whose the event is.

use std::collections::BTreeMap;

use crate::{IDENTIFIER_LINKS_MAX, MatchKey, Node, PERSON_LINKS_MAX, Trust};

/// The keys that an event is enriched by: what a person has, and not what a browser or a device has.
const ADDED: [&str; 3] = ["em", "ph", "external_id"];

/// How far it is looked: from a browser to an address, from there to a CRM's card, and to what that shows.
const STEPS_MAX: usize = 3;

/// An identifier that was seen together with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour<K> {
    /// By what it is found.
    pub node: K,
    /// How far it can be believed that both are one person's.
    pub trust: Trust,
    /// What Meta can be told of it.
    pub match_key: Option<MatchKey>,
    /// What it says about the person's consent, where it is a CRM's card.
    pub consent: Option<crate::ConsentAnswer>,
}

/// What is known of the person of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enrichment {
    /// What the event lacks.
    pub added: Vec<MatchKey>,
    /// Whether they refused that they are reported.
    pub is_refused: bool,
}

/// The identifiers of an event from which its person is looked for: those of the person, or else those of the browser
/// or device, which several people may use.
pub fn starting_points(who: &[Node]) -> Vec<&Node> {
    let joined = || who.iter().filter(|node| node.is_matched_by_meta());
    let personal: Vec<&Node> = joined().filter(|node| node.match_key().is_some()).collect();
    if personal.is_empty() { joined().collect() } else { personal }
}

/// Finds what is known of the person of an event: `own` are its identifiers, `has` the keys that it carries, and
/// `near` looks up what was seen together with one. An identifier of too many leads to nobody.
///
/// # Errors
/// Those of `near`.
pub fn enrich<K: Clone + PartialEq, E>(
    own: &[K],
    has: &[&str],
    mut near: impl FnMut(&K) -> Result<Vec<Neighbour<K>>, E>,
) -> Result<Enrichment, E> {
    let mut enrichment = Enrichment::default();
    let mut open: Vec<&str> = ADDED.into_iter().filter(|key| !has.contains(key)).collect();
    let mut seen = own.to_vec();
    let mut edge = own.to_vec();
    for _ in 0..STEPS_MAX {
        let mut found: BTreeMap<&str, Vec<(Trust, MatchKey)>> = BTreeMap::new();
        let mut next = Vec::new();
        for node in &edge {
            let near = near(node)?;
            // A refusal counts however many browsers somebody has had.
            enrichment.is_refused |= near.iter().any(|one| one.consent == Some(crate::ConsentAnswer::No));
            if near.len() > IDENTIFIER_LINKS_MAX {
                continue;
            }
            for Neighbour { node, trust, match_key, .. } in near {
                if seen.contains(&node) || seen.len() >= PERSON_LINKS_MAX {
                    continue;
                }
                seen.push(node.clone());
                next.push(node);
                if let Some(match_key) = match_key
                    && let Some(key) = open.iter().find(|key| **key == match_key.key)
                {
                    found.entry(*key).or_default().push((trust, match_key));
                }
            }
        }
        let found: Option<Vec<MatchKey>> = found.into_values().map(unambiguous).collect();
        match found {
            Some(found) => {
                open.retain(|open| found.iter().all(|added| added.key != *open));
                enrichment.added.extend(found);
            }
            // There are two people: what lies farther away is of either. One of them may have refused.
            None => open.clear(),
        }
        if next.is_empty() || (open.is_empty() && enrichment.is_refused) {
            break;
        }
        edge = next;
    }
    Ok(enrichment)
}

/// The one that is believed most, unless another one is believed as much.
fn unambiguous(candidates: Vec<(Trust, MatchKey)>) -> Option<MatchKey> {
    let strongest = candidates.iter().map(|(trust, _)| *trust).max()?;
    let mut best =
        candidates.into_iter().filter(|(trust, _)| *trust == strongest).map(|(_, match_key)| match_key);
    let first = best.next()?;
    best.all(|other| other.hashes.first() == first.hashes.first()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, hash: &str) -> Option<MatchKey> {
        (!key.is_empty()).then(|| MatchKey { key: key.into(), hashes: vec![hash.into()] })
    }

    /// A graph of edges: from, to, trust, what the second tells.
    fn found(
        edges: &[(&'static str, &'static str, Trust, Option<MatchKey>)],
        own: &[&'static str],
        has: &[&str],
    ) -> Vec<String> {
        let near = |node: &&'static str| -> Result<Vec<Neighbour<&'static str>>, ()> {
            let of_node = edges.iter().filter(|(from, ..)| from == node);
            Ok(of_node
                .map(|(_, to, trust, match_key)| Neighbour {
                    node: *to,
                    trust: *trust,
                    match_key: match_key.clone(),
                    consent: None,
                })
                .collect())
        };
        let added = enrich(own, has, near).unwrap().added;
        added.into_iter().map(|added| format!("{}={}", added.key, added.hashes[0])).collect()
    }

    #[test]
    fn what_is_unambiguous_is_added_and_nothing_else() {
        use Trust::{Other, OwnCard};
        let one = [("fbp", "em1", Other, of("em", "1")), ("em1", "fbp", Other, None)];
        assert_eq!(found(&one, &["fbp"], &[]), ["em=1"]);
        assert!(found(&one, &["fbp"], &["em"]).is_empty(), "the event says its own");
        assert!(found(&one, &["other"], &[]).is_empty());

        let two = [("fbp", "em1", Other, of("em", "1")), ("fbp", "em2", Other, of("em", "2"))];
        assert!(found(&two, &["fbp"], &[]).is_empty(), "nobody can say whose it is");
        let beside = [two[0].clone(), two[1].clone(), ("fbp", "ph1", Other, of("ph", "5"))];
        assert!(found(&beside, &["fbp"], &[]).is_empty(), "nor whose the phone is");
        let trusted = [("fbp", "em1", Other, of("em", "1")), ("fbp", "em2", OwnCard, of("em", "2"))];
        assert_eq!(found(&trusted, &["fbp"], &[]), ["em=2"]);

        let chain = [
            ("fbp", "em1", Other, of("em", "1")),
            ("em1", "ph1", Other, of("ph", "5")),
            ("ph1", "id1", Other, of("external_id", "9")),
        ];
        assert_eq!(found(&chain, &["fbp"], &[]), ["em=1", "ph=5", "external_id=9"], "each leads to the next");
        let ambiguous = [
            ("fbp", "em1", Other, of("em", "1")),
            ("fbp", "em2", Other, of("em", "2")),
            ("em1", "em3", OwnCard, of("em", "3")),
        ];
        assert!(found(&ambiguous, &["fbp"], &[]).is_empty(), "what is farther away settles nothing");
        let browser = [("em1", "fbp", Other, of("fbp", "b"))];
        assert!(found(&browser, &["em1"], &[]).is_empty(), "a browser is not a person's");
    }

    #[test]
    fn a_person_is_looked_for_by_what_is_theirs() {
        let node = |text: &str| Node::from_stored(text.to_owned());
        let who = ["email:1", "em-hash:1", "fbp:1", "external_id:1"].map(node);
        assert_eq!(starting_points(&who), [&who[1], &who[3]]);
        assert_eq!(starting_points(&who[2..3]), [&who[2]]);
    }

    #[test]
    fn an_identifier_of_too_many_leads_to_nobody() {
        let names: Vec<&'static str> =
            (0..=IDENTIFIER_LINKS_MAX).map(|at| &*Box::leak(format!("em{at}").into_boxed_str())).collect();
        let edges: Vec<_> = names.iter().map(|name| ("fbp", *name, Trust::Other, of("em", "1"))).collect();
        assert!(found(&edges, &["fbp"], &[]).is_empty());
        assert_eq!(found(&edges[1..], &["fbp"], &[]), ["em=1"]);
    }

    #[test]
    fn a_refusal_counts_wherever_it_is_found() {
        let near = |node: &&str| -> Result<Vec<Neighbour<&'static str>>, ()> {
            let consent = Some(crate::ConsentAnswer::No);
            Ok(match *node {
                "fbp" => vec![Neighbour { node: "em", trust: Trust::Other, match_key: None, consent: None }],
                "em" => vec![Neighbour { node: "card", trust: Trust::Other, match_key: None, consent }],
                _ => Vec::new(),
            })
        };
        assert!(enrich(&["fbp"], &ADDED, near).unwrap().is_refused);
    }

    #[test]
    fn a_refusal_is_found_also_where_two_people_are() {
        let neighbour = |node, key: &str, hash: &str, consent| Neighbour {
            node,
            trust: Trust::Other,
            match_key: of(key, hash),
            consent,
        };
        let near = |node: &&str| -> Result<Vec<Neighbour<&'static str>>, ()> {
            Ok(match *node {
                "fbp" => vec![neighbour("em1", "em", "1", None), neighbour("em2", "em", "2", None)],
                "id" => vec![neighbour("fbp", "", "", None)],
                "em1" => vec![neighbour("card", "ph", "5", Some(crate::ConsentAnswer::No))],
                _ => Vec::new(),
            })
        };
        for own in ["fbp", "id"] {
            let found = enrich(&[own], &[], near).unwrap();
            assert_eq!((found.is_refused, found.added.len()), (true, 0), "{own}");
        }
        assert!(!enrich(&["em2"], &[], near).unwrap().is_refused);
    }
}
