//! `kopru.toml` as it is written. What is known but wrong is said by [`super::read`]; what is not
//! known at all is said here, by serde.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub server: ServerTable,
    #[serde(default)]
    pub store: StoreTable,
    #[serde(default)]
    pub retention: RetentionTable,
    #[serde(default)]
    pub app: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    pub workspace: Vec<Spanned<WorkspaceTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerTable {
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
pub(super) struct StoreTable {
    pub path: Option<Spanned<String>>,
    pub key: Option<Spanned<String>>,
}

/// Whatever stands there is read, so that what is no number of days can be said by its name.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionTable {
    pub facts: Option<Spanned<toml::Value>>,
    pub clicks: Option<Spanned<toml::Value>>,
    pub links: Option<Spanned<toml::Value>>,
    pub bodies: Option<Spanned<toml::Value>>,
    pub conversions: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceTable {
    pub name: Option<Spanned<String>>,
    pub formerly: Option<Spanned<String>>,
    pub country: Option<Spanned<String>>,
    pub currency: Option<Spanned<String>>,
    pub time_zone: Option<Spanned<String>>,
    pub consent: Option<Spanned<String>>,
    pub basis: Option<Spanned<String>>,
    #[serde(default)]
    pub dataset: Vec<Spanned<DatasetTable>>,
    #[serde(default)]
    pub source: Vec<Spanned<SourceTable>>,
    #[serde(default)]
    pub rule: Vec<Spanned<RuleTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatasetTable {
    pub id: Option<Spanned<String>>,
    pub token: Option<Spanned<String>>,
    pub app_secret: Option<Spanned<String>>,
    pub whatsapp_business_account_id: Option<Spanned<String>>,
    pub graph_url: Option<Spanned<String>>,
    #[serde(default)]
    pub allow_insecure: bool,
    pub graph_version: Option<Spanned<String>>,
    pub mode: Option<Spanned<String>>,
    pub test_event_code: Option<Spanned<String>>,
    pub routes: Option<Vec<Spanned<String>>>,
    pub normalize: Option<Spanned<String>>,
    pub append_value: Option<Spanned<String>>,
}

/// Which keys a source has is the business of its kind.
pub(super) type SourceTable = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    pub id: Option<Spanned<String>>,
    pub pipeline: Option<Spanned<String>>,
    pub stage: Option<Spanned<String>>,
    pub tag: Option<Spanned<String>>,
    pub send: Option<Spanned<String>>,
    pub value: Option<Spanned<String>>,
    pub times: Option<Spanned<toml::Value>>,
    pub minimum: Option<Spanned<toml::Value>>,
    pub repeat: Option<Spanned<String>>,
}

/// Whether what is written is a tag, which needs no rule: a page names its events itself.
pub(super) fn is_tag(written: &Spanned<SourceTable>) -> bool {
    let kind = written.get_ref().iter().find(|(key, _)| key.get_ref() == "kind");
    kind.is_some_and(|(_, value)| value.get_ref().as_str() == Some(sources::pixel::KIND.name))
}
