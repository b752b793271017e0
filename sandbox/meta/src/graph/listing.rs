//! What reads of Graph have in common: which fields are shown, and pages of a list with cursors.

use sandbox_http as http;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::errors::Refusal;
use crate::values::id_of;

/// Elements on a page without `limit`, as Graph has it.
const PAGE: u64 = 25;
/// Most elements on a page; a larger `limit` is cut to this.
const MOST_ON_A_PAGE: u64 = 5000;
/// Deepest `a{b{c}}`.
const DEEPEST: usize = 4;
/// Most fields of one list.
const MOST_FIELDS: usize = 300;

/// Most conditions in `filtering`, and values in one of them.
const MOST_FILTERS: usize = 50;
const MOST_FILTER_VALUES: usize = 1000;

/// A field that is asked for, with those inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) inner: Vec<Field>,
}

/// The parameter `fields`: `id,campaign{id,name}` or a JSON list of such. Empty if none are asked for.
pub(super) fn fields(call: &Call) -> Result<Vec<Field>, Refusal> {
    let text = match call.params.get("fields") {
        Some(Value::String(text)) => {
            let listed: Result<Vec<String>, _> = http::from_json(text.as_bytes());
            listed.map_or_else(|_| text.clone(), |names| names.join(","))
        }
        Some(Value::Array(_)) => call.names("fields").join(","),
        _ => String::new(),
    };
    let mut rest = text.as_str();
    let read = read_fields(&mut rest, 0).filter(|_| rest.is_empty());
    read.ok_or_else(|| {
        Refusal::parameter(format!("(#100) Syntax error in the parameter fields: {}", cut(&text)))
    })
}

/// Reads up to the end or to a closing brace, which stays.
fn read_fields(rest: &mut &str, depth: usize) -> Option<Vec<Field>> {
    let mut all = Vec::new();
    loop {
        let end = rest.find([',', '{', '}']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        *rest = &rest[end..];
        let mut field = Field { name: name.to_owned(), inner: Vec::new() };
        if let Some(inside) = rest.strip_prefix('{') {
            *rest = inside;
            field.inner = if depth < DEEPEST { read_fields(rest, depth + 1)? } else { return None };
            *rest = rest.strip_prefix('}')?.trim_start();
        }
        match (name.is_empty(), field.inner.is_empty()) {
            (false, _) if all.len() < MOST_FIELDS => all.push(field),
            (true, true) => {}
            _ => return None,
        }
        match rest.strip_prefix(',') {
            Some(next) => *rest = next,
            None => return Some(all),
        }
    }
}

/// An object of Graph with all its fields.
#[derive(Debug)]
pub(super) struct Node {
    /// As Graph calls it in refusals.
    pub(super) kind: &'static str,
    /// What is shown when no fields are asked for.
    pub(super) default: &'static [&'static str],
    pub(super) fields: Vec<(&'static str, Shown)>,
}

/// The value of a field. A null is a field without a value, which Graph leaves out.
#[derive(Debug)]
pub(super) enum Shown {
    Plain(Value),
    Linked(Box<Node>),
}

impl<T: Into<Value>> From<T> for Shown {
    fn from(value: T) -> Self {
        Self::Plain(value.into())
    }
}

impl Node {
    /// The fields that are asked for, and always the id.
    pub(super) fn show(&self, asked: &[Field]) -> Result<Value, Refusal> {
        let mut shown = Map::new();
        if asked.is_empty() {
            for name in self.default {
                self.add(&mut shown, name, &[])?;
            }
        }
        for field in asked {
            self.add(&mut shown, &field.name, &field.inner)?;
        }
        self.add(&mut shown, "id", &[])?;
        Ok(Value::Object(shown))
    }

    fn add(&self, shown: &mut Map<String, Value>, name: &str, inner: &[Field]) -> Result<(), Refusal> {
        let field = self.fields.iter().find(|(known, _)| *known == name);
        let value = match field {
            Some((_, Shown::Plain(value))) => value.clone(),
            Some((_, Shown::Linked(node))) => node.show(inner)?,
            None => return Err(self.unknown(name)),
        };
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Refusal {
        let (name, kind) = (cut(name), self.kind);
        Refusal::parameter(format!("(#100) Tried accessing nonexisting field ({name}) on node type ({kind})"))
    }
}

/// A page of a list whose elements have keys of their own, so that a cursor stays good when the list
/// grows at its beginning.
pub(super) fn page<T>(
    call: &Call,
    token: &str,
    all: &[T],
    key: impl Fn(&T) -> String,
    show: impl Fn(&T) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let limit = call.number("limit").transpose()?.unwrap_or(PAGE).clamp(1, MOST_ON_A_PAGE) as usize;
    let place = |name: &str| -> Result<Option<usize>, Refusal> {
        let Some(cursor) = call.text(name) else { return Ok(None) };
        let found = all.iter().position(|one| cursor_of(&key(one)) == cursor);
        found.map(Some).ok_or_else(|| Refusal::parameter("(#100) Invalid cursors values."))
    };
    let begin = match (place("after")?, place("before")?) {
        (Some(after), _) => after + 1,
        (None, Some(before)) => before.saturating_sub(limit),
        (None, None) => 0,
    };
    let end = place("before")?.unwrap_or(all.len()).min(begin.saturating_add(limit)).max(begin);
    let part = all.get(begin..end).unwrap_or_default();
    let data = part.iter().map(show).collect::<Result<Vec<Value>, Refusal>>()?;
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return Ok(json!({ "data": data })) };
    let (before, after) = (cursor_of(&key(first)), cursor_of(&key(last)));
    let mut paging = json!({ "cursors": { "before": before, "after": after } });
    if end < all.len() {
        paging["next"] = Value::from(link(call, token, ("after", &after)));
    }
    if begin > 0 {
        paging["previous"] = Value::from(link(call, token, ("before", &before)));
    }
    Ok(json!({ "data": data, "paging": paging }))
}

fn cursor_of(key: &str) -> String {
    const_hex::encode(key.as_bytes())
}

/// The same call for another page, complete and with the token, as clients follow it without a thought.
fn link(call: &Call, token: &str, cursor: (&str, &str)) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("access_token", token);
    for (name, value) in &call.params {
        match value {
            Value::Null => {}
            _ if name == "after" || name == "before" => {}
            Value::String(text) => drop(query.append_pair(name, text)),
            other => drop(query.append_pair(name, &other.to_string())),
        }
    }
    query.append_pair(cursor.0, cursor.1);
    let edge = call.path.edge.as_deref().unwrap_or_default();
    format!("{}/{}/{edge}?{}", call.base, call.path.node, query.finish())
}

