//! The check of `capi` and the one of the sandbox were written apart, from the same documentation and
//! recorded answers. Here both read the same events, and what they say is compared.

mod events;
mod kinds;
mod open_points;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use capi::{Checks, Scratch, check_element, read_request};
use sandbox::{Click, Running, Sandbox, SimulatedDataset};
use serde_json::{Value, json};
use testkit::Random;

use open_points::OPEN_POINTS;

/// Events of one run, and how many connections share them.
const EVENTS: u64 = 4000;
const CONNECTIONS: usize = 8;
/// Two clocks of one machine differ by no more, milliseconds.
const CLOCKS_DIFFER_MS: i64 = 5;

const DATASET: &str = "700100";
const TOKEN: &str = "EAAB_token_of_the_test";
const PAGE: &str = "111222333";
const PERSON: &str = "444555666";
const WABA: &str = "100200300400500";
const CLICK: &str = "ARAexample-Case_Sensitive";
const INSTAGRAM: &str = "17841400000000000";

/// Meta's subcode, if the event is refused.
type RefusalCode = Option<i64>;

/// An event to be sent at a time, Unix seconds.
type Recipe<'a> = &'a (dyn Fn(i64) -> Value + Sync);

/// What the two say of one event.
#[derive(Debug, PartialEq, Eq)]
struct Readings {
    capi: RefusalCode,
    sandbox: RefusalCode,
}

impl Readings {
    fn agree(&self) -> bool {
        self.capi == self.sandbox
    }
}

/// A sandbox with a dataset that is linked to everything.
struct World {
    running: Running,
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::new(sandbox::Options { discard: true, ..Default::default() });
        sandbox.add_dataset(SimulatedDataset {
            id: DATASET.into(),
            token: TOKEN.into(),
            page_id: Some(PAGE.into()),
            waba_id: Some(WABA.into()),
            ig_account_id: Some(INSTAGRAM.into()),
            ..Default::default()
        });
        sandbox.add_click(Click {
            ctwa_clid: CLICK.into(),
            waba_id: WABA.into(),
            ad_id: "120200000000000000".into(),
            ..Default::default()
        });
        sandbox.add_scoped_id(PERSON, PAGE);
        Self { running: sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap() }
    }

    /// Asks both within one second, so that they look at the same clock.
    async fn readings(&self, client: &reqwest::Client, recipe: Recipe<'_>) -> Readings {
        loop {
            let before_ms = now_ms();
            let now_s = before_ms.div_euclid(1000);
            let body = json!({ "data": [recipe(now_s)], "access_token": TOKEN }).to_string();
            let capi = ask_capi(&body, now_s);
            let sandbox = self.ask_sandbox(client, body).await;
            let second = |at_ms: i64| at_ms.div_euclid(1000);
            if second(before_ms - CLOCKS_DIFFER_MS) == second(now_ms() + CLOCKS_DIFFER_MS) {
                return Readings { capi, sandbox };
            }
        }
    }

    async fn ask_sandbox(&self, client: &reqwest::Client, body: String) -> RefusalCode {
        let url = format!("{}/v26.0/{DATASET}/events", self.running.url());
        let request = client.post(url).header("content-type", "application/json").body(body.clone());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let error = &answer["error"];
        let subcode = error["error_subcode"].as_i64();
        assert_eq!(status, if error.is_null() { 200 } else { 400 }, "{body}: {answer}");
        assert_eq!(error.is_null(), subcode.is_none(), "{body}: {answer}");
        subcode
    }
}

fn ask_capi(body: &str, now_s: i64) -> RefusalCode {
    let mut scratch = Scratch::default();
    let request = read_request("application/json", body.as_bytes(), &mut scratch).unwrap();
    let checks = Checks { as_sent: true, ..Checks::at(now_s) };
    let findings = check_element(&request.data[0], checks);
    findings.refusal().map(|refusal| i64::from(refusal.subcode().unwrap_or_default()))
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Compares one event; where they disagree, the open points that it touches are settled one after
/// another until they agree. Returns the places of those, and what is left of the disagreement.
async fn compare(world: &World, client: &reqwest::Client, number: u64) -> (Vec<usize>, Option<String>) {
    let event = |settled: &[usize], now_s| {
        let mut event = events::event(&mut Random::seeded(number), now_s);
        for place in settled {
            (OPEN_POINTS[*place].settle)(&mut event, now_s);
        }
        event
    };
    let mut settled = Vec::new();
    let mut readings = world.readings(client, &|now_s| event(&[], now_s)).await;
    for place in 0..OPEN_POINTS.len() {
        if readings.agree() {
            break;
        }
        let with = [settled.as_slice(), &[place]].concat();
        if event(&with, 0) != event(&settled, 0) {
            readings = world.readings(client, &|now_s| event(&with, now_s)).await;
            settled = with;
        }
    }
    let left = (!readings.agree()).then(|| format!("{number}: {readings:?} {}", event(&[], now_ms() / 1000)));
    (settled, left)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_checks_read_metas_documentation_alike() {
    let world = Arc::new(World::new().await);
    let share_of = |connection: u64| {
        let world = world.clone();
        tokio::spawn(async move {
            let client = reqwest::Client::new();
            let mut compared = Vec::new();
            for number in (connection..EVENTS).step_by(CONNECTIONS) {
                compared.push(compare(&world, &client, number).await);
            }
            compared
        })
    };
    let shares: Vec<_> = (0..CONNECTIONS as u64).map(share_of).collect();
    let (mut touched, mut left) = (BTreeSet::new(), Vec::new());
    for share in shares {
        for (settled, disagreement) in share.await.unwrap() {
            touched.extend(settled);
            left.extend(disagreement);
        }
    }
    assert!(left.is_empty(), "{} disagreements:\n{}", left.len(), left.join("\n"));
    for (place, point) in OPEN_POINTS.iter().enumerate() {
        assert!(touched.contains(&place), "both agree now, so this is no open point: {}", point.why);
    }
}
