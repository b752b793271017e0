//! `kopru import`: files of past events, beside a running service and without one.

mod crm;
mod programs;
mod remarks;
mod spreadsheets;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use testkit::PATIENCE;

use crate::{
    cli::kopru,
    service::{Serving, Site, is_private_file},
    world::{DATASET, KOMMO_KEY, KOMMO_TOKEN, META_TOKEN, PRIVATE, WABA, WHATSAPP_KEY, upstream},
};

/// Nobody answers there.
const NOBODY: &str = "http://127.0.0.1:9";
const ROWS: usize = 5_000;

/// A workspace whose dataset takes what sites and shops tell.
fn shop(upstream: &str, consent: &str) -> Site {
    let basis = if consent == "elsewhere" { "basis = \"the people of the tests are invented\"" } else { "" };
    Site::with(&format!(
        r#"
[[workspace]]
name = "acme"
country = "TR"
currency = "TRY"
time_zone = "Europe/Istanbul"
consent = "{consent}"
{basis}
[[workspace.dataset]]
id = "{DATASET}"
token = "{META_TOKEN}"
graph_url = "{upstream}"
whatsapp_business_account_id = "{WABA}"
routes = ["website", "messaging"]
[[workspace.source]]
kind = "whatsapp"
key = "{WHATSAPP_KEY}"
verify_token = "verify-me"
app_secret = "secret-app-secret-of-the-test"
[[workspace.source]]
kind = "kommo"
key = "{KOMMO_KEY}"
account = "{upstream}"
token = "{KOMMO_TOKEN}"
[[workspace.rule]]
id = "sale"
stage = "won"
send = "Purchase"
"#
    ))
}

fn now_s() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A time as people write it, in the zone of the shop.
fn written(at_s: i64) -> String {
    let at =
        Timestamp::from_second(at_s).unwrap().to_zoned_datetime(TimeZone::get("Europe/Istanbul").unwrap());
    at.strftime("%d.%m.%Y %H:%M").to_string()
}

/// A file of sales, each of another person.
fn sales(site: &Site, rows: usize) -> PathBuf {
    let mut text = "Fiş No;Tarih;Ad;Soyad;Telefon;E-posta;Tutar\n".to_owned();
    let at_s = now_s() - 86_400;
    for row in 0..rows {
        let time = written(at_s - row as i64);
        writeln!(text, "F-{row};{time};Gizem;Secretperson;0531700{row:04};gizem.secretperson{row}@mail.example.org;\"{},90 TL\"", 100 + row).unwrap();
    }
    file(site, "sales.csv", text.as_bytes())
}

