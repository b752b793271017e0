//! What the seed data is made of. Names are plainly made up.

/// Where people live, in shares of a hundred.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) code: &'static str,
    pub(super) share: u64,
    /// Beginnings of mobile numbers, with the country code; `phone_digits` more follow.
    pub(super) phone_prefixes: &'static [&'static str],
    pub(super) phone_digits: u32,
    /// Given to women, given to men.
    pub(super) first_names: [&'static [&'static str]; 2],
    pub(super) last_names: &'static [&'static str],
    pub(super) cities: &'static [City],
}

/// A city; where the normal form is not just lowercase it stands beside the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct City {
    pub(super) name: (&'static str, Option<&'static str>),
    pub(super) state: (&'static str, Option<&'static str>),
    /// `#` is a digit. What is no letter and no digit is not in the normal form.
    pub(super) postcode: &'static str,
}

const fn city(
    name: (&'static str, Option<&'static str>),
    state: (&'static str, Option<&'static str>),
    postcode: &'static str,
) -> City {
    City { name, state, postcode }
}

pub(super) const COUNTRIES: [Country; 6] = [
    Country {
        code: "TR",
        share: 35,
        phone_prefixes: &["90530", "90532", "90541", "90542", "90552"],
        phone_digits: 7,
        first_names: [
            &["Örneksu", "Hayalgül", "Kurgunaz", "Denemay", "Düşnur", "Masalay"],
            &["Örnekhan", "Hayalcan", "Kurgubey", "Denemer", "Düşalp", "Masalhan"],
        ],
        last_names: &[
            "Kurguoğlu",
            "Yoktaş",
            "Hayalgücü",
            "Uydurmaz",
            "Masalcı",
            "Örneksoy",
            "Düşçü",
            "Sanalkaya",
        ],
        cities: &[
            city(("İstanbul", Some("istanbul")), ("İstanbul", Some("istanbul")), "34###"),
            city(("Ankara", None), ("Ankara", None), "06###"),
            city(("İzmir", Some("izmir")), ("İzmir", Some("izmir")), "35###"),
            city(("Muğla", None), ("Muğla", None), "48###"),
        ],
    },
    Country {
        code: "BR",
        share: 20,
        phone_prefixes: &["55119", "55219", "55319", "55619"],
        phone_digits: 8,
        first_names: [
            &["Fictícia", "Exempla", "Imagina", "Inventária", "Fantásia"],
            &["Fictício", "Exemplo", "Imagino", "Inventário", "Fantásio"],
        ],
        last_names: &["Inventado", "Imaginário", "Falsário", "Ilusão", "Hipótese"],
        cities: &[
            city(("São Paulo", Some("sãopaulo")), ("São Paulo", Some("sãopaulo")), "01###-###"),
            city(
                ("Rio de Janeiro", Some("riodejaneiro")),
                ("Rio de Janeiro", Some("riodejaneiro")),
                "20###-###",
            ),
            city(
                ("Belo Horizonte", Some("belohorizonte")),
                ("Minas Gerais", Some("minasgerais")),
                "30###-###",
            ),
        ],
    },
    Country {
        code: "DE",
        share: 15,
        phone_prefixes: &["49151", "49160", "49170", "49175"],
        phone_digits: 8,
        first_names: [
            &["Beispielina", "Probine", "Fiktine", "Märchenia", "Traumhild"],
            &["Beispielbert", "Probald", "Fiktus", "Märchus", "Traumfried"],
        ],
        last_names: &["Erfunden", "Platzhalter", "Übungsmann", "Niemandsen", "Probestück", "Dichtung"],
        cities: &[
            city(("Berlin", None), ("Berlin", None), "10###"),
            city(("München", None), ("Bayern", None), "80###"),
            city(("Köln", None), ("Nordrhein-Westfalen", Some("nordrheinwestfalen")), "50###"),
        ],
    },
    Country {
        code: "US",
        share: 15,
        phone_prefixes: &[
            "1202555", "1206555", "1212555", "1213555", "1214555", "1215555", "1303555", "1305555",
            "1312555", "1313555", "1404555", "1415555", "1503555", "1512555", "1602555", "1612555",
            "1615555", "1617555", "1702555", "1713555",
        ],
        phone_digits: 4,
        first_names: [
            &["Samplina", "Placeholda", "Fictia", "Mockette", "Fablyn"],
            &["Sampleton", "Placeholder", "Fictor", "Mockard", "Fablon"],
        ],
        last_names: &["Madeup", "Nosuch", "Imaginary", "Specimen", "Standin", "Fabricate"],
        cities: &[
            city(("New York", Some("newyork")), ("NY", None), "100##"),
            city(("Los Angeles", Some("losangeles")), ("CA", None), "900##"),
            city(("Phoenix", None), ("AZ", None), "850##"),
        ],
    },
    Country {
        code: "MX",
        share: 10,
        phone_prefixes: &["52555", "52335", "52815"],
        phone_digits: 7,
        first_names: [
            &["Ejemplina", "Ficticia", "Inventora", "Muestrela", "Quimera"],
            &["Ejemplino", "Ficticio", "Inventor", "Muestrelo", "Quimero"],
        ],
        last_names: &["Inexistente", "Supuesto", "Fantasía", "Nadie", "Señuelo", "Conjetura"],
        cities: &[
            city(
                ("Ciudad de México", Some("ciudaddeméxico")),
                ("Ciudad de México", Some("ciudaddeméxico")),
                "06###",
            ),
            city(("Guadalajara", None), ("Jalisco", None), "44###"),
            city(("Monterrey", None), ("Nuevo León", Some("nuevoleón")), "64###"),
        ],
    },
    Country {
        code: "FR",
        share: 5,
        phone_prefixes: &["33612", "33661", "33668", "33760"],
        phone_digits: 6,
        first_names: [
            &["Exemplette", "Fictive", "Imaginelle", "Rêvine", "Hypothésie"],
            &["Exemplin", "Fictif", "Imaginel", "Rêvin", "Hypothésien"],
        ],
        last_names: &["Inventé", "Factice", "Chimère", "Personne", "Mirage", "Légendaire"],
        cities: &[
            city(("Paris", None), ("Île-de-France", Some("îledefrance")), "750##"),
            city(("Lyon", None), ("Rhône", None), "690##"),
            city(("Marseille", None), ("Bouches-du-Rhône", Some("bouchesdurhône")), "130##"),
        ],
    },
];