/// One condition of the parameter `filtering`.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) field: String,
    pub(super) operator: String,
    pub(super) value: Value,
}

impl Filter {
    /// The conditions of a call.
    pub(super) fn all(call: &Call) -> Result<Vec<Self>, Refusal> {
        let bad = || {
            Refusal::parameter(
                "(#100) Param filtering must be a list of objects with field, operator and value",
            )
        };
        let value = match call.params.get("filtering") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(text)) if text.is_empty() => return Ok(Vec::new()),
            Some(_) => call.json("filtering").ok_or_else(bad)??,
        };
        let items = value.as_array().filter(|items| items.len() <= MOST_FILTERS).ok_or_else(bad)?;
        let one = |item: &Value| {
            let text = |key: &str| item[key].as_str().map(str::to_owned).ok_or_else(bad);
            let fits = item["value"].as_array().is_none_or(|values| values.len() <= MOST_FILTER_VALUES);
            let value = fits.then(|| item["value"].clone()).ok_or_else(|| {
                Refusal::parameter(format!("(#100) A filter has at most {MOST_FILTER_VALUES} values"))
            })?;
            Ok(Self { field: text("field")?, operator: text("operator")?, value })
        };
        items.iter().map(one).collect()
    }

    /// Whether a text is the value, or among the values.
    pub(super) fn lets(&self, text: &str) -> Result<bool, Refusal> {
        let is = |value: &Value| id_of(value).is_some_and(|value| value == text);
        let among = || self.value.as_array().map_or_else(|| is(&self.value), |all| all.iter().any(is));
        match self.operator.as_str() {
            "EQUAL" | "IN" => Ok(among()),
            "NOT_EQUAL" | "NOT_IN" => Ok(!among()),
            _ => Err(self.refused()),
        }
    }

    /// A condition that Meta may know and the sandbox does not.
    pub(super) fn refused(&self) -> Refusal {
        let (field, operator) = (cut(&self.field), cut(&self.operator));
        Refusal::parameter(format!(
            "(#100) Filtering field {field} with operation {operator} is not supported"
        ))
    }
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        fn written(fields: &[Field]) -> String {
            let one = |field: &Field| {
                let inner = written(&field.inner);
                if inner.is_empty() { field.name.clone() } else { format!("{}[{inner}]", field.name) }
            };
            fields.iter().map(one).collect::<Vec<_>>().join(" ")
        }
        let mut rest = text;
        read_fields(&mut rest, 0).filter(|_| rest.is_empty()).map(|fields| written(&fields))
    }

    #[test]
    fn lists_of_fields() {
        for (text, expected) in [
            ("", Some("")),
            ("id", Some("id")),
            (" id , name,", Some("id name")),
            ("name,campaign{id,name},creative{id}", Some("name campaign[id name] creative[id]")),
            ("a{b{c}, d},e", Some("a[b[c] d] e")),
            ("a{}", Some("a")),
            ("a{b", None),
            ("a}", None),
            ("{a}", None),
            ("a{b{c{d{e{f}}}}}", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
