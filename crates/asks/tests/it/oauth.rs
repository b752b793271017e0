//! Tokens that are renewed: kept before they are used, and asked for no more often than needed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use store::AskStore;
use testkit::{
    http::{Answer, Host, Request},
    until,
};
use tokio::sync::watch;

use crate::{
    search::{Search, well},
    world::{Ran, World},
};

/// A server of tokens: a refresh token is good for one use.
#[derive(Default)]
struct TokenServer {
    renewals: u32,
    /// Access tokens that it takes.
    takes: Vec<String>,
    /// What is answered to a renewal instead.
    ill: Option<(u16, &'static str)>,
}

impl TokenServer {
    fn answer(&mut self, asked: &Request) -> Answer {
        if asked.path != "/oauth/token" {
            return if self.takes.iter().any(|token| token == asked.bearer()) {
                well(asked)
            } else {
                Answer::of(401)
            };
        }
        assert_eq!(asked.bearer(), "", "a renewal bears no token");
        let content_type = asked.header("content-type");
        assert_eq!(content_type, Some("application/x-www-form-urlencoded"));
        assert_eq!(asked.header("x-client"), Some("kopru"));
        if let Some((status, body)) = self.ill {
            return Answer::new(status, body);
        }
        if asked.text() != format!("grant_type=refresh_token&refresh_token=refresh-{}", self.renewals) {
            return Answer::new(400, json!({ "error": "invalid_grant" }).to_string());
        }
        self.renewals += 1;
        let access = format!("access-{}", self.renewals);
        self.takes = vec![access.clone()];
        let refresh = format!("refresh-{}", self.renewals);
        Answer::new(
            200,
            json!({ "access_token": access, "refresh_token": refresh, "expires_in": 3600 }).to_string(),
        )
    }
}

struct Stage {
    world: World,
    fake: Host,
    server: Arc<Mutex<TokenServer>>,
    /// Whether the answers of the server of tokens stay on the way.
    held: watch::Sender<bool>,
}

impl Stage {
    async fn new() -> Self {
        let server = Arc::new(Mutex::new(TokenServer::default()));
        let shared = Arc::clone(&server);
        let (held, holding) = watch::channel(false);
        let fake = Host::new(move |asked| {
            let (answer, mut holding) = (shared.lock().unwrap().answer(&asked), holding.clone());
            async move {
                if asked.path == "/oauth/token" {
                    let _ = holding.wait_for(|holding| !*holding).await;
                }
                answer
            }
        })
        .await;
        Self { world: World::new().await, fake, server, held }
    }

    /// Runs until the server has taken the first refresh token; its answer is on the way.
    async fn run_into_renewal(&self) -> Ran {
        self.held.send_replace(true);
        self.world.ask(self.world.about_deal(1)).await;
        let inquirer = self.run("refresh-0");
        until("the server has renewed", async || self.renewals() == 1).await;
        inquirer
    }

    async fn keeps(&self, refresh_token: &str) -> bool {
        let kept = self.world.store.token(self.world.workspace, &self.world.origin()).await.unwrap();
        kept.is_some_and(|kept| kept.contains(refresh_token))
    }

    fn run(&self, refresh_token: &str) -> Ran {
        let upstream = Search::with_refresh_token(&self.fake.url, &self.world.origin(), refresh_token);
        self.world.run_upstream(Arc::new(upstream), self.world.workspace)
    }

    async fn answers(&self, id: u64) {
        self.world.ask(self.world.about_deal(id)).await;
        until("it is answered", async || {
            self.world.advance(Duration::from_secs(1));
            self.world.deals().await.iter().any(|deal| deal.deal == self.world.key(id))
        })
        .await;
    }

