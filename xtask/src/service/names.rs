//! Names and numbers on which the configuration, the load and the upstreams agree.

/// The secret of the app that signs all WhatsApp webhooks.
pub const APP_SECRET: &str = "secret-of-the-app-that-signs-the-webhooks";

/// The WhatsApp account of a workspace.
pub fn waba(workspace: usize) -> usize {
    200_000_000 + workspace
}

/// The key of a workspace's WhatsApp hook.
pub fn whatsapp_key(workspace: usize) -> String {
    format!("whatsapp-hook-key-{workspace:06}")
}

/// The pipeline in which all deals are.
pub const PIPELINE: u64 = 770_001;

/// Kommo's own number of *Closed won*.
pub const WON: u64 = 142;

/// The phone of a deal's contact, in international digits.
pub fn phone(deal: u64) -> String {
    format!("9053{deal:08}")
}
