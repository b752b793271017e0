//! What a shop owner reads.

use kopru_core::{
    AmountFrom, Catalogue, Cause, Conversion, DealKey, Decision, Effect, Fact, Link, Outcome, Question,
    Reason, StageId, StageName, State, Worth,
};
use store::{
    AskStore, Decided, DecisionStore, FactStore, Member, OutcomeOf, Pause, PauseScope, QueueStore, Settled,
    Views,
};

use crate::world::{ADMIN_TOKEN, World, conversion, lane};

const EVIL: &str = "\"><script>alert('x')</script>&";

/// A world in which everything that a page can say is to be said, and every text is hostile.
async fn full_world() -> World {
    let world = World::with(ADMIN_TOKEN, &["acme <u>", "beta"]).await;
    let reasons = Reason::ALL.iter().enumerate().map(|(place, reason)| {
        let state = match reason {
            Reason::TooLate | Reason::WouldBeRefused | Reason::RefusedByMeta | Reason::TriedTooOften => {
                State::Failed
            }
            Reason::AskingCrm
            | Reason::WaitingContact
            | Reason::WaitingPrice
            | Reason::WaitingDeal
            | Reason::WaitingSale
            | Reason::WaitingClock
            | Reason::HeldAfterRestore => State::Waiting,
            _ => State::Suppressed,
        };
        conversion(&format!("reason{place}"), state, Some(*reason))
    });
    let states = State::ALL.map(|state| conversion(&format!("0{}", state as u8), state, None));
    world.create(reasons.chain(states)).await;
    let mut evil = conversion("evil", State::Queued, None);
    evil.cause = Cause::Deal(DealKey { origin: "kommo:acme".into(), id: EVIL.into() });
    (evil.name, evil.detail, evil.ad_id) = (EVIL.into(), Some(EVIL.into()), Some(EVIL.into()));
    (evil.currency, evil.event) = (Some(EVIL.into()), EVIL.into());
    world.create([evil]).await;

    let newest = world.store.conversions(world.workspace, None, 1).await.unwrap().remove(0);
    let body = serde_json::json!({ "name": EVIL }).to_string();
    let member =
        Member { number: newest.number, revision: 0, body, carried: String::new(), may_count_twice: false };
    let opened = world.store.open(world.lease, &lane("700100"), vec![member], 0).await.unwrap();
    let settled = Settled::Unknown { due_ms: Some(0), reply: Some(EVIL.into()), may_count_twice: true };
    let outcomes = vec![OutcomeOf { number: newest.number, settled }];
    world.store.settle(world.lease, &lane("700100"), Some(opened.attempt), outcomes, 0).await.unwrap();
    for (dataset, needs_you) in [("700100", true), (EVIL, false)] {
        let pause = Pause {
            until_ms: 1,
            needs_you,
            cause: EVIL.into(),
            code: "190".into(),
            since_ms: 0,
            dataset: dataset.into(),
        };
        world.store.pause(world.lease, &PauseScope::Dataset(dataset.into()), Some(pause)).await.unwrap();
    }
    let question = Question::Catalogue { origin: format!("kommo:{EVIL}") };
    world.store.ask(world.workspace, question.clone(), 0).await.unwrap();
    world.store.postpone(world.workspace, vec![(question, 0)], EVIL).await.unwrap();
    for reason in [
        "bad_signature",
        "bad_handshake",
        "wrong_method",
        "too_large",
        "too_slow",
        "broken_off",
        "busy",
        "not_kept",
        "unreadable",
        "unreadable_not_kept",
        "too_many",
        "site_refused",
        "gpc",
        "bot",
        "before_consent",
        "no_consent",
    ] {
        world.store.count(vec![(world.workspace, format!("door.{reason}"), 1)]).await.unwrap();
    }
    world.set_one_aside(EVIL).await;
    world.health.stopped("acme <u>", EVIL, 0);
    end_facts(&world).await;
    world
}

