//! From the written file to a [`Config`], noting every problem on the way.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use capi::Rules;
use delivery::Target;
use kopru_core::{Appending, Consent, Dataset, Policy, RouteKind, Rule, WorkspaceId};
use toml::Spanned;

use super::{Config, ConfigProblem, FormerName, Workspace, problem::ConfigReport, raw};

const DEFAULT_LISTEN: &str = "127.0.0.1:8480";
const DEFAULT_ADMIN_LISTEN: &str = "127.0.0.1:8481";
const DEFAULT_STORE: &str = "kopru-data";
const DEFAULT_GRAPH_URL: &str = "https://graph.facebook.com";
const DEFAULT_GRAPH_VERSION: &str = "v26.0";
pub(super) fn config(
    file: &str,
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<ConfigProblem>> {
    let mut report = ConfigReport::new(file, text);
    let written: raw::File = match toml::from_str(text) {
        Ok(written) => written,
        Err(error) => {
            report.unreadable(&error);
            return Err(report.problems);
        }
    };
    let mut reader =
        Reader { file, env, report, notices: ConfigReport::new(file, text), keys: HashMap::new() };
    let config = reader.config(written);
    let Reader { report, notices, .. } = reader;
    match config {
        Some(config) if report.problems.is_empty() => Ok(Config { notices: notices.problems, ..config }),
        _ => Err(report.problems),
    }
}

pub(super) struct Reader<'a> {
    file: &'a str,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) report: ConfigReport<'a>,
    pub(super) notices: ConfigReport<'a>,
    /// Keys of hooks and the line where each was first given.
    pub(super) keys: HashMap<String, usize>,
}

