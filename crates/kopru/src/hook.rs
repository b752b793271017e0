//! `kopru sandbox hook`: tries a door with one webhook.

use std::process::ExitCode;

use ::sandbox::hooks::{self, Answer, Door, Handshake, Hook, Parameters, Signing, check_address};
use serde_json::{Map, Value, json};

use crate::{Error, NEGATIVE, WRONG_USE, fail, logging::out, random_u32};

/// So many characters of an answer are shown on a line.
const SHOWN_CHARACTERS: usize = 200;

#[derive(clap::Args)]
pub struct Arguments {
    /// whatsapp, messenger, instagram, leadgen or kommo.
    #[arg(value_parser = Door::from_name, required_unless_present = "list")]
    door: Option<Door>,
    /// What happens. [default: the door's first in the list]
    #[arg(conflicts_with_all = ["list", "verify"])]
    shape: Option<String>,
    /// List the shapes with their meaning and exit.
    #[arg(long)]
    list: bool,
    /// The address of the door.
    #[arg(long, value_name = "URL", required_unless_present_any = ["list", "print"])]
    to: Option<String>,
    /// The app's secret, with which Meta signs; env:NAME takes it from the environment.
    #[arg(long, value_name = "SECRET", conflicts_with = "verify")]
    secret: Option<String>,
    /// Sign with another secret.
    #[arg(long, conflicts_with_all = ["no_signature", "verify"])]
    wrong_signature: bool,
    /// Send no signature.
    #[arg(long, conflicts_with = "verify")]
    no_signature: bool,
    /// Do Meta's handshake with this token in place of a webhook; env:NAME as above.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["list", "print"])]
    verify: Option<String>,
    /// Send the same body so many times, one after the other.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// Print headers, body and a curl command in place of sending.
    #[arg(long)]
    print: bool,
    /// Answer in JSON, one line a request.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filling: Filling,
}

/// What a shape is filled with.
#[derive(clap::Args)]
#[command(next_help_heading = "What it is filled with")]
struct Filling {
    /// The customer's phone, in digits.
    #[arg(long, value_name = "DIGITS")]
    phone: Option<String>,
    /// The customer's or the lead's name.
    #[arg(long)]
    name: Option<String>,
    /// The click id of WhatsApp (ctwa_clid). [default: a new one]
    #[arg(long, value_name = "ID")]
    clid: Option<String>,
    /// The ad.
    #[arg(long, value_name = "ID")]
    ad: Option<String>,
    /// The WhatsApp Business Account.
    #[arg(long, value_name = "ID")]
    waba: Option<String>,
    /// The Page.
    #[arg(long, value_name = "ID")]
    page: Option<String>,
    /// The customer at the Page.
    #[arg(long, value_name = "ID")]
    psid: Option<String>,
    /// The Instagram account.
    #[arg(long, value_name = "ID")]
    ig: Option<String>,
    /// The customer at the Instagram account.
    #[arg(long, value_name = "ID")]
    sid: Option<String>,
    /// The lead, at Meta or at Kommo.
    #[arg(long, value_name = "ID")]
    lead: Option<u64>,
    /// The lead form.
    #[arg(long, value_name = "ID")]
    form: Option<String>,
    /// Kommo's stage that the lead is in now.
    #[arg(long, value_name = "ID")]
    stage: Option<u64>,
    /// Kommo's pipeline.
    #[arg(long, value_name = "ID")]
    pipeline: Option<u64>,
    /// The lead's price, or the value of the sale.
    #[arg(long)]
    price: Option<String>,
    /// What the customer writes.
    #[arg(long)]
    text: Option<String>,
    /// What message ids end with. [default: a new one]
    #[arg(long)]
    id: Option<String>,
    /// When it happens, Unix seconds. [default: now]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    time: Option<i64>,
}

impl From<Filling> for Parameters {
    fn from(it: Filling) -> Self {
        Self {
            phone: it.phone,
            name: it.name,
            clid: it.clid,
            ad: it.ad,
            waba: it.waba,
            page: it.page,
            psid: it.psid,
            ig: it.ig,
            sid: it.sid,
            lead: it.lead,
            form: it.form,
            stage: it.stage,
            pipeline: it.pipeline,
            price: it.price,
            text: it.text,
            id: it.id,
            time: it.time,
        }
    }
}

pub async fn command(arguments: Arguments) -> ExitCode {
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(WRONG_USE, &error),
    }
}

