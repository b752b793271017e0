//! What forms hold where nothing was known. Each text is kept from the keys where it could be a value.

use testkit::Random;

/// The mess of fillers that are the same everywhere.
pub const FILLER: &str = "filler";
/// The mess of fillers in the customer's language.
pub const FILLER_OF_THE_LANGUAGE: &str = "filler of the language";

const EVERYWHERE: &[&str] = &["n/a", "N/A", "-", "--", "unknown", "", " ", "   "];

/// A text that means nothing for a key, with the name of its mess.
pub fn new(random: &mut Random, key: &str, country: &str) -> (&'static str, &'static str) {
    let own = of_the_language(country);
    // A surname can be anything, and an id is whatever its owner says.
    let any_word = !matches!(key, "ln" | "external_id");
    if any_word && !own.is_empty() && random.chance(20) {
        return (random.pick(own), FILLER_OF_THE_LANGUAGE);
    }
    let of_key: &[&str] = match key {
        "em" => &["test@test", "test@test", "none", "null", "xxx", ".", "0", "@"],
        "ph" => &["0000000000", "0000000000", "0", "none", "null", "xxx", ".", "+"],
        "zp" => &["0", "00000", "none", "null", "xxx", ".", "0000000000"],
        "db" => &["0", "00000000", "none", "null", "xxx", ".", "NULL"],
        "fn" | "ct" | "st" | "country" => &["0", "none", "null", "xxx", ".", "NULL"],
        "ge" => &["none", "null", "NULL", "."],
        // Null and None are surnames.
        "ln" => &["0", "xxx", "."],
        _ => &["null", "NULL", "."],
    };
    let text = if random.chance(45) { random.pick(EVERYWHERE) } else { random.pick(of_key) };
    (text, FILLER)
}

fn of_the_language(country: &str) -> &'static [&'static str] {
    match country {
        "TR" => &["yok", "Yok", "YOK", "bilinmiyor"],
        "BR" => &["não informado", "não tem", "nenhum"],
        "MX" => &["ninguno", "desconocido", "sin dato"],
        "DE" => &["keine Angabe", "unbekannt", "k.A."],
        "SA" | "AE" | "EG" => &["لا يوجد", "غير معروف"],
        _ => &[],
    }
}