impl Reader<'_> {
    fn config(&mut self, written: raw::File) -> Option<Config> {
        for app in &written.app {
            self.report.add(
                &app.span(),
                "[[app]] is not served by this version yet; give each workspace a source of kind \"whatsapp\"",
            );
        }
        if written.workspace.is_empty() {
            self.report.add(
                &(0..0),
                "there is no [[workspace]]; add one with name, consent, dataset, source and rule",
            );
        }
        let server = written.server;
        let listen = self.address(server.listen.as_ref(), "server.listen", DEFAULT_LISTEN);
        let admin_listen =
            self.address(server.admin_listen.as_ref(), "server.admin_listen", DEFAULT_ADMIN_LISTEN);
        if let (Some(doors), Some(admin), Some(written)) = (listen, admin_listen, &server.admin_listen) {
            if doors == admin && doors.port() != 0 {
                self.report.add(
                    &written.span(),
                    "server.admin_listen is the same as server.listen; give it another port",
                );
            }
            if !admin.ip().is_loopback() {
                let notice = "server.admin_listen is not a loopback address: whoever reaches it meets only the admin token";
                self.notices.add(&written.span(), notice);
            }
        }
        let admin_token = server.admin_token.and_then(|token| self.admin_token(&token));
        let admin_hosts = server.admin_hosts.iter().filter_map(|host| self.host(host)).collect();
        let trusted_proxies = server.trusted_proxies.iter().filter_map(|proxy| self.network(proxy)).collect();
        let retention = self.retention(&written.retention);
        let data_key = written.store.key.and_then(|key| self.data_key(&key));
        let mut names: HashMap<String, usize> = HashMap::new();
        let mut workspaces = Vec::new();
        let mut former = Vec::new();
        for workspace in written.workspace {
            let at = workspace.span();
            let formerly = workspace.get_ref().formerly.as_ref();
            let name = workspace.get_ref().name.as_ref().map(|name| name.get_ref().clone());
            former.extend(formerly.map(|formerly| (formerly.span(), name, formerly.get_ref().clone())));
            if let Some(workspace) = self.workspace(workspace.into_inner(), &at) {
                let line = self.report.line(&at);
                if let Some(first) = names.insert(workspace.name.clone(), line) {
                    let message = format!(
                        "workspace \"{}\" is there already (line {first}); give it another name",
                        workspace.name
                    );
                    self.report.add(&at, message);
                }
                workspaces.push(workspace);
            }
        }
        for (at, name, formerly) in former {
            if name.as_ref() == Some(&formerly) || formerly.trim().is_empty() {
                continue;
            }
            // One past belongs to one workspace.
            let line = self.report.line(&at);
            if let Some(first) = names.insert(formerly.clone(), line) {
                let message = format!(
                    "formerly = \"{formerly}\" is said of another workspace (line {first}); take one of the two out"
                );
                self.report.add(&at, message);
            }
        }
        Some(Config {
            listen: listen?,
            admin_listen: admin_listen?,
            public_url: server.public_url.and_then(|url| self.public_url(&url)),
            admin_hosts,
            trusted_proxies,
            admin_token,
            store_path: self.folder(written.store.path.as_ref(), DEFAULT_STORE)?,
            data_key,
            retention,
            workspaces,
            notices: Vec::new(),
        })
    }

    fn workspace(&mut self, written: raw::WorkspaceTable, at: &Range<usize>) -> Option<Workspace> {
        let name = written.name.filter(|name| !name.get_ref().trim().is_empty());
        let name = self.needed(name, at, "[[workspace]] needs a \"name\"")?.into_inner();
        let routes = written.dataset.iter().filter_map(|dataset| dataset.get_ref().routes.as_ref()).flatten();
        let takes_events = routes.into_iter().any(|route| route.get_ref() == RouteKind::Website.code());
        for (missing, what) in [
            (written.dataset.is_empty(), "dataset: its events go nowhere"),
            (written.source.is_empty() && !takes_events, "source: nothing comes in"),
            (
                written.rule.is_empty() && !(takes_events && written.source.iter().all(raw::is_tag)),
                "rule: nothing is sent",
            ),
        ] {
            if missing {
                self.notices.add(at, format!("workspace \"{name}\" has no {what}"));
            }
        }
        let consent = self.consent(written.consent.as_ref(), written.basis.as_ref(), &name, at);
        let time_zone = match &written.time_zone {
            None => Some(jiff::tz::TimeZone::UTC),
            Some(zone) => self.time_zone(zone),
        };
        let country = written.country.and_then(|country| self.letters(&country, "country", 2, "TR"));
        let currency = written.currency.and_then(|currency| self.currency(&currency));

        let mut datasets = Vec::new();
        let mut targets = Vec::new();
        for dataset in written.dataset {
            let at = dataset.span();
            if let Some((dataset, target)) = self.dataset(dataset.into_inner(), &at) {
                self.check_apart(&datasets, &dataset, &at);
                datasets.push(dataset);
                targets.push(target);
            }
        }
        let mut sources = Vec::new();
        let mut origins = HashSet::new();
        let mut hears_consent = false;
        for source in written.source {
            let at = source.span();
            let Some(source) = self.source(source.get_ref(), &at) else { continue };
            if let Some(upstream) = source.source.upstream()
                && !origins.insert(upstream.origin().to_owned())
            {
                let account = upstream.address().url;
                let message = format!("{account} is a source of this workspace already; it needs only one");
                self.report.add(&at, message);
            }
            hears_consent |= source.source.consent_field().is_some();
            self.check_pixel(source.source.pixel(), &datasets, &at);
            sources.push(source);
        }
        let mut rules = Vec::new();
        let mut rules_at = Vec::new();
        let mut rule_places = Vec::new();
        for rule in written.rule {
            let at = rule.span();
            let rule = self.rule(rule.into_inner(), &at);
            if let Some(twice) =
                rule.as_ref().filter(|rule| rules.iter().any(|known: &Rule| known.id == rule.id))
            {
                let message =
                    format!("rule \"{}\" is there already; give each rule an id of its own", twice.id);
                self.report.add(&at, message);
            }
            rule_places.push(format!("{}:{}", self.file, self.report.line(&at)));
            rules_at.extend(rule.iter().map(|_| at.clone()));
            rules.extend(rule);
        }
        self.say_what_takes_nothing_back(&rules, &rules_at);
        // A key that reports events says whose consent they carry.
        hears_consent |= datasets.iter().any(|dataset| dataset.routes.contains(&RouteKind::Website));
        if consent == Some((Consent::Required, None)) && !hears_consent {
            let has_crm = sources.iter().any(|source| source.source.upstream().is_some());
            let mend = if has_crm {
                "but no source says where the CRM keeps it; nothing will be sent until its source has \
                 consent_field = \"<name of the field>\""
            } else {
                "but nothing here says it: neither a source of a CRM, by its consent_field, nor a dataset with the \
                 route \"website\", by the API keys that report to it; nothing will be sent until one of them is there"
            };
            self.notices.add(at, format!("workspace \"{name}\" requires consent, {mend}"));
        }
        let (consent, basis) = consent?;
        Some(Workspace {
            country,
            time_zone: time_zone?,
            basis,
            policy: Policy {
                // The store knows the number.
                workspace: WorkspaceId(0),
                currency,
                consent,
                consent_since_s: None,
                rules,
                datasets,
                restored: None,
            },
            formerly: written.formerly.and_then(|formerly| self.former_name(&formerly, &name)),
            name,
            rule_places,
            targets,
            sources,
        })
    }

    /// The name that a workspace had before, which is another one than it has.
    fn former_name(&mut self, written: &Spanned<String>, name: &str) -> Option<FormerName> {
        let problem = match written.get_ref().trim() {
            "" => Some(
                "formerly is empty; write the name that the workspace had before, or take it out".to_owned(),
            ),
            former if former == name => Some(format!(
                "formerly = \"{former}\" is the name that the workspace has; write the one that it had before, or take \
                 formerly out"
            )),
            _ => None,
        };
        if let Some(problem) = problem {
            self.report.add(&written.span(), problem);
            return None;
        }
        let place = format!("{}:{}", self.file, self.report.line(&written.span()));
        Some(FormerName { name: written.get_ref().clone(), place })
    }

    fn dataset(&mut self, written: raw::DatasetTable, at: &Range<usize>) -> Option<(Dataset, Target)> {
        let id = self.needed(
            written.id,
            at,
            "[[workspace.dataset]] needs an \"id\" (Meta's dataset or Pixel id)",
        )?;
        if id.get_ref().is_empty() || !id.get_ref().bytes().all(|byte| byte.is_ascii_digit()) {
            self.report.add(
                &id.span(),
                format!("dataset id \"{}\" is not a number; copy it from Events Manager", id.get_ref()),
            );
        }
        let id = id.into_inner();
        let token = self.needed(written.token, at, &format!("dataset {id} needs a \"token\""));
        let token = token.and_then(|token| self.secret(&token, &format!("the token of dataset {id}")));
        let app_secret = written
            .app_secret
            .and_then(|secret| self.secret(&secret, &format!("the app_secret of dataset {id}")));
        let (mode, test) = self.mode(&id, written.mode.as_ref(), written.test_event_code.as_ref(), at);
        let routes = written.routes.unwrap_or_default();
        for route in &routes {
            let kind = RouteKind::from_code(route.get_ref());
            if kind.is_none() {
                let served = RouteKind::ALL.into_iter().filter(|kind| kopru_core::serves(*kind));
                self.choice(Some(route), "routes", &served.map(RouteKind::code).collect::<Vec<_>>());
            }
            if kind.is_some_and(|kind| !kopru_core::serves(kind)) {
                let notice = format!("the route \"{}\" is not served by this version yet", route.get_ref());
                self.notices.add(&route.span(), notice);
            }
        }
        let waba_id = written.whatsapp_business_account_id.and_then(|id| {
            self.pattern(&id, "whatsapp_business_account_id", "222", |id| {
                !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
            })
        });
        let mut routes: Vec<_> =
            routes.iter().filter_map(|route| RouteKind::from_code(route.get_ref())).collect();
        if routes.is_empty() {
            routes.push(RouteKind::Messaging);
        }
        if routes.contains(&RouteKind::Messaging) && waba_id.is_none() {
            self.notices.add(
                at,
                format!(
                    "dataset {id} names no whatsapp_business_account_id, so no WhatsApp chat leads to it"
                ),
            );
        }
        let rules = match &written.normalize {
            None => Some(Rules::default()),
            Some(name) => {
                self.choice(Some(name), "normalize", &["both", "documentation", "parameter-builder"]);
                Rules::from_name(name.get_ref())
            }
        };
        let appending = match &written.append_value {
            None => Some(Appending::default()),
            Some(word) => {
                self.choice(Some(word), "append_value", &Appending::WORDS);
                Appending::from_word(word.get_ref())
            }
        };
        let allow_insecure = written.allow_insecure;
        let graph_url =
            self.upstream(written.graph_url.as_ref(), "graph_url", DEFAULT_GRAPH_URL, allow_insecure);
        let graph_version = match &written.graph_version {
            None => Some(DEFAULT_GRAPH_VERSION.to_owned()),
            Some(version) => self.pattern(version, "graph_version", DEFAULT_GRAPH_VERSION, is_graph_version),
        };
        let target = Target {
            graph_url: graph_url?,
            graph_version: graph_version?,
            dataset: id.clone(),
            token: token?,
            app_secret,
            test_event_code: test.as_ref().map(|test| test.code.clone()),
            allow_insecure,
        };
        let (mistaken_accounts, earlier_modes) = (Vec::new(), Vec::new());
        Some((
            Dataset {
                id,
                waba_id,
                mistaken_accounts,
                routes,
                mode: mode?,
                earlier_modes,
                test,
                rules: rules?,
                appending: appending?,
            },
            target,
        ))
    }

    /// Two datasets with one id would send everything twice, and a chat leads to only one dataset.
    fn check_apart(&mut self, known: &[Dataset], dataset: &Dataset, at: &Range<usize>) {
        if known.iter().any(|known| known.id == dataset.id) {
            self.report.add(at, format!("dataset {} is there already; name it once", dataset.id));
        } else if let Some(other) =
            known.iter().find(|known| dataset.waba_id.is_some() && known.waba_id == dataset.waba_id)
        {
            self.report.add(
                at,
                format!(
                    "datasets {} and {} name the same whatsapp_business_account_id; \
                     a chat's events can go to only one of them",
                    other.id, dataset.id
                ),
            );
        }
    }
}

/// `v26.0` and the like.
fn is_graph_version(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v').and_then(|text| text.split_once('.')).is_some_and(|(a, b)| number(a) && number(b))
}
