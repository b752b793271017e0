//! Graph's other codes: by a fault, and those that come by themselves.

use std::time::Duration;

use kopru_sandbox::{Fault, Options, Tier, Token};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{DATASET, TOKEN, World, now, read, web_purchase};

const EVENTS: &str = "/v25.0/700100/events";
const THROTTLES: [i64; 9] = [4, 17, 32, 341, 613, 80_000, 80_003, 80_004, 80_014];

async fn send(world: &World, token: &str) -> Response {
    let body = json!({ "data": [web_purchase()], "access_token": token }).to_string();
    let request = world.client.post(world.url(EVENTS)).header("content-type", "application/json").body(body);
    request.send().await.unwrap()
}

async fn get(world: &World, path: &str) -> (u16, Value) {
    read(world.client.get(world.url(path)).send().await.unwrap()).await
}

/// Minutes until calls are taken again, if the answer's headers tell, and tell it whole.
fn regain_minutes(response: &Response) -> Option<u64> {
    let header = |name| -> Option<Value> {
        Some(serde_json::from_str(response.headers().get(name)?.to_str().unwrap()).unwrap())
    };
    let business = header("x-business-use-case-usage")?;
    let usage = &business[DATASET][0];
    for key in ["type", "call_count", "total_cputime", "total_time", "ads_api_access_tier"] {
        assert!(!usage[key].is_null(), "{business}");
    }
    assert!(header("x-app-usage").unwrap()["call_count"].is_u64());
    let account = header("x-ad-account-usage").unwrap();
    for key in ["acc_id_util_pct", "reset_time_duration", "ads_api_access_tier"] {
        assert!(!account[key].is_null(), "{account}");
    }
    usage["estimated_time_to_regain_access"].as_u64()
}

#[tokio::test]
async fn every_code_by_a_fault() {
    let world = World::new().await;
    let plain = [3, 100, 368, 506, 2500, 6200, 6202, 21_009, 2_044_055].map(|code| (code, None, 400));
    let permission = [10, 200, 294, 299].map(|code| (code, None, 403));
    let session = [458, 459, 460, 463, 464, 467, 492].map(|subcode| (190, Some(subcode), 401));
    let token = [(102, None, 401), (104, None, 401), (190, None, 401)];
    let transient = [1, 2, 5000].map(|code| (code, None, 500));
    let throttles = THROTTLES.map(|code| (code, None, 400));
    let others = [
        (1, Some(99), 500),
        (4, Some(1_504_022), 400),
        (17, Some(2_446_079), 400),
        (17, Some(1_885_172), 400),
        (613, Some(1_487_742), 400),
        (100, Some(33), 400),
        (100, Some(2_804_019), 400),
        (100, Some(2_804_087), 400),
        (803, None, 404),
    ];
    let all = [&plain[..], &permission, &session, &token, &transient, &throttles, &others].concat();
    for (code, subcode, status) in all {
        world.sandbox.fail_next(1, Fault::Error { code, subcode, status: None });
        let response = send(&world, TOKEN).await;
        assert_eq!(regain_minutes(&response).is_some(), THROTTLES.contains(&code), "{code}");
        let (got, body) = read(response).await;
        let error = &body["error"];
        let what = format!("{code}/{subcode:?}: {body}");
        assert_eq!((got, &error["code"]), (status, &json!(code)), "{what}");
        assert_eq!(error["error_subcode"], json!(subcode), "{what}");
        let kind = if subcode == Some(33) { "GraphMethodException" } else { "OAuthException" };
        assert_eq!(error["type"], kind, "{what}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{what}");
        assert_eq!(error["is_transient"] == true, transient.iter().any(|row| row.0 == code), "{what}");
        let has_title = error["error_user_title"].as_str().is_some_and(|title| !title.is_empty());
        assert_eq!(has_title, subcode.is_some_and(|subcode| subcode > 2_804_000), "{what}");
    }
    for (code, status) in [(4, 429), (190, 400), (2, 503)] {
        world.sandbox.fail_next(1, Fault::Error { code, subcode: None, status: Some(status) });
        assert_eq!(send(&world, TOKEN).await.status(), status);
    }
    assert_eq!(world.sandbox.graph_events(), [], "nothing is processed");
    world.sandbox.fail_next(1, Fault::Error { code: 100, subcode: Some(33), status: None });
    let (_, body) = read(send(&world, TOKEN).await).await;
    let message = "Unsupported post request. Object with ID '700100' does not exist";
    assert!(body["error"]["message"].as_str().unwrap().starts_with(message), "{body}");
}

