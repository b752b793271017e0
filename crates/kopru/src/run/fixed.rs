//! What counts only at a start.

use std::{net::SocketAddr, path::PathBuf};

use capi::browser::Network;
use sha2::{Digest, Sha256};

use crate::config::Config;

/// The settings of a configuration that nothing can change while the process runs: what listens, who is
/// believed, and the store. Of secrets only hashes are kept.
#[derive(PartialEq, Eq)]
pub(super) struct FixedSettings {
    listen: SocketAddr,
    admin_listen: SocketAddr,
    trusted_proxies: Vec<Network>,
    admin_token: Option<[u8; 32]>,
    store_path: PathBuf,
    store_key: Option<[u8; 32]>,
}

impl FixedSettings {
    pub(super) fn of(config: &Config) -> Self {
        let hash = |secret: &String| Sha256::digest(secret.as_bytes()).into();
        Self {
            listen: config.listen,
            admin_listen: config.admin_listen,
            trusted_proxies: config.trusted_proxies.clone(),
            admin_token: config.admin_token.as_ref().map(hash),
            store_path: config.store_path.clone(),
            store_key: config.data_key.as_ref().map(hash),
        }
    }

    /// The keys in which another configuration differs.
    pub(super) fn changed(&self, other: &Config) -> Vec<&'static str> {
        let Self { listen, admin_listen, trusted_proxies, admin_token, store_path, store_key } =
            Self::of(other);
        [
            ("server.listen", self.listen != listen),
            ("server.admin_listen", self.admin_listen != admin_listen),
            ("server.trusted_proxies", self.trusted_proxies != trusted_proxies),
            ("server.admin_token", self.admin_token != admin_token),
            ("store.path", self.store_path != store_path),
            ("store.key", self.store_key != store_key),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let workspace = "[[workspace]]\nname = \"acme\"\nconsent = \"required\"\n";
        Config::read("kopru.toml", &format!("{text}\n{workspace}"), &|_| None).ok().unwrap()
    }

    #[test]
    fn each_key_that_changed_is_named() {
        let before = FixedSettings::of(&config(""));
        let secret = "0123456789abcdef".repeat(4);
        assert_eq!(before.changed(&config("")), Vec::<&str>::new());
        for (key, value) in [
            ("server.listen", "\"127.0.0.1:1\"".to_owned()),
            ("server.admin_listen", "\"127.0.0.1:2\"".to_owned()),
            ("server.trusted_proxies", "[\"10.0.0.1\"]".to_owned()),
            ("server.admin_token", format!("\"{secret}\"")),
            ("store.path", "\"elsewhere\"".to_owned()),
            ("store.key", format!("\"{secret}\"")),
        ] {
            assert_eq!(before.changed(&config(&format!("{key} = {value}"))), [key]);
        }
        // What can change while the process runs.
        let others = "server.public_url = \"https://convert.example.com\"\nserver.admin_hosts = [\"kopru\"]";
        assert_eq!(before.changed(&config(others)), Vec::<&str>::new());
    }
}
