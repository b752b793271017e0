//! How far an API key opens the admin listener: the management API of its own workspace, by its scopes.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::Request,
    http::{Method, Uri},
};
use store::{ApiKey, KeyScope};

use super::Admin;
use crate::Error;

/// What stands behind a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// What is of one workspace, which its address names.
    Workspace,
    /// What takes events of one workspace, which its address names.
    Events,
    /// What is of all of them, and pages for people.
    All,
}

/// Whether a key may make and revoke keys with these scopes: those that open nothing which it does not open itself.
pub(super) fn may_give(by: &ApiKey, scopes: &BTreeSet<KeyScope>) -> bool {
    scopes.iter().all(|scope| match scope {
        KeyScope::Read => may_read(by),
        scope => by.has(*scope),
    })
}

/// Whether a key may read what is of its workspace.
pub(super) fn may_read(key: &ApiKey) -> bool {
    // Who may change may read.
    key.has(KeyScope::Read) || key.has(KeyScope::Manage)
}

/// Whether a key may make requests of this method to the management API.
fn may_ask(key: &ApiKey, behind: Behind, method: &Method) -> bool {
    key.has(KeyScope::Manage)
        || (only_reads(method) && may_read(key))
        || (behind == Behind::Events && key.has(KeyScope::Events))
}

fn only_reads(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

impl Admin {
    /// The request of whoever has a key, about the key's workspace.
    ///
    /// # Errors
    /// What is asked for is not open to it.
    pub(super) fn by_key(
        &self,
        key: Arc<ApiKey>,
        behind: Behind,
        mut request: Request,
    ) -> Result<Request, Error> {
        let method = request.method();
        if !may_ask(&key, behind, method) {
            let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.code()).collect();
            let wanted = match behind {
                Behind::Events => "events or manage",
                _ if only_reads(method) => "read or manage",
                _ => "manage",
            };
            return Err(Error::KeyScope { has: scopes.join(", "), method: method.to_string(), wanted });
        }
        if behind == Behind::All {
            return Err(Error::KeyOfOneWorkspace);
        }
        let configured = self.configured();
        let workspace = configured.workspaces.iter().find(|one| one.id == key.workspace);
        let workspace = workspace.ok_or(Error::KeyOfNoWorkspace)?;
        let query = request.uri().query().unwrap_or_default();
        let mut named = form_urlencoded::parse(query.as_bytes())
            .filter_map(|(name, value)| (name == "workspace" && !value.is_empty()).then_some(value));
        if named.any(|named| named != workspace.name) {
            return Err(Error::KeyOfAnother(workspace.name.clone()));
        }
        *request.uri_mut() = of_workspace(request.uri(), &workspace.name).ok_or(Error::NotARequest)?;
        request.extensions_mut().insert(key);
        Ok(request)
    }
}

/// An address with this workspace, and no other one, in its query.
fn of_workspace(uri: &Uri, name: &str) -> Option<Uri> {
    let given = uri.query().unwrap_or_default();
    let others = form_urlencoded::parse(given.as_bytes()).filter(|(key, _)| key != "workspace");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("workspace", name).extend_pairs(others);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}?{}", uri.path(), query.finish()).parse().ok();
    parts.path_and_query.as_ref()?;
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use kopru_core::WorkspaceId;

    use super::*;

    fn key(scopes: &[KeyScope]) -> ApiKey {
        ApiKey {
            workspace: WorkspaceId(1),
            number: 1,
            name: "key".into(),
            hash: [0; 32],
            scopes: scopes.iter().copied().collect(),
            consent: None,
            strict: false,
            created_ms: 0,
            revoked_ms: None,
        }
    }

    #[test]
    fn scopes_say_what_a_key_may() {
        use KeyScope::{Events, Manage, Read};
        // Whose scopes; whether it reads and changes; which scopes it gives.
        for (scopes, reads, changes, gives) in [
            (&[Events][..], false, false, &[Events][..]),
            (&[Read], true, false, &[Read]),
            (&[Manage], true, true, &[Read, Manage]),
            (&[Events, Read], true, false, &[Events, Read]),
            (&[Events, Manage], true, true, &[Events, Read, Manage]),
            (&[Events, Read, Manage], true, true, &[Events, Read, Manage]),
        ] {
            let key = key(scopes);
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(may_ask(&key, Behind::Workspace, &method), reads, "{scopes:?} {method}");
            }
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert_eq!(may_ask(&key, Behind::Workspace, &method), changes, "{scopes:?} {method}");
            }
            let reports = scopes.contains(&Events) || changes;
            assert_eq!(may_ask(&key, Behind::Events, &Method::POST), reports, "{scopes:?}");
            for scope in KeyScope::ALL {
                assert_eq!(may_give(&key, &[scope].into()), gives.contains(&scope), "{scopes:?} {scope:?}");
            }
            assert_eq!(may_give(&key, &KeyScope::ALL.into()), gives.len() == 3, "{scopes:?}");
        }
    }

    #[test]
    fn an_address_names_the_workspace_of_the_key() {
        for (given, wanted) in [
            ("/api/v1/ledger", "/api/v1/ledger?workspace=a+%26+b"),
            ("/api/v1/ledger?", "/api/v1/ledger?workspace=a+%26+b"),
            ("/api/v1/ledger?workspace=&limit=1", "/api/v1/ledger?workspace=a+%26+b&limit=1"),
            ("/x?workspace=c&a=%C3%BC&workspace=d", "/x?workspace=a+%26+b&a=%C3%BC"),
        ] {
            assert_eq!(of_workspace(&given.parse().unwrap(), "a & b").unwrap().to_string(), wanted);
        }
    }
}
