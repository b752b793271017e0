//! Which system of record an account is: it may have been known under another name.
//!
//! What is stored of an account stays under the name that it had first. So a source whose account has got
//! another address goes on with that, which is decided before anything of it is received or asked.

use std::{collections::HashSet, sync::Arc, time::Duration};

use kopru_core::{Catalogue, Fact, WorkspaceId};
use sources::{Source, Upstream};
use store::{Clock, Store};
use tokio::time::{sleep, timeout};

use super::late_source::LateSource;
use crate::{
    Error,
    config::{Workspace, as_known},
    stage_names::stages,
};

/// How often an account that is to say who it is is asked, and how long after one that has no answer.
const TRIES: usize = 3;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How long others wait for an account at a start.
const START_WAITS_MAX: Duration = Duration::from_secs(5);

/// Which account a source is.
pub(super) struct Identified {
    /// Under what its records are kept.
    pub(super) origin: String,
    /// The source that speaks of them so.
    pub(super) source: Arc<dyn Source>,
    /// What it said of itself, if it was asked: it is kept before anything else of it.
    pub(super) first: Option<Fact>,
}

/// An account that has not said who it is, although it has to.
pub(super) struct Unrecognised {
    /// The place of its source in the workspace.
    pub(super) place: usize,
    pub(super) late: Arc<LateSource>,
    /// Where it would be asked.
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) why: String,
}

/// What the sources of a workspace are.
pub(super) struct Recognised {
    /// Under what the records of its accounts are kept.
    pub(super) origins: HashSet<String>,
    /// Those that wait until they are known.
    pub(super) waiting: Vec<Unrecognised>,
}

