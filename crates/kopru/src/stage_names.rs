//! The names of a CRM's stages, asked outside a running service.

use asks::{Host, Hosts, Patience, fetch};
use kopru_core::{Catalogue, Consent, Fact, JoinKey, Question, QuestionKind, Wanted, WorkspaceId};
use outgoing::Clients;
use sources::{Access, AskedQuestion, Concerns, Failure, Tenant, Upstream};
use store::Clock;

use crate::Error;

/// The stages of an account, asked as the running service asks.
pub async fn stages(upstream: &dyn Upstream) -> Result<Catalogue, Error> {
    let host = Hosts::new(Clients::new()?).of(upstream)?;
    let Access::Token(token) = upstream.access() else {
        return Err(Error::TokenChanges);
    };
    stages_at(&host, upstream, token).await.map_err(|failure| no_answer(upstream, failure))
}

/// The same at a host, with a token.
pub async fn stages_at(host: &Host, upstream: &dyn Upstream, token: &str) -> Result<Catalogue, Failure> {
    let question = Question::Catalogue { origin: upstream.origin().to_owned() };
    let asked = [AskedQuestion { question: &question, upto: 0 }];
    // Stage names are not personal: the key joins nothing here.
    let nobody = Tenant {
        workspace: WorkspaceId(0),
        join: JoinKey::new(&[0; 32]),
        country: None,
        consent: Consent::Required,
        wanted: Wanted::default(),
    };
    let (kind, clock) = (QuestionKind::Catalogue, Clock::system());
    let facts = fetch(host, upstream, token, kind, &asked, &nobody, Patience::LIST, &clock).await?;
    match facts.into_iter().flatten().next() {
        Some(Fact::Catalogue(catalogue)) => Ok(catalogue),
        _ => Err(Failure::NOT_UNDERSTOOD),
    }
}

/// Why a CRM gives no answer, and what mends it.
pub fn no_answer(upstream: &dyn Upstream, Failure { why, concerns, wait }: Failure) -> Error {
    let mend = match (concerns, wait) {
        (Concerns::TooOften, Some(wait)) => {
            format!("it is to be left alone for {} s: try again then", wait.as_secs())
        }
        (Concerns::TooOften, None) => "try again in a few minutes".to_owned(),
        (Concerns::Unreachable, _) => "mend its address, or look at the network".to_owned(),
        _ => format!("mend address and token of the {} source", upstream.kind()),
    };
    Error::NoAnswer { why, mend }
}