    fn renewals(&self) -> u32 {
        self.server.lock().unwrap().renewals
    }
}

#[tokio::test]
async fn a_token_is_renewed_once_and_used_until_it_ends() {
    let stage = Stage::new().await;
    let inquirer = stage.run("refresh-0");
    stage.answers(1).await;
    stage.answers(2).await;
    inquirer.stop().await;
    // The next start goes on with what was kept: the configured token is used up.
    let inquirer = stage.run("refresh-0");
    stage.answers(3).await;
    assert_eq!(stage.renewals(), 1);
    stage.world.advance(Duration::from_hours(1));
    stage.answers(4).await;
    assert_eq!(stage.renewals(), 2);
    inquirer.stop().await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_at_once() {
    let stage = Stage::new().await;
    let inquirer = stage.run("refresh-0");
    stage.answers(1).await;
    stage.server.lock().unwrap().takes.clear();
    stage.answers(2).await;
    assert_eq!(stage.renewals(), 2);
    inquirer.stop().await;
}

#[tokio::test]
async fn a_token_is_sealed_on_disk() {
    let stage = Stage::new().await;
    let inquirer = stage.run("refresh-0");
    stage.answers(1).await;
    inquirer.stop().await;
    for file in std::fs::read_dir(stage.world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in ["access-1", "refresh-1"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
}

/// The server of tokens answers like this for a while; returns what a person is told meanwhile.
async fn is_ill(status: u16, body: &'static str) -> String {
    let stage = Stage::new().await;
    stage.server.lock().unwrap().ill = Some((status, body));
    stage.world.ask(stage.world.about_deal(1)).await;
    let inquirer = stage.run("refresh-0");
    until("it is put off", async || stage.world.unanswered().await.is_some()).await;
    let (_, told) = stage.world.unanswered().await.unwrap();
    stage.server.lock().unwrap().ill = None;
    until("it is answered", async || {
        stage.world.advance(Duration::from_mins(5));
        stage.world.deals().await.len() == 1
    })
    .await;
    assert!(stage.world.deals().await[0].found.is_some());
    inquirer.stop().await;
    told
}

#[tokio::test]
async fn a_renewal_that_fails_for_a_while_loses_nothing() {
    for (status, body, told) in [
        (503, "", "the CRM has a fault of its own (HTTP 5xx)"),
        (200, "<html>Please log in</html>", "an answer that is not understood"),
        (400, "<html>Bad request</html>", "the CRM does not understand the question"),
        (
            400,
            r#"{"error":"invalid_grant"}"#,
            "the refresh token is not accepted (HTTP 400); connect the account again",
        ),
    ] {
        assert_eq!(is_ill(status, body).await, told, "{status} {body}");
    }
}

#[tokio::test]
async fn a_person_who_enters_another_refresh_token_means_it() {
    let stage = Stage::new().await;
    let inquirer = stage.run("refresh-0");
    stage.answers(1).await;
    inquirer.stop().await;
    // The connection was made anew by hand, which ended the tokens of before.
    stage.server.lock().unwrap().takes.clear();
    stage.server.lock().unwrap().renewals = 7;
    let inquirer = stage.run("refresh-7");
    stage.answers(2).await;
    inquirer.stop().await;
}

#[tokio::test]
async fn a_renewal_whose_caller_is_dropped_is_kept() {
    let stage = Stage::new().await;
    stage.run_into_renewal().await.drop_it().await;
    assert!(!stage.keeps("refresh-1").await);
    stage.held.send_replace(false);
    until("the new tokens are kept", async || stage.keeps("refresh-1").await).await;
}

#[tokio::test]
async fn a_stop_waits_for_a_renewal() {
    let stage = Stage::new().await;
    let inquirer = stage.run_into_renewal().await;
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.held.send_replace(false);
    };
    tokio::join!(inquirer.stop(), release);
    assert!(stage.keeps("refresh-1").await);
}

#[tokio::test]
async fn a_loop_that_is_started_again_waits_for_the_renewal_of_the_one_before() {
    let stage = Stage::new().await;
    stage.run_into_renewal().await.drop_it().await;
    let inquirer = stage.run("refresh-0");
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.held.send_replace(false);
    stage.answers(1).await;
    assert_eq!(stage.renewals(), 1);
    inquirer.stop().await;
}
