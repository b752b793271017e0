//! What every source can do: shake hands, verify, parse.

use kopru_core::{Fact, JoinKey};

use crate::{Kommo, Unreadable, Whatsapp};

/// What a door knows of the workspace whose facts it makes.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The workspace's key for joining identifiers.
    pub join: &'a JoinKey,
    /// ISO 3166 code of the country in which a phone number without country code is valid.
    pub country: Option<&'a str>,
}

/// A source as it is configured.
#[derive(Debug, Clone)]
pub enum Door {
    /// Messages of the WhatsApp Business Platform.
    Whatsapp(Whatsapp),
    /// Webhooks of Kommo.
    Kommo(Kommo),
}

impl Door {
    /// The name of the kind, as in the configuration.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Whatsapp(_) => "whatsapp",
            Self::Kommo(_) => "kommo",
        }
    }

    /// Answers the GET request with which an upstream verifies a new webhook address: the body to
    /// return, or `None` when the request is not such a handshake or its token is wrong.
    pub fn handshake(&self, query: &[(String, String)]) -> Option<String> {
        match self {
            Self::Whatsapp(whatsapp) => whatsapp.handshake(query),
            Self::Kommo(_) => None,
        }
    }

    /// Whether the body comes from the upstream. `signature_header` is `X-Hub-Signature-256`,
    /// `body` the raw bytes as received. Kommo does not sign, so its bodies always pass and are
    /// only hints.
    pub fn verify(&self, signature_header: Option<&[u8]>, body: &[u8]) -> bool {
        match self {
            Self::Whatsapp(whatsapp) => whatsapp.verify(signature_header, body),
            Self::Kommo(_) => true,
        }
    }

    /// The facts of a verified body, in a fixed order. A body that was understood and holds
    /// nothing of interest gives none.
    ///
    /// # Errors
    /// The body is not understood.
    pub fn parse(&self, body: &[u8], context: &Context) -> Result<Vec<Fact>, Unreadable> {
        match self {
            Self::Whatsapp(whatsapp) => whatsapp.parse(body, context),
            Self::Kommo(kommo) => kommo.parse(body),
        }
    }
}