/// Makes the sources of a workspace those of the accounts that the store knows. An account under a name that is
/// new, where others are known, is asked which of them it is, or whether it is one more. One that gives no answer
/// waits if it `may_wait`, by its address: nothing is received or asked of it.
///
/// # Errors
/// One that may not wait gives no answer, or one is the account of another source; or the store cannot be read or
/// written.
pub(super) async fn recognise(
    store: &dyn Store,
    clock: &Clock,
    id: WorkspaceId,
    workspace: &mut Workspace,
    may_wait: impl Fn(&str) -> bool,
) -> Result<Recognised, Error> {
    let known = store.catalogues(id).await?;
    let mut origins = HashSet::new();
    let mut waiting = Vec::new();
    let mut found = Vec::new();
    for (place, source) in workspace.sources.iter_mut().enumerate() {
        let Some(upstream) = source.source.upstream() else { continue };
        let address = upstream.address().url.to_owned();
        let identified = if may_wait(&address) {
            timeout(START_WAITS_MAX, identify(&source.source, &known, 1)).await.unwrap_or_else(|_| {
                let cause = Box::new(Error::NoAnswerInTime);
                Err(Error::Unrecognised { account: address.clone(), cause })
            })
        } else {
            identify(&source.source, &known, TRIES).await
        };
        match identified {
            Ok(Identified { origin, source: recognised, first }) => {
                source.source = recognised;
                found.extend(first.map(|first| (source.kind.name, first)));
                if !origins.insert(origin) {
                    return Err(Error::SameAccount { workspace: workspace.name.clone(), account: address });
                }
            }
            Err(error @ Error::Unrecognised { .. }) if may_wait(&address) => {
                let late = Arc::new(LateSource::of(Arc::clone(&source.source)));
                source.source = Arc::clone(&late) as Arc<dyn Source>;
                waiting.push(Unrecognised { place, late, upstream, why: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    // Before anything else of these accounts.
    for (kind, catalogue) in found {
        store.append(id, kind, clock.now_ms(), vec![catalogue]).await?;
    }
    Ok(Recognised { origins, waiting })
}

/// Which of the accounts that the store knows a source is, or that it is one more. What has no account is what it
/// is.
///
/// # Errors
/// It has to say so itself, and gives no answer.
pub(super) async fn identify(
    configured: &Arc<dyn Source>,
    known: &[Catalogue],
    tries: usize,
) -> Result<Identified, Error> {
    let source = as_known(configured, known);
    let Some(upstream) = source.upstream() else {
        return Ok(Identified { origin: String::new(), source, first: None });
    };
    let name = upstream.name();
    let any_id = known.iter().any(|catalogue| catalogue.account.is_some());
    let is_known = known.iter().any(|catalogue| catalogue.is_called(name));
    if is_known || !any_id || source.known_as(name).is_none() {
        return Ok(Identified { origin: upstream.origin().to_owned(), source, first: None });
    }
    let address = upstream.address().url;
    let unrecognised =
        |cause: Error| Error::Unrecognised { account: address.to_owned(), cause: Box::new(cause) };
    let said = catalogue_of(&*upstream, tries).await.map_err(unrecognised)?;
    let origin =
        origin_of(name, said.account.as_deref(), known).ok_or_else(|| unrecognised(Error::NotUnderstood))?;
    let renamed = source.known_as(&origin).filter(|_| origin != name);
    if renamed.is_some() {
        tracing::info!(account = address, origin, "an account is known under another name");
    }
    let name = Some(name.to_owned()).filter(|name| *name != origin);
    let first = Some(Fact::Catalogue(Catalogue { origin: origin.clone(), name, ..said }));
    Ok(Identified { origin, source: renamed.unwrap_or(source), first })
}

/// What an account says of itself.
async fn catalogue_of(upstream: &dyn Upstream, tries: usize) -> Result<Catalogue, Error> {
    let mut tried = 1;
    loop {
        match stages(upstream).await {
            Ok(catalogue) => return Ok(catalogue),
            Err(error) if tried >= tries => return Err(error),
            Err(_) => sleep(TRY_AGAIN_AFTER).await,
        }
        tried += 1;
    }
}

/// Under what the records of an account are kept that is met under a name. `None` if nobody can know: what is
/// kept under that name is another account's, or may be.
fn origin_of(name: &str, account: Option<&str>, known: &[Catalogue]) -> Option<String> {
    let same = known.iter().find(|catalogue| account.is_some() && catalogue.account.as_deref() == account);
    if let Some(same) = same {
        return Some(same.origin.clone());
    }
    // A name that was given up, and that another account has taken.
    let is_taken = known.iter().any(|catalogue| catalogue.origin == name);
    if is_taken { account.map(|account| format!("{name}@{account}")) } else { Some(name.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(origin: &str, account: Option<&str>, name: Option<&str>) -> Catalogue {
        Catalogue {
            origin: origin.to_owned(),
            account: account.map(str::to_owned),
            name: name.map(str::to_owned),
            currency: None,
            stages: Vec::new(),
            former: Vec::new(),
            meanings: Vec::new(),
        }
    }

    #[test]
    fn an_account_goes_on_under_the_name_that_it_had_first() {
        let all = [known("kommo:acme", Some("42"), None), known("kommo:other", Some("43"), None)];
        let is = |name: &str, account| origin_of(name, account, &all);
        assert_eq!(is("kommo:beta", Some("42")).as_deref(), Some("kommo:acme"));
        assert_eq!(is("kommo:beta", Some("43")).as_deref(), Some("kommo:other"));
        assert_eq!(is("kommo:beta", Some("44")).as_deref(), Some("kommo:beta"));
        assert_eq!(is("kommo:beta", None).as_deref(), Some("kommo:beta"));
    }

    #[test]
    fn a_name_that_another_account_has_taken_over_is_another_system() {
        let all = [known("kommo:acme", Some("42"), Some("kommo:beta"))];
        let taken = origin_of("kommo:acme", Some("77"), &all).unwrap();
        assert_eq!(taken, "kommo:acme@77");
        assert_eq!(origin_of("kommo:acme", None, &all), None);
        // Both are found by their names and by their ids from then on.
        let both = [all[0].clone(), known(&taken, Some("77"), Some("kommo:acme"))];
        for (name, account, origin) in
            [("kommo:acme", "77", taken.as_str()), ("kommo:beta", "42", "kommo:acme")]
        {
            let by_name = both.iter().find(|catalogue| catalogue.is_called(name)).unwrap();
            assert_eq!((by_name.origin.as_str(), by_name.account.as_deref()), (origin, Some(account)));
            assert_eq!(origin_of("kommo:third", Some(account), &both).as_deref(), Some(origin));
        }
        // The one that had it first comes back to it.
        assert_eq!(origin_of("kommo:acme", Some("42"), &both).as_deref(), Some("kommo:acme"));
    }

    #[test]
    fn where_no_id_was_ever_learnt_a_new_name_is_a_new_system() {
        let all = [known("kommo:acme", None, None)];
        assert_eq!(origin_of("kommo:beta", Some("42"), &all).as_deref(), Some("kommo:beta"));
    }
}
