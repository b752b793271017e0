//! What is true of every upstream, whatever it answers: run by Kommo and by one that exists only here.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use kopru_core::QuestionKind;
use sources::{Kommo, Upstream};
use store::{AskStore, Store};
use testkit::{
    http::{Answer, Host, Request},
    until,
};
use tokio::sync::watch;

use crate::{
    fake,
    search::{self, Search},
    world::World,
};

/// An upstream, and how its CRM speaks.
#[derive(Clone, Copy)]
struct Exhibit {
    /// The account at an address, under a name, with a token.
    upstream: fn(&str, &str, &str) -> Arc<dyn Upstream>,
    /// Deals for which a request asks; nothing where it asks for something else.
    deals: fn(&Request) -> Option<Vec<String>>,
    /// The answer of a CRM that is well.
    well: fn(&Request) -> Answer,
}

const EXHIBITS: [Exhibit; 2] = [
    Exhibit {
        upstream: |url, origin, token| Arc::new(Kommo { origin: origin.into(), ..Kommo::at(url, token) }),
        deals: |asked| {
            let ids = fake::ids(&asked.path).into_iter().map(str::to_owned).collect();
            asked.path.contains("/leads?").then_some(ids)
        },
        well: |asked| {
            if asked.path.contains("/leads?") { fake::leads_of(&asked.path) } else { Answer::of(204) }
        },
    },
    Exhibit {
        upstream: |url, origin, token| Arc::new(Search::with_token(url, origin, token)),
        deals: search::ids,
        well: search::well,
    },
];

impl Exhibit {
    async fn fake(self, answer: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) -> Host {
        Host::new(move |asked| std::future::ready(answer(&asked).unwrap_or_else(|| (self.well)(&asked))))
            .await
    }

    fn asks_for(self, asked: &Request, id: &str) -> bool {
        (self.deals)(asked).is_some_and(|ids| ids.iter().any(|asked| asked == id))
    }
}

/// Sixty deals come together; a list that names number 13 is answered like this.
async fn one_of_sixty(exhibit: Exhibit, poisoned: fn(Answer) -> Answer) {
    let world = World::new().await;
    let fake = exhibit
        .fake(move |asked| exhibit.asks_for(asked, "13").then(|| poisoned((exhibit.well)(asked))))
        .await;
    for id in 1..=60 {
        world.ask(world.about_deal(id)).await;
    }
    let upstream = (exhibit.upstream)(&fake.url, &world.origin(), "token");
    let inquirer = world.run_upstream(upstream, world.workspace);
    until("the others are answered", async || world.deals().await.len() == 59).await;
    until("the odd one is put off", async || {
        world.open().await.iter().any(|ask| ask.question == world.about_deal(13) && ask.tries > 0)
    })
    .await;
    inquirer.stop().await;
    assert!(world.deals().await.iter().all(|deal| deal.found.is_some() && deal.deal != world.key(13)));
    assert!(fake.requests() < 70, "{} requests", fake.requests());
}

/// The account answers like this for a while, then well.
async fn no_deal_is_lost(exhibit: Exhibit, ill: fn() -> Answer) {
    let world = World::new().await;
    let (well, is_well) = watch::channel(false);
    let fake = exhibit.fake(move |_| (!*is_well.borrow()).then(ill)).await;
    for id in 1..=40 {
        world.ask(world.about_deal(id)).await;
    }
    let upstream = (exhibit.upstream)(&fake.url, &world.origin(), "token");
    let inquirer = world.run_upstream(upstream, world.workspace);
    let tries = async || {
        let open = world.open().await;
        open.iter().filter(|ask| ask.question.kind() == QuestionKind::Deal).map(|ask| ask.tries).min()
    };
    for round in 1..=3 {
        until("all of them were tried", async || tries().await >= Some(round)).await;
        world.advance(Duration::from_secs(5));
    }
    assert!(fake.requests() < 40, "{} requests", fake.requests());
    assert!(world.facts().await.is_empty(), "nothing is made of it");
    well.send_replace(true);
    until("all are answered", async || {
        world.advance(Duration::from_mins(5));
        world.deals().await.len() == 40
    })
    .await;
    assert!(world.deals().await.iter().all(|deal| deal.found.is_some()));
    inquirer.stop().await;
}

