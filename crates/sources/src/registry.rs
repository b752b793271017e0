//! All kinds of sources.

use crate::{Kind, kommo, pixel, whatsapp};

/// All kinds, in the order in which people see them.
pub const KINDS: &[&Kind] = &[
    &whatsapp::KIND,
    &kommo::KIND,
    &pixel::KIND,
    #[cfg(test)]
    &crate::test_signed::KIND,
    #[cfg(test)]
    &crate::test_counting::KIND,
];

/// The kind of a name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
