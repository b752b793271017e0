//! From a webhook body to clicks and links. One message that cannot be used harms no other.

use kopru_core::{Channel, ChatMessage, Click, Fact, Link, Trust, WorkspaceId};

use super::{
    cards,
    contacts::{Contacts, RECIPIENT, WRITER},
    content::{Referral, content},
    history,
    json::{Value, list_of, member, seconds_of, text_of},
    names::is_id,
    renamed::Renamed,
    statuses,
};
use crate::{Directory, NotUnderstood, Tenant};

/// Messages that change or take back another one.
const SAYS_NOTHING: [&str; 2] = ["edit", "revoke"];
/// What comes where messages do and is none.
const OF_NO_INTEREST: [&str; 3] = ["statuses", "errors", "message_echoes"];

pub(super) fn facts(body: &[u8], directory: &Directory) -> Result<Vec<(WorkspaceId, Fact)>, NotUnderstood> {
    let body: Value<'_> = serde_json::from_slice(body).map_err(|_| NotUnderstood::because("not JSON"))?;
    if member(&body, "object").as_str() != Some("whatsapp_business_account") {
        return Err(not_understood(&body));
    }
    let Some(entries) = member(&body, "entry").as_array() else {
        return Err(not_understood(&body));
    };
    let mut found = ReadSoFar::default();
    for entry in entries {
        let account = text_of(entry, "id").filter(|id| is_id(id));
        // Where a source serves many, an account that is nobody's is of no interest here.
        let Some(tenant) = directory.find(account.as_deref().unwrap_or_default()) else {
            found.understood = true;
            continue;
        };
        for change in list_of(entry, "changes") {
            found.read_change(change, account.as_deref(), tenant);
        }
    }
    if found.unusable && !found.understood {
        return Err(NotUnderstood::because("json: messages without a writer, a time or an id"));
    }
    Ok(found.facts)
}

fn not_understood(body: &Value<'_>) -> NotUnderstood {
    match body {
        Value::Object(members) => NotUnderstood::keys("json", members.keys()),
        Value::Array(_) => NotUnderstood::because("json list"),
        _ => NotUnderstood::because("json scalar"),
    }
}

#[derive(Default)]
struct ReadSoFar {
    facts: Vec<(WorkspaceId, Fact)>,
    /// Something was read, though it may be of no interest.
    understood: bool,
    /// Something could not be used.
    unusable: bool,
}

impl ReadSoFar {
    fn read_change(&mut self, change: &Value<'_>, account: Option<&str>, tenant: &Tenant) {
        let value = member(change, "value");
        match member(change, "field").as_str().unwrap_or("messages") {
            "messages" => self.read_value(value, value, account, tenant),
            // While Meta's own agent has the chat, everything comes one level deeper, beside the metadata: Meta,
            // "Standby webhooks", August 2026.
            "standby" => self.read_value(member(value, "standby"), value, account, tenant),
            "history" => {
                self.understood = true;
                history::read(value, account, tenant, |fact| self.facts.push((tenant.workspace, fact)));
                // What was left out at first, as media are, comes as messages.
                self.read_value(value, value, account, tenant);
            }
            // `messaging_handovers` (who has the chat now), `smb_message_echoes` (what the business wrote),
            // `user_id_update` (comes as a message as well) and all that has no messages.
            _ => self.understood = true,
        }
    }

    /// Reads messages and statuses, and around them the contacts.
    fn read_value(&mut self, value: &Value<'_>, around: &Value<'_>, account: Option<&str>, tenant: &Tenant) {
        let statuses = list_of(value, "statuses");
        self.understood |=
            !statuses.is_empty() || OF_NO_INTEREST.iter().any(|key| !member(value, key).is_null());
        let contacts = match list_of(value, "contacts") {
            [] => list_of(around, "contacts"),
            contacts => contacts,
        };
        let messages = list_of(value, "messages");
        if !messages.is_empty() {
            let contacts = Contacts::read(contacts, messages, WRITER);
            for message in messages {
                self.read_message(message, &contacts, account, tenant);
            }
        }
        if !statuses.is_empty() {
            let contacts = if messages.is_empty() {
                Contacts::read(contacts, statuses, RECIPIENT)
            } else {
                Contacts::by_name(contacts, RECIPIENT)
            };
            for fact in statuses::facts(statuses, &contacts, tenant) {
                self.facts.push((tenant.workspace, fact));
            }
        }
    }

    fn read_message(
        &mut self,
        message: &Value<'_>,
        contacts: &Contacts<'_>,
        account: Option<&str>,
        tenant: &Tenant,
    ) {
        let kind = member(message, "type").as_str().unwrap_or_default();
        if SAYS_NOTHING.contains(&kind) {
            self.understood = true;
            return;
        }
        let Some(fact) = read_message(message, kind, contacts, account, tenant) else {
            self.unusable = true;
            return;
        };
        self.understood = true;
        let card = (kind == "contacts").then(|| cards::own(message, &fact, tenant)).flatten();
        self.facts.extend([Some(fact), card].into_iter().flatten().map(|fact| (tenant.workspace, fact)));
    }
}

fn read_message(
    message: &Value<'_>,
    kind: &str,
    contacts: &Contacts<'_>,
    account: Option<&str>,
    tenant: &Tenant,
) -> Option<Fact> {
    let mut who = contacts.named_by(message, tenant);
    let mut former = Vec::new();
    if kind == "system" {
        let renamed = Renamed::read(message, tenant);
        former = renamed.former(&who);
        let names = renamed.names().filter(|name| !who.contains(name)).cloned().collect::<Vec<_>>();
        who.extend(names);
    }
    if who.is_empty() {
        return None;
    }
    let at_s = seconds_of(message, "timestamp")?;
    let Some(referral) = Referral::read(member(message, "referral")) else {
        let content = content(message, kind);
        let message = content.zip(account);
        let message = message.map(|(content, account)| ChatMessage { account: account.to_owned(), content });
        return Some(Fact::Link(Link { who, at_s, trust: Trust::Signed, former, message }));
    };
    Some(Fact::Click(Click {
        message: tenant.join.token("message", &text_of(message, "id")?),
        channel: Channel::Whatsapp,
        account: account?.to_owned(),
        who,
        at_s,
        click_id: referral.click_id,
        ad_id: referral.ad_id,
    }))
}
