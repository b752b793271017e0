//! The address of the door.

/// Most digits of a version's numbers.
const VERSION_DIGITS_MAX: usize = 3;
/// Longest id of a dataset that is looked up, bytes. Meta's have 15 to 17 digits.
const DATASET_BYTES_MAX: usize = 64;

/// Where events are posted: `/v{N}.{M}/{dataset}/events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsPath<'a> {
    /// The version of Graph for which the client was made, `v24.0`. All are taken alike.
    pub version: &'a str,
    /// The dataset, as it stands in the address; whether there is such a one is not looked at.
    pub dataset: &'a str,
}

impl<'a> EventsPath<'a> {
    /// Reads the path of an address, with or without a slash at its end; `None` if it is another one.
    pub fn parse(path: &'a str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.strip_prefix('/')?.split('/');
        let (version, dataset, edge) = (parts.next()?, parts.next()?, parts.next()?);
        let is_number = |text: &str| {
            (1..=VERSION_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
        let is_id = (1..=DATASET_BYTES_MAX).contains(&dataset.len())
            && dataset.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let is_ours =
            is_number(major) && is_number(minor) && is_id && edge == "events" && parts.next().is_none();
        is_ours.then_some(Self { version, dataset })
    }
}
