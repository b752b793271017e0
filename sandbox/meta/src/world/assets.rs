//! Datasets, and the Pages, WhatsApp Business Accounts and Instagram accounts that they are linked to.

use serde::{Deserialize, Serialize};

/// A dataset (pixel) of the Graph side.
///
/// What it is linked to makes it a web, a Page or a WhatsApp dataset: an event of a chat is refused with
/// 2804131, 2804132 or 2804133 where the link is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedDataset {
    /// Its id, the second part of the path.
    pub id: String,
    /// The token that was made for it in Events Manager. It may write to this dataset and touch what the
    /// dataset is linked to. Empty for none.
    #[serde(default)]
    pub token: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The app that issued the token; with it, `appsecret_proof` is checked.
    #[serde(default)]
    pub app_id: Option<String>,
    /// The linked Page.
    #[serde(default)]
    pub page_id: Option<String>,
    /// The linked WhatsApp Business Account.
    #[serde(default)]
    pub waba_id: Option<String>,
    /// The linked Instagram account.
    #[serde(default)]
    pub ig_account_id: Option<String>,
    /// Events must say whether their data is for limited use, as in 2020: otherwise 2804030.
    #[serde(default)]
    pub ldu_required: bool,
}

impl SimulatedDataset {
    pub(crate) fn links(&self) -> impl Iterator<Item = (AssetKind, String)> + use<> {
        [
            (AssetKind::Page, self.page_id.clone()),
            (AssetKind::Waba, self.waba_id.clone()),
            (AssetKind::Instagram, self.ig_account_id.clone()),
        ]
        .into_iter()
        .filter_map(|(kind, id)| id.map(|id| (kind, id)))
    }
}

/// What can be linked to a dataset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A Facebook Page.
    #[default]
    Page,
    /// A WhatsApp Business Account.
    Waba,
    /// An Instagram professional account.
    Instagram,
}

/// A Page, a WhatsApp Business Account or an Instagram account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: AssetKind,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The dataset that it is linked to.
    #[serde(default)]
    pub dataset_id: Option<String>,
    /// Apps that get its webhooks, with the fields that they subscribed to.
    #[serde(default)]
    pub subscribed_apps: Vec<(String, Vec<String>)>,
}

impl Asset {
    pub(crate) fn new(id: &str, kind: AssetKind) -> Self {
        Self { id: id.to_owned(), kind, ..Self::default() }
    }
}
