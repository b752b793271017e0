//! A store with many conversions, written through the store itself.

use std::{fs, path::Path};

use kopru_core::{
    Action, Cause, Channel, Click, Conversion, DealKey, Effect, Identity, Node, Reason, Revisit, RevisitStep,
    Route, Sent, State, Worth,
};
use store::{DataKey, Decided};

use crate::service::{Failure, figures::progress};

/// How many conversions one transaction makes.
const AT_ONCE: u64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// Makes conversions of the first workspace, one a minute until now; every tenth was accepted. With `clicks`,
/// each has its click, and all are so much older.
pub async fn conversions(folder: &Path, count: u64, age_ms: i64, clicks: bool) -> Result<(), Failure> {
    let key = DataKey::from_hex(&fs::read_to_string(folder.with_extension("key"))?)?;
    let store = store::open(folder, &key)?;
    let workspace = store.workspace("tenant-0").await?;
    let lease = store.lease(workspace).await?;
    let now_ms = store::Clock::system().now_ms();
    // The fill stands in for steps of a revisit, which may make anything.
    let revisit = Revisit {
        action: Action::Resolve,
        filter: None,
        any_age_of_queued: false,
        ask_for: Vec::new(),
        rules: Vec::new(),
    };
    let mut made = 0;
    while made < count {
        let upto = count.min(made + AT_ONCE);
        let at_ms = |number: u64| now_ms - age_ms - (count - number) as i64 * MINUTE_MS / 24;
        let mut effects = Vec::new();
        for number in made..upto {
            effects.push(Effect::Create(conversion(number, at_ms(number))));
            if clicks {
                effects.push(Effect::SaveClick(click(number, at_ms(number))));
            }
        }
        let step = RevisitStep {
            number: 0,
            revisit: revisit.clone(),
            conversions: Vec::new(),
            deals: Vec::new(),
            next: None,
        };
        let decided = Decided { revisited: Some((step, effects)), now_ms: at_ms(upto), ..Decided::default() };
        store.apply(lease, decided).await?;
        made = upto;
        if made % 100_000 == 0 {
            progress(&format!("{made} conversions are stored"));
        }
    }
    Ok(())
}

fn click(number: u64, at_ms: i64) -> Click {
    Click {
        message: format!("m{number}"),
        channel: Channel::Whatsapp,
        account: "waba".into(),
        who: vec![Node::from_stored(format!("phone:{number:032x}"))],
        at_s: at_ms / 1000,
        click_id: Some(format!("click{number}")),
        ad_id: Some("120200000000000001".into()),
    }
}

fn conversion(number: u64, at_ms: i64) -> Conversion {
    let accepted = number.is_multiple_of(10);
    Conversion {
        event_id: format!(
            "{:032x}",
            u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
        ),
        event: if number.is_multiple_of(3) { "Purchase" } else { "Lead" }.into(),
        name: if number.is_multiple_of(3) { "Purchase" } else { "LeadSubmitted" }.into(),
        rule: "sale".into(),
        cause: Cause::Deal(DealKey { origin: "kommo:1".into(), id: number.to_string() }),
        route: Route::Messaging(Channel::Whatsapp),
        event_s: at_ms / 1000,
        received_ms: at_ms,
        worth: Some(Worth::price()),
        value: format!("{}.50", number % 1000).parse().ok(),
        currency: Some("TRY".into()),
        correction: None,
        stage: None,
        made_by: 0,
        occurrence: 1,
        released: false,
        dataset: Some("100000000".into()),
        ad_id: Some(format!("ad{}", number % 20)),
        consent: None,
        state: if accepted { State::Accepted } else { State::Suppressed },
        reason: (!accepted).then_some(Reason::NoClick),
        deadline_ms: None,
        due_ms: None,
        detail: None,
        stop: None,
        identity: Some(Identity::Click { account: "waba".into(), click_id: format!("click{number}") }),
        sent: Sent::Never,
        stored: None,
        came_anew: false,
    }
}
