//! HTTP: the doors on the public listener; management API and dashboard on the admin listener.
//!
//! Two routers that share nothing but the store. A door answers as soon as what it received is
//! durable and never waits for a CRM or for Meta. Nothing is decided here.

mod admin;
mod body;
mod doors;
mod listen;

pub use admin::{Admin, Language, WorkspaceView};
pub use doors::{Doors, Hook};
pub use listen::{Listening, listen};
