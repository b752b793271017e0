//! Messy customers with known truth: an oracle for the normaliser, written from Meta's page on customer
//! information and from how eight countries write. It shares no code with what it checks: each value starts
//! as the truth and is then written badly, so the truth never comes out of cleaning.
//!
//! Where the page leaves a thing open (a title before a name, an emoji, a Turkish word in capitals without
//! dots, the accents someone did not type), nothing is generated.

mod birth;
mod country_name;
mod data;
mod email;
mod external_id;
mod gender;
mod letters;
mod mess;
mod month_names;
mod nonsense;
mod phone;
mod phone_number;
mod postcode;
mod us_state;
mod words;

use testkit::Random;

use data::{Country, Land, Place, spelled};
use letters::Tongue;
use mess::Written;

/// One field of one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Meta's key: em ph fn ln ge db ct st zp country external_id.
    pub key: &'static str,
    /// Where the customer lives, upper-case alpha-2: the hint a normaliser gets.
    pub country: &'static str,
    /// The text as it was written.
    pub input: String,
    /// What Meta's page asks for; none: nonsense that must be dropped.
    pub truth: Option<String>,
    /// The name of the disturbance, for reports.
    pub mess: &'static str,
}

/// Of a hundred fields, how many hold a filler.
const FILLERS: u64 = 3;

/// All fields of so many customers; the same seed gives the same values.
pub fn values(seed: u64, customers: usize) -> Vec<Value> {
    let mut random = Random::seeded(seed);
    let lands = data::lands();
    (0..customers).flat_map(|_| customer(&mut random, &lands)).collect()
}

/// What the messes work on: one person with the language of the moment.
struct Person {
    country: &'static Country,
    place: Place,
    tongue: Tongue,
    woman: bool,
    first: &'static str,
    last: [&'static str; 2],
    mail_host: &'static str,
}

fn customer(random: &mut Random, lands: &[Land]) -> Vec<Value> {
    let person = Person::new(random, lands);
    let code = person.country.code;
    let mut fields = Vec::new();
    let mut field = |random: &mut Random, key, (written, mess): (Written, &'static str)| {
        let Written { mut input, mut truth } = written;
        let mut mess = mess;
        if random.chance(FILLERS) {
            let (text, name) = nonsense::new(random, key, code);
            (input, truth, mess) = (text.to_owned(), None, name);
        }
        fields.push(Value { key, country: code, input, truth, mess });
    };

    let address = person.address(random);
    let written = mess::write(random, email::MESSES, &address);
    field(random, "em", written);
    let number = phone_number::Number::new(random, code);
    let written = mess::write(random, phone::MESSES, &number);
    field(random, "ph", written);
    let written =
        mess::write(random, words::MESSES, &person.words(person.spelled(person.first).into(), true));
    field(random, "fn", written);
    let written = mess::write(random, words::MESSES, &person.words(person.surname(), false));
    field(random, "ln", written);
    let gender = gender::Gender { country: code, woman: person.woman, tongue: person.tongue };
    let written = mess::write(random, gender::MESSES, &gender);
    field(random, "ge", written);
    let birth = birth::Birth::new(random, code, person.tongue);
    let written = mess::write(random, birth::MESSES, &birth);
    field(random, "db", written);
    let written =
        mess::write(random, words::MESSES, &person.words(person.spelled(person.place.city).into(), false));
    field(random, "ct", written);
    let written = person.state(random);
    field(random, "st", written);
    let postcode = postcode::Postcode::new(random, code, person.place.postcode, person.tongue);
    let written = mess::write(random, postcode::MESSES, &postcode);
    field(random, "zp", written);
    let name = country_name::CountryName { code, tongue: person.tongue };
    let written = mess::write(random, country_name::MESSES, &name);
    field(random, "country", written);
    let id = external_id::new(random);
    let written = mess::write(random, external_id::MESSES, &id);
    field(random, "external_id", written);
    fields
}

impl Person {
    fn new(random: &mut Random, lands: &[Land]) -> Person {
        let land = &lands[random.weighted(lands.iter().map(|land| land.country.share))];
        let country = land.country;
        let woman = random.chance(50);
        let first = random.pick(if woman { &land.women } else { &land.men });
        let second = if random.chance(country.double_surnames) { random.pick(&land.surnames) } else { "" };
        let last = [random.pick(&land.surnames), second];
        let tongue = match country.code {
            "TR" => Tongue::Turkish,
            "DE" => Tongue::German,
            _ if random.chance(country.arabic_share) => Tongue::Arabic,
            _ => Tongue::Other,
        };
        let (place, mail_host) = (random.pick(&land.places), random.pick(&land.mail_hosts));
        Person { country, place, tongue, woman, first, last, mail_host }
    }

