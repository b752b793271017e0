//! Whether chats come from the accounts that datasets are linked to.

use kopru_core::{Dataset, Mode};
use store::last_known_accounts;

use crate::{
    config::{Config, Workspace},
    logging::out,
};

/// Compares the accounts of datasets with those whose chats have come; returns how many datasets are linked to an
/// account of which nothing came, while chats come from one that no dataset is linked to.
pub(super) fn check_accounts(config: &Config, workspace: &Workspace) -> usize {
    let heard = last_known_accounts(&config.store_path, &workspace.name);
    let (datasets, name) = (&workspace.policy.datasets, &workspace.name);
    let strangers = strangers(datasets, &heard);
    if strangers.is_empty() {
        return 0;
    }
    let listed = strangers.join(", ");
    let silent = silent(datasets, &heard);
    for (dataset, account) in &silent {
        out!(
            "wrong {name}: dataset {dataset}: no chat of its whatsapp_business_account_id {account} has ever come, while chats come from \
             {listed}, which no dataset has: their events are not sent. Write the account of your WhatsApp number \
             there; Events Manager shows to which one the dataset is linked"
        );
    }
    if silent.is_empty() {
        out!(
            "note  {name}: chats come from {listed}, which no dataset has as whatsapp_business_account_id: their events are not sent"
        );
    }
    silent.len()
}

/// The accounts whose chats come and that no dataset is linked to.
fn strangers<'a>(datasets: &[Dataset], heard: &'a [String]) -> Vec<&'a str> {
    let has = |account: &&String| !datasets.iter().any(|dataset| dataset.waba_id.as_ref() == Some(*account));
    heard.iter().filter(has).map(String::as_str).collect()
}

/// The datasets that are on and of whose account nothing came, each with the account.
fn silent<'a>(datasets: &'a [Dataset], heard: &[String]) -> Vec<(&'a str, &'a str)> {
    let on = datasets.iter().filter(|dataset| dataset.mode != Mode::Off);
    let linked = on.filter_map(|dataset| Some((dataset.id.as_str(), dataset.waba_id.as_deref()?)));
    linked.filter(|(_, account)| !heard.iter().any(|known| known == account)).collect()
}
