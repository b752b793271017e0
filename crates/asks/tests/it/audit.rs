//! The audit log is read from where the last reading ended, and only when it is wanted.

use std::{sync::Arc, time::Duration};

use kopru_core::{AuditRow, Fact, QuestionKind, RecordChange, RecordId, StageId};
use serde_json::{Value, json};
use sources::{
    Access, Address, AnswerMax, AskedQuestion, AuditEntry, Call, Failure, Kommo, Limits, NotUnderstood, Page,
    Tenant, Upstream,
};
use store::{AskStore, AuditRead};
use testkit::{
    http::{Answer, Host},
    until,
};

use crate::world::{TOKEN, World};

impl World {
    /// Every row of every part of the log that was kept, oldest first.
    async fn audit_rows(&self) -> Vec<AuditRow> {
        let rows = |fact| if let Fact::AuditLog(log) = fact { log.rows } else { Vec::new() };
        self.facts().await.into_iter().flat_map(rows).collect()
    }

    /// From when on the log will be read.
    async fn since(&self) -> Option<i64> {
        self.store.audit_since(self.workspace, &self.origin()).await.unwrap()
    }

    /// The log was read up to this time.
    async fn was_read_upto(&self, upto_s: i64) {
        let read = AuditRead { origin: self.origin(), since_s: upto_s, upto_s };
        self.store.keep_audit(self.workspace, "kommo", 0, Vec::new(), read).await.unwrap();
    }

    fn now_s(&self) -> i64 {
        self.clock.now_ms() / 1000
    }

    /// How often the sandbox was asked for its log.
    fn readings(&self) -> usize {
        self.sandbox.kommo_requests().iter().filter(|asked| is_of_the_log(&asked.path)).count()
    }
}

/// Whether the log of the whole account is asked for, and not that of some deals.
fn is_of_the_log(path: &str) -> bool {
    path.contains("/events?") && !path.contains("entity_id")
}

/// A number in the query of a path.
fn parameter(path: &str, name: &str) -> Option<i64> {
    let (_, query) = path.split_once('?')?;
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?;
    found.1.parse().ok()
}

/// A row of the log: a deal went from stage 101 to 142.
fn row(deal: u64, at_s: i64) -> Value {
    let stage = |id: u64| json!([{ "lead_status": { "id": id, "pipeline_id": 10 } }]);
    json!({
        "id": format!("e{deal}"), "type": "lead_status_changed", "entity_type": "lead", "entity_id": deal,
        "created_at": at_s, "value_before": stage(101), "value_after": stage(142),
    })
}

/// The page of a log with these rows, newest last, which is filtered and paged as Kommo does.
fn page(path: &str, rows: &[(u64, i64)], per_page: usize) -> Answer {
    let (from, to) = ("filter[created_at][from]", "filter[created_at][to]");
    let (from, to) = (parameter(path, from).unwrap_or(0), parameter(path, to).unwrap_or(i64::MAX));
    let number = parameter(path, "page").unwrap_or(1) as usize;
    let found: Vec<Value> = rows
        .iter()
        .rev()
        .filter(|(_, at_s)| (from..=to).contains(at_s))
        .map(|(deal, at_s)| row(*deal, *at_s))
        .collect();
    let Some(shown) = found.chunks(per_page).nth(number - 1) else { return Answer::of(204) };
    let next = format!("https://x{}&page={}", path.split("&page=").next().unwrap(), number + 1);
    let links = if found.len() > number * per_page { json!({ "next": { "href": next } }) } else { json!({}) };
    Answer::new(200, json!({ "_links": links, "_embedded": { "events": shown } }).to_string())
}

/// A Kommo that may be asked as often as one likes.
#[derive(Debug)]
struct Unlimited(Kommo);

impl Upstream for Unlimited {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn origin(&self) -> &str {
        self.0.origin()
    }

