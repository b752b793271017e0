//! Who gets past the gate of the admin listener.

use reqwest::{Response, header};

use crate::{
    raw,
    world::{ADMIN_HOST, ADMIN_TOKEN, World},
};

async fn log_in(world: &World, token: &str) -> Response {
    let form = token.bytes().fold(String::new(), |form, byte| form + &format!("%{byte:02x}"));
    let url = format!("http://{}/login", world.admin.address);
    let request = world.client.post(url).header("content-type", "application/x-www-form-urlencoded");
    request.body(format!("token={form}")).send().await.unwrap()
}

/// What a browser would send back.
fn cookie_of(answer: &Response) -> String {
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    set.split_once(';').unwrap().0.to_owned()
}

#[tokio::test]
async fn without_the_token_there_is_only_the_question_for_it() {
    let world = World::new().await;
    for wrong in [
        None,
        Some("Bearer wrong"),
        Some("Bearer "),
        Some("Basic an admin token of thirty-two characters"),
        Some("Bearer"),
        Some("é"),
    ] {
        let header = wrong.map(|wrong| ("authorization", wrong));
        let page = world.get_as("/", header).await;
        assert_eq!(page.status(), 401, "{wrong:?}");
        let html = page.text().await.unwrap();
        assert!(html.contains("type=\"password\"") && !html.contains("acme"), "{html}");
        for path in ["/api/v1/ledger", "/api/v1/conversions?limit=1"] {
            let answer = world.get_as(path, header).await;
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["www-authenticate"] == "Bearer"),
                (401, true)
            );
            assert_eq!(answer.text().await.unwrap(), "");
        }
    }
    for cookie in [
        "kopru_admin=",
        "kopru_admin=abc",
        "kopru_admin=zz",
        "kopru_admin=an admin token of thirty-two characters",
        "x=1",
    ] {
        assert_eq!(world.get_as("/", Some(("cookie", cookie))).await.status(), 401, "{cookie}");
    }
}

#[tokio::test]
async fn a_program_gives_the_token_as_bearer() {
    let world = World::new().await;
    for scheme in ["Bearer", "bearer"] {
        let authorization = format!("{scheme} {ADMIN_TOKEN}");
        let answer = world.get_as("/api/v1/ledger", Some(("authorization", &authorization))).await;
        assert_eq!(answer.status(), 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_person_logs_in_and_gets_a_cookie_that_only_this_site_sees() {
    let world = World::new().await;
    let answer = log_in(&world, ADMIN_TOKEN).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].as_bytes()), (303, &b"/"[..]));
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for wanted in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(wanted), "{set}");
    }
    let cookie = cookie_of(&answer);
    let others = format!("theme=dark; {cookie}; x=y");
    for cookie in [&cookie, &others] {
        assert_eq!(world.get_as("/", Some(("cookie", cookie))).await.status(), 200, "{cookie}");
        assert_eq!(world.get_as("/api/v1/ledger", Some(("cookie", cookie))).await.status(), 200);
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_so_and_gets_no_cookie() {
    let world = World::new().await;
    for wrong in ["wrong", "", "an admin"] {
        let answer = log_in(&world, wrong).await;
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        assert!(answer.text().await.unwrap().contains("That is not the admin token."));
    }
}

#[tokio::test]
async fn any_token_that_an_operator_chose_can_log_in() {
    for token in ["a;b=c, d", "şifre ü", "\"quoted\"", "a\\b%41"] {
        let world = World::with(token, &["acme"]).await;
        let answer = log_in(&world, token).await;
        assert_eq!(answer.status(), 303, "{token}");
        let cookie = cookie_of(&answer);
        assert_eq!(world.get_as("/", Some(("cookie", &cookie))).await.status(), 200, "{token}");
        let authorization = format!("Bearer {token}");
        let answer = world.get_as("/api/v1/ledger", Some(("authorization", &authorization))).await;
        assert_eq!(answer.status(), 200, "{token}");
    }
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let world = World::new().await;
    let answers = [
        world.get("/").await,
        world.get_as("/", None).await,
        world.get("/api/v1/ledger").await,
        world.get("/no/such/page").await,
        world.get_as("/assets/page.js", None).await,
        log_in(&world, "wrong").await,
    ];
    for answer in answers {
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        let is_asset = answer.url().path().starts_with("/assets/");
        assert_eq!(header("cache-control"), if is_asset { "max-age=300" } else { "no-store" });
    }
}

#[tokio::test]
async fn only_names_that_are_known_lead_here() {
    let world = World::new().await;
    let port = world.admin.address.port();
    for (host, known) in [
        ("localhost", true),
        ("LOCALHOST.", true),
        ("127.0.0.1", true),
        ("127.0.0.9", true),
        ("[::1]", true),
        (ADMIN_HOST, true),
        ("Kopru.Example.com", true),
        ("evil.example", false),
        ("localhost.evil.example", false),
        ("kopru.example.com.evil.example", false),
        ("192.168.1.1", false),
        ("user@localhost", false),
        ("", false),
    ] {
        for port in [String::new(), format!(":{port}"), ":1".into()] {
            let host = format!("{host}{port}");
            for path in ["/", "/api/v1/ledger", "/metrics", "/assets/page.css", "/no/such"] {
                let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
                let mut stream = raw::write(world.admin.address, request.as_bytes()).await;
                let refused = raw::status_line(&mut stream).await.contains(" 421 ");
                assert_eq!(refused, !known, "{host} {path}");
            }
        }
    }
    for request in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "POST /login HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n",
    ] {
        let mut stream = raw::write(world.admin.address, request.as_bytes()).await;
        assert!(raw::status_line(&mut stream).await.contains(" 421 "), "{request}");
    }
    let answer = world.get_as("/", Some(("host", "evil.example"))).await.text().await.unwrap();
    assert!(answer.contains("server.admin_hosts"), "{answer}");
}

