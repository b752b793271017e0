//! What is asked of a CRM: its stages, its webhooks, its fields and its history.

use asks::{HookKey, Host, Hosts, Patience, Setup};
use kopru_core::{Catalogue, Wanted};
use outgoing::Clients;
use sources::{Access, Concerns, Drift, Failure, SetupPart, Upstream};
use store::Clock;

use super::check_rules;
use crate::{
    Error,
    config::{Config, ConfiguredSource, Workspace},
    logging::out,
    stage_names::{no_answer, stages_at},
};

/// Asks each CRM how it is set up and compares that with what is needed; returns how many findings there are.
/// With `fix` webhooks are made as they have to be first.
pub(super) async fn check_crm(config: &Config, workspace: &Workspace, fix: bool) -> usize {
    let mut findings = 0;
    for source in &workspace.sources {
        let Some(upstream) = source.source.upstream() else { continue };
        let account = upstream.address().url;
        match AccountCheck::of(&*upstream, workspace, source) {
            Ok(check) => {
                findings += check.check_stages(config).await;
                findings += check.check_setup(config, fix).await;
            }
            Err(why) => {
                findings += 1;
                out!("wrong {}: {account}: {why}", workspace.name);
            }
        }
    }
    findings
}

/// Who asks one account, as the running service does.
struct AccountCheck<'a> {
    workspace: &'a Workspace,
    source: &'a ConfiguredSource,
    upstream: &'a dyn Upstream,
    host: std::sync::Arc<Host>,
    token: &'a str,
    clock: Clock,
    wanted: Wanted,
}

impl<'a> AccountCheck<'a> {
    fn of(
        upstream: &'a dyn Upstream,
        workspace: &'a Workspace,
        source: &'a ConfiguredSource,
    ) -> Result<Self, Error> {
        let host = Hosts::new(Clients::new()?).of(upstream)?;
        let Access::Token(token) = upstream.access() else {
            return Err(Error::TokenChanges);
        };
        let wanted = workspace.policy.wanted();
        Ok(Self { workspace, source, upstream, host, token, clock: Clock::system(), wanted })
    }

    /// Compares the rules with the stages that there are.
    async fn check_stages(&self, config: &Config) -> usize {
        let (name, account) = (&self.workspace.name, self.upstream.address().url);
        match stages_at(&self.host, self.upstream, self.token).await {
            Ok(catalogue) => {
                out!("ok    {name}: {account} answers, {} stages", catalogue.stages.len());
                let known = store::last_known_stages(&config.store_path, name);
                // An account that goes on under another name is known by its first one.
                let is_same = |known: &&Catalogue| {
                    known.origin == catalogue.origin
                        || (known.account.is_some() && known.account == catalogue.account)
                };
                let known = known.iter().find(is_same);
                let catalogue = known.map_or(catalogue.clone(), |known| catalogue.after(known));
                check_rules(self.workspace, &catalogue)
            }
            Err(why) => {
                out!("wrong {name}: {account}: {}", no_answer(self.upstream, why));
                1
            }
        }
    }

    /// Compares webhooks, fields and rights with what is needed.
    async fn check_setup(&self, config: &Config, fix: bool) -> usize {
        let (name, account) = (&self.workspace.name, self.upstream.address().url);
        let hook_key = HookKey(self.source.key.clone());
        let setup = Setup {
            host: &self.host,
            upstream: self.upstream,
            token: self.token,
            hook_key: &hook_key,
            wanted: &self.wanted,
            patience: Patience::LIST,
            clock: &self.clock,
        };
        let mut drifts = Vec::new();
        let mut findings = 0;
        for part in SetupPart::ALL {
            match setup.drifts(part).await {
                Ok(found) => drifts.extend(found),
                Err(why) => {
                    findings += 1;
                    out!("wrong {name}: {account}: {}", no_answer(self.upstream, why));
                }
            }
        }
        match setup.drift_of_history().await {
            Ok(found) => drifts.extend(found),
            Err(why) => {
                findings += 1;
                out!("wrong {name}: {account}: {}", no_answer(self.upstream, why));
            }
        }
        if fix && drifts.iter().any(Drift::is_of_hooks) {
            self.mend_hooks(config, &setup, &mut drifts).await;
        }
        for drift in &drifts {
            out!(
                "wrong {name}: {account}: {drift}; {}",
                self.mend_of(drift, fix, config.public_url.is_some())
            );
        }
        findings + drifts.len()
    }

    /// Has the webhooks made as they have to be; what they lack then is in `drifts`.
    async fn mend_hooks(&self, config: &Config, setup: &Setup<'_>, drifts: &mut Vec<Drift>) {
        let (name, account) = (&self.workspace.name, self.upstream.address().url);
        if config.public_url.is_none() && drifts.contains(&Drift::NoHook) {
            out!(
                "note  {name}: set server.public_url, the address at which the CRM reaches Kopru, and try again"
            );
            return;
        }
        let base = config.public_url.as_deref().unwrap_or_default();
        let address = format!("{base}/hooks/{}", self.source.key);
        let mended = match setup.mend_hooks(&address).await {
            Ok(()) => setup.drifts(SetupPart::Hooks).await,
            Err(why) => Err(why),
        };
        match mended {
            Ok(left) => {
                drifts.retain(|drift| !drift.is_of_hooks());
                if left.is_empty() {
                    out!("ok    {name}: {account} tells Kopru of all changes again");
                }
                drifts.extend(left);
            }
            Err(Failure { why, concerns, .. }) => {
                let whose = if matches!(concerns, Concerns::Rights | Concerns::NeedsYou | Concerns::Path) {
                    "its plan or the rights of this token do not allow that"
                } else {
                    "try again later"
                };
                out!("note  {name}: {account} does not change its webhook: {why}; {whose}");
            }
        }
    }

    /// What a person does about it.
    fn mend_of(&self, drift: &Drift, fix: bool, has_address: bool) -> String {
        let screen = self.upstream.hooks_screen();
        let fix = match (drift, fix, has_address) {
            (Drift::NoHook, _, false) => "set server.public_url and run kopru check --fix, or ",
            (_, true, _) => "",
            (_, false, _) => "run kopru check --fix, or ",
        };
        let key: String = self.source.key.chars().take(4).collect();
        match drift {
            Drift::HookOff => format!("{fix}open {screen} in the CRM and switch on the one to /hooks/{key}…"),
            Drift::NoHook => format!(
                "{fix}open {screen} in the CRM and add the address /hooks/{key}… of this source, for deals added, \
                 edited, deleted, restored and moved, and contacts added, edited and deleted"
            ),
            Drift::HookLacks(_) => {
                format!("{fix}open {screen} in the CRM and add these changes to the one to /hooks/{key}…")
            }
            Drift::HooksHidden => {
                format!("look under {screen} in the CRM whether the one to /hooks/{key}… is on")
            }
            Drift::HooksUnread(_) | Drift::FieldsUnread(_) => {
                "mend address and token of this source, or what stands between it and Kopru".to_owned()
            }
            Drift::HistoryHidden => {
                "changes that no webhook told of stay unseen; have an administrator of the CRM make the token"
                    .to_owned()
            }
            Drift::HistoryUnread => {
                "changes that no webhook told of stay unseen; look whether there is a newer Kopru".to_owned()
            }
            Drift::FieldsHidden => "have an administrator of the CRM make the token".to_owned(),
            Drift::NoField(_) => "write its present name, code or id, or make the field again".to_owned(),
        }
    }
}