/// Has a fact of every outcome, and a catalogue in which no rule finds its stage.
async fn end_facts(world: &World) {
    let nothing = Fact::Link(Link { who: Vec::new(), at_s: 0, ..Link::default() });
    world.store.append(world.workspace, "kommo", 0, vec![nothing.clone(); 4]).await.unwrap();
    let facts = world.store.take(world.lease, 10, 0).await.unwrap().facts;
    let stage = StageName {
        stage: StageId { pipeline: "1".into(), status: "2".into() },
        pipeline_name: EVIL.into(),
        stage_name: EVIL.into(),
    };
    let catalogue = Catalogue {
        account: None,
        name: None,
        origin: "kommo:acme".into(),
        currency: None,
        stages: vec![stage],
        former: Vec::new(),
        meanings: Vec::new(),
    };
    let waiting = Outcome::Waiting { on: "deal:1".into(), reason: Reason::AskingCrm };
    let outcomes = [Outcome::Used, Outcome::Duplicate, Outcome::Ignored(Reason::NothingNew), waiting];
    let decisions = facts
        .iter()
        .zip(outcomes)
        .map(|(fact, outcome)| Decision {
            seq: fact.seq,
            outcome,
            effects: vec![Effect::SaveCatalogue(fact.seq, catalogue.clone())],
        })
        .collect();
    world.store.apply(world.lease, Decided { decisions, now_ms: 0, ..Decided::default() }).await.unwrap();
    world.store.append(world.workspace, "kommo", 0, vec![nothing]).await.unwrap();
}

async fn page(world: &World, query: &str) -> String {
    let answer = world.get(&format!("/{query}")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    answer.text().await.unwrap()
}

/// What is to be read: without tags and what is in them.
fn words_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    text
}

#[tokio::test]
async fn the_page_speaks_to_a_shop_owner_in_both_languages() {
    let world = full_world().await;
    for (language, own_word, code_words) in [
        (
            "en",
            "Newest events",
            &["fact", "facts", "outcome", "outcomes", "ledger", "route", "link", "suppressed"][..],
        ),
        (
            "tr",
            "En yeni olaylar",
            &["fact", "outcome", "ledger", "route", "link", "suppressed", "müşteri"][..],
        ),
    ] {
        let html = page(&world, &format!("?lang={language}")).await;
        assert!(html.contains(&format!("<html lang=\"{language}\">")));
        let text = words_of(&html);
        assert!(text.contains(own_word));
        for key in
            ["reason.", "state.", "record.", "door.", "problem.", "balance.", "newest.", "funnel.", "login."]
        {
            let is_key = |(at, _): (usize, &str)| {
                text[at + key.len()..].starts_with(|c: char| c.is_ascii_lowercase())
                    && !text[..at].ends_with(|c: char| c.is_alphanumeric())
            };
            assert!(!text.match_indices(key).any(is_key), "{language}: an untranslated {key}");
        }
        // Some are words of the language as well.
        for reason in Reason::ALL.iter().filter(|reason| reason.code().contains('_')) {
            assert!(!text.contains(&format!(" {} ", reason.code())), "{reason:?}");
        }
        let said = text.to_lowercase();
        let said: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).collect();
        for word in code_words {
            let allowed = |place: usize| *word == "müşteri" && said[place - 1] == "potansiyel";
            let found = said.iter().enumerate().find(|(place, one)| *one == word && !allowed(*place));
            assert!(found.is_none(), "{language}: the page says {word:?}");
        }
        assert!(!text.to_lowercase().contains("queue hold"));
        assert!(!html.contains("> <span class=\"part failed\"></span>"), "a text is missing");
    }
}

#[tokio::test]
async fn nothing_that_comes_from_outside_becomes_markup() {
    let world = full_world().await;
    for language in ["en", "tr"] {
        let html = page(&world, &format!("?lang={language}")).await;
        assert!(html.contains("&#60;script&#62;"), "the hostile texts are there");
        assert!(!html.contains("<script>alert") && !html.contains("\"><script"), "{language}");
        assert!(!html.contains("<b>qualified") && !html.contains("<u>") && !html.contains("<i>"));
        assert_eq!(html.matches("<script").count(), 1, "only the page's own");
    }
    let unknown = world.get("/?workspace=%3Cscript%3E&lang=%3Cscript%3E").await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.text().await.unwrap(), "");
}