/// Whether all answers were good; the error says what was used wrongly.
async fn run(arguments: Arguments) -> Result<bool, Error> {
    let json = arguments.json;
    let Some(door) = arguments.door.filter(|_| !arguments.list) else {
        list(arguments.door, json);
        return Ok(true);
    };
    let to = arguments.to.as_deref().map(check_address).transpose()?;
    if let (Some(token), Some(to)) = (&arguments.verify, &to) {
        if !door.is_of_meta() {
            return Err(Error::NoHandshake(door));
        }
        let answer = hooks::handshake(to.clone(), &secret(token, "--verify")?, random_u32()?).await;
        tell_handshake(door, &answer, json);
        return Ok(answer.is_ok_and(|answer| answer.right));
    }
    let parameters = arguments.filling.into();
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let hook = hooks::make(door, arguments.shape.as_deref(), &parameters, now_ms)?;
    let given = arguments.secret.as_deref().map(|written| secret(written, "--secret")).transpose()?;
    let signing = Signing::chosen(door, given, arguments.wrong_signature, arguments.no_signature)?;
    let Some(to) = to.as_ref().filter(|_| !arguments.print) else {
        print(&hook, &signing, arguments.to.as_deref(), json);
        return Ok(true);
    };
    let mut all_good = true;
    for time in 1..=arguments.times {
        let answer = hooks::post(to.clone(), &hook, &signing).await;
        let place = if arguments.times == 1 { String::new() } else { format!(" {time}/{}", arguments.times) };
        print_answer(&hook, &place, &answer, json);
        all_good &= answer.is_ok_and(|answer| answer.is_good());
    }
    Ok(all_good)
}

/// The value itself, or of the environment's variable that it names.
fn secret(written: &str, what: &str) -> Result<String, Error> {
    let Some(name) = written.strip_prefix("env:") else { return Ok(written.to_owned()) };
    let value = std::env::var(name).unwrap_or_default().trim().to_owned();
    if value.is_empty() {
        return Err(Error::NotSet { option: what.to_owned(), variable: name.to_owned() });
    }
    Ok(value)
}

fn list(of: Option<Door>, json: bool) {
    let shapes: Vec<_> =
        hooks::shapes().into_iter().filter(|shape| of.is_none_or(|door| door == shape.door)).collect();
    if json {
        let shown: Vec<Value> = shapes
            .iter()
            .map(|it| json!({ "door": it.door.name(), "shape": it.name, "meaning": it.meaning }))
            .collect();
        out!("{}", Value::from(shown));
        return;
    }
    for shape in shapes {
        out!("{:<9}  {:<20}  {}", shape.door.name(), shape.name, shape.meaning);
    }
}

fn print(hook: &Hook, signing: &Signing, to: Option<&str>, json: bool) {
    let headers = hook.headers(signing);
    let curl = to.map(|to| curl(to, &headers, &hook.body));
    if json {
        let headers: Map<String, Value> =
            headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let shown = json!({
            "door": hook.door.name(), "shape": hook.shape, "headers": headers, "body": hook.body,
            "curl": curl,
        });
        out!("{shown}");
        return;
    }
    for (name, value) in &headers {
        out!("{name}: {value}");
    }
    out!("\n{}", hook.body);
    if let Some(curl) = curl {
        out!("\n{curl}");
    }
}

/// A command for a shell that sends the same.
fn curl(to: &str, headers: &[(&str, String)], body: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut words = vec!["curl -i".to_owned(), quoted(to)];
    words.extend(headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
    words.push(format!("--data-raw {}", quoted(body)));
    words.join(" ")
}

fn print_answer(hook: &Hook, place: &str, answer: &Result<Answer, hooks::Error>, json: bool) {
    if json {
        let sent = json!({ "door": hook.door.name(), "shape": hook.shape, "body": hook.body });
        let shown = match answer {
            Ok(answer) => json!({ "sent": sent, "answer": answer }),
            Err(why) => json!({ "sent": sent, "error": why.to_string() }),
        };
        out!("{shown}");
        return;
    }
    let said = match answer {
        Ok(answer) if answer.body.is_empty() => status(answer),
        Ok(answer) => format!("{}: {}", status(answer), shortened(answer)),
        Err(why) => why.to_string(),
    };
    out!("{} {}{place}: {said}", hook.door, hook.shape);
}

fn tell_handshake(door: Door, answer: &Result<Handshake, hooks::Error>, json: bool) {
    if json {
        let shown = match answer {
            Ok(answer) => json!({ "door": door.name(), "handshake": answer }),
            Err(why) => json!({ "door": door.name(), "error": why.to_string() }),
        };
        out!("{shown}");
        return;
    }
    let said = match answer {
        Ok(it) if it.right => format!("{}, the challenge came back", status(&it.answer)),
        Ok(it) => {
            let instead = shortened(&it.answer);
            format!(
                "{}: wanted were 200 and the challenge {}, not {instead}",
                status(&it.answer),
                it.challenge
            )
        }
        Err(why) => why.to_string(),
    };
    out!("{door} handshake: {said}");
}

fn status(answer: &Answer) -> String {
    format!("{} in {} ms", answer.status, answer.took_ms)
}

/// The beginning of the body in quotes, with what a terminal could obey escaped.
fn shortened(answer: &Answer) -> String {
    let beginning: String = answer.body.chars().take(SHOWN_CHARACTERS).collect();
    let more = if beginning.len() < answer.body.len() || answer.cut { " ..." } else { "" };
    format!("{beginning:?}{more}")
}
