//! The path of a Graph call: a version, an object, one of its edges.

/// The newest version; a later one is no version.
pub(super) const NEWEST: u16 = 26;
/// Older versions are answered as this one: Graph forwards a version that has expired.
const OLDEST: u16 = 21;

/// `/{version}/{node}/{edge}`, each of which may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Path {
    /// The major number of the version that answers. Without one in the path it is the oldest.
    pub(super) version: u16,
    /// The version as the path has it, with its slash; empty without one.
    pub(super) prefix: String,
    pub(super) node: String,
    pub(super) edge: Option<String>,
}

impl Path {
    /// `None` for a version that does not exist and for more parts than an edge has.
    pub(super) fn read(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/').filter(|part| !part.is_empty()).peekable();
        let major = parts.peek().and_then(|first| major_of(first));
        if major.is_some_and(|major| !(1..=NEWEST).contains(&major)) {
            return None;
        }
        let prefix = if major.is_some() { parts.next() } else { None };
        let node = parts.next().unwrap_or_default().to_owned();
        let edge = parts.next().map(str::to_owned);
        parts.next().is_none().then(|| Self {
            version: major.unwrap_or(OLDEST).max(OLDEST),
            prefix: prefix.map(|version| format!("/{version}")).unwrap_or_default(),
            node,
            edge,
        })
    }
}

/// The major number of a version, such as 25 of `v25.0`.
fn major_of(part: &str) -> Option<u16> {
    let (major, minor) = part.strip_prefix('v')?.split_once('.')?;
    minor.parse::<u16>().ok()?;
    major.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_nodes_and_edges() {
        let read =
            |path| Path::read(path).map(|path| (path.version, path.node, path.edge.unwrap_or_default()));
        let some = |version, node: &str, edge: &str| Some((version, node.to_owned(), edge.to_owned()));
        for (path, expected) in [
            ("/v25.0/1/events", some(25, "1", "events")),
            ("/v25.0/1/events/", some(25, "1", "events")),
            ("/v26.0/debug_token", some(26, "debug_token", "")),
            ("/v16.0/1/events", some(21, "1", "events")),
            ("/1/events", some(21, "1", "events")),
            ("/v27.0/1/events", None),
            ("/v0.0/1/events", None),
            ("/v25/1", some(21, "v25", "1")),
            ("/vx.0/events", some(21, "vx.0", "events")),
            ("/v25.0/1/events/2", None),
            ("/", some(21, "", "")),
        ] {
            assert_eq!(read(path), expected, "{path}");
        }
    }
}