#[tokio::test]
async fn what_meta_never_saw_is_not_called_refused_by_meta() {
    let world = World::new().await;
    for (reason, says) in [
        (Reason::TooLate, "Too late to send"),
        (Reason::WouldBeRefused, "Meta would refuse it"),
        (Reason::TriedTooOften, "Given up after many tries"),
        (Reason::RefusedByMeta, "Refused by Meta"),
    ] {
        world.create([conversion(reason.code(), State::Failed, Some(reason))]).await;
        let html = page(&world, "").await;
        let newest = html.split("<ul class=\"events\">").nth(1).unwrap().split("</li>").next().unwrap();
        let text = words_of(newest);
        assert!(text.contains(says), "{reason:?}: {text}");
        assert_eq!(text.contains("Refused by Meta"), reason == Reason::RefusedByMeta, "{reason:?}: {text}");
    }
}

#[tokio::test]
async fn what_is_dated_in_the_future_says_when_it_leaves() {
    let world = World::new().await;
    let future = |id: &str, state, reason, event_s| Conversion { event_s, ..conversion(id, state, reason) };
    // 1 January 2100, noon.
    let future_s = 4_102_488_000;
    world
        .create([
            future("waits", State::Waiting, Some(Reason::WaitingPrice), future_s),
            future("past", State::Queued, None, 1_780_000_000),
            future("future", State::Queued, None, future_s),
        ])
        .await;
    let listed = world.get("/api/v1/conversions").await.text().await.unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let leaves: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["leaves"].as_str()).collect();
    assert_eq!(leaves, [Some("2100-01-01T12:00:00Z"), None, None]);
    for (language, says) in [
        ("en", "Dated in the future: leaves on 2100-01-01 12:00"),
        ("tr", "İleri tarihli: 2100-01-01 12:00 tarihinde gönderilecek"),
    ] {
        let html = page(&world, &format!("?lang={language}")).await;
        assert_eq!(words_of(&html).matches(says).count(), 1, "{language}");
    }
}

#[tokio::test]
async fn the_body_is_shown_as_sent() {
    let world = World::new().await;
    world.create([conversion("a", State::Queued, None)]).await;
    world.send(1, Settled::Accepted { reply: "accepted".into() }, 1).await;
    let html = page(&world, "").await;
    let shown = html.split("<pre tabindex=\"0\">").nth(1).unwrap().split("</pre>").next().unwrap();
    let shown = shown.replace("&#34;", "\"");
    let wanted = "{\n  \"event_name\": \"Purchase\",\n  \"custom_data\": {\n    \"value\": 4999.90,\n    \
                  \"currency\": \"TRY\"\n  },\n  \"a\": 1\n}";
    assert_eq!(shown, wanted);
}

#[tokio::test]
async fn the_language_is_the_browsers_unless_one_is_chosen() {
    let world = World::new().await;
    for (query, accepts, wanted) in [
        ("", None, "en"),
        ("", Some("tr-TR,tr;q=0.9,en;q=0.8"), "tr"),
        ("", Some("de,tr;q=0.9"), "tr"),
        ("", Some("de"), "en"),
        ("?lang=en", Some("tr"), "en"),
        ("?lang=tr", None, "tr"),
        ("?lang=xx", Some("tr"), "tr"),
    ] {
        let mut request = world.client.get(format!("http://{}/{query}", world.admin.address));
        if let Some(accepts) = accepts {
            request = request.header("accept-language", accepts);
        }
        let answer = request.bearer_auth(ADMIN_TOKEN).send().await.unwrap();
        let html = answer.text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{wanted}\">")), "{query} {accepts:?}");
    }
}

#[tokio::test]
async fn an_agency_chooses_the_business() {
    let world = full_world().await;
    let first = page(&world, "").await;
    assert!(first.contains("acme &#60;u&#62;"), "the first one unless told");
    let second = page(&world, "?workspace=beta").await;
    assert!(second.contains("<title>beta"));
    assert!(second.contains("No events yet."));
    assert!(!second.contains("550"));
}

