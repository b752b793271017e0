//! The people of the seed data, one at a time.

use sandbox_http::SeededRandom;

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
pub(super) fn person(
    random: &mut SeededRandom,
    id: u64,
    business: &mut Business,
    world: &mut World,
) -> Person {
    let country = country(random);
    let city = one_of(random, country.cities);
    let woman = random.below(2) == 0;
    let first_names = country.first_names[usize::from(!woman)];
    let mut person = Person {
        id,
        no_account: is(random, share::NO_ACCOUNT),
        first_name: Written::new(one_of(random, first_names), None),
        last_name: Written::new(one_of(random, country.last_names), None),
        email: email(random, id),
        phone: phone(country, business),
        birth_date: birth_date(random),
        gender: if woman { "f" } else { "m" }.to_owned(),
        city: Written::new(city.name.0, city.name.1),
        state: Written::new(city.state.0, city.state.1),
        postcode: postcode(random, &city),
        country: country.code.to_owned(),
        ..Person::default()
    };
    person.shop_email = is(random, share::OTHER_EMAIL).then(|| format!("shop.{}", email(random, id)));
    person.shop_phone = is(random, share::OTHER_PHONE).then(|| phone(country, business));
    if is(random, share::EXTERNAL_ID) {
        person.external_ids.push(format!("customer-{id}"));
    }
    if is(random, share::DEVICE) {
        person.madid = Some(device(random));
    }
    person.sessions.push(session(random, id));
    let ago_ms = random.below(WEEK_S * 8) as i64 * 1000;
    person.fbp.push(format!("fb.1.{}.{}", business.now_s * 1000 - ago_ms, random.below(2_147_483_647)));
    if !person.no_account && is(random, share::BY_AD) {
        come_by_ad(random, &mut person, business, world);
    }
    person
}

fn come_by_ad(random: &mut SeededRandom, person: &mut Person, business: &mut Business, world: &mut World) {
    let ad = ad(random);
    let ad_id = business.ad_ids[ad].clone();
    let at = business.now_s - random.below(WEEK_S) as i64;
    business.came(ad, at);
    let mut click = AdClick { ad_id: ad_id.clone(), at, fbclid: None };
    match ADS[ad].leads_to {
        LeadsTo::Whatsapp => {
            let ctwa_clid = ctwa_clid(random);
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
            let id = digits(random, 16);
            world.scoped_ids.insert(id.clone(), business.page_id.clone());
            person.page_scoped_ids.push(ScopedId { scope: business.page_id.clone(), id });
        }
        LeadsTo::Instagram => {
            let (scope, id) = (business.ig_account_id.clone(), digits(random, 16));
            person.instagram_scoped_ids.push(ScopedId { scope, id });
        }
        LeadsTo::Website => click.fbclid = Some(format!("IwAR{}", letters(random, 57, true))),
        LeadsTo::Form => {
            let lead = lead(random, person, business, ad_id, at);
            world.leads.insert(lead.id.clone(), lead);
        }
    }
    person.clicks.push(click);
}

/// The form comes filled in with what the account knows.
fn lead(random: &mut SeededRandom, person: &Person, business: &Business, ad_id: String, at: i64) -> Lead {
    let field = |name: &str, value: String| (name.to_owned(), vec![value]);
    Lead {
        id: digits(random, 16),
        form_id: business.form_id.clone(),
        page_id: Some(business.page_id.clone()),
        ad_id: Some(ad_id),
        platform: one_of(random, &["fb", "ig"]).to_string(),
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
fn ctwa_clid(random: &mut SeededRandom) -> String {
    let begin = one_of(random, &["ARA", "Aff"]);
    let length = 100 + random.below(40) as usize;
    format!("{begin}{}", letters(random, length, true))
}

fn is(random: &mut SeededRandom, of_hundred: u64) -> bool {
    random.below(100) < of_hundred
}

fn country(random: &mut SeededRandom) -> &'static Country {
    let mut left = random.below(COUNTRIES.iter().map(|country| country.share).sum());
    let found = COUNTRIES.iter().find(|country| {
        let here = left < country.share;
        left = left.saturating_sub(country.share);
        here
    });
    found.unwrap_or(&COUNTRIES[0])
}

fn ad(random: &mut SeededRandom) -> usize {
    let mut left = random.below(ADS.iter().map(|ad| ad.weight).sum());
    let found = ADS.iter().position(|ad| {
        let here = left < ad.weight;
        left = left.saturating_sub(ad.weight);
        here
    });
    found.unwrap_or_default()
}

fn email(random: &mut SeededRandom, id: u64) -> String {
    let (one, two) = (one_of(random, &EMAIL_WORDS), one_of(random, &EMAIL_WORDS));
    format!("{one}.{two}{id}@{}", one_of(random, &EMAIL_HOSTS))
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

fn birth_date(random: &mut SeededRandom) -> String {
    let (year, month, day) = (1950 + random.below(56), 1 + random.below(12), 1 + random.below(28));
    format!("{year}-{month:02}-{day:02}")
}

fn postcode(random: &mut SeededRandom, city: &City) -> Written {
    let digit = |sign: char, random: &mut SeededRandom| {
        if sign == '#' { char::from(b'0' + random.below(10) as u8) } else { sign }
    };
    let shown: String = city.postcode.chars().map(|sign| digit(sign, random)).collect();
    let normal: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
    Written { normal: (normal != shown).then_some(normal), shown }
}

fn device(random: &mut SeededRandom) -> String {
    let (one, two) = (random.draw(), random.draw());
    let (a, b, c) = (one >> 32, (one >> 16) & 0xffff, one & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", 0x8000 | (two >> 50), two & 0xffff_ffff_ffff)
}

/// Addresses are those of the documentation's IPv6 range.
fn session(random: &mut SeededRandom, id: u64) -> Session {
    let ip = format!("2001:db8:{:x}:{:x}::{:x}", id >> 16, id & 0xffff, 1 + random.below(0xfffe));
    Session { ip, user_agent: one_of(random, &USER_AGENTS).to_owned() }
}
