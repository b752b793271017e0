//! The eleven identifiers: what a value becomes, and its hash.

use capi::{Key, Normalizer, Rules};
use serde_json::{Value, json};
use testkit::Random;

use super::{Subject, samples};

/// One identifier.
pub struct Values {
    key: Key,
    now_s: i64,
    /// The package's mark behind what it hashed, and behind a hash that it was given.
    hashed: String,
    unchanged: String,
}

impl Values {
    /// An identifier at a time.
    pub fn new(key: Key, now_s: i64, hashed: String, unchanged: String) -> Self {
        Self { key, now_s, hashed, unchanged }
    }
}

impl Subject for Values {
    type Input = String;

    fn name(&self) -> &'static str {
        self.key.name()
    }

    fn draw(&self, random: &mut Random) -> String {
        samples::draw(self.key, random)
    }

    fn question(&self, input: &String) -> Value {
        json!({ "type": package_name(self.key), "value": input, "now_ms": self.now_s * 1000 })
    }

    fn compare(&self, input: &String, answer: &Value) -> (Value, Value) {
        let mut normalizer = Normalizer::new(Rules::ParameterBuilder, self.now_s);
        let forms = normalizer.forms(self.key, input);
        let mut ours = forms.iter().map(|form| {
            if form.is_hash() {
                json!({ "hash": form.sha256() })
            } else {
                json!({ "text": form.as_str(), "sha256": form.sha256() })
            }
        });
        // One form at most: a second would be a difference.
        let ours = match (ours.next(), ours.next()) {
            (first, None) => first.unwrap_or_default(),
            (first, second) => json!([first, second]),
        };
        (self.theirs(answer), ours)
    }
}

impl Values {
    /// The package's answer without its mark. A value that came with a mark keeps it.
    fn theirs(&self, answer: &Value) -> Value {
        let Some(sent) = answer["sha256"].as_str() else { return Value::Null };
        if answer["passed"] == true {
            return json!({ "hash": sent });
        }
        match sent.rsplit_once('.') {
            Some((sha256, mark)) if mark == self.hashed => {
                json!({ "text": answer["normalized"], "sha256": sha256 })
            }
            Some((hash, mark)) if mark == self.unchanged => json!({ "hash": hash }),
            _ => json!({ "not understood": sent }),
        }
    }
}

/// The package's name of a key.
fn package_name(key: Key) -> &'static str {
    match key {
        Key::Email => "email",
        Key::Phone => "phone",
        Key::FirstName => "first_name",
        Key::LastName => "last_name",
        Key::Gender => "gender",
        Key::BirthDate => "date_of_birth",
        Key::City => "city",
        Key::State => "state",
        Key::Postcode => "zip_code",
        Key::Country => "country",
        Key::ExternalId => "external_id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Values {
        Values::new(Key::FirstName, 1_780_000_000, "AQQCAQMC".into(), "AQQAAQMC".into())
    }

    #[test]
    fn equal_answers_are_no_difference() {
        let sha256 = capi::sha256_hex(b"jane");
        let answer = json!({ "normalized": "jane", "sha256": format!("{sha256}.AQQCAQMC"), "passed": false });
        let (theirs, ours) = names().compare(&" Jane ".to_owned(), &answer);
        assert_eq!(theirs, ours);
        let hash = "AB".repeat(32);
        let answer = json!({ "sha256": format!("{}.AQQAAQMC", hash.to_lowercase()), "passed": false });
        let (theirs, ours) = names().compare(&hash, &answer);
        assert_eq!(theirs, ours);
        let (theirs, ours) = names().compare(&"-".to_owned(), &json!({ "sha256": null, "passed": false }));
        assert_eq!(theirs, ours);
    }

    #[test]
    fn another_text_hash_or_mark_is_a_difference() {
        let sha256 = capi::sha256_hex(b"jane");
        for answer in [
            json!({ "normalized": "jan", "sha256": format!("{sha256}.AQQCAQMC"), "passed": false }),
            json!({ "normalized": "jane", "sha256": format!("{}.AQQCAQMC", capi::sha256_hex(b"jan")), "passed": false }),
            json!({ "normalized": "jane", "sha256": format!("{sha256}.AQQAAQMC"), "passed": false }),
            json!({ "normalized": null, "sha256": null, "passed": false }),
        ] {
            let (theirs, ours) = names().compare(&"Jane".to_owned(), &answer);
            assert_ne!(theirs, ours);
        }
    }
}
