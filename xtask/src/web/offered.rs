//! Requests of one event at a fixed rate, each at its time whether or not those before were answered by then.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    load::MANY,
    shop::{self, Shop, request},
};
use crate::service::{
    Failure,
    figures::{asked, percentile_ms, progress},
    load::Connection,
};

/// Offered a second when nothing else is to be done, and while a queue is worked off.
const RATE: f64 = 10_000.0;
const RATE_BESIDE: f64 = 2_000.0;
/// How long Meta's answers take while a queue is worked off.
const META_TAKES: Duration = Duration::from_millis(300);
/// How long the service may leave a Meta alone that was away.
const NOTICED_WITHIN: Duration = Duration::from_mins(6);

/// Whether answers come in time, and events leave as they come.
pub async fn measure(binary: &Path, lasting: Duration) -> Result<bool, Failure> {
    let shop = Shop::start(binary).await?;
    let end = Arc::new(AtomicBool::new(false));
    let timer = Arc::clone(&end);
    tokio::spawn(async move {
        tokio::time::sleep(lasting).await;
        timer.store(true, Ordering::Relaxed);
    });
    let began = Instant::now();
    let mut offered = offer(&shop, RATE, "o", &end).await?;
    let (lasted, in_time) = (began.elapsed(), shop.meta.events());
    shop.arrive(offered.len() as u64).await?;
    let behind = began.elapsed().saturating_sub(lasted);
    println!(
        "offered {RATE} a second for {:.0} s: {:.0}/s acknowledged, {in_time} of {} accepted by then",
        lasted.as_secs_f64(),
        offered.len() as f64 / lasted.as_secs_f64(),
        offered.len(),
    );
    let mut met = asked("p99 of an answer, ms", percentile_ms(&mut offered, 99), "<", 30.0);
    met &= asked("seconds behind at the end", behind.as_secs_f64(), "<", 1.0);
    Ok(met)
}

/// How fast a queue leaves that has formed while Meta was away, and how long answers take meanwhile.
pub async fn drain(binary: &Path, events: u64) -> Result<bool, Failure> {
    let shop = Shop::start(binary).await?;
    shop.meta.is_away(true);
    shop.meta.takes(META_TAKES);
    shop.post_known(events).await?;
    progress(&format!("{events} events wait"));
    let end = Arc::new(AtomicBool::new(false));
    shop.meta.is_away(false);
    let noticed = Instant::now();
    while shop.meta.events() == 0 {
        if noticed.elapsed() > NOTICED_WITHIN {
            return Err("the service has not noticed that Meta is back".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (first, began) = (shop.meta.events(), Instant::now());
    let leaves = async {
        let left = shop.arrive(events).await;
        let took = began.elapsed();
        end.store(true, Ordering::Relaxed);
        left.map(|()| took)
    };
    let (took, offered) = tokio::join!(leaves, offer(&shop, RATE_BESIDE, "d", &end));
    let (took, mut offered) = (took?, offered?);
    let peak = shop.usage()?.peak_mib;
    println!(
        "drain of {events} events with {} ms at Meta: {:.1} s after {:.1} s, {} others acknowledged meanwhile",
        META_TAKES.as_millis(),
        took.as_secs_f64(),
        noticed.elapsed().saturating_sub(took).as_secs_f64(),
        offered.len(),
    );
    let mut met = asked("events a second", (events - first) as f64 / took.as_secs_f64(), ">=", 20_000.0);
    met &= asked("p99 of an answer meanwhile, ms", percentile_ms(&mut offered, 99), "<", 30.0);
    met &= asked("MiB at most", peak, "<", 200.0);
    Ok(met)
}

/// Posts until it is to end; how long each answer took from when it was to be asked.
async fn offer(
    shop: &Shop,
    rate: f64,
    prefix: &'static str,
    end: &Arc<AtomicBool>,
) -> Result<Vec<Duration>, Failure> {
    let (began, each) = (Instant::now(), Duration::from_secs_f64(MANY as f64 / rate));
    let tasks: Vec<_> = (0..MANY)
        .map(|place| {
            let (mut connection, key) = (Connection::to(shop.doors), shop.key().to_owned());
            let end = Arc::clone(end);
            tokio::spawn(async move {
                let mut next = began + each.mul_f64(place as f64 / MANY as f64);
                let (mut number, mut waits) = (place, Vec::new());
                while !end.load(Ordering::Relaxed) {
                    tokio::time::sleep_until(next.into()).await;
                    let event = shop::of_browser(number % 10_000, &format!("{prefix}-{number}"));
                    let (status, _) = connection.send(&request(&key, &[event])).await;
                    if status != Some(200) {
                        return Err(Failure::from(format!("a request was answered with {status:?}")));
                    }
                    waits.push(next.elapsed());
                    (next, number) = (next + each, number + MANY);
                }
                Ok(waits)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}