/// Two accounts on one host, of which one is refused.
async fn one_account_rests_alone(exhibit: Exhibit, refused: fn() -> Answer) {
    let world = World::new().await;
    let other = world.store.workspace("other").await.unwrap();
    let fake = exhibit.fake(move |asked| (asked.bearer() == "refused").then(refused)).await;
    world.store.ask(other, world.about_deal(1), 0).await.unwrap();
    let account = |token| (exhibit.upstream)(&fake.url, &world.origin(), token);
    let refused = world.run_upstream(account("refused"), other);
    until("it was refused", async || {
        let open = world.store.asks_due(&world.origin(), &[other], 10, i64::MAX).await.unwrap();
        open.iter().any(|ask| ask.tries > 0)
    })
    .await;
    let begun = Instant::now();
    world.ask(world.about_deal(2)).await;
    let healthy = world.run_upstream(account("token"), world.workspace);
    until("the neighbour is answered", async || world.deals().await.len() == 1).await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(10), "the neighbour waited {waited:?}");
    refused.stop().await;
    healthy.stop().await;
}

/// Requests come no faster than the limits say, in any second.
async fn limits_are_kept(exhibit: Exhibit) {
    let world = World::new().await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&times);
    let fails = AtomicBool::new(false);
    let fake = exhibit
        .fake(move |_| {
            noted.lock().unwrap().push(Instant::now());
            // Halves of lists are asked as soon as they may be.
            fails.fetch_xor(true, Ordering::Relaxed).then(|| Answer::of(500))
        })
        .await;
    for id in 1..=200 {
        world.ask(world.about_deal(id)).await;
    }
    let upstream = (exhibit.upstream)(&fake.url, &world.origin(), "token");
    let limits = upstream.limits();
    let inquirer = world.run_upstream(upstream, world.workspace);
    until("all are answered", async || {
        world.advance(Duration::from_mins(5));
        world.deals().await.len() == 200
    })
    .await;
    inquirer.stop().await;
    let per_s = limits.account_per_s.unwrap_or(u32::MAX).min(limits.provider_per_s) as usize;
    let times = times.lock().unwrap();
    for window in times.windows(per_s + 1) {
        let took = window[per_s] - window[0];
        assert!(took >= Duration::from_secs(1), "{} requests within {took:?}", per_s + 1);
    }
}

macro_rules! suite {
    ($($name:ident: $play:ident($($given:expr)?);)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let [kommo, other] = EXHIBITS;
                tokio::join!($play(kommo, $($given)?), $play(other, $($given)?));
            }
        )*
    };
}

suite! {
    one_at_which_the_crm_fails: one_of_sixty(|_| Answer::of(500));
    one_at_which_it_fails_and_asks_to_wait: one_of_sixty(|_| Answer::of(503).header("retry-after", "1"));
    one_that_is_redirected: one_of_sixty(|_| Answer::of(301).header("location", "/elsewhere"));
    one_with_a_status_that_nobody_expects: one_of_sixty(|_| Answer::of(418));
    one_that_is_not_understood: one_of_sixty(|_| Answer::of(422));
    one_with_a_page_of_somebody_else: one_of_sixty(|_| Answer::new(200, "<html>Please log in</html>"));
    one_with_emptiness: one_of_sixty(|_| Answer::new(200, "{}"));
    one_whose_answer_breaks_off: one_of_sixty(Answer::that_breaks_off);
    one_whose_answer_drips: one_of_sixty(Answer::that_drips);
    one_whose_answer_has_no_end: one_of_sixty(|_| Answer::new(200, "[".repeat(1024)).repeated(80 * 1024));

    a_page_of_somebody_else_for_a_while: no_deal_is_lost(|| Answer::new(200, "<html>"));
    an_empty_object_for_a_while: no_deal_is_lost(|| Answer::new(200, "{}"));
    an_empty_list_for_a_while: no_deal_is_lost(|| Answer::new(200, "[]"));
    an_empty_body_for_a_while: no_deal_is_lost(|| Answer::of(200));
    a_refused_question_for_a_while: no_deal_is_lost(|| Answer::of(400));
    a_redirect_for_a_while: no_deal_is_lost(|| Answer::of(302));

    asked_too_often: one_account_rests_alone(|| Answer::of(429).header("retry-after", "300"));
    refused: one_account_rests_alone(|| Answer::of(403).header("retry-after", "300"));
    in_need_of_somebody: one_account_rests_alone(|| Answer::of(401));

    the_pace: limits_are_kept();
}
