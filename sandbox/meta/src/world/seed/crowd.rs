//! The people of a seeded world, one at a time.

use sandbox_http::Chance;

use super::business::Business;
use super::{digits, letters, one_of};
use crate::world::tables::{
    ADS, COUNTRIES, City, Country, EMAIL_HOSTS, EMAIL_WORDS, LeadsTo, USER_AGENTS, share,
};
use crate::world::{AdClick, Click, Lead, Person, ScopedId, Session, World, Written};

const WEEK_S: u64 = 7 * 86_400;
/// Steps through all numbers of a power of ten without meeting one twice.
const STEP: u64 = 7_919_377;

/// A person, and what came of the ad that brought them, if one did.
pub(super) fn person(chance: &mut Chance, id: u64, business: &mut Business, world: &mut World) -> Person {
    let country = country(chance);
    let city = one_of(chance, country.cities);
    let woman = chance.below(2) == 0;
    let first_names = country.first_names[usize::from(!woman)];
    let mut person = Person {
        id,
        no_account: is(chance, share::NO_ACCOUNT),
        first_name: Written::new(one_of(chance, first_names), None),
        last_name: Written::new(one_of(chance, country.last_names), None),
        email: email(chance, id),
        phone: phone(country, business),
        birth_date: birth_date(chance),
        gender: if woman { "f" } else { "m" }.to_owned(),
        city: Written::new(city.name.0, city.name.1),
        state: Written::new(city.state.0, city.state.1),
        postcode: postcode(chance, &city),
        country: country.code.to_owned(),
        ..Person::default()
    };
    person.shop_email = is(chance, share::OTHER_EMAIL).then(|| format!("shop.{}", email(chance, id)));
    person.shop_phone = is(chance, share::OTHER_PHONE).then(|| phone(country, business));
    if is(chance, share::EXTERNAL_ID) {
        person.external_ids.push(format!("customer-{id}"));
    }
    if is(chance, share::DEVICE) {
        person.madid = Some(device(chance));
    }
    person.sessions.push(session(chance, id));
    let ago_ms = chance.below(WEEK_S * 8) as i64 * 1000;
    person.fbp.push(format!("fb.1.{}.{}", business.now_s * 1000 - ago_ms, chance.below(2_147_483_647)));
    if !person.no_account && is(chance, share::BY_AD) {
        come_by_ad(chance, &mut person, business, world);
    }
    person
}

fn come_by_ad(chance: &mut Chance, person: &mut Person, business: &mut Business, world: &mut World) {
    let ad = ad(chance);
    let ad_id = business.ad_ids[ad].clone();
    let at = business.now_s - chance.below(WEEK_S) as i64;
    business.came(ad, at);
    let mut click = AdClick { ad_id: ad_id.clone(), at, fbclid: None };
    match ADS[ad].leads_to {
        LeadsTo::Whatsapp => {
            let ctwa_clid = ctwa_clid(chance);
            let (waba_id, page_id) = (business.waba_id.clone(), Some(business.page_id.clone()));
            let click = Click {
                ctwa_clid: ctwa_clid.clone(),
                waba_id,
                ad_id,
                page_id,
                at: Some(at),
                person: Some(person.id),
            };
            world.clicks.insert(ctwa_clid, click);
        }
        LeadsTo::Messenger => {
            let id = digits(chance, 16);
            world.scoped_ids.insert(id.clone(), business.page_id.clone());
            person.page_scoped_ids.push(ScopedId { scope: business.page_id.clone(), id });
        }
        LeadsTo::Instagram => {
            let (scope, id) = (business.ig_account_id.clone(), digits(chance, 16));
            person.instagram_scoped_ids.push(ScopedId { scope, id });
        }
        LeadsTo::Website => click.fbclid = Some(format!("IwAR{}", letters(chance, 57, true))),
        LeadsTo::Form => {
            let lead = lead(chance, person, business, ad_id, at);
            world.leads.insert(lead.id.clone(), lead);
        }
    }
    person.clicks.push(click);
}