fn file(site: &Site, name: &str, bytes: &[u8]) -> PathBuf {
    let path = site.folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn words<'a>(site: &Site, path: &'a Path, more: &[&'a str]) -> Vec<String> {
    let config = site.folder.path().join("kopru.toml").display().to_string();
    let path = path.display().to_string();
    let all = ["import", &path, "--config", &config, "--origin", "till"];
    all.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn import(site: &Site, path: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let words = words(site, path, more);
    kopru(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

const OF_A_TILL: [&str; 3] = ["--action-source", "physical_store", "--yes"];

/// What an import says to programs.
fn summary(site: &Site, path: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let (code, printed, said) = import(site, path, &[more, &["--json"]].concat());
    (code, serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}{said}")))
}

fn killed(mut child: Serving) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_once_whoever_is_killed_meanwhile() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = shop(&running.url(), "elsewhere");
    let path = sales(&site, ROWS);
    let mut service = site.start();
    site.ready().await;
    let begin = || {
        Command::new(env!("CARGO_BIN_EXE_kopru"))
            .args(words(&site, &path, &OF_A_TILL))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    // The command is killed when a part of the file is taken, then the service.
    let command = Serving(begin());
    site.until("a part is taken", async || taken(&site).await > 0).await;
    killed(command);
    let first = taken(&site).await;
    let mut command = begin();
    site.until("more is taken", async || taken(&site).await > first).await;
    killed(service);
    assert_eq!(command.wait().unwrap().code(), Some(1));
    service = site.start();
    site.ready().await;
    let (code, said) = summary(&site, &path, &OF_A_TILL);
    assert_eq!((code, &said["rows"], &said["refused"]["rows"]), (Some(0), &ROWS.into(), &0.into()));
    let known = said["taken"].as_u64().unwrap() + said["duplicates"].as_u64().unwrap();
    assert_eq!(known, ROWS as u64);
    let (code, said) = summary(&site, &path, &OF_A_TILL);
    assert_eq!((code, &said["taken"], &said["duplicates"]), (Some(0), &0.into(), &ROWS.into()));
    site.settled(ROWS).await;
    let mut ids: Vec<String> =
        sandbox.graph_events().iter().map(|one| one.event["event_id"].to_string()).collect();
    let told = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), ROWS);
    // What left when the service was killed may have come twice, under the same id.
    assert!(told < 2 * ROWS, "{told}");
    let one = &sandbox.graph_events()[0].event;
    assert_eq!(
        (&one["action_source"], &one["custom_data"]["currency"]),
        (&"physical_store".into(), &"TRY".into())
    );
    let listed = site.get("/api/v1/conversions?limit=1").await;
    assert_eq!(listed[0]["reported_by"], "import:till", "{listed}");
    killed(service);
    site.assert_nowhere(&PRIVATE);
}

async fn taken(site: &Site) -> i64 {
    site.get("/api/v1/ledger").await["conversions"]["created"].as_i64().unwrap()
}

/// What the page begins with works on any day, also before the service has ever run.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_be_followed_to_the_letter() {
    let page = include_str!("../../../../docs/import.md");
    let (_, rest) = page.split_once("```sh\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let site = shop(NOBODY, "elsewhere");
    let ran = Command::new("sh")
        .args(["-ec", &format!("kopru() {{ \"$KOPRU\" \"$@\" --yes; }}\n{script}")])
        .env("KOPRU", env!("CARGO_BIN_EXE_kopru"))
        .current_dir(site.folder.path())
        .output()
        .unwrap();
    let (printed, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{printed}{said}");
    assert_eq!(
        printed,
        "3 rows: 3 would be taken, unless known already\n3 rows: 3 taken\n\
         no service runs: they are sent once one does\n"
    );
    assert!(said.contains("1.299,90 TL  (read as 1299.9 TRY)") && !said.contains("not used"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_meta_would_refuse_are_listed_with_their_lines() {
    let site = shop(NOBODY, "elsewhere");
    let service = site.start();
    site.ready().await;
    killed(service);
    let (new, old, ancient) =
        (written(now_s() - 3600), written(now_s() - 30 * 86_400), written(now_s() - 63 * 86_400));
    let text = format!(
        "Sipariş No,Tarih,Telefon,Tutar,action_source\n\
         1,{new},05317000001,\"1.299,90\",physical_store\n\
         2,{old},05317000002,5,physical_store\n\
         3,{ancient},05317000003,5,physical_store\n\
         4,{old},05317000004,5,system_generated\n\
         ,{new},05317000005,5,physical_store\n\
         6,dün,05317000006,5,physical_store\n\
         7,{new},05317000007,12.500,physical_store\n\
         8,{new},,5,physical_store\n\
         9,{new},05317000009,,physical_store\n\
         10,{new},9.05317E+11,5,physical_store\n\
         1,{new},05317000001,\"1.299,90\",physical_store\n"
    );
    let path = file(&site, "orders.csv", text.as_bytes());
    let refused = site.folder.path().join("refused.csv");
    let more = ["--yes", "--decimal", "comma", "--refused", refused.to_str().unwrap()];
    let (code, printed, said) = import(&site, &path, &more);
    assert_eq!(code, Some(1), "{printed}{said}");
    assert!(printed.contains("11 rows: 3 taken\n1 was known already\n"), "{printed}");
    for part in [
        "event_time: the event happened more than 62 days ago (2804003); line 4\n",
        "event_time: the event happened more than 7 days ago (2804003); line 5\n",
        "event_id: there is no id and no order number, by which it is known when it comes again; line 6\n",
        "this is no time; known are",
        "; line 7\n",
        "ph: Excel has written this number as 9.05E+11",
        "no service runs: they are sent once one does",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(is_private_file(&refused));
    let kept = fs::read_to_string(&refused).unwrap();
    assert!(
        kept.starts_with(
            "\u{feff}Sipariş No,Tarih,Telefon,Tutar,action_source,refused line,refused because\r\n"
        ),
        "{kept}"
    );
    assert_eq!(kept.lines().count(), 8, "{kept}");
    let (code, _, said) = import(&site, &path, &more);
    assert_eq!(code, Some(1));
    assert!(said.contains("refused.csv cannot be written"), "nothing is overwritten: {said}");
    // What is mended there can be imported as it is.
    let mended = kept.replace("dün", &new);
    let (code, said) =
        summary(&site, &file(&site, "mended.csv", mended.as_bytes()), &["--yes", "--decimal", "comma"]);
    assert_eq!((code, &said["taken"]), (Some(1), &1.into()), "{said}");
    assert!(!fs::read_to_string(site.log_file()).unwrap().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_shown_and_confirmed_first() {
    let site = shop(NOBODY, "elsewhere");
    let service = site.start();
    site.ready().await;
    let new = written(now_s() - 3600);
    let text = format!("Nr\tWann\tTelefon\tBetrag\n1\t{new}\t05317000001\t5\n");
    let path = file(&site, "table.tsv", text.as_bytes());
    let map =
        ["--map", "Nr=order_id,wann=event_time", "--map", "4=value", "--action-source", "physical_store"];
    for (more, wanted) in [
        (&[][..], "no column is known to be event_time; say which with --map"),
        (
            &["--map", "Nr=order_id,Wann=event_time", "--event", "Purchase"],
            "--action-source: no column says it",
        ),
        (&["--map", "Nr=order_id,Wann=event_time"], "--event: no column says it"),
        (&["--map", "Nr"], "--map: \"Nr\" is not COLUMN=KEY"),
        (&["--map", "Nr=phone"], "--map: the key \"phone\" is unknown; known are event_id, "),
        (&["--map", "Preis=value"], "the file has no column \"Preis\""),
        (&map, "nothing was imported; look at what the columns are, and add --yes"),
    ] {
        let (code, printed, said) = import(&site, &path, more);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{said}");
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let (code, printed, said) = import(&site, &path, &[&map[..], &["--dry-run"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.starts_with("1 row: 1 would be taken"), "{printed}");
    assert!(
        said.contains("Telefon  ph ") && !said.contains("0531700"),
        "what is of a person is masked: {said}"
    );
    assert!(said.contains("Wann     event_time") && said.contains("(read as 20"), "{said}");
    assert_eq!(taken(&site).await, 0);
    let (code, said) = summary(&site, &path, &[&map[..], &["--yes"]].concat());
    assert_eq!((code, &said["taken"]), (Some(0), &1.into()));
    for (name, bytes, wanted) in [
        ("empty.csv", &b"  \n"[..], "it is empty"),
        ("book.xlsx", b"PK\x03\x04abc", "it is a workbook of Excel; save it as CSV UTF-8"),
        ("list.json", b"[{}]", "it is a list in JSON; write an object a line"),
        ("names.csv", b"a,b\n1,2\n", "the first row names no column that is known"),
    ] {
        let (code, _, said) = import(&site, &file(&site, name, bytes), &OF_A_TILL);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let (code, _, said) = import(&site, &site.folder.path().join("nowhere.csv"), &OF_A_TILL);
    assert!(code == Some(1) && said.contains("nowhere.csv cannot be read"), "{said}");
    for (origin, wanted) in
        [("A shop", "--origin: give a name of where the events are from"), ("", "required")]
    {
        let (code, _, said) = import(&site, &path, &[&map[..], &["--yes", "--origin", origin]].concat());
        assert_eq!(code, Some(2), "{origin}: {wanted}: {said}");
    }
    killed(service);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_however_they_are_written() {
    let site = shop(NOBODY, "elsewhere");
    let service = site.start();
    site.ready().await;
    let at_s = now_s() - 3600;
    let time = written(at_s);
    let table = |id: &str| {
        format!(
            "Sipariş No;Tarih;Ad Soyad;Telefon;Tutar\r\n\"{id}\";{time};Gökçe Şen;0531 700 00 01;\"5,50 TL\"\r\n"
        )
    };
    let wide =
        |text: &str| [vec![0xFF, 0xFE], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let turkish = |text: &str| {
        let byte = |letter: char| match letter {
            'ş' => 0xFE,
            'Ş' => 0xDE,
            letter => u8::try_from(u32::from(letter)).unwrap(),
        };
        text.chars().map(byte).collect::<Vec<u8>>()
    };
    let flat = format!("{{\"order_id\":\"f\",\"date\":{at_s},\"phone\":\"05317000001\",\"total\":5.5}}\n");
    let metas = format!(
        "{{\"event_name\":\"Purchase\",\"event_time\":{at_s},\"event_id\":\"m\",\"action_source\":\"physical_store\",\
         \"user_data\":{{\"ph\":\"905317000001\"}},\"custom_data\":{{\"value\":5.5,\"currency\":\"TRY\"}}}}\n\nno JSON\n"
    );
    for (name, bytes, refused) in [
        ("plain.csv", table("a").into_bytes(), 0),
        ("mark.csv", [b"\xEF\xBB\xBF", table("b").as_bytes()].concat(), 0),
        ("wide.txt", wide(&table("c").replace(';', "\t")), 0),
        ("turkish.csv", turkish(&table("d")), 0),
        ("sep.csv", format!("sep=;\r\n{}", table("e")).into_bytes(), 0),
        ("flat.jsonl", flat.into_bytes(), 0),
        ("metas.jsonl", metas.into_bytes(), 1),
    ] {
        let (_, said) = summary(&site, &file(&site, name, &bytes), &OF_A_TILL);
        assert_eq!(
            (&said["taken"], &said["refused"]["rows"]),
            (&1.into(), &refused.into()),
            "{name}: {said}"
        );
    }
    let open = format!("order_id,date,total\n1,{time},\"{}", "x".repeat(3 * 1024 * 1024));
    let (code, _, said) = import(&site, &file(&site, "open.csv", open.as_bytes()), &OF_A_TILL);
    assert!(code == Some(1) && said.contains("a row is longer than 1 MiB"), "{code:?} {said}");
    killed(service);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refused_is_not_told_and_consent_must_be_said_where_it_is_required() {
    let site = shop(NOBODY, "required");
    let service = site.start();
    site.ready().await;
    let new = written(now_s() - 3600);
    let text = format!(
        "Sipariş No,Tarih,Telefon,Tutar,KVKK Onayı\n1,{new},05317000001,5,Evet\n2,{new},05317000002,5,Hayır\n3,{new},05317000003,5,\n"
    );
    let path = file(&site, "orders.csv", text.as_bytes());
    let (code, _, said) = import(&site, &path, &OF_A_TILL);
    assert!(
        code == Some(2) && said.contains("--consent: the workspace wants a yes of each person"),
        "{said}"
    );
    let (code, _, said) = import(&site, &path, &[&OF_A_TILL[..], &["--consent", "field:Onay"]].concat());
    assert!(code == Some(2) && said.contains("the file has no column \"Onay\""), "{said}");
    let (code, said) = summary(&site, &path, &[&OF_A_TILL[..], &["--consent", "field:kvkk onayı"]].concat());
    assert_eq!((code, &said["taken"]), (Some(0), &3.into()));
    assert_eq!(said["kept_back"], serde_json::json!({"consent_refused": 1, "no_consent": 1}));
    killed(service);
}

/// However long a file is, a few thousand rows of it are in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_takes_no_more_memory() {
    let site = shop(NOBODY, "elsewhere");
    let service = site.start();
    site.ready().await;
    let path = sales(&site, 60_000);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(words(&site, &path, &["--action-source", "physical_store", "--dry-run"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut of_command, mut of_service) = (0, 0);
    let begun = std::time::Instant::now();
    while command.try_wait().unwrap().is_none() {
        of_command = of_command.max(peak_kib(command.id()));
        of_service = of_service.max(peak_kib(service.id()));
        assert!(begun.elapsed() < 4 * PATIENCE, "it ends");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(command.wait().unwrap().code(), Some(0));
    assert!((1..100 * 1024).contains(&of_command), "{of_command} KiB");
    assert!((1..200 * 1024).contains(&of_service), "{of_service} KiB");
    killed(service);
}

/// The most memory that a process had, KiB; nothing of one that has ended.
fn peak_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}
