//! HTTP: the doors on the public listener; management API and dashboard on the admin listener; the
//! management API alone on the control socket, for commands on the same machine.
//!
//! Two routers that share nothing but the store and what is known of the process's health. A door
//! answers as soon as what it received is durable and never waits for a CRM or for Meta. Nothing is
//! decided here.

mod admin;
mod api_keys;
mod client;
mod doors;
mod error;
mod health;
mod listen;
mod log_throttle;

pub use admin::{
    Admin, AdminParts, Applied, AppliedWorkspace, ApplyAnswer, ApplyRequest, BackupLine, GO_ON_AFTER,
    GivenTime, LOOKED_BACK_TO, Language, LogsCount, LogsRead, WorkspaceView, host_name, indented,
};
pub use api_keys::ApiKeys;
pub use client::Proxies;
pub use doors::{CollectDoor, DatasetDoor, DoorParts, Doors, Hook, OpenDoors};
pub use error::Error;
pub use health::{DriftedAccount, DriftedRule, Health, RefusedSite, RestingAccount, SharedIds, Stopped};
pub use listen::{Listening, listen, listen_control, socket_path_fits};