/// The form comes filled in with what the account knows.
fn lead(chance: &mut Chance, person: &Person, business: &Business, ad_id: String, at: i64) -> Lead {
    let field = |name: &str, value: String| (name.to_owned(), vec![value]);
    Lead {
        id: digits(chance, 16),
        form_id: business.form_id.clone(),
        page_id: Some(business.page_id.clone()),
        ad_id: Some(ad_id),
        platform: one_of(chance, &["fb", "ig"]).to_string(),
        created_at: at,
        fields: vec![
            field("full_name", format!("{} {}", person.first_name.shown, person.last_name.shown)),
            field("email", person.email.clone()),
            field("phone_number", format!("+{}", person.phone)),
            field("city", person.city.shown.clone()),
        ],
        person: Some(person.id),
    }
}

/// Case-sensitive, with `-` and `_`, a hundred characters or more, as in recorded webhooks.
fn ctwa_clid(chance: &mut Chance) -> String {
    let begin = one_of(chance, &["ARA", "Aff"]);
    let length = 100 + chance.below(40) as usize;
    format!("{begin}{}", letters(chance, length, true))
}

fn is(chance: &mut Chance, of_hundred: u64) -> bool {
    chance.below(100) < of_hundred
}

fn country(chance: &mut Chance) -> &'static Country {
    let mut left = chance.below(COUNTRIES.iter().map(|country| country.share).sum());
    let found = COUNTRIES.iter().find(|country| {
        let here = left < country.share;
        left = left.saturating_sub(country.share);
        here
    });
    found.unwrap_or(&COUNTRIES[0])
}

fn ad(chance: &mut Chance) -> usize {
    let mut left = chance.below(ADS.iter().map(|ad| ad.weight).sum());
    let found = ADS.iter().position(|ad| {
        let here = left < ad.weight;
        left = left.saturating_sub(ad.weight);
        here
    });
    found.unwrap_or_default()
}

fn email(chance: &mut Chance, id: u64) -> String {
    let (one, two) = (one_of(chance, &EMAIL_WORDS), one_of(chance, &EMAIL_WORDS));
    format!("{one}.{two}{id}@{}", one_of(chance, &EMAIL_HOSTS))
}

/// Another number each time, as far as the country's numbers go.
fn phone(country: &Country, business: &mut Business) -> String {
    let n = business.next_phone(country.code);
    let each = 10_u64.pow(country.phone_digits);
    let prefixes = country.phone_prefixes;
    let at = n.wrapping_mul(STEP) % (each * prefixes.len() as u64);
    let prefix = prefixes[(at / each) as usize];
    format!("{prefix}{:0width$}", at % each, width = country.phone_digits as usize)
}

fn birth_date(chance: &mut Chance) -> String {
    let (year, month, day) = (1950 + chance.below(56), 1 + chance.below(12), 1 + chance.below(28));
    format!("{year}-{month:02}-{day:02}")
}

fn postcode(chance: &mut Chance, city: &City) -> Written {
    let digit = |sign: char, chance: &mut Chance| {
        if sign == '#' { char::from(b'0' + chance.below(10) as u8) } else { sign }
    };
    let shown: String = city.postcode.chars().map(|sign| digit(sign, chance)).collect();
    let normal: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
    Written { normal: (normal != shown).then_some(normal), shown }
}

fn device(chance: &mut Chance) -> String {
    let (one, two) = (chance.draw(), chance.draw());
    let (a, b, c) = (one >> 32, (one >> 16) & 0xffff, one & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", 0x8000 | (two >> 50), two & 0xffff_ffff_ffff)
}

/// Addresses are those of the documentation's IPv6 range.
fn session(chance: &mut Chance, id: u64) -> Session {
    let ip = format!("2001:db8:{:x}:{:x}::{:x}", id >> 16, id & 0xffff, 1 + chance.below(0xfffe));
    Session { ip, user_agent: one_of(chance, &USER_AGENTS).to_owned() }
}