fn wait_of(answer: &Response) -> u64 {
    answer.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn whoever_guesses_has_to_wait_and_nobody_else_does() {
    let world = World::new().await;
    let cookie = cookie_of(&log_in(&world, ADMIN_TOKEN).await);
    for _ in 0..5 {
        assert_eq!(log_in(&world, "wrong").await.status(), 401);
    }
    let mut last = 10;
    for _ in 0..4 {
        let answer = log_in(&world, "wrong").await;
        assert_eq!(answer.status(), 429);
        assert!((1..=last).contains(&wait_of(&answer)), "what comes during a pause does not prolong it");
        last = wait_of(&answer);
        assert!(answer.text().await.unwrap().contains("Too many wrong tokens."));
    }
    assert_eq!(log_in(&world, ADMIN_TOKEN).await.status(), 429, "a right one is not told apart");
    assert_eq!(world.get_as("/", Some(("cookie", &cookie))).await.status(), 200);
    assert_eq!(world.get("/api/v1/ledger").await.status(), 200, "programs are counted apart");

    let guess = Some(("authorization", "Bearer wrong"));
    for _ in 0..5 {
        assert_eq!(world.get_as("/metrics", guess).await.status(), 401);
    }
    let answer = world.get_as("/api/v1/ledger", guess).await;
    assert_eq!((answer.status().as_u16(), wait_of(&answer) >= 9), (429, true));
    assert_eq!(world.get_as("/", Some(("cookie", &cookie))).await.status(), 200);
}

#[tokio::test]
async fn whoever_signs_out_is_out_and_others_stay() {
    let world = World::new().await;
    let mine = cookie_of(&log_in(&world, ADMIN_TOKEN).await);
    let other = cookie_of(&log_in(&world, ADMIN_TOKEN).await);
    assert_ne!(mine, other);
    let log_out = async |cookie: &str, origin: Option<&str>| {
        let mut request = world.client.post(format!("http://{}/logout", world.admin.address));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.header("cookie", cookie).send().await.unwrap()
    };
    assert_eq!(log_out(&mine, Some("http://127.0.0.1:3000")).await.status(), 403, "another page's form");
    assert_eq!(world.get_as("/", Some(("cookie", &mine))).await.status(), 200);
    let own = format!("http://{}", world.admin.address);
    let answer = log_out(&mine, Some(&own)).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].as_bytes()), (303, &b"/"[..]));
    assert!(answer.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(world.get_as("/", Some(("cookie", &mine))).await.status(), 401);
    let page = world.get_as("/", Some(("cookie", &other))).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("action=\"/logout\""));
    assert_eq!(log_out("", None).await.status(), 401);
}

#[tokio::test]
async fn a_login_is_small_and_comes_at_once() {
    let world = World::new().await;
    assert_eq!(log_in(&world, &"x".repeat(20_000)).await.status(), 413);
    let head = "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\ntok";
    let mut stream = raw::write(world.admin.address, head.as_bytes()).await;
    assert_eq!(raw::status_line(&mut stream).await, "HTTP/1.1 408 Request Timeout");
}

#[tokio::test]
async fn a_browser_finds_an_icon() {
    let world = World::new().await;
    for path in ["/favicon.ico", "/assets/icon.svg"] {
        let answer = world.get_as(path, None).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].as_bytes()),
            (200, &b"image/svg+xml"[..])
        );
    }
}

#[tokio::test]
async fn the_question_for_the_token_is_in_the_language_that_was_asked_for() {
    let world = World::new().await;
    for (query, language) in [("?lang=tr", "tr"), ("?lang=en", "en"), ("", "en"), ("?lang=xx", "en")] {
        let page = world.get_as(&format!("/{query}"), None).await;
        let remembers = page.headers().contains_key(header::SET_COOKIE);
        assert_eq!(remembers, ["?lang=tr", "?lang=en"].contains(&query), "{query}");
        let html = page.text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{language}\">")), "{query}: {html}");
    }
    // A wrong token is answered in it as well, and so is the page behind.
    let cookie = cookie_of(&world.get_as("/?lang=tr", None).await);
    let html = world.get_as("/", Some(("cookie", cookie.as_str()))).await.text().await.unwrap();
    assert!(html.contains("<html lang=\"tr\">"), "{html}");
}
