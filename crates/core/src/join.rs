//! Keyed hashes for joining: how two sightings of a phone become one person without storing it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Node;

/// The workspace's key for joining identifiers.
///
/// Joining never uses Meta's match hash: an unkeyed hash of a phone can be guessed by trying all
/// phones, and two people can share a normalised form. The keyed hash is 128 bits wide.
#[derive(Clone)]
pub struct JoinKey(Hmac<Sha256>);

impl JoinKey {
    /// A joining key from 32 secret bytes that belong to one workspace.
    pub fn new(secret: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        Self(Hmac::new_from_slice(secret).expect("any key length"))
    }

    /// The node of a phone number, given as digits with the country code. Forms under which one
    /// person can appear (Mexico 52/521, Brazil with and without the ninth digit, Argentina
    /// 54/549) give the same node.
    pub fn phone(&self, digits: &str) -> Node {
        self.phone_node(&capi::phone::join_form(digits))
    }

    /// The same node, and behind it those that earlier versions made of the number where they differ: links
    /// with them may still be stored, and whoever is seen under all of them is found by each.
    pub fn phones(&self, digits: &str) -> Vec<Node> {
        let former = capi::phone::former_join_forms(digits);
        std::iter::once(self.phone(digits)).chain(former.iter().map(|form| self.phone_node(form))).collect()
    }

    fn phone_node(&self, form: &str) -> Node {
        Node::keyed("phone", &self.token("phone", form))
    }

    /// The node of an e-mail address, given in normalised form.
    pub fn email(&self, address: &str) -> Node {
        Node::keyed("email", &self.token("email", address))
    }

    /// The node of a WhatsApp business-scoped user id, which replaces the phone for people who
    /// chose a username.
    pub fn whatsapp_user(&self, user_id: &str) -> Node {
        Node::keyed("whatsapp-user", &self.token("whatsapp-user", user_id))
    }

    /// The node of an identifier that is none of the others, such as a browser's `fbp`, exactly as it came. `kind` is
    /// its name at Meta.
    pub fn identifier(&self, kind: &str, exact: &str) -> Node {
        Node::keyed(kind, &self.token(kind, exact))
    }

    /// The node of an identifier of which only the hash came that Meta matches by, in lower-case hex: what the same
    /// identifier is elsewhere is not known.
    pub fn match_hash(&self, key: &str, sha256: &str) -> Node {
        let kind = format!("{key}-hash");
        Node::keyed(&kind, &self.token(&kind, sha256))
    }

    /// The node of a shop's own id of a customer, of which the hash is known that Meta matches by, in lower-case hex. Two
    /// datasets are two businesses' or two shops', and each counts its customers itself.
    pub fn customer(&self, dataset: &str, sha256: &str) -> Node {
        self.identifier("external_id", &format!("{dataset}:{sha256}"))
    }

    /// The node of one of the values by which Meta matches a person, as a dataset was told it: `em`, `ph` or
    /// `external_id`.
    pub fn match_value(&self, dataset: &str, key: &str, sha256: &str) -> Node {
        if key == "external_id" { self.customer(dataset, sha256) } else { self.match_hash(key, sha256) }
    }

    /// By what the same thing is recognised when it comes again: these parts, in their order.
    pub fn once(&self, kind: &str, parts: &[&str]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        for part in parts {
            // Each with its length, so that none runs into the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        half(mac)
    }

    /// By what an event is recognised that comes again: its dataset, its name and its id, byte for byte. The first half
    /// is of the id alone ([`JoinKey::once_id`]), so that an event is found by it.
    pub fn once_event(&self, dataset: &str, name: &str, event_id: &str) -> [u8; 16] {
        let (of_id, of_all) = (self.once_id(event_id), self.once("event", &[dataset, name, event_id]));
        std::array::from_fn(|at| if at < 8 { of_id[at] } else { of_all[at] })
    }

    /// The half of [`JoinKey::once_event`] that is of the id alone.
    pub fn once_id(&self, event_id: &str) -> [u8; 8] {
        let of_id = self.once("event-id", &[event_id]);
        std::array::from_fn(|at| of_id[at])
    }

    /// The mark that is left of a node when its person is erased: by it the same node is recognised, and
    /// from it nobody can tell which it was.
    pub fn mark(&self, node: &Node) -> [u8; 16] {
        self.keyed_hash("mark", node.as_str())
    }

    /// A keyed hash of anything that must be recognised again but not stored, as 32 hex digits.
    /// Message ids belong here: a `wamid` carries the customer's phone in base64.
    pub fn token(&self, kind: &str, exact: &str) -> String {
        capi::hex(&self.keyed_hash(kind, exact))
    }

    fn keyed_hash(&self, kind: &str, exact: &str) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(exact.as_bytes());
        half(mac)
    }
}

/// The first half of a hash: 128 bits tell apart whatever there is.
fn half(mac: Hmac<Sha256>) -> [u8; 16] {
    let hash = mac.finalize().into_bytes();
    std::array::from_fn(|at| hash[at])
}

impl std::fmt::Debug for JoinKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JoinKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_recognised_by_one_workspace_only() {
        let (ours, theirs) = (JoinKey::new(&[1; 32]), JoinKey::new(&[2; 32]));
        assert_eq!(ours.phone("905321112233"), ours.clone().phone("905321112233"));
        assert_ne!(ours.phone("905321112233"), ours.phone("905321112234"));
        assert_ne!(ours.phone("905321112233"), theirs.phone("905321112233"));
        assert_ne!(ours.token("phone", "1"), ours.token("email", "1"));
        assert_ne!(ours.token("a", "b1"), ours.token("ab", "1"));
    }

    #[test]
    fn a_phone_is_found_by_what_earlier_versions_stored() {
        let key = JoinKey::new(&[1; 32]);
        let stored = |digits: &str| Node::keyed("phone", &key.token("phone", digits));
        for (one, other) in [
            ("22997123456", "2290197123456"),
            ("2203012345", "220833012345"),
            ("22547123456", "2250747123456"),
            ("841669748562", "84369748562"),
        ] {
            for digits in [one, other] {
                let nodes = key.phones(digits);
                assert_eq!(nodes[0], key.phone(one), "{digits}");
                // The first version knew each by itself.
                assert!(nodes.contains(&stored(one)) && nodes.contains(&stored(other)), "{digits}");
                assert_eq!(nodes.len(), 2, "{digits}");
            }
        }
        for digits in ["905321112233", "5511987654321", "551187654321", "5215512345678", "5491123456789"] {
            assert_eq!(key.phones(digits), [key.phone(digits)], "{digits}");
        }
    }

    #[test]
    fn a_mark_is_of_one_node_and_one_workspace_and_is_none_itself() {
        let (ours, theirs) = (JoinKey::new(&[1; 32]), JoinKey::new(&[2; 32]));
        let contact = Node::contact("kommo:acme", "31");
        assert_eq!(ours.mark(&contact), ours.mark(&Node::contact("kommo:acme", "31")));
        assert_ne!(ours.mark(&contact), ours.mark(&Node::contact("kommo:acme", "32")));
        assert_ne!(ours.mark(&contact), theirs.mark(&contact));
        let phone = ours.phone("905321112233");
        assert!(!phone.as_str().contains(&capi::hex(&ours.mark(&phone))));
    }

    #[test]
    fn neither_node_nor_key_shows_what_went_in() {
        let key = JoinKey::new(&[1; 32]);
        let node = key.phone("905321112233");
        assert_eq!(node.as_str().len(), "phone:".len() + 32);
        assert!(!node.is_contact());
        assert_eq!(format!("{key:?}"), "JoinKey(..)");
    }
}
