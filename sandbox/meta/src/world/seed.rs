//! Seed data: people, a business with its datasets and ads, and how people came by them.
//!
//! The same seed and number of people give the same data, but for its times, which lie before now.

mod business;
mod crowd;

use sandbox_http::SeededRandom;
use serde::Serialize;

use super::World;
use crate::Error;

pub(crate) use business::Business;

/// What was seeded, with all that a program needs to send events and to read ads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seeded {
    /// The app.
    pub app_id: String,
    /// Its secret.
    pub app_secret: String,
    /// The ad account, without `act_`.
    pub account_id: String,
    /// Its currency.
    pub currency: String,
    /// Its time zone.
    pub time_zone: String,
    /// A token that may do everything with what was seeded.
    pub token: String,
    /// The datasets, each with the token that was made for it.
    pub datasets: Vec<SeededDataset>,
    /// The Page.
    pub page_id: String,
    /// The WhatsApp Business Account.
    pub waba_id: String,
    /// The Instagram account.
    pub ig_account_id: String,
    /// The instant form.
    pub form_id: String,
    /// The ads.
    pub ads: Vec<SeededAd>,
    /// How many people there are.
    pub people: usize,
    /// How many clicks on WhatsApp ads.
    pub clicks: usize,
    /// How many instant forms were sent.
    pub leads: usize,
    /// One of the clicks, to try.
    pub ctwa_clid: Option<String>,
    /// One of the leads, to try.
    pub lead_id: Option<String>,
}

/// A seeded dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeededDataset {
    /// Its id.
    pub id: String,
    /// Its name, which says what it is for.
    pub name: String,
    /// Its token.
    pub token: String,
}

/// A seeded ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeededAd {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl World {
    /// Adds a business and this many people. Seeding happens once: a second set of people would share its
    /// addresses and numbers with the first, and nobody could be told apart.
    pub(crate) fn seed(&mut self, seed: u64, people: usize, now_s: i64) -> Result<Seeded, Error> {
        if self.seeded {
            return Err(Error::SeededBefore);
        }
        self.people.need_room(people)?;
        self.seeded = true;
        let mut random = SeededRandom::of(seed);
        let mut business = Business::new(&mut random, now_s);
        let first = self.people.next_id();
        for id in first..first.saturating_add(people as u64) {
            let person = crowd::person(&mut random, id, &mut business, self);
            self.people.add(person)?;
        }
        Ok(business.settle(&mut random, people, self))
    }
}

/// Digits of which the first is not 0.
fn digits(random: &mut SeededRandom, length: u32) -> String {
    let least = 10_u64.pow(length - 1);
    (least + random.below(9 * least)).to_string()
}

/// Letters, digits and, if they are allowed, `-` and `_`.
fn letters(random: &mut SeededRandom, length: usize, with_signs: bool) -> String {
    const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let count = if with_signs { 64 } else { 62 };
    (0..length).map(|_| char::from(ALL[random.below(count) as usize])).collect()
}

fn one_of<T: Copy>(random: &mut SeededRandom, all: &[T]) -> T {
    all[random.below(all.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::world::day_in;
    use crate::world::person::sha256;

    const NOW: i64 = 1_795_000_000;

    fn seeded(seed: u64) -> (World, Seeded) {
        let mut world = World::default();
        let seeded = world.seed(seed, 2000, NOW).unwrap();
        (world, seeded)
    }

    #[test]
    fn the_same_seed_gives_the_same_world() {
        let ((one, one_sum), (same, same_sum), (other, other_sum)) = (seeded(1), seeded(1), seeded(2));
        assert_eq!(one_sum, same_sum);
        assert_eq!(one.people.all(), same.people.all());
        assert_eq!((one.ads, one.leads, one.clicks), (same.ads, same.leads, same.clicks));
        assert_ne!(one_sum.token, other_sum.token);
        assert_ne!(one.people.all()[0], other.people.all()[0]);
    }

    #[test]
    fn people_can_be_told_apart_and_only_by_what_meta_knows() {
        let (world, _) = seeded(3);
        let people = world.people.all();
        let phones: HashSet<_> = people.iter().map(|person| &person.phone).collect();
        let emails: HashSet<_> = people.iter().map(|person| &person.email).collect();
        assert_eq!((phones.len(), emails.len()), (2000, 2000));
        let countries: HashSet<_> = people.iter().map(|person| person.country.as_str()).collect();
        assert_eq!(countries.len(), 6);
        for person in people {
            for (key, normal) in person.normal_forms() {
                let plain = |letter: char| letter.is_alphanumeric() && !letter.is_uppercase();
                assert!(key == "em" || normal.chars().all(plain), "{key} {normal}");
            }
            let mut own = person.hashes();
            own.retain(|key, _| key == "em" || key == "ph");
            let found = world.people.find(&own).map(|found| (found.person, found.by));
            let expected = (!person.no_account).then(|| (person.id, vec!["em", "ph"]));
            assert_eq!(found, expected);
            let told = person.shop_email.as_ref().map(|email| serde_json::json!({ "em": sha256(email) }));
            let told = told.and_then(|told| world.people.find(told.as_object().unwrap()));
            assert_eq!(told, None, "Meta does not know what only a shop was told");
        }
        let with_other_email = people.iter().filter(|person| person.shop_email.is_some()).count();
        assert!((300..500).contains(&with_other_email), "{with_other_email}");
    }

    #[test]
    fn clicks_and_leads_belong_to_ads_people_and_the_last_days() {
        let (world, seeded) = seeded(4);
        let zone = seeded.time_zone.as_str();
        assert!(seeded.clicks > 200 && seeded.leads > 100, "{seeded:?}");
        assert_eq!((world.clicks.len(), world.leads.len()), (seeded.clicks, seeded.leads));
        assert!(world.clicks.contains_key(seeded.ctwa_clid.as_ref().unwrap()));
        for (clid, click) in &world.clicks {
            assert!(clid.len() >= 100 && (clid.starts_with("ARA") || clid.starts_with("Aff")), "{clid}");
            let person = world.people.get(click.person.unwrap()).unwrap();
            let at = click.at.unwrap();
            assert!((NOW - 7 * 86_400..=NOW).contains(&at));
            assert!(person.clicks.iter().any(|one| (&one.ad_id, one.at) == (&click.ad_id, at)));
            let day = day_in(zone, at).to_string();
            assert!(world.ads[&click.ad_id].days[&day].clicks > 0, "a click belongs to a day with clicks");
        }
        for (id, lead) in &world.leads {
            assert!((15..=17).contains(&id.len()));
            let person = world.people.get(lead.person.unwrap()).unwrap();
            assert!(lead.fields.contains(&("email".to_owned(), vec![person.email.clone()])));
            let day = day_in(zone, lead.created_at).to_string();
            assert!(world.ads[lead.ad_id.as_ref().unwrap()].days[&day].leads > 0);
        }
        assert_eq!((world.ads.len(), world.datasets.len(), seeded.datasets.len()), (12, 4, 4));
        for ad in world.ads.values() {
            let sound = |day: &crate::world::AdDay| {
                day.impressions >= day.clicks
                    && day.reach <= day.impressions
                    && day.conversations <= day.clicks
            };
            assert!(ad.days.len() >= 10 && ad.days.values().all(sound), "{ad:?}");
        }
        for dataset in world.datasets.values() {
            assert!(world.tokens[&dataset.token].may_touch(&dataset.id));
        }
        let token = &world.tokens[&seeded.token];
        assert!(token.may_touch(&format!("act_{}", seeded.account_id)) && token.has("leads_retrieval"));
    }
}
