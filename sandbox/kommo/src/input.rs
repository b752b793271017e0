//! Bodies of requests that write: read key by key, with every fault reported as Kommo reports it.
//!
//! The codes `NotSupportedChoice`, `FieldMissing` and `FieldNotExpected` (reported of Krukov/amocrm_api, #112)
//! and the shape are Kommo's, the code for a wrong type is background knowledge.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::crm::{Change, LeadPrice};
use super::problem::ApiProblem;

/// Entities in one request at most.
const MOST_ITEMS: usize = 250;
/// Elements of a list within an entity at most.
pub(super) const MOST_ELEMENTS: usize = 1000;
/// Faults of an entity that are reported at most.
const MOST_FAULTS: usize = 100;
/// Bytes of a name.
pub(super) const MOST_NAME: usize = 1024;
/// Bytes of a longer text.
pub(super) const MOST_TEXT: usize = 65_536;

const NO_CHOICE: &str = "The value you selected is not a valid choice.";

/// One entity of a request, with the faults found so far.
#[derive(Debug)]
pub(super) struct Item<'a> {
    request_id: String,
    object: &'a Map<String, Value>,
    faults: RefCell<Vec<Value>>,
}

/// The entities of a list request.
pub(super) fn items(body: &Value) -> Result<Vec<Item<'_>>, ApiProblem> {
    let Some(items) = body.as_array() else {
        return Err(ApiProblem::bad_request("the body has to be an array of objects".to_owned()));
    };
    if items.is_empty() || items.len() > MOST_ITEMS {
        return Err(ApiProblem::bad_request(format!("the array has to have 1 to {MOST_ITEMS} objects")));
    }
    items.iter().enumerate().map(|(place, item)| Item::of(item, place)).collect()
}

/// Refuses the whole request if one of its entities has a fault.
pub(super) fn refuse_faults(items: &[Item<'_>]) -> Result<(), ApiProblem> {
    let faulty = items.iter().filter(|item| !item.faults.borrow().is_empty());
    let errors: Vec<Value> = faulty
        .map(|item| json!({ "request_id": item.request_id, "errors": *item.faults.borrow() }))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let problem = ApiProblem::bad_request("Request validation failed".to_owned());
    Err(problem.with("validation-errors", json!(errors)))
}

/// Whether it is an array or an object with nothing in it, or null.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

impl<'a> Item<'a> {
    pub(super) fn of(item: &'a Value, place: usize) -> Result<Self, ApiProblem> {
        let Some(object) = item.as_object() else {
            return Err(ApiProblem::bad_request(format!("item {place} is not an object")));
        };
        let request_id = match object.get("request_id") {
            Some(Value::String(said)) => said.clone(),
            Some(Value::Number(said)) => said.to_string(),
            _ => place.to_string(),
        };
        Ok(Self { request_id, object, faults: RefCell::default() })
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Keys that nobody reads would be lost without a word.
    pub(super) fn only(&self, keys: &[&str]) {
        for (key, value) in self.object {
            // Clients send it without anything in it, also where nothing can be in it.
            let is_nothing = key == "_embedded" && is_empty(value);
            if key != "request_id" && !keys.contains(&key.as_str()) && !is_nothing {
                self.not_expected(key);
            }
        }
    }

    /// Takes over the faults of an entity within this one.
    pub(super) fn take_faults(&self, at: &str, inner: &Self) {
        for fault in inner.faults.borrow().iter() {
            let text = |key: &str| fault[key].as_str().unwrap_or_default();
            self.fault(text("code"), &format!("{at}.{}", text("path")), text("detail"));
        }
    }

    pub(super) fn not_expected(&self, path: &str) {
        self.fault("FieldNotExpected", path, "This field was not expected.");
    }

    pub(super) fn fault(&self, code: &str, path: &str, detail: &str) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            faults.push(json!({ "code": code, "path": path, "detail": detail }));
        }
    }

    pub(super) fn too_many(&self, path: &str) {
        self.fault("TooMany", path, "This collection has too many elements.");
    }

    pub(super) fn no_choice(&self, path: &str) {
        self.fault("NotSupportedChoice", path, NO_CHOICE);
    }

    pub(super) fn missing(&self, path: &str) {
        self.fault("FieldMissing", path, "This field is missing.");
    }

    pub(super) fn wrong_type(&self, path: &str, right: &str) {
        self.fault("InvalidType", path, &format!("This value should be of type {right}."));
    }

    pub(super) fn raw(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key)
    }

    pub(super) fn text(&self, key: &str, most: usize) -> Option<String> {
        match self.raw(key)? {
            Value::String(text) if text.len() <= most => return Some(text.clone()),
            Value::String(_) => self.fault("TooLong", key, "This value is too long."),
            _ => self.wrong_type(key, "string"),
        }
        None
    }

    pub(super) fn whole(&self, key: &str) -> Option<i64> {
        let number = self.raw(key)?.as_i64();
        if number.is_none() {
            self.wrong_type(key, "int");
        }
        number
    }

    pub(super) fn id(&self, key: &str) -> Option<u64> {
        let number = self.raw(key)?.as_u64();
        if number.is_none() {
            self.wrong_type(key, "int");
        }
        number
    }

    pub(super) fn yes(&self, key: &str) -> Option<bool> {
        let yes = self.raw(key)?.as_bool();
        if yes.is_none() {
            self.wrong_type(key, "bool");
        }
        yes
    }

    /// A price, of which `null` means none. Clients send decimals as well.
    pub(super) fn price(&self, key: &str) -> Change<Option<LeadPrice>> {
        match self.raw(key) {
            None => Change::Keep,
            Some(Value::Null) => Change::Set(None),
            Some(value) => {
                let price = LeadPrice::of_json(value);
                if price.is_none() {
                    self.wrong_type(key, "int");
                }
                price.map(Some).into()
            }
        }
    }

    /// The objects of an array.
    pub(super) fn objects(&self, path: &str, list: Option<&'a Value>) -> Vec<&'a Map<String, Value>> {
        let objects = match list {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(list) => list.as_array().and_then(|list| list.iter().map(Value::as_object).collect()),
        };
        if objects.as_ref().is_some_and(|objects| objects.len() > MOST_ELEMENTS) {
            self.too_many(path);
            return Vec::new();
        }
        objects.unwrap_or_else(|| {
            self.wrong_type(path, "array of objects");
            Vec::new()
        })
    }
}
