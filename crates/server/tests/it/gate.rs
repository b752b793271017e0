//! Who gets past the gate of the admin listener.

use reqwest::{Response, header};

use crate::world::{ADMIN_TOKEN, World};

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
    for wrong in
        [None, Some("Bearer wrong"), Some("Bearer "), Some("Basic an admin token"), Some("Bearer"), Some("é")]
    {
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
    for cookie in ["kopru_admin=", "kopru_admin=abc", "kopru_admin=zz", "kopru_admin=an admin token", "x=1"] {
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
