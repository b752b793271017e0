//! What the library of phone numbers does not tell of countries' numbering plans: prefixes that people go on
//! to dial, and numbers of before a change that people, chats and CRMs go on to know. Prefixes and exit
//! codes in use, lengths and ranges are the library's (libphonenumber).

use rlibphonenumber::Region;

/// What is special about the numbers of a country code.
pub(crate) struct NumberPlan {
    /// The country code.
    pub code: &'static str,
    /// The countries whose numbers these are.
    pub regions: &'static [Region],
    /// What is, or was, dialled before a number within the country.
    pub trunk: &'static [&'static str],
    /// What changed of the numbers themselves.
    pub change: Option<Renumbering>,
    /// Where that is said.
    #[expect(dead_code, reason = "it is for the reader")]
    pub source: &'static str,
}

/// A change of the plan that gave everybody of a range another number.
pub(crate) struct Renumbering {
    /// The day from which the number of before reached nobody, or from which both did.
    #[expect(dead_code, reason = "it is for the reader")]
    pub since: &'static str,
    /// How many digits a number had, without country code.
    pub digits: usize,
    /// How it began and how it begins; a dot stands for the same digit in both. The first that fits counts.
    pub rules: &'static [(&'static str, &'static str)],
    /// Which of the two is dialled today.
    pub dialled: InForce,
    /// By which of the two people are joined; never changed, so that links which are stored go on to hold.
    pub joined_by: JoinedBy,
}

/// Which numbers are dialled after a change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InForce {
    /// The new one only.
    New,
    /// Both, as far as libphonenumber knows.
    Both,
}

/// By which number of two people are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinedBy {
    /// That of before.
    Old,
    /// That of today.
    New,
}

const fn eight(code: &'static str, regions: &'static [Region], source: &'static str) -> NumberPlan {
    NumberPlan { code, regions, trunk: &["8"], change: None, source }
}

/// Where 8 was dialled before the area in the Soviet Union, and still is or is written. In front stand those
/// of which the plan is in force.
const SOVIET: &str = "libphonenumber 9.0.43 (national prefix 8); ITU, national numbering plans";
const FORMERLY_SOVIET: &str = "ITU, national numbering plans: another prefix or none since 2000 to 2024";

