//! Where programs post events, and whether a key of the workspace may.

use store::last_known_event_keys;

use crate::{
    config::{Config, Workspace},
    logging::out,
};

/// What makes a key.
const MAKE_ONE: &str = "kopru keys make NAME --scope events --consent sender makes one";

/// What no two routes at Meta know of each other.
const SALE: &str = "Purchase";

/// Says of each dataset that takes events at which address it does, and which keys open it.
pub(super) fn say_where_events_come_in(config: &Config, workspace: &Workspace) {
    let (name, base) = (&workspace.name, config.doors_url());
    let keys = last_known_event_keys(&config.store_path, name).join(", ");
    for target in workspace.event_targets() {
        let dataset = &target.dataset;
        let takes = format!(
            "{name}: dataset {dataset} takes events at {base}/{version}/{dataset}/events",
            version = target.graph_version
        );
        if keys.is_empty() {
            out!("note  {takes}, and there is no key that may report them; {MAKE_ONE}");
        } else {
            out!("ok    {takes}; keys that may report them: {keys}");
        }
    }
    let rule = workspace.policy.rules.iter().find(|rule| rule.send == SALE);
    if let (Some(rule), true, false) = (rule, workspace.event_targets().next().is_some(), keys.is_empty()) {
        out!(
            "note  {name}: rule {:?} sends a {SALE} for deals, and programs may report a {SALE} too: Meta counts a sale \
             that both report twice, so let one of them report it",
            rule.id
        );
    }
}