#[tokio::test]
async fn a_browser_remembers_its_language() {
    let world = World::new().await;
    let answer = world.get("/?lang=tr").await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("kopru_language=tr;") && cookie.contains("SameSite=Strict"), "{cookie}");
    let login = world.get_as("/", Some(("cookie", "kopru_language=tr"))).await;
    assert!(login.text().await.unwrap().contains("<html lang=\"tr\">"));
    let login = world.get_as("/", Some(("cookie", "kopru_language=<script>"))).await;
    assert!(login.text().await.unwrap().contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn records_that_changed_nothing_say_why() {
    let world = full_world().await;
    let ignored = world.store.ignored(world.workspace).await.unwrap();
    assert_eq!(ignored, [(Reason::NothingNew, 1)]);
    assert_eq!(ignored.iter().map(|(_, count)| count).sum::<i64>(), world.ledger().await.facts.ignored);
    let html = page(&world, "?lang=en").await;
    assert!(html.contains("<li><b>1</b> Nothing new</li>"));
}

#[tokio::test]
async fn the_page_says_what_came_of_each_rule() {
    let world = World::new().await;
    let no_click = conversion("b", State::Suppressed, Some(Reason::NoClick));
    world.create([conversion("a", State::Queued, None), no_click]).await;
    world.fire_without_an_event("sale", Reason::BeforeRule, "120").await;
    let says = async |language: &str| {
        let html = page(&world, &format!("?lang={language}")).await;
        let rules = html.split("</details>").find(|part| part.contains(">sale:<")).unwrap().to_owned();
        words_of(&rules).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let english = says("en").await;
    let wanted = "sale: 3 (10,119.80 TRY) = 1 On its way (4,999.90 TRY) + 1 No ad click seen (4,999.90 \
                  TRY) + 1 Happened before the rule counted (120 TRY)";
    assert!(english.contains(wanted), "{english}");
    assert!(says("tr").await.contains("sale: 3 (10.119,80 TRY) ="), "amounts as people write them");
}

#[tokio::test]
async fn a_rule_that_nothing_has_fired_is_shown_as_well() {
    let world = World::new().await;
    let html = page(&world, "?lang=en").await;
    let words = words_of(&html).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("qualified &#60;b&#62;: 0 "), "{words}");
}

#[tokio::test]
async fn what_is_no_revenue_and_what_does_not_fall_is_said() {
    let world = World::new().await;
    let worth = Some(Worth { from: AmountFrom::Fixed("500".parse().unwrap()), ..Worth::price() });
    let estimate = Conversion { worth, ..conversion("estimate", State::Queued, None) };
    let undone = Conversion { reason: Some(Reason::Undone), ..conversion("undone", State::Accepted, None) };
    world.create([estimate, undone]).await;
    let html = page(&world, "?lang=en").await;
    let words = words_of(&html).split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.replace("&#39;", "'");
    for said in [
        "In purchases and revenue, and undone since: 1 (4,999.90 TRY). Undone, or its deal deleted, after Meta received it; \
         Meta's total does not fall.",
        "1 Received by Meta (1 of them undone since)",
        "1 Undone, or its deal deleted, after Meta received it; Meta's total does not fall (4,999.90 TRY)",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!words.contains("Purchase: Undone"), "it was sent: {words}");
    let newest: Vec<&str> =
        html.split("<ul class=\"events\">").nth(1).unwrap().split("<li>").skip(1).collect();
    assert!(
        newest[0]
            .contains("Undone, or its deal deleted, after Meta received it; Meta&#39;s total does not fall"),
        "{}",
        newest[0]
    );
    assert!(newest[1].contains("your estimate, no revenue"), "{}", newest[1]);
    assert!(!newest[0].contains("estimate,") && !newest[1].contains("Undone"));
    let tr = page(&world, "?lang=tr").await;
    assert!(tr.contains("toplam düşmez") && tr.contains("gelire katılmaz"));
}

#[tokio::test]
async fn a_delay_is_written_as_the_language_does() {
    let world = World::new().await;
    world.create([conversion("a", State::Queued, None)]).await;
    world.send(1, Settled::Accepted { reply: String::new() }, 1_780_000_006_300).await;
    for (language, delay) in [("en", "<dd>1.3 s</dd>"), ("tr", "<dd>1,3 sn</dd>")] {
        let html = page(&world, &format!("?lang={language}")).await;
        assert!(html.contains(delay), "{html}");
    }
}

#[tokio::test]
async fn an_event_has_one_name_wherever_it_is_named() {
    let world = World::new().await;
    let lead = |id: &str| Conversion {
        event: "Lead".into(),
        name: "LeadSubmitted".into(),
        ..conversion(id, State::Suppressed, Some(Reason::NoClick))
    };
    world.create([lead("a")]).await;
    for (language, why) in [("en", "No ad click seen"), ("tr", "Reklam tıklaması görülmedi")] {
        let words = words_of(&page(&world, &format!("?lang={language}")).await);
        assert_eq!(words.matches("LeadSubmitted (Lead)").count(), 3, "{words}");
        assert!(words.contains(&format!("LeadSubmitted (Lead): {why}")), "{words}");
        let others = words.replace("LeadSubmitted (Lead)", "");
        assert!(!others.contains("LeadSubmitted") && !others.contains("Lead:"), "{others}");
    }
}

#[tokio::test]
async fn what_somebody_can_still_have_sent_is_counted_for_a_week() {
    let world = World::new().await;
    let now_s = store::Clock::system().now_ms() / 1000;
    let old_s = now_s - 9 * 86_400;
    let told = [
        ("a", Reason::NoDataset, now_s),
        ("b", Reason::NoDataset, now_s - 6 * 86_400),
        ("c", Reason::NoDataset, old_s),
        ("d", Reason::ImportedAlready, now_s),
        ("e", Reason::ImportedAlready, old_s),
        ("f", Reason::NoConsent, now_s),
    ];
    let conversions = told.map(|(id, reason, event_s)| Conversion {
        event_s,
        ..conversion(id, State::Suppressed, Some(reason))
    });
    world.create(conversions).await;
    let zones = vec![insight::Zone::of(&jiff::tz::TimeZone::UTC)];
    insight::catch_up(world.store.clone(), world.workspace, zones, store::Clock::system()).await.unwrap();
    for (language, said) in [
        ("en", ["no dataset is set up that takes them: 2.", "person, amount and day: 1."]),
        ("tr", ["veri seti almadığı için gönderilmeyen olay: 2.", "bildirdiği için gönderilmeyen satış: 1."]),
    ] {
        let words = words_of(&page(&world, &format!("?lang={language}")).await);
        for said in said {
            assert!(words.contains(said), "{said}: {words}");
        }
    }
}

/// Whatever is wrong: the words of loops, of the check and of Meta's errors are English.
#[tokio::test]
async fn a_turkish_page_says_no_cause_in_english() {
    let world = World::new().await;
    let detail = Some("2804009: a Purchase needs a value".to_owned());
    let refused = Conversion { detail, ..conversion("a", State::Failed, Some(Reason::WouldBeRefused)) };
    world.create([refused]).await;
    let pause = Pause {
        until_ms: 1,
        needs_you: true,
        cause: "Error validating access token: Session has expired.".into(),
        code: "190/463".into(),
        since_ms: 0,
        dataset: "700100".into(),
    };
    let scope = PauseScope::Dataset("700100".into());
    world.store.pause(world.lease, &scope, Some(pause)).await.unwrap();
    let question = Question::Catalogue { origin: "kommo:acme".into() };
    world.store.ask(world.workspace, question.clone(), 0).await.unwrap();
    world.store.postpone(world.workspace, vec![(question, 0)], "no answer in time").await.unwrap();
    let english = words_of(&page(&world, "?lang=en").await);
    let turkish = words_of(&page(&world, "?lang=tr").await);
    for (cause, said) in [
        ("a Purchase needs a value", "Meta bunu 2804009 koduyla reddederdi"),
        ("Session has expired", "Erişim belirteci geçerli değil (190/463)"),
        ("no answer in time", "zamanında yanıt yok"),
    ] {
        assert!(english.contains(cause) && !turkish.contains(cause), "{cause}: {turkish}");
        assert!(turkish.contains(said), "{said}: {turkish}");
    }
}
