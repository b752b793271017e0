//! The known shapes of webhooks by door and name, and making one of them.

mod chat;
mod instagram;
mod kommo;
mod leadgen;
mod messenger;
mod parameters;
mod whatsapp;

use std::fmt;

use parameters::Values;

use crate::Error;

pub use parameters::Parameters;

/// Who sends the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// WhatsApp's Cloud API.
    Whatsapp,
    /// Messenger.
    Messenger,
    /// Instagram's messages.
    Instagram,
    /// Meta's lead forms.
    Leadgen,
    /// Kommo.
    Kommo,
}

impl Door {
    /// All doors.
    pub const ALL: [Self; 5] = [Self::Whatsapp, Self::Messenger, Self::Instagram, Self::Leadgen, Self::Kommo];

    /// The name that the command and the control path take.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
            Self::Leadgen => "leadgen",
            Self::Kommo => "kommo",
        }
    }

    /// The door with this name; the error lists the known ones.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|door| door.name() == name).ok_or_else(|| {
            let known = listed(Self::ALL.map(Self::name));
            Error::UnknownDoor { name: name.to_owned(), known }
        })
    }

    /// Whether the webhooks are signed, and the address is tried with a handshake. Kommo has neither.
    pub fn is_of_meta(self) -> bool {
        self != Self::Kommo
    }

    fn recipes(self) -> &'static [Recipe] {
        match self {
            Self::Whatsapp => whatsapp::RECIPES,
            Self::Messenger => messenger::RECIPES,
            Self::Instagram => instagram::RECIPES,
            Self::Leadgen => leadgen::RECIPES,
            Self::Kommo => kommo::RECIPES,
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a shape is made.
struct Recipe {
    name: &'static str,
    meaning: &'static str,
    body: fn(&Values) -> String,
}

/// A shape that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Who sends it.
    pub door: Door,
    /// Its name, unique within the door.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// All shapes, door by door; a door's first is the one that is made if none is named.
pub fn shapes() -> Vec<Shape> {
    let of =
        |door: Door| door.recipes().iter().map(move |it| Shape { door, name: it.name, meaning: it.meaning });
    Door::ALL.into_iter().flat_map(of).collect()
}

/// A webhook that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Who sends it.
    pub door: Door,
    /// The name of its shape.
    pub shape: &'static str,
    /// Its body as it is sent.
    pub body: String,
}

/// Makes a webhook of the named shape, or of the door's first. Times and ids that are not said come from
/// the clock. The error lists the known shapes.
pub fn make(door: Door, shape: Option<&str>, parameters: &Parameters, now_ms: i64) -> Result<Hook, Error> {
    let recipes = door.recipes();
    let wanted = match shape {
        Some(shape) => recipes.iter().find(|recipe| recipe.name == shape),
        None => recipes.first(),
    };
    let Some(recipe) = wanted else {
        let name = shape.unwrap_or_default().to_owned();
        return Err(Error::UnknownShape {
            door,
            name,
            known: listed(recipes.iter().map(|recipe| recipe.name)),
        });
    };
    let body = (recipe.body)(&Values::new(parameters, now_ms));
    Ok(Hook { door, shape: recipe.name, body })
}

fn listed(names: impl IntoIterator<Item = &'static str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
