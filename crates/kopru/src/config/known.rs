//! Sources whose account the store knows by another name.

use std::sync::Arc;

use kopru_core::Catalogue;
use sources::Source;

/// A source as the store knows its account by the name that it has now.
pub fn as_known(source: &Arc<dyn Source>, known: &[Catalogue]) -> Arc<dyn Source> {
    let Some(upstream) = source.upstream() else { return Arc::clone(source) };
    let known = known.iter().find(|catalogue| catalogue.is_called(upstream.name()));
    let renamed = known.filter(|catalogue| catalogue.origin != upstream.origin());
    renamed.and_then(|catalogue| source.known_as(&catalogue.origin)).unwrap_or_else(|| Arc::clone(source))
}
