use std::iter;

use super::*;

const NOW_MS: i64 = 1_780_000_000_000;

fn batch(count: u64, tries: u32) -> Vec<Queued> {
    let one = |number| Queued { number, body: "{}".into(), event_s: NOW_MS / 1000, tries };
    (1..=count).map(one).collect()
}

fn read(status: u16, body: &str) -> Answer {
    Answer::Read { status, body: body.as_bytes().to_vec() }
}

fn error(code: u32, subcode: Option<u32>, text: &str) -> Answer {
    let subcode = subcode.map_or_else(String::new, |subcode| format!(r#""error_subcode":{subcode},"#));
    read(400, &format!(r#"{{"error":{{"code":{code},{subcode}"error_user_msg":"{text}"}}}}"#))
}

/// How each member goes on, in a word.
fn outcomes(verdict: &Verdict) -> Vec<&'static str> {
    let word = |outcome: &OutcomeOf| match &outcome.settled {
        Settled::Accepted { .. } => "accepted",
        Settled::Failed { reason, .. } => reason.code(),
        Settled::Again { due_ms: AT_THE_HEAD_MS, may_count_twice: false, counts: false, .. } => "stays",
        Settled::Again { may_count_twice: true, counts: true, .. } => "unknown",
        Settled::Again { may_count_twice: false, counts: true, .. } => "again",
        Settled::Again { may_count_twice: false, counts: false, .. } => "again, free",
        Settled::Again { .. } => "nonsense",
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
        Next::GoOn => "go on".into(),
        Next::Split(first, second) => format!("split {:?} {:?}", numbers(first), numbers(second)),
        Next::Refused(blame, rest) => format!("refused {:?}, rest {:?}", blame.kind, numbers(rest)),
        Next::Stop { rest_ms } => format!("stop {rest_ms}"),
        Next::Pause(pause) => {
            assert_eq!(pause.since_ms, NOW_MS);
            format!("pause {} needs_you={}", pause.until_ms - NOW_MS, pause.needs_you)
        }
    }
}

#[test]
fn every_class_of_answer_has_its_outcomes_and_its_next_step() {
    let named = "$['data'][1]['user_data'] is bad";
    let html = "<html>502</html>";
    let table: &[(Answer, u64, u32, &[&str], &str)] = &[
        (read(200, r#"{"events_received":2,"fbtrace_id":"Ab"}"#), 2, 0, &["accepted"; 2], "go on"),
        // A success without a proof: too few, or not Meta's. In the end somebody has to look.
        (read(200, r#"{"events_received":1}"#), 2, 0, &["unknown"; 2], "stop 1000"),
        (read(200, html), 2, 1, &["unknown"; 2], "stop 2000"),
        (read(200, html), 1, 9, &["unknown"], "pause 300000 needs_you=true"),
        // A bad event.
        (
            error(100, Some(2_804_087), ""),
            1,
            0,
            &["refused_by_meta"],
            "refused (100, Some(2804087)), rest []",
        ),
        (error(100, Some(2_804_087), ""), 3, 0, &["stays"; 3], "split [1] [2, 3]"),
        (
            error(100, Some(2_804_019), named),
            3,
            0,
            &["stays", "refused_by_meta", "stays"],
            "refused (100, Some(2804019)), rest [1, 3]",
        ),
        (
            error(100, Some(2_804_019), named),
            1,
            0,
            &["refused_by_meta"],
            "refused (100, Some(2804019)), rest []",
        ),
        // Temporary: never given up for having been tried often.
        (error(2, None, ""), 2, 30, &["again"; 2], "stop 60000"),
        (read(502, html), 2, 0, &["again"; 2], "stop 1000"),
        // Nobody knows why: ten tries, then each by itself.
        (error(5, None, ""), 2, 8, &["again"; 2], "stop 60000"),
        (error(5, None, ""), 2, 9, &["stays"; 2], "split [1] [2]"),
        (error(5, None, ""), 1, 9, &["tried_too_often"], "refused (5, None), rest []"),
        (read(404, html), 1, 0, &["again"], "stop 1000"),
        (read(404, html), 1, 9, &["tried_too_often"], "refused (0, Some(404)), rest []"),
        // Throttles and holds blame no event.
        (error(4, None, ""), 2, 9, &["stays"; 2], "pause 60000 needs_you=false"),
        (error(80_004, None, ""), 1, 0, &["stays"], "pause 60000 needs_you=false"),
        (error(190, None, ""), 2, 9, &["stays"; 2], "pause 300000 needs_you=true"),
        (error(100, Some(33), ""), 1, 0, &["stays"], "pause 300000 needs_you=true"),
        (error(100, Some(2_804_132), ""), 1, 0, &["stays"], "pause 300000 needs_you=true"),
        // No answer.
        (Answer::Lost("reset"), 2, 50, &["unknown"; 2], "stop 60000"),
        (Answer::NeverLeft("nobody there"), 2, 0, &["again, free"; 2], "stop 1000"),
    ];
    for (place, (answer, count, tries, wanted, then)) in table.iter().enumerate() {
        let verdict = judge(answer, batch(*count, *tries), 0, NOW_MS);
        assert_eq!(outcomes(&verdict), *wanted, "row {place}");
        assert_eq!(next(&verdict), *then, "row {place}");
    }
}

#[test]
fn a_lane_that_keeps_failing_waits_longer_even_with_fresh_events() {
    let waits: Vec<String> = [0, 1, 2, 20]
        .map(|failures| next(&judge(&Answer::NeverLeft("no"), batch(1, 0), failures, NOW_MS)))
        .into();
    assert_eq!(waits, ["stop 1000", "stop 2000", "stop 4000", "stop 60000"]);
    let verdict = judge(&Answer::NeverLeft("no"), batch(1, 0), 20, NOW_MS);
    let Some(Settled::Again { due_ms, .. }) = verdict.outcomes.first().map(|outcome| &outcome.settled) else {
        panic!("it goes again")
    };
    assert_eq!(due_ms - NOW_MS, 300_000);
}

#[test]
fn what_is_kept_of_a_reply_is_short() {
    let long: String = iter::repeat_n("word ", 1000).collect();
    let verdict = judge(&error(100, Some(1), &long), batch(1, 0), 0, NOW_MS);
    let Some(Settled::Failed { reply: Some(reply), .. }) = verdict.outcomes.first().map(|one| &one.settled)
    else {
        panic!("it failed")
    };
    assert!(reply.chars().count() <= REPLY_CHARS_MAX, "{reply}");
}
