//! A person with what Meta knows of them, and what only shops know.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A text as people write it, and the normal form of Meta's documentation that is hashed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// As it is written, such as `São Paulo`.
    pub shown: String,
    /// The normal form, such as `sãopaulo`. Without one it is `shown` in lowercase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normal: Option<String>,
}

impl Written {
    pub(crate) fn new(shown: &str, normal: Option<&str>) -> Self {
        Self { shown: shown.to_owned(), normal: normal.map(str::to_owned) }
    }

    /// What is hashed.
    pub fn normal(&self) -> String {
        self.normal.clone().unwrap_or_else(|| self.shown.to_lowercase())
    }
}

/// An id that is good within one Page or Instagram account only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopedId {
    /// The Page or the Instagram account.
    pub scope: String,
    /// The id of the person there.
    pub id: String,
}

/// A click of a person on an ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdClick {
    /// The ad.
    pub ad_id: String,
    /// When, Unix seconds.
    pub at: i64,
    /// The click id in the address of the landing page, for an ad that leads to a website.
    #[serde(default)]
    pub fbclid: Option<String>,
}

/// A browser in which a person was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The public address.
    pub ip: String,
    /// The `User-Agent`, as it is.
    pub user_agent: String,
}

/// A person.
///
/// Nothing is guessed: an event matches by what stands here, or not at all. Empty means unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// A number of the sandbox's own; no event carries it.
    pub id: u64,
    /// Has no account with Meta, so that no event can match.
    pub no_account: bool,
    /// First name.
    pub first_name: Written,
    /// Last name.
    pub last_name: Written,
    /// The e-mail address of the account, in lowercase.
    pub email: String,
    /// The phone number of the account: digits with the country code.
    pub phone: String,
    /// What shops know instead of `email`; Meta does not know it.
    pub shop_email: Option<String>,
    /// What shops know instead of `phone`; Meta does not know it.
    pub shop_phone: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// `f` or `m`.
    pub gender: String,
    /// City.
    pub city: Written,
    /// State or province; the two letters of a state in the US.
    pub state: Written,
    /// Postcode; five digits in the US.
    pub postcode: Written,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Ids by which shops know the person, and which Meta has seen with the account.
    pub external_ids: Vec<String>,
    /// Browser ids (`_fbp`) that were seen with the account.
    pub fbp: Vec<String>,
    /// Clicks on ads.
    pub clicks: Vec<AdClick>,
    /// Messenger: ids by Page.
    pub page_scoped_ids: Vec<ScopedId>,
    /// Ids by Instagram account.
    pub instagram_scoped_ids: Vec<ScopedId>,
    /// The advertising id of the phone.
    pub madid: Option<String>,
    /// Browsers.
    pub sessions: Vec<Session>,
}

impl Person {
    /// The normal forms of all that is hashed, by the keys of `user_data`. What is unknown is left out.
    pub fn normal_forms(&self) -> impl Iterator<Item = (&'static str, String)> {
        let all = [
            ("em", self.email.to_lowercase()),
            ("ph", self.phone.clone()),
            ("fn", self.first_name.normal()),
            ("ln", self.last_name.normal()),
            ("db", self.birth_date.replace('-', "")),
            ("ge", self.gender.to_lowercase()),
            ("ct", self.city.normal()),
            ("st", self.state.normal()),
            ("zp", self.postcode.normal()),
            ("country", self.country.to_lowercase()),
        ];
        all.into_iter().filter(|(_, normal)| !normal.is_empty())
    }

    /// What a shop that knows the person by the account's own data would put into `user_data`.
    pub fn hashes(&self) -> Map<String, Value> {
        self.normal_forms().map(|(key, normal)| (key.to_owned(), Value::from(sha256(&normal)))).collect()
    }
}

/// SHA-256 in lowercase hex.
pub(crate) fn sha256(text: &str) -> String {
    const_hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Meta's documentation, and such as follow from its examples.
    #[test]
    fn hashes_are_those_of_the_documentation() {
        let written = Written::new;
        let person = Person {
            email: "john_smith@gmail.com".to_owned(),
            phone: "16505551212".to_owned(),
            first_name: written("Mary", None),
            last_name: written("Doe", None),
            birth_date: "1997-02-16".to_owned(),
            gender: "f".to_owned(),
            city: written("New York", Some("newyork")),
            state: written("CA", None),
            postcode: written("94035-1234", Some("94035")),
            country: "US".to_owned(),
            ..Person::default()
        };
        let expected = [
            ("em", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
            ("ph", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
            ("fn", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
            ("ln", "799ef92a11af918e3fb741df42934f3b568ed2d93ac1df74f1b8d41a27932a6f"),
            ("db", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
            ("ge", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
            ("ct", "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5"),
            ("st", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
            ("zp", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
            ("country", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
        ];
        let expected: Map<String, Value> =
            expected.iter().map(|(key, hash)| ((*key).to_owned(), Value::from(*hash))).collect();
        assert_eq!(person.hashes(), expected);
        assert_eq!(sha256(&written("Valéry", None).normal())[..16], *"08e1996b5dd49e62");
        assert_eq!(Person::default().hashes(), Map::new());
    }
}
