//! `kopru.toml` as it is written. What is known but wrong is said by [`super::read`]; what is not
//! known at all is said here, by serde.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub server: Server,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub app: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    pub workspace: Vec<Spanned<Workspace>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub listen: Option<Spanned<String>>,
    pub admin_listen: Option<Spanned<String>>,
    pub public_url: Option<Spanned<String>>,
    pub admin_token: Option<Spanned<String>>,
    #[serde(default)]
    pub admin_hosts: Vec<Spanned<String>>,
    #[serde(default)]
    pub trusted_proxies: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub path: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workspace {
    pub name: Option<Spanned<String>>,
    pub country: Option<Spanned<String>>,
    pub currency: Option<Spanned<String>>,
    pub time_zone: Option<Spanned<String>>,
    pub consent: Option<Spanned<String>>,
    #[serde(default)]
    pub dataset: Vec<Spanned<Dataset>>,
    #[serde(default)]
    pub source: Vec<Spanned<Source>>,
    #[serde(default)]
    pub rule: Vec<Spanned<Rule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dataset {
    pub id: Option<Spanned<String>>,
    pub token: Option<Spanned<String>>,
    pub app_secret: Option<Spanned<String>>,
    pub whatsapp_business_account_id: Option<Spanned<String>>,
    pub graph_url: Option<Spanned<String>>,
    #[serde(default)]
    pub allow_insecure: bool,
    pub graph_version: Option<Spanned<String>>,
    pub mode: Option<Spanned<String>>,
    pub routes: Option<Vec<Spanned<String>>>,
}

/// Which keys a source has is the business of its kind.
pub(super) type Source = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub id: Option<Spanned<String>>,
    pub pipeline: Option<Spanned<String>>,
    pub stage: Option<Spanned<String>>,
    pub send: Option<Spanned<String>>,
    pub value: Option<Spanned<String>>,
    pub repeat: Option<Spanned<String>>,
}
