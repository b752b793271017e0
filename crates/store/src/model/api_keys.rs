//! API keys.

use async_trait::async_trait;
use kopru_core::WorkspaceId;

use super::Model;
use crate::{API_KEYS_MAX, ApiKey, Error, KeyStore, NewApiKey, REVOKED_KEYS_MAX};

#[async_trait]
impl KeyStore for Model {
    async fn make_key(&self, workspace: WorkspaceId, new: NewApiKey, now_ms: i64) -> Result<ApiKey, Error> {
        self.change(workspace, |rows| {
            let holds = |key: &&ApiKey| key.revoked_ms.is_none();
            if rows.api_keys.iter().filter(holds).any(|key| key.name == new.name) {
                return Err(Error::KeyNameTaken(new.name));
            }
            let held = rows.api_keys.iter().filter(holds).count();
            if held >= API_KEYS_MAX {
                return Err(Error::TooManyKeys(API_KEYS_MAX));
            }
            let mut too_many = (rows.api_keys.len() - held).saturating_sub(REVOKED_KEYS_MAX);
            rows.api_keys.retain(|key| {
                let goes = key.revoked_ms.is_some() && too_many > 0;
                too_many -= usize::from(goes);
                !goes
            });
            let number = rows.api_keys.last().map_or(0, |key| key.number) + 1;
            let NewApiKey { name, hash, scopes, consent, strict } = new;
            let key = ApiKey {
                workspace,
                number,
                name,
                hash,
                scopes,
                consent,
                strict,
                created_ms: now_ms,
                revoked_ms: None,
            };
            rows.api_keys.push(key.clone());
            Ok(key)
        })?
    }

    async fn revoke_key(
        &self,
        workspace: WorkspaceId,
        name: &str,
        now_ms: i64,
    ) -> Result<Option<ApiKey>, Error> {
        self.change(workspace, |rows| {
            let mut of_all = rows.api_keys.iter_mut();
            let key = of_all.find(|key| key.revoked_ms.is_none() && key.name == name)?;
            key.revoked_ms = Some(now_ms);
            Some(key.clone())
        })
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, Error> {
        self.look(workspace, |rows| rows.api_keys.clone())
    }

    async fn keys_that_hold(&self) -> Result<Vec<ApiKey>, Error> {
        let all = self.all();
        let of_all = all.rows.values().flat_map(|rows| &rows.api_keys);
        Ok(of_all.filter(|key| key.revoked_ms.is_none()).cloned().collect())
    }

    async fn revoked_keys(&self) -> Result<Vec<ApiKey>, Error> {
        let all = self.all();
        let of_all = all.rows.values().flat_map(|rows| &rows.api_keys);
        Ok(of_all.filter(|key| key.revoked_ms.is_some()).cloned().collect())
    }
}
