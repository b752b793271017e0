//! External ids: the advertiser's own, kept as given, without the space around.

use testkit::Random;

use super::mess::{Mess, cell_end, known, mess, padded};

/// An id in one of the shapes shops and CRMs use; never one that looks like a hash.
pub fn new(random: &mut Random) -> String {
    match random.below(6) {
        0 => random.digits("123456789", 8),
        1 => format!("CRM-{}", random.digits("0", 6)),
        2 => format!("user_{}", random.digits("123456789", 5)),
        3 => format!("0{}", random.digits("0123456789", 6)),
        4 => format!("Loyal {} {}", random.digits("123456789", 4), random.digits("0123456789", 4)),
        _ => format!("{}-4aB1-{}", random.digits("123456789", 8), random.digits("0123456789", 12)),
    }
}

/// Every way to write an id.
pub const MESSES: &[Mess<String>] = &[
    mess("as given", 850, |_, id| known(&**id, &**id)),
    mess("spaces around", 100, |random, id| known(padded(random, id), &**id)),
    mess("tab or line end", 50, |random, id| known(cell_end(random, id), &**id)),
];
