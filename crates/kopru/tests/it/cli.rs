//! Help texts, and configurations that cannot work.

use std::{fs, process::Command};

pub fn kopru(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(arguments)
        .env_remove("META_TOKEN")
        .env("KOPRU_LOG", "error")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn help_is_as_recorded() {
    for command in [
        "",
        "demo",
        "serve",
        "check",
        "send-test",
        "report",
        "report ads",
        "report ledger",
        "report balance",
        "events",
        "events list",
        "events show",
        "events retry",
        "events drop",
        "import",
        "keys",
        "keys list",
        "keys make",
        "keys revoke",
        "forget",
        "export-person",
        "apply",
        "backup",
        "restore",
        "data-key",
        "data-key rotate",
        "sandbox",
        "sandbox hook",
        "lint",
        "normalize",
        "cookies",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let (code, help, _) = kopru(&arguments);
        assert_eq!(code, Some(0));
        let name = if command.is_empty() { "kopru".to_owned() } else { command.replace(' ', "-") };
        insta::assert_snapshot!(format!("help-{name}"), help);
    }
}

/// A variable of a script that is empty means nothing, and not everything.
#[test]
fn an_empty_filter_is_wrong_use() {
    for arguments in [
        &["events", "list", "--deal="][..],
        &["events", "list", ""],
        &["events", "show", ""],
        &["events", "list", "--workspace="],
        &["report", "ads", "--workspace", ""],
        &["report", "ledger", "--workspace", ""],
        &["forget", "--everything", "--workspace", ""],
        &["forget", "--everything", "--workspace", "acme", "--yes-erase", ""],
    ] {
        let (code, printed, said) = kopru(arguments);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{arguments:?}: {said}");
        assert!(said.contains("value is required"), "{arguments:?}: {said}");
    }
}

#[test]
fn wrong_use_exits_with_2() {
    assert_eq!(kopru(&["dance"]).0, Some(2));
    assert_eq!(kopru(&["serve", "--config", "there-is-no-such-file.toml"]).0, Some(2));
}

/// The exit code and stderr of each command that prints lines, with this stdout.
fn printing_to(stdout: impl Fn() -> std::process::Stdio) -> Vec<(Option<i32>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("input");
    fs::write(&file, r#"{"type":"ct","input":"Izmir"}"#).unwrap();
    let commands =
        [&["sandbox", "hook", "--list"][..], &["sandbox", "hook", "--list", "--json"], &["normalize"]];
    let run = |arguments| {
        let output = Command::new(env!("CARGO_BIN_EXE_kopru"))
            .args(arguments)
            .env("KOPRU_LOG", "error")
            .stdin(fs::File::open(&file).unwrap())
            .stdout(stdout())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    commands.into_iter().map(run).collect()
}

/// A disk that is full has lost what was asked for, which is no success.
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    for (code, said) in printing_to(|| fs::File::options().write(true).open("/dev/full").unwrap().into()) {
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("kopru: stdout cannot be written: ") && said.lines().count() == 1, "{said}");
    }
}

/// `kopru ... | head -1`: the reader has gone before the first line.
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    };
    for ended in printing_to(closed) {
        assert_eq!(ended, (Some(0), String::new()));
    }
}

#[test]
fn check_and_serve_refuse_a_configuration_that_cannot_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kopru.toml");
    fs::write(&file, "[server]\nlisen = \"127.0.0.1:1\"\n").unwrap();
    for command in [&["check", "--offline", "--config"][..], &["serve", "--config"][..]] {
        let mut arguments = command.to_vec();
        arguments.push(file.to_str().unwrap());
        let (code, _, error) = kopru(&arguments);
        assert_eq!(code, Some(2), "{error}");
        assert_eq!(
            error,
            format!("kopru: {}:2: unknown key \"lisen\"; did you mean \"listen\"?\n", file.display())
        );
    }
}

