//! The address of the door.

/// Most digits of a version's numbers.
const VERSION_DIGITS_MAX: usize = 3;
/// Longest id of a dataset that is looked up, bytes. Meta's have 15 to 17 digits.
const DATASET_BYTES_MAX: usize = 64;

/// The version in an address that is shown. Any is taken.
const SHOWN_VERSION: &str = "v26.0";
/// Fewest digits of an id in an address without a version.
const ID_DIGITS_MIN: usize = 5;

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
        let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
        let is_id = (1..=DATASET_BYTES_MAX).contains(&dataset.len())
            && dataset.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let is_ours =
            is_number(major) && is_number(minor) && is_id && edge == "events" && parts.next().is_none();
        is_ours.then_some(Self { version, dataset })
    }

    /// The address that was probably meant by one that is none of this door's; `None` where it resembles none.
    pub fn meant(path: &str) -> Option<String> {
        let parts = || path.split('/').filter(|part| !part.is_empty());
        let version = parts().find_map(|part| {
            let number = part.strip_prefix(['v', 'V'])?;
            let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
            (is_number(major) && is_number(minor)).then(|| format!("v{major}.{minor}"))
        });
        let is_id = |part: &&str| {
            (ID_DIGITS_MIN..=DATASET_BYTES_MAX).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let begins_with_id = parts().next().as_ref().is_some_and(is_id);
        let ends_as_ours = parts().next_back().is_some_and(|part| part.eq_ignore_ascii_case("events"));
        (version.is_some() || begins_with_id || ends_as_ours).then(|| {
            let version = version.as_deref().unwrap_or(SHOWN_VERSION);
            format!("/{version}/{}/events", parts().find(is_id).unwrap_or("DATASET"))
        })
    }
}

/// Whether it is a number of a version.
fn is_number(text: &str) -> bool {
    (1..=VERSION_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
