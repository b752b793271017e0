//! What people read.

use kopru_core::{
    Catalogue, Channel, Click, Conversion, ConversionFilter, Deal, Effect, Entry, Outcome, Question, Reason,
    Route, StageId, State, Stop,
};

use super::shop::{ORIGIN, SET, Shop, deal_key, lane, node, nothing, queued, scope};
use crate::{
    LaneKey, Member, Pause, Store, Unreadable,
    views::{Listed, Problem},
};

pub(super) async fn count_what_did_not_come_in(store: &dyn Store) {
    let shop = Shop::open(store, "refused at the door").await;
    let counts = [("door.signature", 2), ("door.size", 1), ("door.signature", 3)];
    let counts = counts.map(|(name, by)| (shop.workspace, name.to_owned(), by));
    store.count(counts.into()).await.unwrap();
    let body = Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: b"who knows".into(),
    };
    store.append_unreadable(shop.workspace, 1, body.clone()).await.unwrap();
    let others = Unreadable { source: "other".into(), counted_as: "signature", ..body.clone() };
    store.append_unreadable(shop.workspace, 2, others).await.unwrap();
    let newer = Unreadable { counted_as: "signature", body: Vec::new(), ..body };
    store.append_unreadable(shop.workspace, 3, newer).await.unwrap();
    let listed =
        async |below, limit| store.unreadable_of(shop.workspace, "test", below, limit).await.unwrap();
    let all = listed(None, 10).await;
    let seen: Vec<_> = all
        .iter()
        .map(|one| (one.number, one.received_ms, one.body.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(seen, [(3, 3, &b""[..]), (1, 1, b"who knows")]);
    assert!(all.iter().all(|one| one.skeleton == "text"));
    assert_eq!((listed(None, 1).await, listed(Some(3), 10).await), (all[..1].to_vec(), all[1..].to_vec()));
    let refused = store.ledger(shop.workspace).await.unwrap().refused_at_door;
    let expected = [("signature", 7), ("size", 1), ("unreadable", 1)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!(refused, expected.into());
    shop.balanced().await;
}

pub(super) async fn count_what_changed_nothing_by_its_reason(store: &dyn Store) {
    let shop = Shop::open(store, "ignored").await;
    assert_eq!(store.ignored(shop.workspace).await.unwrap(), []);
    for (facts, reason) in [(1, Reason::NoDealYet), (3, Reason::NothingNew)] {
        shop.append(vec![nothing(); facts]).await;
        shop.decide(Outcome::Ignored(reason), Vec::new(), 0).await;
    }
    let ignored = store.ignored(shop.workspace).await.unwrap();
    assert_eq!(ignored, [(Reason::NothingNew, 3), (Reason::NoDealYet, 1)], "the most frequent first");
}

pub(super) async fn count_a_conversation_once(store: &dyn Store) {
    let shop = Shop::open(store, "conversations").await;
    let click = |message: &str| {
        Effect::SaveClick(Click {
            message: message.into(),
            channel: Channel::Whatsapp,
            account: "waba".into(),
            who: vec![node("phone:a"), node("user:a")],
            at_s: 3,
            click_id: None,
            ad_id: None,
        })
    };
    shop.act(vec![click("m1"), click("m2"), click("m1")], 0).await;
    shop.act(vec![click("m1")], 0).await;
    assert_eq!(store.funnel(shop.workspace).await.unwrap().conversations, 2);
}

pub(super) async fn say_what_needs_mending(store: &dyn Store) {
    let shop = Shop::open(store, "problems").await;
    assert_eq!(store.problems(shop.workspace).await.unwrap(), []);
    let by_lead = Conversion { route: Route::Lead, ..queued("by lead", 0) };
    let elsewhere = Conversion { dataset: Some("set-10".into()), ..queued("elsewhere", 0) };
    let all = [queued("held", 0), queued("a", 0), by_lead, elsewhere];
    let mut effects: Vec<Effect> = all.map(Effect::Create).into();
    let questions = ["1", "2", "3"].map(|id| Question::Deal { deal: deal_key(id) });
    effects.extend(questions.clone().map(|question| Effect::Ask { question, upto: 1, after_ms: 0 }));
    shop.act(effects, 0).await;
    shop.open_attempt(&shop.claim(1, 0).await, 0).await;
    let pause = Pause {
        until_ms: 9,
        needs_you: true,
        cause: "token".into(),
        code: "190".into(),
        since_ms: 1,
        dataset: SET.into(),
    };
    store.pause(shop.lease, &scope(), Some(pause.clone())).await.unwrap();
    let [first, second, third] = questions;
    let failed = vec![(first.clone(), 5), (second, 5)];
    store.postpone(shop.workspace, failed, "no answer").await.unwrap();
    let paused = Problem::Paused { scope: scope(), dataset: SET.into(), pause, queued: 2 };
    let unanswered =
        |questions| Problem::Unanswered { origin: ORIGIN.into(), questions, error: "no answer".into() };
    assert_eq!(store.problems(shop.workspace).await.unwrap(), [paused, unanswered(2)]);

    // Each way in which they ended is told for itself.
    store.postpone(shop.workspace, vec![(third, 5)], "refused").await.unwrap();
    let refused = Problem::Unanswered { origin: ORIGIN.into(), questions: 1, error: "refused".into() };
    let all = store.problems(shop.workspace).await.unwrap();
    assert_eq!(all[1..], [unanswered(2), refused.clone()]);

    store.pause(shop.lease, &scope(), None).await.unwrap();
    store.abandon(shop.workspace, vec![first]).await.unwrap();
    assert_eq!(store.problems(shop.workspace).await.unwrap(), [unanswered(1), refused]);
}

pub(super) async fn say_what_only_the_history_could_confirm(store: &dyn Store) {
    let shop = Shop::open(store, "history").await;
    let stage = StageId { pipeline: "7".into(), status: "2".into() };
    let of = |id: &str| Question::StageLog { deal: deal_key(id), stage: stage.clone() };
    let other = Question::Deal { deal: deal_key("1") };
    for question in [of("1"), of("2"), of("3"), of("4"), other.clone()] {
        store.ask(shop.workspace, question, 0).await.unwrap();
    }
    // A report says so of two deals, the third was found there, and of the fourth nobody has said it.
    for id in ["1", "2"] {
        shop.append(vec![nothing()]).await;
        shop.decide(Outcome::Waiting { on: of(id).key(), reason: Reason::AskingCrm }, Vec::new(), 0).await;
    }
    let found = Deal { arrived: Some(Entry::new(stage.clone(), 1)), ..Deal::new(deal_key("3")) };
    shop.act(vec![Effect::SaveDeal(found)], 0).await;
    let awaited = async || store.history_awaited(shop.workspace).await.unwrap();
    assert_eq!(awaited().await, [], "nobody knows yet that there is no answer");
    store.postpone(shop.workspace, vec![(of("1"), 5), (other, 5)], "refused").await.unwrap();
    assert_eq!(awaited().await, [(deal_key("1"), stage.clone())]);
    store.postpone(shop.workspace, vec![(of("3"), 5), (of("4"), 5)], "refused").await.unwrap();
    assert_eq!(awaited().await, [(deal_key("1"), stage.clone()), (deal_key("3"), stage.clone())]);
    store.abandon(shop.workspace, vec![of("1"), of("3")]).await.unwrap();
    assert_eq!(awaited().await, []);
}

pub(super) async fn say_whether_something_is_under_way(store: &dyn Store) {
    let shop = Shop::open(store, "settled").await;
    let is_settled = async || {
        shop.follow().await;
        store.is_settled(shop.workspace).await.unwrap()
    };
    let oldest = async || store.oldest_undecided_ms(shop.workspace).await.unwrap();
    assert!(is_settled().await);
    assert_eq!(oldest().await, None);
    store.append(shop.workspace, "test", 5, vec![nothing()]).await.unwrap();
    store.append(shop.workspace, "test", 7, vec![nothing()]).await.unwrap();
    assert!(!is_settled().await, "facts");
    assert_eq!(oldest().await, Some(5));
    let waits = Outcome::Waiting { on: "an answer".into(), reason: Reason::AskingCrm };
    let waiting = queued("w", 0).stopped(Stop::waiting(Reason::WaitingPrice, 9));
    shop.decide(waits, vec![Effect::Create(waiting)], 0).await;
    assert!(is_settled().await, "what waits is not under way");
    assert_eq!(oldest().await, None);

    let question = Question::Deal { deal: deal_key("1") };
    store.ask(shop.workspace, question.clone(), i64::MAX).await.unwrap();
    assert!(!is_settled().await, "an open question, whenever it is due");
    store.abandon(shop.workspace, vec![question]).await.unwrap();
    assert!(is_settled().await);

    assert_eq!(store.oldest_due_ms(shop.workspace).await.unwrap(), None);
    let by_lead = Conversion { route: Route::Lead, ..queued("by lead", 40_000) };
    shop.act(vec![Effect::Create(queued("e", 50_000)), Effect::Create(by_lead)], 0).await;
    assert!(!is_settled().await, "the queue");
    assert_eq!(store.oldest_due_ms(shop.workspace).await.unwrap(), Some(40_000), "of all lanes");
    let lead = LaneKey { route: Route::Lead, ..lane() };
    let one = store.claim(shop.lease, &lead, 1, 40_000).await.unwrap().ready.remove(0);
    let member = Member {
        number: one.number,
        revision: one.revision,
        body: "{}".into(),
        carried: "{}".into(),
        may_count_twice: false,
    };
    store.open(shop.lease, &lead, vec![member], 40_000).await.unwrap();
    assert_eq!(store.oldest_due_ms(shop.workspace).await.unwrap(), Some(50_000), "that no attempt holds");
}

pub(super) async fn find_conversions(store: &dyn Store) {
    let shop = Shop::open(store, "found").await;
    let failed = |id: &str| queued(id, 0).stopped(Stop::failed(Reason::TooLate));
    let all = [queued("a", 0), failed("b"), queued("c", 0), failed("d")];
    shop.act(all.map(Effect::Create).into(), 0).await;
    let ids = |all: Vec<Listed>| all.into_iter().map(|one| one.conversion.event_id).collect::<Vec<_>>();
    let found = async |filter: ConversionFilter, below, limit| {
        let page = store.conversions_of(shop.workspace, filter, below, limit).await.unwrap();
        assert_eq!(page.stopped_at, None);
        ids(page.listed)
    };
    let none = ConversionFilter::default();
    let late = ConversionFilter { states: vec![State::Failed], ..none.clone() };
    assert_eq!(found(none.clone(), None, 10).await, ["d", "c", "b", "a"], "newest first");
    assert_eq!(found(none.clone(), None, 2).await, ["d", "c"]);
    let below = store.conversion_number(shop.workspace, "c").await.unwrap();
    assert_eq!(found(none.clone(), below, 10).await, ["b", "a"]);
    assert_eq!(found(late.clone(), None, 1).await, ["d"]);
    assert_eq!(found(late, below, 10).await, ["b"]);
    let named = |ids: &[&str]| ConversionFilter {
        event_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..none.clone()
    };
    assert_eq!(found(named(&["a", "x", "d", "a"]), None, 10).await, ["d", "a"], "each once");
    assert_eq!(found(named(&["a", "d"]), below, 10).await, ["a"]);
    assert_eq!(store.conversion_number(shop.workspace, "x").await.unwrap(), None);
    // By a time, what was made a day or more before it has not happened after it.
    let since = ConversionFilter { since_s: Some(1), ..none };
    assert_eq!(found(since.clone(), None, 10).await.len(), 4);
    let day_s = 24 * 3600;
    shop.act(vec![Effect::Create(Conversion { event_s: 9_000_000, ..queued("e", 0) })], (1 + day_s) * 1000)
        .await;
    let later = ConversionFilter { since_s: Some(2 + 2 * day_s), ..since };
    assert!(found(later, None, 10).await.is_empty());
}

pub(super) async fn know_catalogues_workspaces_and_settings(store: &dyn Store) {
    let shop = Shop::open(store, "known").await;
    let catalogue = |origin: &str, currency: &str| Catalogue {
        account: None,
        name: None,
        origin: origin.into(),
        currency: Some(currency.into()),
        stages: Vec::new(),
        former: Vec::new(),
        meanings: Vec::new(),
    };
    let all = [catalogue("kommo:b", "EUR"), catalogue("kommo:a", "TRY"), catalogue("kommo:b", "USD")];
    let effects = all.into_iter().zip(1..).map(|(one, seq)| Effect::SaveCatalogue(seq, one)).collect();
    shop.act(effects, 0).await;
    let known = [catalogue("kommo:a", "TRY"), catalogue("kommo:b", "USD")];
    assert_eq!(store.catalogues(shop.workspace).await.unwrap(), known);
    // By the account's id, and what it is called now, it is found under another name.
    let renamed =
        Catalogue { account: Some("42".into()), name: Some("kommo:c".into()), ..catalogue("kommo:b", "USD") };
    shop.act(vec![Effect::SaveCatalogue(4, renamed.clone())], 0).await;
    let known = [catalogue("kommo:a", "TRY"), renamed];
    assert_eq!(store.catalogues(shop.workspace).await.unwrap(), known);
    assert_eq!(store.known_workspace("known").await.unwrap(), Some(shop.workspace));
    assert_eq!(store.known_workspace("unknown").await.unwrap(), None);
    let names = store.workspace_names().await.unwrap();
    assert!(
        names.is_sorted()
            && names.contains(&"known".to_owned())
            && names.iter().all(|name| name != "unknown")
    );
    assert_eq!(store.setting("a setting").await.unwrap(), None);
    for value in ["first", "second"] {
        store.set_setting("a setting", value.into()).await.unwrap();
        assert_eq!(store.setting("a setting").await.unwrap().as_deref(), Some(value));
    }
}
