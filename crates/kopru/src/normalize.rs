//! `kopru normalize`: what would be hashed of a value, and the hash.

use std::process::ExitCode;

use capi::{Key, Normalizer, Rules};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Error, lines};

/// One line of the input; what else it holds comes back with the answer.
#[derive(Deserialize)]
struct ValueLine {
    r#type: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    country: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Reads JSON lines from stdin and answers each.
pub fn command(rules: Rules, now_s: i64) -> ExitCode {
    let mut normalizer = Normalizer::new(rules, now_s);
    lines::answer(|line| normalize(line, &mut normalizer))
}

fn normalize(line: &[u8], normalizer: &mut Normalizer) -> Result<Value, Error> {
    let line: ValueLine = serde_json::from_slice(line).map_err(Error::NoValue)?;
    let key = Key::from_name(&line.r#type).ok_or_else(|| Error::UnknownType(line.r#type.clone()))?;
    normalizer.set_country(line.country.as_deref());
    let input = match line.input {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        _ => return Err(Error::NoText),
    };
    let forms = normalizer.forms(key, &input);
    // A hash is shown as it came.
    let texts: Vec<&str> =
        forms.iter().map(|form| if form.is_hash() { input.trim() } else { form.as_str() }).collect();
    let hashes: Vec<String> = forms.iter().map(|form| form.sha256()).collect();
    let mut answer = Map::new();
    answer.insert("type".into(), json!(line.r#type));
    answer.insert("input".into(), json!(input));
    if let Some(country) = line.country {
        answer.insert("country".into(), json!(country));
    }
    answer.extend(line.rest);
    answer.insert("normalized".into(), json!(texts));
    answer.insert("sha256".into(), json!(hashes));
    if let Some(dropped) = forms.dropped() {
        answer.insert("dropped".into(), json!(dropped.to_string()));
    }
    Ok(Value::Object(answer))
}