/// All of them.
pub(crate) const PLANS: &[NumberPlan] = &[
    eight("7", &[Region::RU, Region::KZ], SOVIET),
    eight("375", &[Region::BY], SOVIET),
    eight("993", &[Region::TM], SOVIET),
    eight("380", &[Region::UA], FORMERLY_SOVIET),
    eight("998", &[Region::UZ], FORMERLY_SOVIET),
    eight("995", &[Region::GE], FORMERLY_SOVIET),
    eight("374", &[Region::AM], FORMERLY_SOVIET),
    eight("994", &[Region::AZ], FORMERLY_SOVIET),
    eight("996", &[Region::KG], FORMERLY_SOVIET),
    eight("992", &[Region::TJ], FORMERLY_SOVIET),
    eight("373", &[Region::MD], FORMERLY_SOVIET),
    eight("370", &[Region::LT], FORMERLY_SOVIET),
    NumberPlan {
        code: "52",
        regions: &[Region::MX],
        trunk: &["044", "045", "01"],
        change: Some(Renumbering {
            since: "2019-08-03",
            digits: 11,
            rules: &[("1", "")],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "IFT, national dialling of ten digits; libphonenumber folds none of it since 8.13.40",
    },
    NumberPlan {
        code: "55",
        regions: &[Region::BR],
        trunk: &[],
        change: Some(Renumbering {
            since: "2016-11-06",
            digits: 10,
            // What begins with 7 can be a number of eight digits for good (radio services).
            rules: &[("..6", "..96"), ("..8", "..98"), ("..9", "..99")],
            dialled: InForce::New,
            joined_by: JoinedBy::Old,
        }),
        source: "Anatel, resolution 553 of 2010; PR, SC and RS as the last on 2016-11-06, eight digits \
                 until 2016-11-15 (telesintese.com.br/nono-digito-sera-implementado-na-regiao-sul-no-domingo, \
                 seen 2026-11-29)",
    },
    NumberPlan {
        code: "229",
        regions: &[Region::BJ],
        trunk: &[],
        change: Some(Renumbering {
            since: "2024-11-30",
            digits: 8,
            // Services, which begin with 8, kept theirs.
            rules: &[("2", "012"), ("4", "014"), ("5", "015"), ("6", "016"), ("9", "019")],
            dialled: InForce::New,
            joined_by: JoinedBy::Old,
        }),
        source: "ARCEP Bénin; libphonenumber 8.13.50 and later",
    },
    NumberPlan {
        code: "225",
        regions: &[Region::CI],
        trunk: &[],
        change: Some(Renumbering {
            since: "2021-01-31",
            digits: 8,
            // Fixed lines by their third digit, mobiles by their second.
            rules: &[
                ("2.8", "212.8"),
                ("3.8", "213.8"),
                ("2.0", "252.0"),
                ("3.0", "253.0"),
                ("2", "272"),
                ("3", "273"),
                (".0", "01.0"),
                (".1", "01.1"),
                (".2", "01.2"),
                (".3", "01.3"),
                (".4", "05.4"),
                (".5", "05.5"),
                (".6", "05.6"),
                (".7", "07.7"),
                (".8", "07.8"),
                (".9", "07.9"),
            ],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "ARTCI; each rule gives numbers that libphonenumber 9.0.43 calls valid",
    },
    NumberPlan {
        code: "237",
        regions: &[Region::CM],
        trunk: &[],
        change: Some(Renumbering {
            since: "2014-11-22",
            digits: 8,
            rules: &[("2", "22"), ("3", "23"), ("5", "65"), ("6", "66"), ("7", "67"), ("9", "69")],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "ART Cameroun; in the night after 2014-11-21 \
                 (africatopsuccess.com/cameroon-phone-dialing-plan-moved-from-8-to-9-digits, seen 2026-11-29); \
                 libphonenumber 9.0.43 calls the new numbers valid and no old one",
    },
    NumberPlan {
        code: "241",
        regions: &[Region::GA],
        trunk: &[],
        change: Some(Renumbering {
            since: "2019-11-15",
            digits: 8,
            rules: &[("01", "11"), ("02", "62"), ("04", "74"), ("05", "65"), ("06", "66"), ("07", "77")],
            // The old ones were announced to end on 2024-04-06; nobody was seen to say that they did.
            dialled: InForce::Both,
            joined_by: JoinedBy::New,
        }),
        source: "ARCEP Gabon: 01 becomes 011, 02 062, 05 065, 06 066, 04 074, 07 077, and from abroad the zero is \
                 left out (news.alibreville.com/h/89332.html; in force: \
                 rfi.fr/afrique/20191115-changement-numerotation-telephonique-gabon; end announced: \
                 news.alibreville.com/h/114469.html; all seen 2026-11-29); libphonenumber 9.0.43 calls both valid",
    },
    NumberPlan {
        code: "220",
        regions: &[Region::GM],
        trunk: &[],
        change: Some(Renumbering {
            since: "2026",
            digits: 7,
            // The operator's two digits came in front.
            rules: &[
                ("3", "833"),
                ("5", "835"),
                ("6", "866"),
                ("2", "872"),
                ("4", "874"),
                ("7", "877"),
                ("9", "899"),
            ],
            dialled: InForce::Both,
            joined_by: JoinedBy::Old,
        }),
        source: "libphonenumber: new numbers valid since 9.0.37 to 9.0.40, old ones still in 9.0.43",
    },
    NumberPlan {
        code: "84",
        regions: &[Region::VN],
        trunk: &[],
        change: Some(Renumbering {
            since: "2018-09-15",
            digits: 10,
            rules: &[
                ("120", "70"),
                ("121", "79"),
                ("122", "77"),
                ("123", "83"),
                ("124", "84"),
                ("125", "85"),
                ("126", "76"),
                ("127", "81"),
                ("128", "78"),
                ("129", "82"),
                ("162", "32"),
                ("163", "33"),
                ("164", "34"),
                ("165", "35"),
                ("166", "36"),
                ("167", "37"),
                ("168", "38"),
                ("169", "39"),
                ("186", "56"),
                ("188", "58"),
                ("199", "59"),
            ],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "Ministry of Information and Communications, plan of 2018; each rule gives numbers that \
                 libphonenumber 9.0.43 calls valid",
    },
    NumberPlan {
        code: "57",
        regions: &[Region::CO],
        trunk: &[],
        change: Some(Renumbering {
            since: "2021-12-01",
            digits: 8,
            // 46 goes on to be dialled with eight digits.
            rules: &[
                ("1", "601"),
                ("2", "602"),
                ("42", "6042"),
                ("43", "6043"),
                ("44", "6044"),
                ("45", "6045"),
                ("5", "605"),
                ("6", "606"),
                ("7", "607"),
                ("8", "608"),
            ],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "CRC, resolution 5826 of 2019: both since 2021-09-01, the new ones alone since 2021-12-01, from \
                 abroad since 2022-02-01 (infobae.com/america/colombia/2021/12/01, seen 2026-11-29); \
                 libphonenumber 9.0.43 calls the old ones not valid",
    },
    NumberPlan {
        code: "234",
        regions: &[Region::NG],
        trunk: &[],
        change: Some(Renumbering {
            since: "2024-01-01",
            digits: 8,
            rules: &[
                ("1", "201"),
                ("2", "202"),
                ("3", "203"),
                ("4", "204"),
                ("5", "205"),
                ("6", "206"),
                ("7", "207"),
                ("8", "208"),
                ("9", "209"),
            ],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "NCC, ten digits for fixed lines; libphonenumber 9.0.43 calls the old ones impossible",
    },
    NumberPlan {
        code: "230",
        regions: &[Region::MU],
        trunk: &[],
        change: Some(Renumbering {
            since: "2013-09-01",
            digits: 7,
            rules: &[("25", "525"), ("7", "57"), ("9", "59")],
            dialled: InForce::New,
            joined_by: JoinedBy::New,
        }),
        source: "ICTA, 5 before each mobile number \
                 (commsupdate.com/articles/2013/09/02/mauritius-migrates-to-a-new-8-digit-mobile-numbering-plan, \
                 seen 2026-11-29); each rule gives numbers that libphonenumber 9.0.43 calls valid",
    },
];

/// With which digits codes begin of which a plan has changed: nearly every number is told by its first.
const HAS_CHANGED: [bool; 10] = {
    let mut first_digits = [false; 10];
    let mut at = 0;
    while at < PLANS.len() {
        if PLANS[at].change.is_some() {
            first_digits[(PLANS[at].code.as_bytes()[0] - b'0') as usize] = true;
        }
        at += 1;
    }
    first_digits
};

/// Those with something that is dialled first, which stand in front.
fn with_trunk_prefixes() -> impl Iterator<Item = &'static NumberPlan> {
    PLANS.iter().take_while(|plan| !plan.trunk.is_empty())
}

/// What is dialled before a number within a country, besides what the library takes off.
pub(crate) fn trunk_prefixes(region: Region) -> &'static [&'static str] {
    with_trunk_prefixes().find(|plan| plan.regions.contains(&region)).map_or(&[], |plan| plan.trunk)
}

/// The same for a number that begins with its country code.
pub(crate) fn trunk_prefixes_behind(digits: &str) -> &'static [&'static str] {
    with_trunk_prefixes().find(|plan| digits.starts_with(plan.code)).map_or(&[], |plan| plan.trunk)
}

/// The change of a number's plan, and the number without country code.
pub(super) fn change_of(digits: &str) -> Option<(&'static str, &'static Renumbering, &str)> {
    let first = usize::from(digits.bytes().next()?.checked_sub(b'0')?);
    if !HAS_CHANGED.get(first).copied().unwrap_or_default() {
        return None;
    }
    PLANS.iter().find_map(|plan| {
        let change = plan.change.as_ref()?;
        Some((plan.code, change, digits.strip_prefix(plan.code)?))
    })
}

impl Renumbering {
    /// The number of since the change, of one from before it.
    pub(super) fn renew(&self, national: &str) -> Option<String> {
        let fits = national.len() == self.digits;
        fits.then(|| self.rules.iter().find_map(|(old, new)| rewrite(national, old, new)))?
    }

    /// The number from before the change, of one since it.
    pub(super) fn undo(&self, national: &str) -> Option<String> {
        let old = self.rules.iter().filter_map(|(old, new)| rewrite(national, new, old));
        old.filter(|old| old.len() == self.digits).find(|old| self.renew(old).as_deref() == Some(national))
    }
}

/// A number that begins like the first pattern, with the beginning of the second.
fn rewrite(national: &str, from: &str, to: &str) -> Option<String> {
    let (head, tail) = national.split_at_checked(from.len())?;
    let fits = head.bytes().zip(from.bytes()).all(|(digit, wanted)| wanted == b'.' || wanted == digit);
    if !fits {
        return None;
    }
    let mut same =
        head.chars().zip(from.chars()).filter(|(_, wanted)| *wanted == '.').map(|(digit, _)| digit);
    let mut out = String::with_capacity(to.len() + tail.len());
    for sign in to.chars() {
        out.push(if sign == '.' { same.next()? } else { sign });
    }
    out.push_str(tail);
    Some(out)
}
