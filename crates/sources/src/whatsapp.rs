//! WhatsApp Business Platform: a message that an ad opened becomes a click, any other message a
//! link between the writer's phone and user id.
//!
//! Only signed bodies get this far, so what they say is true. Names, texts and headlines are never
//! read. Bodies after Meta's documentation of webhooks.

mod cards;
mod contacts;
mod content;
mod handshake;
mod history;
mod json;
mod messages;
mod names;
mod renamed;
mod statuses;

use std::{fmt, sync::Arc};

use http::{Method, StatusCode};

use crate::{
    ConfigKey, Directory, Kind, Received, Request, Settings, Source, ValueForm, reply,
    request::{HttpReply, bad_handshake, wrong_method},
};

/// The kind `whatsapp`.
pub static KIND: Kind = Kind {
    name: "whatsapp",
    about: "messages of the WhatsApp Business Platform",
    key: crate::SECRET_KEY,
    keys: &[
        ConfigKey {
            name: "verify_token",
            form: ValueForm::Secret,
            needed: "",
            example: "env:META_VERIFY",
            meaning: "what Meta asks when the address is entered in the app",
        },
        ConfigKey {
            name: "app_secret",
            form: ValueForm::Secret,
            needed: ": Meta signs its webhooks with it",
            example: "env:META_APP_SECRET",
            meaning: "of the app that sends the webhooks",
        },
    ],
    build: |settings: &Settings| {
        Arc::new(Whatsapp {
            verify_token: settings.get("verify_token"),
            app_secret: settings.required("app_secret"),
        })
    },
};

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

impl Source for Whatsapp {
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        match *request.method {
            Method::GET => self.handshake(request),
            Method::POST => {
                if !handshake::is_signed(
                    &self.app_secret,
                    request.header("x-hub-signature-256"),
                    request.body,
                ) {
                    return Received::Forged;
                }
                match messages::facts(request.body, directory) {
                    Ok(facts) => Received::Taken { facts, reply: HttpReply::default() },
                    Err(unreadable) => Received::Unreadable(unreadable),
                }
            }
            _ => wrong_method("GET, POST"),
        }
    }

    fn if_forged(&self) -> &'static str {
        "if they come from Meta, the app_secret of this source is not that of the app that sends them: \
         copy it from App settings > Basic"
    }
}

impl Whatsapp {
    /// Meta asks once whether the address is ours.
    fn handshake(&self, request: &Request<'_>) -> Received {
        let challenge = self.verify_token.as_deref().and_then(|token| handshake::answer(token, request));
        match challenge {
            Some(challenge) => Received::reply(reply(StatusCode::OK, "text/plain", challenge)),
            None => bad_handshake(),
        }
    }
}

#[cfg(test)]
mod tests;
