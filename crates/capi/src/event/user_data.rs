//! How Meta recognises the person.

use super::{
    fields::{NumericId, Text},
    lists::Values,
    object::object,
};
use crate::Key;

object! {
    /// Identifiers of a person. Those of the first part are normalised and hashed when the event is
    /// written, unless they are hashes already; the others leave as they are.
    pub struct UserData {
        /// E-mail addresses.
        "em" => em: Values<'a>,
        /// Phone numbers.
        "ph" => ph: Values<'a>,
        /// First names.
        "fn" => first_name: Values<'a>,
        /// Last names.
        "ln" => last_name: Values<'a>,
        /// Gender.
        "ge" => ge: Values<'a>,
        /// Date of birth.
        "db" => db: Values<'a>,
        /// City.
        "ct" => ct: Values<'a>,
        /// State, province or region.
        "st" => st: Values<'a>,
        /// Postcode.
        "zp" => zp: Values<'a>,
        /// Country.
        "country" => country: Values<'a>,
        /// The business's own id of the person.
        "external_id" => external_id: Values<'a>,
        /// The browser's address.
        "client_ip_address" => client_ip_address: Text<'a>,
        /// The browser's name, as it gives it.
        "client_user_agent" => client_user_agent: Text<'a>,
        /// The ad click, see [`crate::browser::Cookie`].
        "fbc" => fbc: Text<'a>,
        /// The browser, see [`crate::browser::Cookie`].
        "fbp" => fbp: Text<'a>,
        /// First five letters of the first name. From the sources of Meta's SDKs.
        "f5first" => f5first: Values<'a>,
        /// First five letters of the last name. From the sources of Meta's SDKs.
        "f5last" => f5last: Values<'a>,
        /// First letter of the first name. From the sources of Meta's SDKs.
        "fi" => fi: Values<'a>,
        /// Day of birth, `DD`. From the sources of Meta's SDKs.
        "dobd" => dobd: Values<'a>,
        /// Month of birth, `MM`. From the sources of Meta's SDKs.
        "dobm" => dobm: Values<'a>,
        /// Year of birth, `YYYY`. From the sources of Meta's SDKs.
        "doby" => doby: Values<'a>,
        /// The app's own id of the person. From the sources of Meta's SDK for Node.
        "app_user_id" => app_user_id: Values<'a>,
        /// A subscription of the person.
        "subscription_id" => subscription_id: Text<'a>,
        /// The person's id in Facebook Login.
        "fb_login_id" => fb_login_id: NumericId<'a>,
        /// The lead of an instant form, 15 to 17 digits.
        "lead_id" => lead_id: NumericId<'a>,
        /// The app's installation.
        "anon_id" => anon_id: Text<'a>,
        /// The device's advertising id.
        "madid" => madid: Text<'a>,
        /// The Facebook Page of a Messenger chat.
        "page_id" => page_id: Text<'a>,
        /// The person in Messenger.
        "page_scoped_user_id" => page_scoped_user_id: Text<'a>,
        /// The WhatsApp Business Account (WABA) that received the message.
        "whatsapp_business_account_id" => whatsapp_business_account_id: Text<'a>,
        /// Meta's id of the ad click that opened a WhatsApp chat, exactly as the webhook brought it.
        "ctwa_clid" => ctwa_clid: Text<'a>,
        /// The Instagram account of a chat.
        "ig_account_id" => ig_account_id: Text<'a>,
        /// The person in Instagram.
        "ig_sid" => ig_sid: Text<'a>,
    }
}

impl<'a> UserData<'a> {
    /// The values of a match key.
    pub fn values(&self, key: Key) -> Option<&Values<'a>> {
        match key {
            Key::Email => self.em.as_ref(),
            Key::Phone => self.ph.as_ref(),
            Key::FirstName => self.first_name.as_ref(),
            Key::LastName => self.last_name.as_ref(),
            Key::Gender => self.ge.as_ref(),
            Key::BirthDate => self.db.as_ref(),
            Key::City => self.ct.as_ref(),
            Key::State => self.st.as_ref(),
            Key::Postcode => self.zp.as_ref(),
            Key::Country => self.country.as_ref(),
            Key::ExternalId => self.external_id.as_ref(),
        }
    }
}
