//! External ids: the advertiser's own, kept as given, without the space around.

use super::dice::Dice;
use super::mess::{Mess, cell_end, known, mess, padded};

/// An id in one of the shapes shops and CRMs use; never one that looks like a hash.
pub fn new(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => dice.digits("123456789", 8),
        1 => format!("CRM-{}", dice.digits("0", 6)),
        2 => format!("user_{}", dice.digits("123456789", 5)),
        3 => format!("0{}", dice.digits("0123456789", 6)),
        4 => format!("Loyal {} {}", dice.digits("123456789", 4), dice.digits("0123456789", 4)),
        _ => format!("{}-4aB1-{}", dice.digits("123456789", 8), dice.digits("0123456789", 12)),
    }
}

/// Every way to write an id.
pub const MESSES: &[Mess<String>] = &[
    mess("as given", 850, |_, id| known(&**id, &**id)),
    mess("spaces around", 100, |dice, id| known(padded(dice, id), &**id)),
    mess("tab or line end", 50, |dice, id| known(cell_end(dice, id), &**id)),
];