    fn spelled(&self, word: &'static str) -> &'static str {
        spelled(word, self.tongue == Tongue::Arabic)
    }

    fn surname(&self) -> String {
        let names: Vec<&str> =
            self.last.iter().filter(|name| !name.is_empty()).map(|n| self.spelled(n)).collect();
        names.join(self.country.surname_joint)
    }

    /// Words of this person. A word without Arabic spelling is cased as Latin letters are.
    fn words(&self, whole: String, first_name: bool) -> words::Words {
        let latin = self.tongue == Tongue::Arabic && whole.is_ascii();
        let tongue = if latin { Tongue::Other } else { self.tongue };
        words::Words { whole, tongue, first_name }
    }

    fn address(&self, random: &mut Random) -> email::Address {
        let (first, last) = (spelled(self.first, false), spelled(self.last[0], false));
        email::Address::new(random, first, last, self.mail_host, self.tongue)
    }

    fn state(&self, random: &mut Random) -> (Written, &'static str) {
        let Place { state, state_code, .. } = self.place;
        if self.country.code == "US" {
            let state = us_state::UsState::new(random, state_code);
            return mess::write(random, us_state::MESSES, &state);
        }
        let short = !state_code.is_empty() && random.chance(35);
        let text = if short { state_code } else { self.spelled(state) };
        mess::write(random, words::MESSES, &self.words(text.to_owned(), false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names<S>(key: &'static str, table: &[mess::Mess<S>]) -> Vec<(&'static str, &'static str)> {
        table.iter().map(|mess| (key, mess.name)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_customers_and_every_mess_comes_up() {
        let some = values(7, 20_000);
        assert_eq!(some[..2_200], values(7, 200)[..]);
        assert_ne!(some[..2_200], values(8, 200)[..]);

        let seen: BTreeSet<_> = some.iter().map(|value| (value.key, value.mess)).collect();
        let tables = [
            names("em", email::MESSES),
            names("ph", phone::MESSES),
            names("fn", words::MESSES),
            names("ge", gender::MESSES),
            names("db", birth::MESSES),
            names("st", us_state::MESSES),
            names("zp", postcode::MESSES),
            names("country", country_name::MESSES),
            names("external_id", external_id::MESSES),
            vec![("em", nonsense::FILLER), ("ct", nonsense::FILLER_OF_THE_LANGUAGE)],
        ];
        // No first name has a ß; surnames and cities do.
        let elsewhere = |(key, mess): (&'static str, &'static str)| match mess {
            "capital sharp s" => ("ln", mess),
            _ => (key, mess),
        };
        let unseen: Vec<_> =
            tables.concat().into_iter().map(elsewhere).filter(|one| !seen.contains(one)).collect();
        assert!(unseen.is_empty(), "never generated: {unseen:?}");
    }

    #[test]
    fn every_country_has_enough_words() {
        for Land { country, women, men, surnames, places, .. } in data::lands() {
            let (firsts, surnames, cities) = (women.len() + men.len(), surnames.len(), places.len());
            assert!(
                firsts >= 60 && surnames >= 60 && cities >= 25,
                "{}: {firsts} {surnames} {cities}",
                country.code
            );
        }
    }
}
