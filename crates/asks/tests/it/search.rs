//! An upstream that exists only in tests: it is asked by POST, in pages with a cursor, with tokens that are
//! renewed, and has limits of its own.

use std::time::Duration;

use kopru_core::{Catalogue, DealNow, DealRead, Fact, Named, Question, QuestionKind, StageId};
use serde_json::{Value, json};
use sources::{
    Access, Address, AnswerMax, AskedQuestion, Call, CallBody, Failure, Limits, NewTokens, NotUnderstood,
    OAuth, Page, Tenant, Upstream, judge_status,
};
use testkit::http::{Answer, Request};

/// Deals on one page.
const PAGE: usize = 20;

#[derive(Debug)]
pub struct Search {
    url: String,
    origin: String,
    token: String,
    renews: bool,
}

impl Search {
    pub fn with_token(url: &str, origin: &str, token: &str) -> Self {
        Self { url: url.into(), origin: origin.into(), token: token.into(), renews: false }
    }

    pub fn with_refresh_token(url: &str, origin: &str, token: &str) -> Self {
        Self { renews: true, ..Self::with_token(url, origin, token) }
    }
}

fn search(ids: &[&str], after: usize) -> Call {
    Call::post("/search", CallBody::Json(json!({ "ids": ids, "after": after }).to_string()))
}

fn not_it() -> NotUnderstood {
    NotUnderstood { skeleton: "not an answer of the search".into() }
}

fn read(body: &[u8], list: &str) -> Result<Value, NotUnderstood> {
    let page: Value = serde_json::from_slice(body).map_err(|_| not_it())?;
    if page[list].is_array() { Ok(page) } else { Err(not_it()) }
}

impl Upstream for Search {
    fn kind(&self) -> &'static str {
        "search"
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn address(&self) -> Address<'_> {
        Address { url: &self.url, allow_insecure: false }
    }

    fn access(&self) -> Access<'_> {
        if self.renews { Access::OAuth(self) } else { Access::Token(&self.token) }
    }

    fn limits(&self) -> Limits {
        Limits { provider_per_s: 50, account_per_s: Some(10) }
    }

    fn list_max(&self, _kind: QuestionKind) -> usize {
        30
    }

    fn answer_max(&self, _kind: QuestionKind, questions: usize) -> AnswerMax {
        AnswerMax { pages: 1 + questions / PAGE, bytes: 1024 * 1024 }
    }

    fn calls(&self, kind: QuestionKind, questions: &[AskedQuestion<'_>]) -> Vec<Call> {
        let id = |asked: &AskedQuestion<'_>| match asked.question {
            Question::Deal { deal } => Some(deal.id.clone()),
            _ => None,
        };
        match kind {
            QuestionKind::Deal => {
                let ids: Vec<String> = questions.iter().filter_map(id).collect();
                ids.chunks(30)
                    .map(|ids| search(&ids.iter().map(String::as_str).collect::<Vec<_>>(), 0))
                    .collect()
            }
            QuestionKind::Catalogue => vec![Call::get("/stages")],
            _ => Vec::new(),
        }
    }

    fn next(&self, call: &Call, body: &[u8]) -> Result<Option<Call>, NotUnderstood> {
        let Some(CallBody::Json(asked)) = &call.body else { return Ok(None) };
        let asked: Value = serde_json::from_str(asked).map_err(|_| not_it())?;
        let ids: Vec<&str> =
            asked["ids"].as_array().ok_or_else(not_it)?.iter().filter_map(Value::as_str).collect();
        Ok(read(body, "deals")?["after"].as_u64().map(|after| search(&ids, after as usize)))
    }

    fn judge(&self, status: u16, _body: &[u8]) -> Result<(), Failure> {
        judge_status(status, None)
    }

    fn answer(
        &self,
        questions: &[AskedQuestion<'_>],
        pages: &[Page<'_>],
        _tenant: &Tenant,
    ) -> Result<Vec<Option<Fact>>, NotUnderstood> {
        if questions.iter().all(|asked| asked.question.kind() == QuestionKind::Catalogue) {
            let [page] = pages else { return Err(not_it()) };
            read(page.body, "stages")?;
            let catalogue = Catalogue {
                account: None,
                name: None,
                origin: self.origin.clone(),
                stages: Vec::new(),
                former: Vec::new(),
                meanings: Vec::new(),
                currency: None,
            };
            return Ok(vec![Some(Fact::Catalogue(catalogue)); questions.len()]);
        }
        let pages: Vec<Value> =
            pages.iter().map(|page| read(page.body, "deals")).collect::<Result<_, _>>()?;
        let fact = |asked: &AskedQuestion<'_>| {
            let Question::Deal { deal } = asked.question else { return None };
            let rows = pages.iter().flat_map(|page| page["deals"].as_array().into_iter().flatten());
            let row = rows.into_iter().find(|row| row["id"].as_str() == Some(&deal.id));
            let found = row.map(|row| DealNow {
                created_s: None,
                stage: StageId { pipeline: "1".into(), status: row["stage"].to_string() },
                price: None,
                contacts: Vec::new(),
                updated_s: 1_780_000_000,
                closed_s: None,
                consent: None,
                named: Named::default(),
            });
            Some(Fact::Deal(DealRead { deal: deal.clone(), found, answered_upto: asked.upto }))
        };
        Ok(questions.iter().map(fact).collect())
    }
}

impl OAuth for Search {
    fn first_refresh_token(&self) -> &str {
        &self.token
    }

    fn renewal(&self, refresh_token: &str) -> Call {
        let body = CallBody::form([("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
        let mut call = Call::post("/oauth/token", body);
        call.headers.insert("x-client", http::HeaderValue::from_static("kopru"));
        call
    }

    fn read(&self, body: &[u8]) -> Option<NewTokens> {
        let read: Value = serde_json::from_slice(body).ok()?;
        Some(NewTokens {
            access: read["access_token"].as_str()?.to_owned(),
            refresh: read["refresh_token"].as_str()?.to_owned(),
            good_for: Duration::from_secs(read["expires_in"].as_u64()?),
        })
    }
}

/// The deals for which a search asks.
pub fn ids(asked: &Request) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(&asked.body).ok()?;
    Some(body["ids"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// How the CRM answers when it is well.
pub fn well(asked: &Request) -> Answer {
    let Some(ids) = ids(asked) else { return Answer::new(200, r#"{"stages":[]}"#) };
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let from = body["after"].as_u64().unwrap_or(0) as usize;
    let deals: Vec<Value> =
        ids.iter().skip(from).take(PAGE).map(|id| json!({ "id": id, "stage": 101 })).collect();
    let after = (from + PAGE < ids.len()).then_some(from + PAGE);
    Answer::new(200, json!({ "deals": deals, "after": after }).to_string())
}
