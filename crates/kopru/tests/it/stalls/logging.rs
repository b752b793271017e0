//! A log that cannot be written: on a full disk, to a reader that died, to one that never reads.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, pipe},
    process::Stdio,
};

use sandbox::{Fault, FaultRule};

use super::{
    crm::{Crm, proxy},
    shop::Shop,
    town::{Plan, together},
};

/// Meta refuses one shop's token and is ill for the other, the CRM is ill as well, and all of that
/// should be logged. Afterwards everything works that a person did not have to mend.
async fn all_goes_on(stdout: Stdio, stderr: Stdio) {
    let crm = Crm::start().await;
    let mut town = Plan::of(2, &crm).build().await;
    town.start(|command| {
        command.env("KOPRU_LOG", "trace").stdout(stdout).stderr(stderr);
    })
    .await;
    let (refused, ill) = (Shop(0), Shop(1));
    let fault = |fault, shop: Shop, seconds| FaultRule {
        dataset: Some(shop.dataset()),
        seconds,
        ..FaultRule::always(fault)
    };
    let token = Fault::Error { code: 190, subcode: None, status: None };
    town.meta.add_fault(fault(token, refused, None));
    town.meta.add_fault(fault(Fault::Html { status: 503 }, ill, Some(3.0)));
    let ailing_until = std::time::Instant::now() + std::time::Duration::from_secs(2);
    crm.script(move |asked| (asked.at < ailing_until).then(|| proxy(503)));

    town.sell(refused, 1..=3).await;
    town.sell(ill, 11..=15).await;
    // Nobody's key, and a wrong signature: the doors have something to say as well.
    let wrong = town.site.client.post(format!("{}/hooks/nobody", town.site.doors)).send().await.unwrap();
    assert_eq!(wrong.status(), 404);
    let unsigned = format!("{}/hooks/{}", town.site.doors, ill.whatsapp_key());
    assert_eq!(town.site.client.post(unsigned).body("{}").send().await.unwrap().status(), 401);

    town.arrives(ill, 11..=15).await;
    town.until(refused, "not queued", |ledger| ledger["conversions"]["queued"] == 3).await;
    // The token is mended, and Kopru is started anew, as a person would.
    town.meta.clear_faults();
    assert_eq!(town.terminate().await.0, Some(0));
    let paused: i64 = town
        .database()
        .query_row("SELECT count(*) FROM pause WHERE dataset = ?", [refused.dataset()], |row| row.get(0))
        .unwrap();
    assert_eq!(paused, 1, "what pauses the dataset was kept");
    town.start(|_| {}).await;
    town.arrives(refused, 1..=3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_nothing() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let (dead, orphan) = pipe().unwrap();
    drop(dead);
    let (unread, full_pipe) = pipe().unwrap();
    together([
        ("on a full disk", all_goes_on(full(), full())),
        ("its reader has died", all_goes_on(Stdio::null(), orphan.into())),
        ("nobody reads it", all_goes_on(Stdio::null(), full_pipe.into())),
    ])
    .await;
    // What was logged first is in the pipe.
    let first = BufReader::new(unread).lines().next();
    assert!(first.is_some_and(|line| line.is_ok_and(|line| !line.is_empty())));
}
