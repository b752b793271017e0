use std::iter;

use capi::Usage;
use kopru_core::{Cause, Channel, Conversion, DealKey, Route, Sent, State};

use super::*;

const NOW_MS: i64 = 1_780_000_000_000;

fn batch(count: u64, tries: u32) -> Vec<Queued> {
    let one = |number| Queued { number, revision: 0, conversion: conversion(number), tries, unknown: None };
    (1..=count).map(one).collect()
}

fn conversion(number: u64) -> Conversion {
    Conversion {
        event_id: number.to_string(),
        event: "Lead".into(),
        name: "LeadSubmitted".into(),
        rule: "qualified".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:acme".into(), id: number.to_string() }),
        route: Route::Lead,
        event_s: NOW_MS / 1000,
        received_ms: NOW_MS,
        worth: None,
        value: None,
        currency: None,
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        dataset: Some("1".into()),
        ad_id: None,
        consent: None,
        state: State::Queued,
        reason: None,
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        released: false,
        identity: None,
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}

/// What follows from an answer to a lane of messages.
fn judged(answer: &Answer, batch: Vec<Queued>, before: Before) -> Verdict {
    let lane = LaneKey { dataset: "1".into(), route: Route::Messaging(Channel::Whatsapp) };
    judge(answer, batch, before, At { lane: &lane, now_ms: NOW_MS })
}

fn read(status: u16, body: &str, sent: usize) -> Answer {
    let reply = capi::read_reply(status, body.as_bytes(), sent);
    Answer::Read { status, reply, wait: None, usage: Usage::default(), date_ms: None }
}

fn error(code: u32, subcode: Option<u32>, text: &str) -> Answer {
    let subcode = subcode.map_or_else(String::new, |subcode| format!(r#""error_subcode":{subcode},"#));
    let body = format!(
        r#"{{"error":{{"code":{code},{subcode}"type":"OAuthException","error_user_msg":"{text}"}}}}"#
    );
    read(400, &body, 3)
}

/// The same answer, which asks to wait.
fn waiting(answer: Answer, seconds: u64) -> Answer {
    match answer {
        Answer::Read { status, reply, usage, date_ms, .. } => {
            Answer::Read { status, reply, wait: Some(Duration::from_secs(seconds)), usage, date_ms }
        }
        other => other,
    }
}

/// How each member goes on, in a word.
fn outcomes(verdict: &Verdict) -> Vec<&'static str> {
    let word = |outcome: &OutcomeOf| match &outcome.settled {
        Settled::Accepted { .. } => "accepted",
        Settled::Failed { reason, .. } => reason.code(),
        Settled::Again { due_ms: None, counts: false, .. } => "stays",
        Settled::Again { due_ms: Some(_), counts: false, .. } => "again",
        Settled::Again { due_ms: Some(_), counts: true, .. } => "counted",
        Settled::Unknown { due_ms: None, may_count_twice: true, .. } => "unknown, stays",
        Settled::Unknown { due_ms: Some(_), may_count_twice: true, .. } => "unknown",
        Settled::BytesRefused { .. } => "anew",
        Settled::Again { .. } | Settled::Unknown { .. } | Settled::Stopped { .. } => "nonsense",
    };
    let mut numbers: Vec<_> =
        verdict.outcomes.iter().map(|outcome| (outcome.number, word(outcome))).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().map(|(number, _)| *number).eq(1..=numbers.len() as u64), "one outcome each");
    numbers.into_iter().map(|(_, word)| word).collect()
}

/// What the lane does next, in a word.
fn next(verdict: &Verdict) -> String {
    let numbers = |part: &[Queued]| part.iter().map(|one| one.number).collect::<Vec<_>>();
    match &verdict.next {
        NextStep::GoOn => "go on".into(),
        NextStep::Split(first, second) => format!("split {:?} {:?}", numbers(first), numbers(second)),
        NextStep::Refused(blame, rest) => format!("refused {:?}, rest {:?}", blame.kind, numbers(rest)),
        NextStep::GivenUp => "given up".into(),
        NextStep::Stop { rest } => format!("stop {}", rest.as_millis()),
        NextStep::Pause(scope, pause) => {
            assert_eq!((pause.since_ms, pause.dataset.as_str()), (NOW_MS, "1"));
            format!("pause {scope:?} {} needs_you={}", pause.until_ms - NOW_MS, pause.needs_you)
        }
    }
}

const NOTHING: Before = Before { failures: 0, strange: 0, held: false, given_up: false };
const FAILED_OFTEN: Before = Before { failures: 30, ..NOTHING };
const STRANGE_OFTEN: Before = Before { failures: 4, strange: 4, ..NOTHING };
const HELD: Before = Before { held: true, ..NOTHING };
const GIVEN_UP: Before = Before { given_up: true, ..NOTHING };

/// Answer, events, tries so far, what was before, outcomes, next step.
type Row = (Answer, u64, u32, Before, &'static [&'static str], &'static str);

#[test]
fn every_class_of_answer_has_its_outcomes_and_its_next_step() {
    let named = "$['data'][1]['user_data'] is bad";
    let table: &[Row] = &[
        (
            read(200, r#"{"events_received":2,"fbtrace_id":"Ab"}"#, 2),
            2,
            0,
            NOTHING,
            &["accepted"; 2],
            "go on",
        ),
        // A bad event.
        (
            error(100, Some(2_804_087), ""),
            1,
            0,
            NOTHING,
            &["refused_by_meta"],
            "refused (100, Some(2804087)), rest []",
        ),
        (error(100, Some(2_804_087), ""), 3, 0, NOTHING, &["stays"; 3], "split [1] [2, 3]"),
        (
            error(100, Some(2_804_019), named),
            3,
            0,
            NOTHING,
            &["stays", "refused_by_meta", "stays"],
            "refused (100, Some(2804019)), rest [1, 3]",
        ),
        // Temporary: never given up for having been tried often.
        (error(2, None, ""), 2, 30, FAILED_OFTEN, &["again"; 2], "stop 60000"),
        (
            waiting(error(2, None, ""), 90),
            2,
            0,
            NOTHING,
            &["stays"; 2],
            "pause DatasetChannel 90000 needs_you=false",
        ),
        // Meta's, but nobody knows what it means: ten tries, then each by itself, and only the first.
        (error(5, None, ""), 2, 8, NOTHING, &["counted"; 2], "stop 60000"),
        (error(5, None, ""), 2, 9, NOTHING, &["stays"; 2], "split [1] [2]"),
        (error(5, None, ""), 1, 9, NOTHING, &["tried_too_often"], "given up"),
        (error(5, None, ""), 1, 8, GIVEN_UP, &["counted"], "stop 60000"),
        (error(5, None, ""), 1, 9, GIVEN_UP, &["again"], "pause DatasetChannel 300000 needs_you=true"),
        // What finds out whether a pause is over is not given up for it.
        (error(5, None, ""), 1, 0, HELD, &["again"], "pause DatasetChannel 300000 needs_you=true"),
        (error(5, None, ""), 1, 50, HELD, &["again"], "pause DatasetChannel 300000 needs_you=true"),
        // Throttles and holds blame no event; but what was held does not lead the next time.
        (error(4, None, ""), 2, 9, NOTHING, &["stays"; 2], "pause App 60000 needs_you=false"),
        (waiting(error(4, None, ""), 900), 2, 9, NOTHING, &["stays"; 2], "pause App 900000 needs_you=false"),
        (waiting(error(4, None, ""), 1), 2, 9, NOTHING, &["stays"; 2], "pause App 60000 needs_you=false"),
        (error(80_004, None, ""), 1, 0, NOTHING, &["stays"], "pause Dataset 60000 needs_you=false"),
        (error(190, None, ""), 2, 9, NOTHING, &["again"; 2], "pause Token 300000 needs_you=true"),
        (waiting(error(190, None, ""), 3600), 1, 9, NOTHING, &["again"], "pause Token 300000 needs_you=true"),
        (error(100, Some(33), ""), 1, 0, NOTHING, &["again"], "pause Dataset 300000 needs_you=true"),
        (
            error(100, Some(2_804_132), ""),
            1,
            0,
            NOTHING,
            &["again"],
            "pause DatasetChannel 300000 needs_you=true",
        ),
        // No answer.
        (Answer::Lost("reset"), 2, 0, FAILED_OFTEN, &["unknown"; 2], "stop 60000"),
        (Answer::NeverLeft("nobody there"), 2, 0, NOTHING, &["again"; 2], "stop 1000"),
    ];
    for (place, (answer, count, tries, before, wanted, then)) in table.iter().enumerate() {
        let verdict = judged(answer, batch(*count, *tries), *before);
        assert_eq!(outcomes(&verdict), *wanted, "row {place}");
        assert_eq!(next(&verdict), *then, "row {place}");
    }
}

#[test]
fn an_answer_that_is_not_metas_ends_nothing_and_calls_somebody_after_a_few() {
    let html = "<html>hello</html>";
    for (status, body) in [
        (200, html),
        (200, "{}"),
        (200, ""),
        (204, ""),
        (200, r#"{"events_received":0}"#),
        (302, ""),
        (304, ""),
        (400, "[]"),
        (401, html),
        (403, html),
        (404, r#"{"error":{"code":404,"message":"no route"}}"#),
        (407, html),
        (418, "short and stout"),
        (429, html),
        (500, html),
        (502, ""),
        (503, html),
        (504, html),
    ] {
        let unknown = status < 300 || status == 504;
        let answer = || read(status, body, 1);
        for tries in [0, 9, 50] {
            let case = format!("{status} {body} after {tries}");
            let verdict = judged(&answer(), batch(1, tries), NOTHING);
            assert_eq!(outcomes(&verdict), [if unknown { "unknown" } else { "again" }], "{case}");
            assert!(next(&verdict).starts_with("stop"), "{case}");
            let verdict = judged(&answer(), batch(2, tries), STRANGE_OFTEN);
            assert_eq!(outcomes(&verdict), [if unknown { "unknown, stays" } else { "stays" }; 2], "{case}");
            assert_eq!(next(&verdict), "pause DatasetChannel 60000 needs_you=true", "{case}");
            // The next pause begins with another event.
            let verdict = judged(&answer(), batch(1, tries), HELD);
            assert_eq!(outcomes(&verdict), [if unknown { "unknown" } else { "again" }], "{case}");
            assert_eq!(next(&verdict), "pause DatasetChannel 60000 needs_you=true", "{case}");
            let NextStep::Pause(_, pause) = verdict.next else { panic!("{case}") };
            assert!(pause.cause.contains("graph_url") && pause.cause.contains("proxy"), "{}", pause.cause);
            assert_eq!(pause.code, format!("HTTP {status}"));
        }
    }
    for (before, seconds, wanted) in [
        (NOTHING, 7, "pause DatasetChannel 7000 needs_you=false"),
        (STRANGE_OFTEN, 7, "pause DatasetChannel 60000 needs_you=true"),
        (STRANGE_OFTEN, 200, "pause DatasetChannel 200000 needs_you=true"),
        (STRANGE_OFTEN, 3600, "pause DatasetChannel 3600000 needs_you=true"),
    ] {
        let answer = waiting(read(503, html, 1), seconds);
        assert_eq!(next(&judged(&answer, batch(1, 0), before)), wanted, "{seconds} s");
    }
}

#[test]
fn a_pause_binds_no_longer_than_it_may_last() {
    const MINUTE_MS: i64 = 60_000;
    for (needs_you, code, until_ms, over) in [
        (true, "190", NOW_MS, true),
        (true, "190", NOW_MS + 5 * MINUTE_MS, false),
        (true, "190", NOW_MS + 6 * MINUTE_MS, true),
        (true, "190", 0, true),
        (true, "HTTP 503", NOW_MS + 60 * MINUTE_MS, false),
        (true, "HTTP 503", NOW_MS + 61 * MINUTE_MS, true),
        (false, "4", NOW_MS + 60 * MINUTE_MS, false),
        (false, "4", NOW_MS + 61 * MINUTE_MS, true),
        (false, "4", i64::MAX, true),
        (false, "4", i64::MIN, true),
    ] {
        let pause = Pause {
            until_ms,
            needs_you,
            cause: String::new(),
            code: code.into(),
            since_ms: 0,
            dataset: String::new(),
        };
        assert_eq!(is_over(&pause, NOW_MS), over, "{pause:?}");
    }
}

#[test]
fn a_lane_that_keeps_failing_waits_longer_even_with_fresh_events() {
    let never_left = |failures| judged(&Answer::NeverLeft("no"), batch(1, 0), Before { failures, ..NOTHING });
    let waits: Vec<String> = [0, 1, 2, 20].map(|failures| next(&never_left(failures))).into();
    assert_eq!(waits, ["stop 1000", "stop 2000", "stop 4000", "stop 60000"]);
    let verdict = never_left(20);
    let Some(Settled::Again { due_ms: Some(due_ms), .. }) =
        verdict.outcomes.first().map(|outcome| &outcome.settled)
    else {
        panic!("it goes again")
    };
    assert_eq!(due_ms - NOW_MS, 300_000);
}

#[test]
fn what_is_kept_of_a_reply_is_short() {
    let long: String = iter::repeat_n("word ", 1000).collect();
    let verdict = judged(&error(100, Some(1), &long), batch(1, 0), NOTHING);
    let Some(Settled::Failed { reply: Some(reply), .. }) = verdict.outcomes.first().map(|one| &one.settled)
    else {
        panic!("it failed")
    };
    assert!(reply.chars().count() <= REPLY_CHARS_MAX, "{reply}");
}
