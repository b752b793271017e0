//! Random text, and what happens to text on its way: the letters in which two programs may differ.

use testkit::Random;

/// What counts as blank somewhere: to JavaScript, to Unicode, or to people.
pub const BLANKS: &[char] = &[
    ' ', ' ', ' ', '\t', '\n', '\u{b}', '\u{c}', '\r', '\u{1c}', '\u{1d}', '\u{1e}', '\u{1f}', '\u{85}',
    '\u{a0}', '\u{1680}', '\u{180e}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}',
    '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{200b}', '\u{200c}', '\u{200d}',
    '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{2060}', '\u{3000}', '\u{feff}',
];

/// Characters with a lower case that surprises, that depends on its neighbours, or that looks like
/// something else.
const TRICKY: &[char] = &[
    'İ',
    'I',
    'i',
    'ı',
    'ẞ',
    'ß',
    '\u{212a}',
    'K',
    'k',
    '\u{212b}',
    'Å',
    'å',
    '\u{2126}',
    'Ω',
    'ſ',
    'ς',
    'σ',
    'Σ',
    'Σ',
    'Σ',
    'ϴ',
    'Ǆ',
    'ǅ',
    'ǆ',
    'Ǳ',
    'ǲ',
    'ŉ',
    'ǰ',
    'ΐ',
    'ﬁ',
    'ﬀ',
    'և',
    'ᾳ',
    'ᾼ',
    'ᾈ',
    'ẖ',
    'Ⅷ',
    'ⅷ',
    'Ⓐ',
    'ⓐ',
    'Ａ',
    'ａ',
    '０',
    '９',
    '٣',
    '۴',
    '३',
    '²',
    '½',
    '①',
    'Ａ',
    '＠',
    '．',
    '－',
    '‐',
    '–',
    '—',
    '−',
    '’',
    '‘',
    '´',
    '`',
    '·',
    '\u{387}',
    '\u{345}',
    '\u{300}',
    '\u{301}',
    '\u{307}',
    '\u{327}',
    '\u{308}',
    '\u{483}',
    '\u{5b0}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{200e}',
    '\u{200f}',
    '\u{2066}',
    '\u{fe0f}',
    '\u{e0041}',
    '\u{e0101}',
    '\u{0}',
    '\u{1}',
    '\u{7f}',
    '\u{80}',
    '\u{fffd}',
    '\u{fffc}',
    '\u{e000}',
    '😀',
    '👩',
    '𐐀',
    '𐐨',
    '𞤀',
    '𞤢',
    '𝐀',
    '𝟗',
    '𠮷',
    'Ა',
    'ა',
    'Ꭰ',
    'ꭰ',
    'Ɐ',
    'Ɡ',
    'ʼ',
    'ˮ',
    'ª',
    'º',
];

/// Where random characters come from; the last are wide.
const BLOCKS: &[(u32, u32)] = &[
    (0x20, 0x7e),
    (0x20, 0x7e),
    (0x00, 0x1f),
    (0x80, 0xff),
    (0x100, 0x24f),
    (0x250, 0x36f),
    (0x370, 0x3ff),
    (0x400, 0x52f),
    (0x530, 0x6ff),
    (0x900, 0xdff),
    (0xe00, 0x10ff),
    (0x13a0, 0x13ff),
    (0x1c80, 0x1cbf),
    (0x1d00, 0x1fff),
    (0x2000, 0x206f),
    (0x2100, 0x218f),
    (0x2460, 0x24ff),
    (0x2c00, 0x2dff),
    (0x3000, 0x33ff),
    (0x4e00, 0x9fff),
    (0xa640, 0xa7ff),
    (0xab30, 0xabbf),
    (0xac00, 0xd7a3),
    (0xf900, 0xffef),
    (0x10400, 0x105bf),
    (0x10c80, 0x10d8f),
    (0x118a0, 0x118df),
    (0x16e40, 0x16eff),
    (0x1d400, 0x1d7ff),
    (0x1e900, 0x1e95f),
    (0x1f000, 0x1faff),
    (0x20000, 0x2ffff),
    (0xe0000, 0xe01ef),
    (0x0, 0xffff),
    (0x1_0000, 0x1_ffff),
    (0xf_0000, 0x10_ffff),
];