/// Local parts of e-mail addresses: two words and a number.
pub(super) const EMAIL_WORDS: [&str; 12] = [
    "amber", "blue", "cloud", "delta", "ember", "fern", "grove", "harbor", "ivy", "juniper", "kite", "lagoon",
];
pub(super) const EMAIL_HOSTS: [&str; 3] = ["example.com", "example.org", "example.net"];

pub(super) const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
];

/// How people are known, in shares of a hundred. They decide the data, not any rate of matching: that
/// follows from what an event carries.
pub(super) mod share {
    /// No account with Meta.
    pub(crate) const NO_ACCOUNT: u64 = 8;
    /// Another e-mail address for shops than for the account.
    pub(crate) const OTHER_EMAIL: u64 = 20;
    /// Another phone number for shops than for the account.
    pub(crate) const OTHER_PHONE: u64 = 7;
    /// The advertising id of the phone may be seen.
    pub(crate) const DEVICE: u64 = 30;
    /// Known to shops by an id that Meta has seen.
    pub(crate) const EXTERNAL_ID: u64 = 60;
    /// Came by an ad within the last seven days.
    pub(crate) const BY_AD: u64 = 70;
}

/// Where an ad leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeadsTo {
    Whatsapp,
    Messenger,
    Instagram,
    Website,
    Form,
}

/// An ad.
#[derive(Debug)]
pub(super) struct Advert {
    pub(super) name: &'static str,
    pub(super) campaign: usize,
    pub(super) adset: &'static str,
    pub(super) leads_to: LeadsTo,
    pub(super) status: &'static str,
    /// Its part in the clicks of the seeded people.
    pub(super) weight: u64,
    /// Clicks on an ordinary day besides those of the seeded people.
    pub(super) clicks: u64,
    /// What a click costs, in hundredths of the account's currency.
    pub(super) click_cents: u64,
    /// It was not shown in the last days; people of the seed did not click on it then.
    pub(super) quiet_days: i64,
}

pub(super) const CAMPAIGNS: [&str; 3] =
    ["Spring · Messages", "Always on · Website sales", "Quotes · Instant forms"];

#[rustfmt::skip]
pub(super) const ADS: [Advert; 12] = [
    ad("WhatsApp · Ask for the catalogue", 0, "WhatsApp TR 25-54", LeadsTo::Whatsapp, "ACTIVE", 6, 60, 410, 0),
    ad("WhatsApp · Book a fitting", 0, "WhatsApp TR 25-54", LeadsTo::Whatsapp, "ACTIVE", 5, 45, 520, 0),
    ad("WhatsApp · Weekend offer", 0, "WhatsApp world", LeadsTo::Whatsapp, "ACTIVE", 4, 35, 380, 0),
    ad("WhatsApp · Last year's video", 0, "WhatsApp world", LeadsTo::Whatsapp, "PAUSED", 0, 20, 610, 9),
    ad("Messenger · Ask us anything", 0, "Messenger world", LeadsTo::Messenger, "ACTIVE", 2, 25, 450, 0),
    ad("Instagram · Answer to our story", 0, "Instagram world", LeadsTo::Instagram, "ACTIVE", 2, 25, 470, 0),
    ad("Website · Bestsellers carousel", 1, "Website broad", LeadsTo::Website, "ACTIVE", 6, 120, 230, 0),
    ad("Website · Back in stock", 1, "Website broad", LeadsTo::Website, "ACTIVE", 4, 90, 260, 0),
    ad("Website · Visitors of 30 days", 1, "Website visitors", LeadsTo::Website, "ACTIVE", 3, 40, 340, 0),
    ad("Website · Winter test", 1, "Website visitors", LeadsTo::Website, "ARCHIVED", 0, 15, 300, 20),
    ad("Form · Ask for a quote", 2, "Forms TR", LeadsTo::Form, "ACTIVE", 4, 30, 550, 0),
    ad("Form · Free consultation", 2, "Forms world", LeadsTo::Form, "ACTIVE", 3, 22, 640, 0),
];

#[allow(clippy::too_many_arguments, reason = "the columns of the table above")]
const fn ad(
    name: &'static str,
    campaign: usize,
    adset: &'static str,
    leads_to: LeadsTo,
    status: &'static str,
    weight: u64,
    clicks: u64,
    click_cents: u64,
    quiet_days: i64,
) -> Advert {
    Advert { name, campaign, adset, leads_to, status, weight, clicks, click_cents, quiet_days }
}
