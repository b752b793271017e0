//! The admin listener, met by pages of other sites and by those who guess.

use std::{fs, time::Instant};

use reqwest::header::{COOKIE, HOST, SET_COOKIE};
use testkit::PATIENCE;

use super::{crm::Crm, town::Plan};
use crate::{cli::kopru, service::ADMIN_TOKEN};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_its_own_is_refused() {
    let crm = Crm::start().await;
    let mut town = Plan::of(1, &crm).build().await;
    let file = town.site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[store]", "admin_hosts = [\"kopru.example.com\"]\n[store]")).unwrap();
    town.start(|_| {}).await;
    let port = town.site.admin.rsplit_once(':').unwrap().1.to_owned();
    for (host, is_ok) in [
        (format!("127.0.0.1:{port}"), true),
        (format!("localhost:{port}"), true),
        ("kopru.example.com".to_owned(), true),
        ("Kopru.Example.COM:443".to_owned(), true),
        ("rebound.example.net".to_owned(), false),
        (format!("rebound.example.net:{port}"), false),
        (format!("127.0.0.1.example.net:{port}"), false),
        ("kopru.example.com.example.net".to_owned(), false),
    ] {
        let ledger = town.site.client.get(format!("{}/api/v1/ledger", town.site.admin));
        let answer = ledger.bearer_auth(ADMIN_TOKEN).header(HOST, &host).send().await.unwrap();
        assert_eq!(answer.status() == 200, is_ok, "{host}: {}", answer.status());
        let login = town.site.client.post(format!("{}/login", town.site.admin)).header(HOST, &host);
        let form = "application/x-www-form-urlencoded";
        let login = login.header("content-type", form).body("token=wrong").send().await.unwrap();
        let is_answered = login.status() == 401;
        assert_eq!(is_answered, is_ok, "{host}: {}", login.status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slow_and_signing_out_ends_the_session() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let no_redirect =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let log_in = async |token: &str| {
        let request = no_redirect.post(format!("{}/login", town.site.admin));
        let form = "application/x-www-form-urlencoded";
        request.header("content-type", form).body(format!("token={token}")).send().await.unwrap()
    };
    let mut guesses = 0;
    while log_in(&format!("guess-{guesses}")).await.status() == 401 {
        guesses += 1;
        assert!(guesses < 60, "as fast as one can guess");
    }
    assert!(guesses > 1, "a mistake is forgiven");

    // Who knows the token gets in, if not at once.
    let started = Instant::now();
    let cookie = loop {
        let answer = log_in(ADMIN_TOKEN).await;
        if let Some(cookie) = answer.headers().get(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            break cookie.split(';').next().unwrap().to_owned();
        }
        assert_eq!(answer.status(), 429);
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert!(!cookie.contains(ADMIN_TOKEN));
    let page = async || {
        let request = no_redirect.get(format!("{}/", town.site.admin)).header(COOKIE, &cookie);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(page().await, 200);
    let out = no_redirect.post(format!("{}/logout", town.site.admin)).header(COOKIE, &cookie);
    let out = out.send().await.unwrap();
    assert!(out.status().is_success() || out.status().is_redirection(), "{}", out.status());
    assert_eq!(page().await, 401, "the cookie is worth nothing any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_admin_token_is_refused() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).build().await;
    let file = town.site.folder.path().join("kopru.toml");
    let good = fs::read_to_string(&file).unwrap();
    for (token, code) in [("a", 2), (&"a".repeat(31), 2), (&"ab".repeat(16), 0)] {
        fs::write(&file, good.replace(ADMIN_TOKEN, token)).unwrap();
        let (exit, _, error) = kopru(&["check", "--offline", "--config", file.to_str().unwrap()]);
        assert_eq!(exit, Some(code), "{token}: {error}");
        assert!(code == 0 || (error.contains("admin_token") && error.contains("32")), "{error}");
    }
}
