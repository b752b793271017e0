//! The business of the seed data: app, datasets, Page and accounts, ads and what they cost.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::Date;
use sandbox_http::SeededRandom;

use super::{Seeded, SeededAd, SeededDataset, digits, letters};
use crate::world::tables::{ADS, Advert, CAMPAIGNS, LeadsTo};
use crate::world::{Ad, AdAccount, AdDay, App, Asset, AssetKind, SimulatedDataset, Token, World, day_in};

const CURRENCY: &str = "TRY";
const TIME_ZONE: &str = "Europe/Istanbul";
/// Days with delivery before today.
const DAYS: i64 = 30;

/// What people of the seed did on a day of an ad.
#[derive(Debug, Default, Clone, Copy)]
struct Brought {
    clicks: u64,
    conversations: u64,
    leads: u64,
}

/// The business, while people come by its ads.
#[derive(Debug)]
pub(crate) struct Business {
    pub(super) now_s: i64,
    pub(super) page_id: String,
    pub(super) waba_id: String,
    pub(super) ig_account_id: String,
    pub(super) form_id: String,
    /// In the order of [`ADS`].
    pub(super) ad_ids: Vec<String>,
    account_id: String,
    campaign_ids: Vec<String>,
    adset_ids: HashMap<&'static str, String>,
    brought: HashMap<(usize, Date), Brought>,
    /// How many phone numbers of a country are taken.
    phones: HashMap<&'static str, u64>,
}

impl Business {
    pub(crate) fn new(random: &mut SeededRandom, now_s: i64) -> Self {
        let mut of_ads = || format!("1202{}", digits(random, 14));
        let campaign_ids = CAMPAIGNS.iter().map(|_| of_ads()).collect();
        let mut adset_ids = HashMap::new();
        for ad in &ADS {
            adset_ids.entry(ad.adset).or_insert_with(&mut of_ads);
        }
        let ad_ids = ADS.iter().map(|_| of_ads()).collect();
        Self {
            now_s,
            page_id: digits(random, 15),
            waba_id: digits(random, 15),
            ig_account_id: format!("17841{}", digits(random, 12)),
            form_id: digits(random, 16),
            ad_ids,
            account_id: digits(random, 15),
            campaign_ids,
            adset_ids,
            brought: HashMap::new(),
            phones: HashMap::new(),
        }
    }

    pub(super) fn next_phone(&mut self, country: &'static str) -> u64 {
        let taken = self.phones.entry(country).or_default();
        *taken += 1;
        *taken
    }

    /// Remembers that somebody came by an ad.
    pub(super) fn came(&mut self, ad: usize, at_s: i64) {
        let brought = self.brought.entry((ad, day_in(TIME_ZONE, at_s))).or_default();
        brought.clicks += 1;
        match ADS[ad].leads_to {
            LeadsTo::Whatsapp | LeadsTo::Messenger | LeadsTo::Instagram => brought.conversations += 1,
            LeadsTo::Form => brought.leads += 1,
            LeadsTo::Website => {}
        }
    }

    /// Adds everything but people, clicks and leads.
    pub(super) fn settle(self, random: &mut SeededRandom, people: usize, world: &mut World) -> Seeded {
        let (app_id, app_secret) =
            (digits(random, 16), const_hex::encode(letters(random, 16, false).as_bytes()));
        let app = App {
            id: app_id.clone(),
            secret: app_secret.clone(),
            name: "Seeded app".to_owned(),
            ..App::default()
        };
        world.apps.insert(app_id.clone(), app);
        let account = AdAccount {
            id: self.account_id.clone(),
            name: "Seeded ad account".to_owned(),
            currency: CURRENCY.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
        };
        world.accounts.insert(account.id.clone(), account);
        for (place, advert) in ADS.iter().enumerate() {
            let ad = self.ad(random, place, advert);
            world.ads.insert(ad.id.clone(), ad);
        }
        let datasets = self.put_datasets(random, &app_id, world);
        let token = self.put_token(random, &app_id, &datasets, world);
        let ads = self.ad_ids.iter().zip(&ADS);
        Seeded {
            app_id,
            app_secret,
            account_id: self.account_id,
            currency: CURRENCY.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
            token,
            datasets,
            page_id: self.page_id,
            waba_id: self.waba_id,
            ig_account_id: self.ig_account_id,
            form_id: self.form_id,
            ads: ads.map(|(id, ad)| SeededAd { id: id.clone(), name: ad.name.to_owned() }).collect(),
            people,
            clicks: world.clicks.len(),
            leads: world.leads.len(),
            ctwa_clid: world.clicks.keys().min().cloned(),
            lead_id: world.leads.keys().next().cloned(),
        }
    }

