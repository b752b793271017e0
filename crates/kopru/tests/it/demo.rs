//! `kopru demo --exit` proves its outcome.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_demo_proves_its_outcome() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_kopru")).args(["demo", "--exit", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let verdict: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(verdict["ok"], true, "{verdict}");
    assert!(verdict["people"].as_u64().unwrap() >= 200);
    assert_eq!(verdict["arrived"], verdict["expected"]);
    assert_eq!(verdict["refused"], 1);
    assert_eq!(verdict["ledger"]["balanced"], true);
    let web = &verdict["web"];
    assert_eq!(
        (&web["arrived"], &web["copies"], &web["refused_at_door"]),
        (&web["expected"], &0.into(), &1.into())
    );
    assert!(web["expected"].as_u64().unwrap() >= 150, "{web}");
    assert!(web["doubles"].as_u64().unwrap() > 0 && web["enriched"].as_u64().unwrap() >= 10, "{web}");
    let both = verdict["expected"].as_u64().unwrap() + web["expected"].as_u64().unwrap();
    assert_eq!(verdict["ledger"]["conversions"]["accepted"], both);
    assert!(verdict["ledger"]["conversions"]["suppressed"].as_i64().unwrap() > 0);
}
