//! What is known of a person.

use std::collections::{BTreeMap, HashSet};

use kopru_core::{Cause, Click, Deal, DealKey, Identity, Node, WorkspaceId};
use rusqlite::Connection;

use crate::{
    Error, KnownClick, KnownDeal, KnownPerson,
    keyring::WorkspaceKeys,
    sqlite::{
        clicks::{self, KeptClick},
        rows::json_column,
        state::Loader,
    },
};

/// A person without what came of their deals and what was told of them, the ids of that, and by which clicks others
/// may have been told.
pub(in crate::sqlite) struct FoundPerson {
    pub(in crate::sqlite) person: KnownPerson,
    pub(in crate::sqlite) event_ids: Vec<String>,
    pub(in crate::sqlite) clicks: HashSet<Identity>,
    /// All that they are known by.
    pub(in crate::sqlite) nodes: Vec<Node>,
}

/// The contacts of a deal.
pub(in crate::sqlite) fn contacts_of(
    connection: &Connection,
    workspace: WorkspaceId,
    key: &DealKey,
) -> Result<Vec<Node>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT state FROM deal WHERE workspace = ? AND origin = ? AND id = ?")?;
    let mut rows = statement.query((workspace.0, &key.origin, &key.id))?;
    let deal: Option<Deal> = rows.next()?.map(|row| json_column(row, 0)).transpose()?;
    Ok(deal.map(|deal| deal.contacts).unwrap_or_default())
}

/// All nodes of a person, in an order that stays.
pub(in crate::sqlite) fn nodes_of(
    connection: &Connection,
    keys: &WorkspaceKeys,
    workspace: WorkspaceId,
    who: &[Node],
) -> Result<Vec<Node>, Error> {
    let mut loader = Loader::around(connection, keys, workspace, &[])?;
    meant(&mut loader, who)
}

fn meant(loader: &mut Loader<'_>, who: &[Node]) -> Result<Vec<Node>, Error> {
    loader.reach(who)?;
    let mut nodes: Vec<Node> = loader.state.person_meant(who).into_iter().collect();
    nodes.sort_unstable();
    Ok(nodes)
}

/// What is known of a person.
pub(in crate::sqlite) fn person(
    connection: &Connection,
    keys: &WorkspaceKeys,
    workspace: WorkspaceId,
    who: &[Node],
) -> Result<FoundPerson, Error> {
    let mut loader = Loader::around(connection, keys, workspace, &[])?;
    let nodes = meant(&mut loader, who)?;
    let mut person = KnownPerson { is_whole: true, ..KnownPerson::default() };
    let (mut known, mut named, mut event_ids) = (BTreeMap::new(), HashSet::new(), Vec::new());
    for node in nodes.iter().cloned() {
        // The last of them stands at a link of those that were loaded.
        loader.node(&node)?;
        person.is_erased |= loader.state.erased.contains(&node);
        person.chats.extend(loader.state.chats.get(&node));
        for KeptClick { number, at_s, ad, click } in
            clicks::kept(connection, keys.opener(), workspace, &node)?
        {
            named.extend(click.as_ref().and_then(Click::identity));
            let account = click.map(|click| click.account);
            // By its number: one that two identifiers have made is one, and two of one second are two.
            known.insert((at_s, number), KnownClick { at_s, ad_id: ad, account });
        }
        let Some(contact) = node.contact_key() else {
            let kind = node.as_str().split(':').next().unwrap_or_default().to_owned();
            *person.identifiers.entry(kind).or_default() += 1;
            continue;
        };
        loader.all_deals_of(&node)?;
        person.is_whole &= !loader.state.crowded.contains(&node);
        let mut causes = vec![Cause::Contact(contact)];
        for key in loader.state.deals_of.get(&node).into_iter().flatten() {
            let deal = loader.state.deals.get(key);
            let (stage, price) = deal.map_or((None, None), |deal| (deal.stage.clone(), deal.price));
            if person.deals.iter().all(|known: &KnownDeal| known.key != *key) {
                person.deals.push(KnownDeal { key: key.clone(), stage, price });
                causes.push(Cause::Deal(key.clone()));
            }
        }
        let conversions = causes.iter().filter_map(|cause| loader.state.conversions.get(cause)).flatten();
        event_ids.extend(conversions.map(|one| one.event_id.clone()));
        // A contact that only a deal names is known by its number.
        if loader.state.contacts.contains_key(&node) || loader.state.deals_of.contains_key(&node) {
            person.contacts.push(node);
        }
    }
    person.clicks = known.into_values().rev().collect();
    person.chats.sort_by_key(|chat| chat.first_s);
    Ok(FoundPerson { person, event_ids, clicks: named, nodes })
}
