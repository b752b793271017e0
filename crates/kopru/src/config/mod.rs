//! `kopru.toml`: from text to a configuration that works, or to every problem in it.

mod consent;
mod file;
mod known;
mod mode;
mod pixel;
mod problem;
mod raw;
mod read;
mod retention;
mod rule;
mod source;
mod values;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use capi::browser::Network;
use delivery::Target;
use kopru_core::{Catalogue, Policy, RouteKind};
use processor::Retention;
use sources::Kind;

use crate::Error;

pub use file::{read_config, read_config_with};
pub use known::as_known;
pub use mode::is_test_code;
pub use pixel::dataset_of;
pub use problem::ConfigProblem;

/// A configuration in which everything that must be said is said.
pub struct Config {
    /// Where the doors listen.
    pub listen: SocketAddr,
    /// Where the dashboard listens.
    pub admin_listen: SocketAddr,
    /// The address under which clients reach the doors.
    pub public_url: Option<String>,
    /// Names under which the dashboard may be called, beside loopback and its address.
    pub admin_hosts: Vec<String>,
    /// Who is believed about whom a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// The admin token; made once if absent.
    pub admin_token: Option<String>,
    /// The folder of the store.
    pub store_path: PathBuf,
    /// How long what is kept.
    pub retention: Retention,
    /// The data key in hex; made in a file beside the store if absent.
    pub data_key: Option<String>,
    /// The businesses.
    pub workspaces: Vec<Workspace>,
    /// Things that are not wrong but worth knowing.
    pub notices: Vec<ConfigProblem>,
}

/// One business.
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// The name that it had before, under which the store may have it.
    pub formerly: Option<FormerName>,
    /// Country of phone numbers that name none, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where times are shown.
    pub time_zone: jiff::tz::TimeZone,
    /// The legal ground and where it is documented, where consent is kept elsewhere.
    pub basis: Option<String>,
    /// What decisions need to know, but for the number that the store gives the workspace.
    pub policy: Policy,
    /// File and line of each rule of the policy.
    pub rule_places: Vec<String>,
    /// Where its events go.
    pub targets: Vec<Target>,
    /// Its doors.
    pub sources: Vec<ConfiguredSource>,
}

/// The name that a workspace had before.
pub struct FormerName {
    /// The name.
    pub name: String,
    /// File and line where it stands.
    pub place: String,
}

impl FormerName {
    /// A workspace of this name is said to have had this one, which the store does not know.
    pub fn is_unknown(&self, workspace: &str, known: &[String]) -> Error {
        let quoted = known.iter().map(|name| format!("{name:?}"));
        Error::UnknownFormerName {
            place: self.place.clone(),
            workspace: workspace.to_owned(),
            formerly: self.name.clone(),
            known: quoted.collect::<Vec<_>>().join(", "),
        }
    }
}

/// A door of a workspace.
pub struct ConfiguredSource {
    /// The secret part of its address.
    pub key: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// What it understands.
    pub source: Arc<dyn sources::Source>,
}

impl Workspace {
    /// The former name, if a store with workspaces of these names has neither that nor the present one: nobody
    /// can say which of them is meant.
    pub fn unknown_former_name(&self, known: &[String]) -> Option<&FormerName> {
        let is_known = |name: &String| known.contains(name);
        self.formerly.as_ref().filter(|former| !is_known(&former.name) && !is_known(&self.name))
    }

    /// Those of its datasets to which programs can post events.
    pub fn event_targets(&self) -> impl Iterator<Item = &Target> {
        let takes = |target: &&Target| {
            let dataset = self.policy.dataset(&target.dataset);
            dataset.is_some_and(|dataset| dataset.routes.contains(&RouteKind::Website))
        };
        self.targets.iter().filter(takes)
    }

    /// By system of record, the field in which the CRM says what somebody has agreed to, where these accounts
    /// are known.
    pub fn consent_fields(&self, known: &[Catalogue]) -> impl Iterator<Item = (String, String)> {
        self.sources.iter().filter_map(|source| {
            let source = as_known(&source.source, known);
            Some((source.upstream()?.origin().to_owned(), source.consent_field()?.to_owned()))
        })
    }
}

impl Config {
    /// Reads a configuration. `file` is its name in messages; `env` gives environment variables.
    ///
    /// # Errors
    /// Every problem that was found, in the order of the file.
    pub fn read(
        file: &str,
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<ConfigProblem>> {
        read::config(file, text, env)
    }

    /// Where the doors are reached.
    pub fn doors_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// The addresses of all doors: workspace, kind and address.
    pub fn hook_addresses(&self) -> Vec<(String, &'static str, String)> {
        let base = self.doors_url();
        self.workspaces
            .iter()
            .flat_map(|workspace| workspace.sources.iter().map(move |source| (workspace, source)))
            .map(|(workspace, source)| {
                let address = if source.source.pixel().is_some() {
                    format!("{base}/kopru.js?key={}", source.key)
                } else {
                    // The key is a secret: its first characters are enough to recognise it.
                    format!("{base}/hooks/{}…", source.key.chars().take(4).collect::<String>())
                };
                (workspace.name.clone(), source.kind.name, address)
            })
            .collect()
    }
}