    fn address(&self) -> Address<'_> {
        self.0.address()
    }

    fn access(&self) -> Access<'_> {
        self.0.access()
    }

    fn limits(&self) -> Limits {
        Limits { provider_per_s: 100_000, account_per_s: None }
    }

    fn list_max(&self, kind: QuestionKind) -> usize {
        Upstream::list_max(&self.0, kind)
    }

    fn answer_max(&self, kind: QuestionKind, questions: usize) -> AnswerMax {
        self.0.answer_max(kind, questions)
    }

    fn calls(&self, kind: QuestionKind, questions: &[AskedQuestion<'_>]) -> Vec<Call> {
        self.0.calls(kind, questions)
    }

    fn next(&self, call: &Call, body: &[u8]) -> Result<Option<Call>, NotUnderstood> {
        self.0.next(call, body)
    }

    fn audit_log(&self, since_s: i64, until_s: Option<i64>) -> Option<Call> {
        self.0.audit_log(since_s, until_s)
    }

    fn audit_entries(&self, page: &Page<'_>) -> Result<Vec<AuditEntry>, NotUnderstood> {
        self.0.audit_entries(page)
    }

    fn judge(&self, status: u16, body: &[u8]) -> Result<(), Failure> {
        self.0.judge(status, body)
    }

    fn answer(
        &self,
        questions: &[AskedQuestion<'_>],
        pages: &[Page<'_>],
        tenant: &Tenant,
    ) -> Result<Vec<Option<Fact>>, NotUnderstood> {
        self.0.answer(questions, pages, tenant)
    }
}

#[tokio::test]
async fn the_first_start_begins_now() {
    let world = World::new().await;
    world.sandbox.move_deal(1, 10, 142, world.now_s() - 7200);
    let begun_s = world.now_s();
    let inquirer = world.run();
    until("the log has a place", async || world.since().await.is_some()).await;
    assert!(world.since().await.unwrap() >= begun_s);
    inquirer.stop().await;
    assert!(world.audit_rows().await.is_empty());
}

#[tokio::test]
async fn what_happened_while_nobody_listened_is_read_at_the_start() {
    let world = World::new().await;
    let now_s = world.now_s();
    world.was_read_upto(now_s - 3600).await;
    world.sandbox.move_deal(7, 10, 102, now_s - 2000);
    world.sandbox.move_deal(7, 10, 142, now_s - 1000);
    world.sandbox.set_price(7, Some(55), now_s - 900);
    let inquirer = world.run();
    until("it is read", async || world.audit_rows().await.len() == 3).await;
    let stage = |id: u64| StageId { pipeline: "10".into(), status: id.to_string() };
    let moved = |left, entered| RecordChange::Moved { left: Some(stage(left)), stage: stage(entered) };
    let expected = [(2000, moved(101, 102)), (1000, moved(102, 142)), (900, RecordChange::Priced)];
    let expected = expected.map(|(ago_s, change)| AuditRow {
        record: RecordId::Deal("7".into()),
        at_s: now_s - ago_s,
        change,
    });
    assert_eq!(world.audit_rows().await, expected, "oldest first");
    assert_eq!(world.since().await, Some(now_s - 900));
    inquirer.stop().await;
}

#[tokio::test]
async fn a_webhook_makes_it_be_read_and_its_rows_come_once() {
    let world = World::new().await;
    let now_s = world.now_s();
    world.was_read_upto(now_s).await;
    let inquirer = world.run();
    until("it is read at the start", async || world.readings() == 1).await;
    world.sandbox.move_deal(1, 10, 142, now_s);
    // Of another deal, as a webhook would tell.
    world.ask(world.about_deal(2)).await;
    until("it is read", async || world.audit_rows().await.len() == 1).await;
    inquirer.stop().await;

    // Whoever starts again reads the last minutes once more.
    let inquirer = world.run();
    until("it is read once more", async || world.audit_rows().await.len() == 2).await;
    inquirer.stop().await;
    world.assert_polite();
}

#[tokio::test]
async fn a_log_of_many_pages_is_told_oldest_first() {
    let world = World::new().await;
    let now_s = world.now_s();
    world.was_read_upto(now_s - 10_000).await;
    // More than may be held at once: it is read in spans of time.
    let rows: Vec<(u64, i64)> = (1..=130_u64).map(|deal| (deal, now_s - 9_060 + deal as i64 * 60)).collect();
    let fake = Host::new(move |asked| {
        let answer = if is_of_the_log(&asked.path) { page(&asked.path, &rows, 1) } else { Answer::of(204) };
        std::future::ready(answer)
    })
    .await;
    let kommo = Kommo { origin: world.origin(), ..Kommo::at(&fake.url, TOKEN) };
    let inquirer = world.run_upstream(Arc::new(Unlimited(kommo)), world.workspace);
    until("all of it is read", async || world.since().await >= Some(now_s - 9_000 + 129 * 60)).await;
    inquirer.stop().await;
    let rows = world.audit_rows().await;
    assert!(rows.windows(2).all(|pair| pair[0].at_s <= pair[1].at_s));
    let deal = |row: &AuditRow| match &row.record {
        RecordId::Deal(id) => id.parse().unwrap(),
        RecordId::Contact(_) => panic!("no contact changed"),
    };
    let deals: Vec<u64> = rows.iter().map(deal).collect();
    assert_eq!(deals, (1..=130).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_that_only_administrators_may_read_holds_up_nobody() {
    let world = World::new().await;
    world.was_read_upto(world.now_s()).await;
    let fake = Host::new(|asked| async move {
        if asked.path.contains("/events?") { Answer::of(403) } else { crate::fake::leads_of(&asked.path) }
    })
    .await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the log was refused", async || fake.requests() > 0).await;
    for id in 1..=3 {
        world.ask(world.about_deal(id)).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    until("deals are answered", async || world.deals().await.len() == 3).await;
    inquirer.stop().await;
    assert!(world.audit_rows().await.is_empty());
}
