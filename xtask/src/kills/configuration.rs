//! The configuration of the shop.

use std::path::Path;

use super::upstream::{CONSENT_FIELD, DATASET, KOMMO_TOKEN, META_TOKEN, Upstream, WABA};
use crate::service::victim::{ADMIN_TOKEN, Addresses};

pub const APP_SECRET: &str = "secret-of-the-app-that-signs-the-webhooks";
pub const WHATSAPP_KEY: &str = "whatsapp-hook-key-of-the-kills";
pub const KOMMO_KEY: &str = "kommo-hook-key-of-the-kills";

pub fn configuration(upstream: &Upstream, addresses: Addresses, folder: &Path) -> String {
    format!(
        "[server]\nlisten = \"{}\"\nadmin_listen = \"{}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n\
         [store]\npath = \"{}\"\n\
         [[workspace]]\nname = \"shop\"\ncountry = \"TR\"\ncurrency = \"TRY\"\nconsent = \"required\"\n\
         [[workspace.dataset]]\nid = \"{DATASET}\"\ntoken = \"{META_TOKEN}\"\ngraph_url = \"http://{upstream}\"\n\
         whatsapp_business_account_id = \"{WABA}\"\nroutes = [\"messaging\", \"website\"]\n\
         [[workspace.source]]\nkind = \"whatsapp\"\nkey = \"{WHATSAPP_KEY}\"\napp_secret = \"{APP_SECRET}\"\n\
         [[workspace.source]]\nkind = \"kommo\"\nkey = \"{KOMMO_KEY}\"\naccount = \"http://{upstream}\"\n\
         token = \"{KOMMO_TOKEN}\"\nconsent_field = \"{CONSENT_FIELD}\"\n\
         [[workspace.rule]]\nid = \"qualified\"\nstage = \"Qualified\"\nsend = \"Lead\"\n\
         [[workspace.rule]]\nid = \"sale\"\nstage = \"won\"\nsend = \"Purchase\"\nvalue = \"price\"\n\
         repeat = \"once\"\n",
        addresses.doors,
        addresses.admin,
        folder.join("data").display(),
        upstream = upstream.address,
    )
}
