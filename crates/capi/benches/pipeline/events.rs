//! Purchases in web shops of six countries, by seed.

use testkit::Random;

/// When the events are sent, Unix seconds.
pub const NOW_S: i64 = 1_790_000_000;

struct Place {
    country: &'static str,
    city: &'static str,
    state: &'static str,
    postcode: &'static str,
    phone: &'static str,
    currency: &'static str,
    names: &'static [(&'static str, &'static str)],
}

const PLACES: [Place; 6] = [
    Place {
        country: "US",
        city: "San Francisco",
        state: "California",
        postcode: "94103-1234",
        phone: "+1 (415) 555-",
        currency: "USD",
        names: &[("Mary", "O'Brien"), ("James", "Smith"), ("Linda", "Johnson")],
    },
    Place {
        country: "TR",
        city: "İstanbul",
        state: "İstanbul",
        postcode: "34710",
        phone: "+90 532 123 ",
        currency: "TRY",
        names: &[("Ayşe", "Yılmaz"), ("Mehmet", "Kaya"), ("Elif", "Demir")],
    },
    Place {
        country: "BR",
        city: "São Paulo",
        state: "SP",
        postcode: "01310-100",
        phone: "+55 11 91234-",
        currency: "BRL",
        names: &[("João", "da Silva"), ("Maria Clara", "Souza"), ("Pedro", "Oliveira")],
    },
    Place {
        country: "DE",
        city: "Berlin",
        state: "Berlin",
        postcode: "10115",
        phone: "+49 151 2345",
        currency: "EUR",
        names: &[("Hans-Peter", "Müller"), ("Anna", "Schmidt"), ("Lena", "Weber")],
    },
    Place {
        country: "GB",
        city: "London",
        state: "England",
        postcode: "SW1A 1AA",
        phone: "+44 7400 12",
        currency: "GBP",
        names: &[("Oliver", "Jones"), ("Amelia", "Taylor"), ("Harry", "Brown")],
    },
    Place {
        country: "MX",
        city: "Guadalajara",
        state: "Jalisco",
        postcode: "44100",
        phone: "+52 33 1234 ",
        currency: "MXN",
        names: &[("José", "García"), ("Guadalupe", "Hernández"), ("Juan", "Martínez")],
    },
];

/// The JSON of each event.
pub fn make(count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut random = Random::seeded(seed);
    (0..count).map(|number| event(number, &mut random).into_bytes()).collect()
}

fn event(number: usize, random: &mut Random) -> String {
    let place = &PLACES[random.below(PLACES.len())];
    let (first, last) = place.names[random.below(place.names.len())];
    let price = random.below(90_000);
    let quantity = 1 + random.below(3);
    let time = NOW_S - 1 - i64::try_from(random.below(3000)).expect("small");
    format!(
        concat!(
            r#"{{"event_name":"Purchase","event_time":{time},"event_id":"order-{number}-{salt:08x}","#,
            r#""action_source":"website","#,
            r#""event_source_url":"https://shop.example.com/checkout/thanks?order={number}&utm_source=facebook&utm_campaign=autumn","#,
            r#""user_data":{{"em":" {first_lower}.{number}@Example.com","ph":"{phone}{digits:04}","fn":"{first}","ln":"{last}","#,
            r#""ct":"{city}","st":"{state}","zp":"{postcode}","country":"{country}","external_id":"customer-{number}","#,
            r#""client_ip_address":"81.213.{a}.{b}","#,
            r#""client_user_agent":"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36","#,
            r#""fbc":"fb.1.{click}.IwAR0{salt:08x}abcDEFghiJKLmnoPQRstuVWXyz","fbp":"fb.1.{click}.{random}"}},"#,
            r#""custom_data":{{"value":{major}.{minor:02},"currency":"{currency}","order_id":"{number}","content_type":"product","#,
            r#""contents":[{{"id":"SKU-{sku}","quantity":{quantity},"item_price":{major}.{minor:02}}}]}}}}"#,
        ),
        time = time,
        number = number,
        salt = random.bits() & 0xffff_ffff,
        first_lower = ["mary", "James.S", "ayse", "joao", "H.Mueller"][random.below(5)],
        phone = place.phone,
        digits = random.below(10_000),
        first = first,
        last = last,
        city = place.city,
        state = place.state,
        postcode = place.postcode,
        country = place.country,
        a = random.below(255),
        b = random.below(255),
        click = NOW_S * 1000 - 86_400_000,
        random = random.below(2_000_000_000),
        major = price / 100,
        minor = price % 100,
        currency = place.currency,
        sku = random.below(5000),
        quantity = quantity,
    )
}
