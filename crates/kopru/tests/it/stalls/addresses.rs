//! Addresses to which a token must not travel.

use std::fs;

use super::{crm::Crm, town::Plan};
use crate::cli::kopru;

/// In the clear, or within somebody's own network.
const REFUSED: [&str; 10] = [
    "http://graph.facebook.com",
    "http://acme.kommo.com",
    "http://169.254.169.254",
    "https://169.254.169.254",
    "https://10.0.0.7",
    "https://172.16.3.4:8443",
    "https://192.168.1.1",
    "https://[fd00::1]",
    "https://[::ffff:10.0.0.7]",
    "https://0x0a000007",
];

#[tokio::test(flavor = "multi_thread")]
async fn tokens_travel_only_to_public_addresses_over_https() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).build().await;
    let file = town.site.folder.path().join("kopru.toml");
    let good = fs::read_to_string(&file).unwrap();
    let line_of = |key: &str| good.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let run = |command: &[&str]| {
        let config = ["--config", file.to_str().unwrap()];
        kopru(&command.iter().copied().chain(config).collect::<Vec<_>>())
    };
    for key in ["graph_url", "account"] {
        let old = line_of(key);
        for address in REFUSED {
            let new = format!("{key} = \"{address}\"");
            fs::write(&file, good.replace(&old, &new)).unwrap();
            for command in [&["check", "--offline"][..], &["serve"]] {
                let (code, _, error) = run(command);
                assert_eq!(code, Some(2), "{command:?} {key} {address}: {error}");
                assert!(error.contains("allow_insecure"), "how to mend it: {error}");
            }
            // Where somebody says that it is meant, it is taken.
            fs::write(&file, good.replace(&old, &format!("{new}\nallow_insecure = true"))).unwrap();
            let (code, _, error) = run(&["check", "--offline"]);
            assert_eq!(code, Some(0), "{key} {address}: {error}");
        }
        for address in ["https://acme.kommo.com", "http://127.0.0.1:8490", "http://[::1]:8490"] {
            fs::write(&file, good.replace(&old, &format!("{key} = \"{address}\""))).unwrap();
            let (code, _, error) = run(&["check", "--offline"]);
            assert_eq!(code, Some(0), "{key} {address}: {error}");
        }
    }
}
