//! Apps, and the tokens that they issue.

use serde::{Deserialize, Serialize};

/// A Meta app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its id.
    pub id: String,
    /// Its secret: the key of `appsecret_proof` and of the webhooks' signatures.
    pub secret: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// "Require App Secret": a call without `appsecret_proof` is refused.
    #[serde(default)]
    pub require_proof: bool,
}

/// An access token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The token itself.
    pub value: String,
    /// The app that issued it; without one, `appsecret_proof` is not looked at.
    #[serde(default)]
    pub app_id: Option<String>,
    /// Its permissions; `None` is all of them.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// The objects that it may touch: datasets, Pages, WABAs, ad accounts (`act_…`); `None` is all.
    #[serde(default)]
    pub objects: Option<Vec<String>>,
    /// When it expires by the sandbox's clock, Unix seconds; `None` is never.
    #[serde(default)]
    pub expires_at: Option<i64>,
    /// The subcode with which every use of it is refused, such as 460 after a change of password.
    #[serde(default)]
    pub refused_with: Option<i64>,
}

impl Token {
    /// A token without limits.
    pub fn of(value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::default() }
    }

    pub(crate) fn may_touch(&self, object: &str) -> bool {
        self.objects.as_ref().is_none_or(|objects| objects.iter().any(|id| id == object))
    }

    pub(crate) fn has(&self, permission: &str) -> bool {
        self.permissions.as_ref().is_none_or(|all| all.iter().any(|one| one == permission))
    }
}

/// A code on its way to a token.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) app_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) token: Token,
    pub(crate) until_s: i64,
}
