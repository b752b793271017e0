//! WhatsApp Business Platform: a message that an ad opened becomes a click, any other message a
//! link between the writer's phone and user id.
//!
//! Only signed bodies get this far, so what they say is true. Names, texts and headlines are never
//! read. Bodies after Meta's documentation of webhooks.

mod handshake;
mod messages;

use std::fmt;

use kopru_core::Fact;

use crate::{Context, Unreadable};

/// A webhook of the WhatsApp Business Platform.
#[derive(Clone)]
pub struct Whatsapp {
    /// What Meta must present to verify the address; `None` refuses every handshake.
    pub verify_token: Option<String>,
    /// The secret of the Meta app, which signs every body. Empty refuses every body.
    pub app_secret: String,
}

impl fmt::Debug for Whatsapp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Whatsapp(..)")
    }
}

impl Whatsapp {
    /// See [`crate::Door::handshake`].
    pub fn handshake(&self, query: &[(String, String)]) -> Option<String> {
        handshake::answer(self.verify_token.as_deref()?, query)
    }

    /// See [`crate::Door::verify`].
    pub fn verify(&self, signature_header: Option<&[u8]>, body: &[u8]) -> bool {
        handshake::is_signed(&self.app_secret, signature_header, body)
    }

    /// See [`crate::Door::parse`].
    ///
    /// # Errors
    /// The body is not JSON, is of another product, or holds only messages that cannot be used.
    pub fn parse(&self, body: &[u8], context: &Context) -> Result<Vec<Fact>, Unreadable> {
        messages::facts(body, context)
    }
}

#[cfg(test)]
mod tests;