#[tokio::test]
async fn tokens_that_are_no_longer_good() {
    let world = World::new().await;
    let short = Token { expires_at: Some(now() + 600), ..Token::of("short") };
    world.sandbox.add_token(short);
    world.sandbox.add_token(Token { refused_with: Some(460), ..Token::of("old") });
    for (token, subcode, says) in [
        ("nobody's", None, "Invalid OAuth access token - Cannot parse access token"),
        ("old", Some(460), "Error validating access token: "),
    ] {
        let (status, body) = read(send(&world, token).await).await;
        let error = &body["error"];
        assert_eq!((status, &error["code"]), (401, &json!(190)), "{body}");
        assert_eq!(error["error_subcode"], json!(subcode), "{body}");
        assert!(error["message"].as_str().unwrap().starts_with(says), "{body}");
        assert!(error.get("error_user_title").is_none() && error.get("is_transient").is_none(), "{body}");
    }
    assert_eq!(send(&world, "short").await.status(), 200);
    world.sandbox.advance_clock(Duration::from_secs(601));
    let (status, body) = read(send(&world, "short").await).await;
    assert_eq!((status, &body["error"]["error_subcode"]), (401, &json!(463)), "{body}");
}

#[tokio::test]
async fn objects_aliases_and_paths() {
    let world = World::new().await;
    let with = |path: &str| format!("{path}?access_token={TOKEN}");
    for (path, status, code, subcode) in [
        (with("/v25.0/999"), 400, 100, json!(33)),
        (with("/v25.0/999/dataset"), 400, 100, json!(33)),
        (with("/v25.0/somebody"), 404, 803, Value::Null),
        (with("/v25.0/700100/nothing"), 400, 2500, Value::Null),
        (with("/v25.0/700100/events/1"), 400, 2500, Value::Null),
        (with("/v99.0/700100"), 400, 2500, Value::Null),
        ("/v25.0/700100".to_owned(), 401, 104, Value::Null),
        ("/v25.0/me?access_token=x".to_owned(), 401, 190, Value::Null),
    ] {
        let (got, body) = get(&world, &path).await;
        let error = &body["error"];
        assert_eq!((got, &error["code"]), (status, &json!(code)), "{path}: {body}");
        assert_eq!(error["error_subcode"], subcode, "{path}: {body}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let request = world.client.request(method.parse().unwrap(), world.url(&with(EVENTS)));
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!((status, &body["error"]["error_subcode"]), (400, &json!(33)), "{method}");
        let says = format!("Unsupported {} request.", method.to_ascii_lowercase());
        assert!(body["error"]["message"].as_str().unwrap().starts_with(&says), "{body}");
    }
}

/// The limited tier has 60 points: a write is three, a read is one.
#[tokio::test]
async fn limits_of_tiers() {
    for (tier, writes) in [(None, 70), (Some(Tier::Full), 70), (Some(Tier::Limited), 18)] {
        let world = World::with(Options { tier, ..Options::default() }).await;
        let dataset = kopru_sandbox::SimulatedDataset { id: DATASET.to_owned(), ..Default::default() };
        world.sandbox.add_dataset(dataset);
        world.sandbox.add_token(Token::of("a"));
        world.sandbox.add_token(Token::of("b"));
        let answer = send(&world, "a").await;
        assert_eq!(answer.status(), 200);
        let usage = answer.headers().get("x-ad-account-usage").map(|usage| usage.to_str().unwrap());
        let usage = usage.map(|usage| serde_json::from_str::<Value>(usage).unwrap());
        let percent = usage.map(|usage| usage["acc_id_util_pct"].clone());
        let expected = tier.map(|tier| json!(if tier == Tier::Limited { 5 } else { 0 }));
        assert_eq!(percent, expected, "three points of all of them");
        for _ in 1..writes {
            assert_eq!(send(&world, "a").await.status(), 200);
        }
        if tier != Some(Tier::Limited) {
            continue;
        }
        for _ in 0..6 {
            assert_eq!(get(&world, "/v25.0/me?access_token=a").await.0, 200);
        }
        // Points fade all the time, so that one more call may still fit.
        let mut refused = send(&world, "a").await;
        if refused.status() == 200 {
            refused = send(&world, "a").await;
        }
        assert_eq!(regain_minutes(&refused), Some(5));
        let (status, body) = read(refused).await;
        let error = &body["error"];
        assert_eq!((status, &error["code"], &error["error_subcode"]), (400, &json!(17), &json!(2_446_079)));
        assert_eq!(
            get(&world, "/v25.0/me?access_token=a").await.1["error"]["code"],
            17,
            "all of it is blocked"
        );
        assert_eq!(send(&world, "b").await.status(), 200, "each caller has points of its own");
    }
}
