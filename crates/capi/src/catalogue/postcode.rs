//! What the postcodes of a country look like.

use std::sync::LazyLock;

use super::country::{LETTERS, place};

/// The shape of a country's postcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// So many digits, without the spaces, dashes and country prefixes that people put between or
    /// before them. What a country adds behind (the United States' four digits) is not counted.
    Digits(u8),
    /// Letters and digits.
    Alphanumeric,
    /// The country has no postcodes: what stands in the field is something else.
    None,
}

/// Countries by the number of digits of their postcodes. Left out are countries whose postcodes
/// come in several lengths or with letters that belong to them. Google's
/// address data, less what has changed since.
const DIGITS: [(u8, &str); 7] = [
    (3, "fo is ls mg om pg"),
    (
        4,
        "af al at au bd be bg cc ch cv cx cy dk et ge gl gw hm ht hu li lr lu mk mz ne nf no nz ph si sj \
         tn ve za",
    ),
    (
        5,
        "as ax ba bl bt cu cz de do dz ee eg eh es fi fm fr gf gp gr gt gu hn hr id iq it jo ke kr kw la lk \
         lt ma mc me mf mh mn mp mq mv mx my na nc ni np pf pk pl pm pr pw re sa sd se sk sm sn th tr ua um \
         us uy va vi wf xk yt zm",
    ),
    (6, "by cn co ec in kg kz ng ro ru sg tj tm uz"),
    (7, "cl jp pt"),
    (8, "br"),
    (10, "ir"),
];

/// Countries whose postcodes have letters, always or often. Google's address data.
const ALPHANUMERIC: &str = "ad ar bb bm bn ca fk gb gg gi gs ie im io je ky lv mt nl pn sh so sz tc vc vg";

/// Countries without postcodes, or with some that nobody uses. Google's address data.
const WITHOUT: &str = "ae ag ao aw bf bi bj bo bq bs bw bz cd cf cg ci ck cm cw dj dm er fj ga gd gm gq gy \
    hk jm km kp ly ml mo mr ms nr nu qa rw sb sc sl sr ss st sx sy td tf tg tk to tv ug \
    vu ye zw";

/// The shape of the postcodes of a country, or `None` when the country is unknown or its postcodes
/// have no single shape. The alpha-2 code may have any case.
///
/// ```
/// use capi::catalogue::{Shape, postcode_shape};
///
/// assert_eq!(postcode_shape("br"), Some(Shape::Digits(8)));
/// assert_eq!(postcode_shape("AE"), Some(Shape::None));
/// ```
pub fn postcode_shape(alpha2: &str) -> Option<Shape> {
    static SHAPES: LazyLock<[Option<Shape>; LETTERS * LETTERS]> = LazyLock::new(|| {
        let mut shapes = [None; LETTERS * LETTERS];
        let all = DIGITS
            .into_iter()
            .map(|(digits, codes)| (Shape::Digits(digits), codes))
            .chain([(Shape::Alphanumeric, ALPHANUMERIC), (Shape::None, WITHOUT)]);
        for (shape, codes) in all {
            for slot in codes.split_ascii_whitespace().filter_map(place) {
                if let Some(slot) = shapes.get_mut(slot) {
                    *slot = Some(shape);
                }
            }
        }
        shapes
    });
    SHAPES.get(place(alpha2)?).copied().flatten()
}

#[cfg(test)]
mod tests;
