//! `kopru serve` with one dataset to which a shop's server posts, and that shop's events.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command},
    sync::Arc,
    time::{Duration, Instant},
};

use testkit::http::free_address;

use super::meta::{self, Arrived};
use crate::service::{
    Failure,
    figures::progress,
    load::Connection,
    now_ms,
    site::{ADMIN_TOKEN, Usage, last_lines, serve, usage_of},
};

pub const DATASET: &str = "1234567890";
/// How long a start may take.
const START_WITHIN: Duration = Duration::from_mins(1);
/// How many events one request of filling has, and how long all of them may take to be accepted.
const FILLED_AT_ONCE: u64 = 500;
const CONNECTIONS: u64 = 8;

/// A running service.
pub struct Shop {
    pub doors: SocketAddr,
    admin: SocketAddr,
    pub meta: Arc<Arrived>,
    key: String,
    folder: tempfile::TempDir,
    child: Child,
}

impl Shop {
    pub async fn start(binary: &Path) -> Result<Self, Failure> {
        let (graph, meta) = meta::start().await?;
        fs::create_dir_all("target")?;
        // On the disk that the build is on: in memory, a commit would cost nothing.
        let folder = tempfile::Builder::new().prefix("web-").tempdir_in("target")?;
        let (doors, admin) = (free_address(), free_address());
        let text = format!(
            "[server]\nlisten = \"{doors}\"\nadmin_listen = \"{admin}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n\
             [store]\npath = \"{}\"\n\
             [[workspace]]\nname = \"shop\"\ncountry = \"TR\"\ncurrency = \"TRY\"\nconsent = \"required\"\n\
             [[workspace.dataset]]\nid = \"{DATASET}\"\ntoken = \"meta-token-of-a-benchmark\"\n\
             graph_url = \"http://{graph}\"\nroutes = [\"website\"]\n",
            folder.path().join("data").display()
        );
        fs::write(folder.path().join("kopru.toml"), text)?;
        let child = serve(binary, folder.path())?;
        let mut shop = Self { doors, admin, meta, key: String::new(), folder, child };
        shop.is_ready().await?;
        shop.key = shop.make_key(binary)?;
        Ok(shop)
    }

    fn make_key(&self, binary: &Path) -> Result<String, Failure> {
        let made = Command::new(binary)
            .args(["keys", "make", "bench", "--scope", "events", "--consent", "sender", "--config"])
            .arg(self.folder.path().join("kopru.toml"))
            .output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        Ok(String::from_utf8(made.stdout)?.trim().to_owned())
    }

    /// Has people seen with their e-mail address and browser, one event each, and waits until Meta has those.
    pub async fn fill(&self, people: u64) -> Result<(), Failure> {
        let began = self.meta.events();
        self.post_known(people).await?;
        self.arrive(began + people).await
    }