/// Words around the Greek sigma, whose lower case depends on what stands beside it.
const SIGMAS: &[&str] = &[
    "ΑΣ",
    "ΣΑ",
    "ΑΣΑ",
    "ΑΣ ",
    " Σ",
    "ΑΣ.",
    "Α.Σ",
    "ΑΣ.Α",
    "ΑΣ'",
    "ΑΣ'Α",
    "ΑΣ:",
    "Α:Σ:Α",
    "ΑΣ\u{301}",
    "Α\u{301}Σ",
    "ΑΣ\u{ad}Β",
    "ΑΣ\u{200d}",
    "\u{345}Σ",
    "ΣΣ",
    "aΣ",
    "aΣb",
    "1Σ",
    "Σ1",
    "ΑΣ-Β",
    "ΑΣ_Β",
    "ⅧΣ",
    "ªΣ",
    "ʰΣ",
    "ΑΣ😀",
    "ΑΣ\u{feff}",
    "中Σ",
    "ΑΣ中",
    "ΑΣ^Α",
    "ΑΣ·Α",
    "ΑΣ’Α",
];

/// A text of up to so many random characters.
pub fn random(random: &mut Random, length_max: usize) -> String {
    let length = random.below(length_max + 1);
    (0..length).map(|_| character(random)).collect()
}

fn character(random: &mut Random) -> char {
    match random.below(10) {
        0 => random.pick(BLANKS),
        1 | 2 => random.pick(TRICKY),
        _ => loop {
            let (first, last) = random.pick(BLOCKS);
            let drawn = char::from_u32(random.between(u64::from(first), u64::from(last)) as u32);
            // Half a surrogate pair is a character to JavaScript, but not to Rust.
            if let Some(drawn) = drawn {
                break drawn;
            }
        },
    }
}

/// A few blanks of any kind.
pub fn blanks(random: &mut Random) -> String {
    let length = random.below(3);
    random.string(BLANKS, length)
}

/// Changes a text at one place, or as a whole.
pub fn mutate(text: &mut String, random: &mut Random) {
    let mut chars: Vec<char> = text.chars().collect();
    let place = random.below(chars.len() + 1);
    let at = place.min(chars.len().saturating_sub(1));
    match random.below(18) {
        0 => chars.insert(place, character(random)),
        1 => chars.insert(place, random.pick(BLANKS)),
        2 => chars.insert(place, random.pick(TRICKY)),
        3 => chars.insert(place, char::from(random.between(0x21, 0x7e) as u8)),
        4 => chars.insert(place, random.pick(&['.', '-', ' ', '@', '\'', '/', ':', '_', '+', '0'])),
        5 | 6 if !chars.is_empty() => drop(chars.remove(at)),
        7 if !chars.is_empty() => chars.insert(at, chars[at]),
        8 if chars.len() > 1 => {
            let other = random.below(chars.len());
            chars.swap(at, other);
        }
        9 if !chars.is_empty() => {
            let c = chars[at];
            let flipped: Vec<char> =
                if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
            chars.splice(at..=at, flipped);
        }
        10 if !chars.is_empty() => chars[at] = double(chars[at], random),
        11 => {
            let mark = char::from_u32(random.between(0x300, 0x36f) as u32);
            chars.splice(place..place, mark);
        }
        12 => {
            chars.splice(place..place, random.pick(SIGMAS).chars());
        }
        13 => return *text = text.to_uppercase(),
        14 => return *text = text.to_lowercase(),
        15 => chars.truncate(place),
        16 => return *text = format!("{}{text}{}", blanks(random), blanks(random)),
        _ => chars = chars.iter().map(|c| if random.chance(30) { double(*c, random) } else { *c }).collect(),
    }
    *text = chars.into_iter().collect();
}

/// A character that looks like another, or a random one.
fn double(c: char, random: &mut Random) -> char {
    match c {
        'i' | 'I' => random.pick(&['ı', 'İ', 'і', 'Ι', 'ｉ', 'ì']),
        'k' | 'K' => random.pick(&['\u{212a}', 'к', 'Κ', 'Ｋ']),
        's' | 'S' => random.pick(&['ſ', 'ѕ', 'ß', 'ẞ', 'Ｓ']),
        'a' | 'A' => random.pick(&['\u{212b}', 'å', 'а', 'Α', 'ª', 'ａ']),
        '0'..='9' => {
            let digit = u32::from(c) - u32::from('0');
            let zero = random.pick(&[0xff10, 0x660, 0x6f0, 0x966, 0x1d7ce]);
            char::from_u32(zero + digit).unwrap_or(c)
        }
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => character(random),
    }
}
