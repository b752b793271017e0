//! What is kept and not sent is said to whoever sent it.

use kopru_core::{Appending, Consent, Dataset, Mode, Policy, RouteKind, TestRun, WorkspaceId, admit};

use super::*;

fn policy(mode: Mode, consent: Consent) -> Policy {
    let dataset = Dataset {
        id: DATASET.to_owned(),
        waba_id: None,
        mistaken_accounts: Vec::new(),
        routes: vec![RouteKind::Website],
        mode,
        earlier_modes: Vec::new(),
        test: None,
        rules: Rules::Both,
        appending: Appending::Changed,
    };
    Policy {
        workspace: WorkspaceId(1),
        currency: None,
        consent,
        consent_since_s: None,
        rules: Vec::new(),
        datasets: vec![dataset],
        restored: None,
    }
}

/// What the answer says beside Meta's own to a refused event and a good one that says this of consent.
fn answered(policy: &Policy, agreed: &Value) -> Value {
    let good = event(&json!({"custom_data": {"agreed": agreed}}));
    let body = json!({"data": [event(&json!({"event_name": null})), good]}).to_string();
    let taken = taken(take_at(JSON, body.as_bytes(), |door| door.consent = Some(super::agreed())));
    let admitted: Vec<_> = taken.activities.into_iter().map(|one| admit(one, policy, NOW_S)).collect();
    let mut reply = taken.reply;
    reply.say_not_sent(&admitted);
    body_of(&reply.make(TurnedOut::default()))["kopru"].clone()
}

#[test]
fn what_is_kept_and_not_sent_is_counted_and_said() {
    let live = policy(Mode::Live, Consent::Elsewhere);
    let required = policy(Mode::Live, Consent::Required);
    let mut over = policy(Mode::Test, Consent::Elsewhere);
    let since_s = Some(NOW_S - 2 * TestRun::LASTS_S);
    over.datasets[0].test = Some(TestRun { code: "TEST1".to_owned(), since_s });
    let mut was_in_shadow = live.clone();
    was_in_shadow.datasets[0].earlier_modes = vec![(Mode::Shadow, NOW_S)];
    let missing = ("custom_data.Agreed", "Agreed is missing, and a person's yes is required");
    for (what, policy, agreed, count, text) in [
        ("live", live, Value::Null, None, None),
        ("shadow", policy(Mode::Shadow, Consent::Elsewhere), Value::Null, Some(1), Some(("", "in shadow"))),
        ("of a shadow before", was_in_shadow, Value::Null, Some(1), Some(("", "in shadow"))),
        (
            "off",
            policy(Mode::Off, Consent::Elsewhere),
            Value::Null,
            Some(1),
            Some(("", "the dataset is off")),
        ),
        ("test over", over, Value::Null, Some(1), Some(("", "the test of the dataset is over"))),
        ("nothing said", required.clone(), Value::Null, Some(1), Some(missing)),
        ("a yes", required.clone(), json!("yes"), None, None),
        ("a no", required.clone(), json!("no"), Some(1), None),
        ("unclear", required, json!("x"), Some(1), Some(("custom_data.Agreed", "neither a yes nor a no"))),
    ] {
        let said = answered(&policy, &agreed);
        assert_eq!(said.get("not_sent"), count.map(|count: usize| json!(count)).as_ref(), "{what}: {said}");
        let advice = said["advice"].as_array().cloned().unwrap_or_default();
        assert_eq!(advice.len(), usize::from(text.is_some()), "{what}: {advice:?}");
        for (one, (path, text)) in advice.iter().zip(text) {
            assert_eq!((&one["path"], &one["indexes"]), (&json!(path), &json!([1])), "{what}");
            assert!(one["message"].as_str().unwrap().contains(text), "{what}: {one}");
        }
    }
}