#[test]
fn a_configuration_that_works_is_said_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kopru.toml");
    let example = include_str!("../../../../kopru.example.toml");
    let chosen = example.replace("# consent = \"elsewhere\"", "consent = \"elsewhere\"");
    let chosen = chosen.replace("# basis ", "basis ");
    let run = |text: &str, arguments: &[&str]| {
        fs::write(&file, text).unwrap();
        let variables = [
            "KOPRU_ADMIN_TOKEN",
            "META_TOKEN",
            "META_APP_SECRET",
            "META_VERIFY",
            "WHATSAPP_HOOK_KEY",
            "KOMMO_HOOK_KEY",
            "PIXEL_HOOK_KEY",
            "KOMMO_TOKEN",
        ];
        Command::new(env!("CARGO_BIN_EXE_kopru"))
            .args(arguments)
            .arg(&file)
            .envs(variables.map(|name| (name, format!("{name}-0123456789abcdef0123456789abcdef"))))
            .output()
            .unwrap()
    };
    let output = run(&chosen, &["check", "--offline", "--config"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("acme: kommo comes in at https://convert.example.com/hooks/KOMM…"), "{said}");
    let basis =
        "ok    acme: consent is kept elsewhere; basis: consent at booking, privacy policy section 4\n";
    assert!(said.contains(basis), "{said}");
    // The example as it is leaves a choice open: it starts nothing.
    let output = run(example, &["serve", "--config"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("workspace \"acme\" does not say \"consent\"") && said.lines().count() == 1,
        "{said}"
    );
}

/// What the CRM had when it was last asked is remembered; a rule for a stage that it does not have
/// is said with its line.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_names_an_unknown_stage_is_said() {
    let sandbox = crate::world::upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = crate::service::Site::new(&running.url());
    let file = site.folder.path().join("kopru.toml");
    let good = fs::read_to_string(&file).unwrap();
    let bad = good.replace("stage = \"Qualified\"", "stage = \"Qualifed\"");
    fs::write(&file, &bad).unwrap();
    let line = bad.lines().position(|line| line.contains("id = \"qualified\"")).unwrap();
    let said = format!(
        "wrong acme: {}:{line}: rule \"qualified\" names the stage \"Qualifed\", which the pipeline \"Sales\" \
         does not have; it has: ",
        file.display()
    );
    let check = |flags: &[&str]| {
        let config = ["--config", file.to_str().unwrap()];
        let arguments: Vec<&str> = ["check"].iter().chain(flags).copied().chain(config).collect();
        kopru(&arguments)
    };

    let (code, output, _) = check(&[]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains(&said), "{said}\n{output}");
    let mend = "; write its present name or id into the rule, then run kopru apply --since DATE";
    let line = output.lines().find(|line| line.contains(&said)).unwrap();
    assert!(line.contains(mend), "{line}");
    assert_eq!(check(&["--offline"]).0, Some(0), "nobody was asked yet");

    let mut child = site.start();
    site.ready().await;
    let logged = |words| fs::read_to_string(site.log_file()).unwrap().contains(words);
    site.until("the stage is named", async || logged("names the stage")).await;
    let (code, output, _) = check(&["--offline"]);
    assert_eq!(code, Some(1), "beside the running service: {output}");
    assert!(output.contains(&said), "{output}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_its_key_is_not_given_another() {
    let site = crate::service::Site::new("http://127.0.0.1:9");
    let mut child = site.start();
    site.ready().await;
    child.kill().unwrap();
    child.wait().unwrap();
    let key = site.folder.path().join("data.key");
    fs::remove_file(&key).unwrap();
    let (code, _, error) =
        kopru(&["serve", "--config", site.folder.path().join("kopru.toml").to_str().unwrap()]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("the key with which it was sealed is not, or the file is empty; bring"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!key.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_up_does_not_end_the_service_and_a_termination_ends_it_cleanly() {
    let site = crate::service::Site::new("http://127.0.0.1:9");
    let mut child = site.start();
    site.ready().await;
    let signal = |name: &str| {
        assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
    };
    signal("-HUP");
    let logged = |words| fs::read_to_string(site.log_file()).unwrap().contains(words);
    site.until("it has reloaded", async || logged("the configuration is reloaded")).await;
    site.ready().await;
    signal("-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