    fn ad(&self, random: &mut SeededRandom, place: usize, advert: &Advert) -> Ad {
        let today = day_in(TIME_ZONE, self.now_s);
        let first = today.saturating_sub(DAYS.days());
        let shown = (0..=DAYS - advert.quiet_days).map(|past| first.saturating_add(past.days()));
        let day = |day: Date| {
            let brought = self.brought.get(&(place, day)).copied().unwrap_or_default();
            (day.to_string(), delivery(random, advert, brought))
        };
        let days = shown.map(day).collect();
        Ad {
            id: self.ad_ids[place].clone(),
            name: advert.name.to_owned(),
            account_id: self.account_id.clone(),
            campaign_id: self.campaign_ids[advert.campaign].clone(),
            campaign_name: CAMPAIGNS[advert.campaign].to_owned(),
            adset_id: self.adset_ids[advert.adset].clone(),
            adset_name: advert.adset.to_owned(),
            creative_id: digits(random, 16),
            status: advert.status.to_owned(),
            days,
        }
    }

    fn put_datasets(&self, random: &mut SeededRandom, app_id: &str, world: &mut World) -> Vec<SeededDataset> {
        let (page, waba, ig) = (&self.page_id, &self.waba_id, &self.ig_account_id);
        let mut made = Vec::new();
        for (name, page_id, waba_id, ig_account_id) in [
            ("Website pixel", None, None, None),
            ("Page dataset", Some(page), None, None),
            ("WhatsApp dataset", None, Some(waba), None),
            ("Instagram dataset", None, None, Some(ig)),
        ] {
            let (id, token) = (digits(random, 16), token_text(random));
            made.push(SeededDataset { id: id.clone(), name: name.to_owned(), token: token.clone() });
            world.put_dataset(SimulatedDataset {
                id,
                token,
                name: name.to_owned(),
                app_id: Some(app_id.to_owned()),
                page_id: page_id.cloned(),
                waba_id: waba_id.cloned(),
                ig_account_id: ig_account_id.cloned(),
                ..SimulatedDataset::default()
            });
        }
        for (id, kind, name) in [
            (page, AssetKind::Page, "Seeded Page"),
            (waba, AssetKind::Waba, "Seeded WhatsApp"),
            (ig, AssetKind::Instagram, "seeded.instagram"),
        ] {
            let asset = world.assets.entry(id.clone()).or_insert_with(|| Asset::new(id, kind));
            name.clone_into(&mut asset.name);
        }
        made
    }

    fn put_token(
        &self,
        random: &mut SeededRandom,
        app_id: &str,
        datasets: &[SeededDataset],
        world: &mut World,
    ) -> String {
        let value = token_text(random);
        let account = format!("act_{}", self.account_id);
        let own = [&account, &self.page_id, &self.waba_id, &self.ig_account_id].map(Clone::clone);
        let objects = own.into_iter().chain(datasets.iter().map(|dataset| dataset.id.clone()));
        let token =
            Token { app_id: Some(app_id.to_owned()), objects: Some(objects.collect()), ..Token::of(&value) };
        world.tokens.insert(value.clone(), token);
        value
    }
}

fn token_text(random: &mut SeededRandom) -> String {
    format!("EAA{}", letters(random, 180, false))
}

/// A day of an ad: what people of the seed did, and others besides.
fn delivery(random: &mut SeededRandom, advert: &Advert, brought: Brought) -> AdDay {
    let others = advert.clicks * (70 + random.below(60)) / 100;
    let clicks = others + brought.clicks;
    let impressions = clicks * (25 + random.below(30)) + random.below(100);
    let (conversations, leads) = match advert.leads_to {
        LeadsTo::Whatsapp | LeadsTo::Messenger | LeadsTo::Instagram => {
            (others * (35 + random.below(25)) / 100, 0)
        }
        LeadsTo::Form => (0, others * (15 + random.below(15)) / 100),
        LeadsTo::Website => (0, 0),
    };
    AdDay {
        spend_cents: clicks * advert.click_cents * (85 + random.below(30)) / 100,
        impressions,
        reach: impressions * (70 + random.below(20)) / 100,
        clicks,
        conversations: conversations + brought.conversations,
        leads: leads + brought.leads,
    }
}