    /// The same, without waiting for Meta.
    pub async fn post_known(&self, people: u64) -> Result<(), Failure> {
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|place| {
                let (mut connection, key) = (Connection::to(self.doors), self.key.clone());
                tokio::spawn(async move {
                    let mut from = place * FILLED_AT_ONCE;
                    while from < people {
                        let upto = (from + FILLED_AT_ONCE).min(people);
                        let events: Vec<String> =
                            (from..upto).map(|one| known(one, &format!("fill-{one}"))).collect();
                        connection.must_send(&request(&key, &events)).await?;
                        if place == 0 && from / 200_000 != upto / 200_000 {
                            progress(&format!("{upto} of {people} people are stored"));
                        }
                        from += CONNECTIONS * FILLED_AT_ONCE;
                    }
                    Ok::<(), Failure>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    }

    /// Waits until Meta has so many events, and no other comes for a while at most.
    pub async fn arrive(&self, events: u64) -> Result<(), Failure> {
        self.arrive_within(events, Duration::from_secs(30)).await
    }

    pub async fn arrive_within(&self, events: u64, patience: Duration) -> Result<(), Failure> {
        let (mut last, mut at) = (self.meta.events(), Instant::now());
        while self.meta.events() < events {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let now = self.meta.events();
            if now > last {
                (last, at) = (now, Instant::now());
            } else if at.elapsed() > patience {
                let log = last_lines(self.folder.path());
                return Err(format!("Meta has {now} of {events} events, and no more come: {log}").into());
            }
        }
        if self.meta.twice() > 0 {
            return Err(format!("{} events came twice", self.meta.twice()).into());
        }
        Ok(())
    }

    /// Kills the service, and starts it again; how long it takes until it is ready.
    pub async fn start_again(&mut self, binary: &Path) -> Result<Duration, Failure> {
        self.kill()?;
        let started = Instant::now();
        self.child = serve(binary, self.folder.path())?;
        self.is_ready().await?;
        Ok(started.elapsed())
    }

    /// Kills the service.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    async fn is_ready(&self) -> Result<(), Failure> {
        let started = Instant::now();
        let ready = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut door = Connection::to(self.doors);
        while door.send(ready).await.0 != Some(200) {
            if started.elapsed() > START_WITHIN {
                return Err(format!("the service did not start: {}", last_lines(self.folder.path())).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn usage(&self) -> Result<Usage, Failure> {
        usage_of(self.child.id())
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How many bytes were written to the store's log so far.
    pub async fn log_bytes(&self) -> Result<u64, Failure> {
        let metrics = Connection::to(self.admin).get("/metrics", ADMIN_TOKEN).await?;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        let mut lines = metrics.lines();
        let bytes = lines.find_map(|line| line.strip_prefix("kopru_wal_written_bytes_total "));
        Ok(bytes.ok_or("the metrics do not say how much was written to the log")?.trim().parse()?)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request with these events.
pub fn request(key: &str, events: &[String]) -> Vec<u8> {
    let body = format!("{{\"data\":[{}]}}", events.join(","));
    format!(
        "POST /v24.0/{DATASET}/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         authorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An event with what each of them has, and with this in `user_data`.
fn event(id: &str, number: u64, user_data: &str) -> String {
    let mut event = String::with_capacity(1_000);
    let at_s = now_ms() / 1000 - 5;
    let _ = write!(
        event,
        "{{\"event_name\":\"Purchase\",\"event_time\":{at_s},\"event_id\":\"{id}\",\"action_source\":\"website\",\
         \"event_source_url\":\"https://shop.example.com/checkout/thank-you?utm_source=facebook&utm_campaign=autumn\",\
         \"user_data\":{{\"client_ip_address\":\"81.2.{}.{}\",\"client_user_agent\":\"Mozilla/5.0 (Windows NT 10.0; \
         Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\",{user_data}}},\
         \"custom_data\":{{\"currency\":\"TRY\",\"value\":{}.90,\"content_type\":\"product\",\"content_ids\":[\"SKU-{}\"],\
         \"contents\":[{{\"id\":\"SKU-{}\",\"quantity\":1,\"item_price\":{}.90}}],\"num_items\":1}}}}",
        number % 250,
        number / 250 % 250,
        number % 900 + 100,
        number % 5_000,
        number % 5_000,
        number % 900 + 100,
    );
    event
}

fn browser(person: u64) -> String {
    format!("fb.1.1795817000000.{}", 1_000_000_000 + person)
}

/// An event of somebody by whose browser and e-mail address they are known from then on.
pub fn known(person: u64, id: &str) -> String {
    event(id, person, &format!("\"fbp\":\"{}\",\"em\":\"person{person}@example.com\"", browser(person)))
}

/// An event of which only the browser is told.
pub fn of_browser(person: u64, id: &str) -> String {
    event(id, person, &format!("\"fbp\":\"{}\"", browser(person)))
}

/// An event of somebody with three identifiers.
pub fn new_person(person: u64, id: &str) -> String {
    let phone = format!("+90532{:07}", person % 10_000_000);
    event(
        id,
        person,
        &format!("\"fbp\":\"{}\",\"em\":\"person{person}@example.com\",\"ph\":\"{phone}\"", browser(person)),
    )
}
