//! `kopru export-person`.

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::whom::Whom;
use crate::{
    Error,
    ask::{Of, local},
    events::ShownEvent,
    logging::out,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    whom: Whom,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Exported {
    known: bool,
    erased: bool,
    whole: bool,
    contacts: Vec<String>,
    identifiers: std::collections::BTreeMap<String, u64>,
    clicks: Vec<ExportedClick>,
    chats: Vec<ExportedChat>,
    deals: Vec<ExportedDeal>,
    conversions: Vec<ShownEvent>,
}

#[derive(Deserialize)]
struct ExportedClick {
    time: Option<String>,
    ad_id: Option<String>,
    account: Option<String>,
}

#[derive(Deserialize)]
struct ExportedChat {
    began: Option<String>,
    without_ad: bool,
    withheld: Option<String>,
}

#[derive(Deserialize)]
struct ExportedDeal {
    deal: String,
    stage: Option<String>,
    price: Option<String>,
}

/// Prints what is known of a person; returns whether anything is.
pub async fn export(arguments: &Arguments) -> Result<bool, Error> {
    let object = arguments.whom.object()?;
    let asking = arguments.of.read()?;
    let answer = asking.post("/api/v1/person", &Value::Object(object)).await;
    let answer = answer.map_err(|error| arguments.whom.said(error))?;
    let person: Exported = answer.json()?;
    if arguments.json {
        out!("{}", server::indented(&answer.text));
        return Ok(person.known);
    }
    let Exported { known, erased, whole, contacts, identifiers, clicks, chats, deals, conversions } = person;
    if erased {
        out!("they were erased: nothing is learnt of them");
    }
    if !known {
        out!("nothing is known of them");
        return Ok(false);
    }
    for contact in &contacts {
        out!("contact     {contact}");
    }
    for (kind, count) in &identifiers {
        out!("{kind:<12}{count}, as keyed hashes");
    }
    for ExportedClick { time, ad_id, account } in &clicks {
        let time = time.as_deref().map_or_else(String::new, |time| local(time, &asking.zone));
        let part = |what: &str, part: &Option<String>| {
            part.as_ref().map_or_else(String::new, |part| format!("  {what} {part}"))
        };
        out!("click       {time}{}{}", part("ad", ad_id), part("account", account));
    }
    for ExportedChat { began, without_ad, withheld } in &chats {
        let time = |time: &Option<String>| time.as_deref().map(|time| local(time, &asking.zone));
        let without_ad = if *without_ad { "  without an ad" } else { "" };
        let withheld = time(withheld).map_or_else(String::new, |time| format!("  withheld {time}"));
        out!("chat        began {}{without_ad}{withheld}", time(began).unwrap_or_default());
    }
    for ExportedDeal { deal, stage, price } in &deals {
        let stage = stage.as_ref().map_or_else(String::new, |stage| format!("  stage {stage}"));
        let price = price.as_ref().map_or_else(String::new, |price| format!("  price {price}"));
        out!("deal        {deal}{stage}{price}");
    }
    for event in &conversions {
        out!("");
        for (name, value) in event.parts(&asking.zone) {
            out!("{name:<12}{value}");
        }
        if let Some(body) = event.body() {
            out!("body\n{body}");
        }
    }
    if !whole {
        out!("there are more deals or events than are shown");
    }
    Ok(true)
}
