//! Random requests of browsers, sound and broken.

use testkit::Random;

use super::letters;

/// What both sides are told of a request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The `Host`.
    pub host: Option<String>,
    /// Domains given to the library, if any.
    pub domains: Option<Vec<String>>,
    /// Every `fbclid` of the query.
    pub fbclid: Vec<String>,
    /// Further parameters for the click id: name in the query, prefix, value.
    pub more: Vec<(String, String, String)>,
    /// The cookie `_fbc`.
    pub fbc: Option<String>,
    /// The cookie `_fbp`.
    pub fbp: Option<String>,
    /// The cookie `_fbi`.
    pub fbi: Option<String>,
    /// The `Referer`.
    pub referer: Option<String>,
    /// `X-Forwarded-For`.
    pub forwarded_for: Option<String>,
    /// The address of the connection.
    pub remote: Option<String>,
    /// The clock, Unix milliseconds.
    pub now_ms: i64,
    /// What chance gives, from 0 up to 1.
    pub random: f64,
}

const NAMES: &[&str] = &[
    "example.com",
    "www.example.com",
    "shop.example.co.uk",
    "example.co.uk",
    "a.b.c.d.example.com",
    "localhost",
    "cafe",
    "CAFE",
    "dead",
    "beef.com",
    "abcde",
    "f",
    "fa.ce",
    "1234",
    "12345",
    "Example.COM",
    "WWW.Example.Com",
    "example.com.",
    ".example.com",
    "a..b.com",
    ".",
    "..",
    "",
    "bücher.example",
    "пример.рф",
    "xn--e1afmkfd.xn--p1ai",
    "8.8.8.8",
    "127.0.0.1",
    "10.0.0.1",
    "999.999.999.999",
    "1.2.3",
    "1.2.3.4.5",
    "01.02.03.04",
    "1.2.3.4a",
    "0x7f.1",
    "[::1]",
    "::1",
    "[2001:db8::1]",
    "2001:db8::1",
    "[fe80::1%eth0]",
    "::",
    "[::]",
    "1:2:3:4:5:6:7:8",
    "[1::2::3]",
    "[::ffff:1.2.3.4]",
    "[",
    "]",
    "[]",
    "[a]",
    "[cafe]",
    "a]b",
    "[cafe:",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8:9",
    "my_host.example.com",
    "x.null",
    "null",
    "undefined",
    "constructor",
    "host with blank.com",
    "😀.ws",
    "a.b",
];
const PORTS: &[&str] = &["", "", "", "", ":80", ":8080", ":", ":port", ":65536", "::", ":80:90"];
const SCHEMES: &[&str] =
    &["", "", "", "", "http://", "https://", "HTTPS://", "://", "ftp://", "http://https://", "//"];
const PATHS: &[&str] = &["", "/", "/a/b", "/a b", "/?", "/%", "\\", "/a;b", ":80/", "/ü", "/..", "//"];
const CLICKS: &[&str] = &[
    "IwAR2abc",
    "IwAR_xyz-123",
    "a.b",
    "a.b.c.d",
    "AQ",
    "abc.AQ",
    "abc.AQQAAQMC",
    "0",
    " ",
    "käse",
    "😀",
    "a b",
    "a+b",
    "a%20b",
    "%",
    "a_test_b",
    "_ref_",
    "x,y",
    "null",
    "undefined",
    "\u{0}",
    "İ",
    "\"",
    "'",
    "<a>",
    "fb.1.2.3",
    ".",
];
const MARKS: &[&str] = &[
    "AQ",
    "Ag",
    "Aw",
    "BA",
    "BQ",
    "Bg",
    "AQQAAQMC",
    "AQQCAQMC",
    "AQEAAQMC",
    "AQYCAQMA",
    "AQcAAQMC",
    "AQAAAQMC",
    "BQQAAQMC",
    "AQ-_AQMC",
    "AQQAAQM=",
    "aq",
    "A",
    "",
    "ÄQ",
    "ääää",
    "invalid",
    "AQQAAQMCA",
    "AQQA AQM",
];
const ADDRESSES: &[&str] = &[
    "8.8.8.8",
    "1.1.1.1",
    "203.0.113.7",
    "10.1.2.3",
    "192.168.0.1",
    "172.15.0.1",
    "172.16.0.1",
    "172.31.9.9",
    "172.32.0.1",
    "127.0.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "256.1.1.1",
    "1.2.3",
    "01.2.3.4",
    "1.2.3.4.5",
    "1.2.3.4:80",
    "2001:4860:4860::8888",
    "2001:DB8::1",
    "::1",
    "::",
    "0:0:0:0:0:0:0:1",
    "fe80::1",
    "FE80::1",
    "fe81::1",
    "fe80::1%eth0",
    "2001:4860::1%en0",
    "2001:4860::1%",
    "2001:4860::1%a b",
    "2001:4860::1%a-b.c:d",
    "fc00::1",
    "fd12::1",
    "fc::1",
    "FD::",
    "::ffff:8.8.8.8",
    "::ffff:10.0.0.1",
    "::8.8.8.8",
    "64:ff9b::1.2.3.4",
    "1:2:3:4:5:6:7.8.9.10",
    "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1::8",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "[2001:4860::1]",
    "[::1]:80",
    "12345::",
    "g::1",
    "unknown",
    "_hidden",
    "for=1.2.3.4",
    "",
    " ",
    "null",
    "1.2.3.4%eth0",
    "１.2.3.4",
    "::ffff:1.2.3",
    "::1.2.3.4.5",
    "::00001",
    "1.2.3.4 ",
];
const SIGNS: &str = "abcdefABCDEF0123456789-_.:%[]/ ";

/// Draws a request.
pub fn draw(random: &mut Random) -> Request {
    Request {
        host: random.chance(97).then(|| host(random)),
        domains: random.chance(40).then(|| domains(random)),
        fbclid: fbclid(random),
        more: more(random),
        fbc: random.chance(50).then(|| cookie(random)),
        fbp: random.chance(50).then(|| cookie(random)),
        fbi: random.chance(40).then(|| marked_address(random)),
        referer: random.chance(60).then(|| referer(random)),
        forwarded_for: random.chance(60).then(|| forwarded_for(random)),
        remote: random.chance(70).then(|| address(random)),
        now_ms: random.between(0, 4_000_000_000_000) as i64,
        random: random.fraction(),
    }
}

fn host(random: &mut Random) -> String {
    let mut name = match random.below(8) {
        0 => {
            let length = 1 + random.below(6);
            random.ascii("abcdef0123456789", length)
        }
        1 => address(random),
        2 => format!("{}.{}", random.ascii("abcxyz", 2), random.pick(NAMES)),
        _ => random.pick(NAMES).to_owned(),
    };
    if random.chance(10) {
        letters::mutate(&mut name, random);
    }
    let port = random.pick(PORTS);
    let scheme = if random.chance(30) { random.pick(SCHEMES) } else { "" };
    format!("{scheme}{name}{port}")
}

/// Domains given to the library. One without a name, such as `:80`, is left out: with it the package
/// answers `fb.NaN` or an empty domain for some hosts, and `capi` does not follow it there.
fn domains(random: &mut Random) -> Vec<String> {
    let named = |domain: &String| {
        let name = domain.split("://").nth(1).unwrap_or(domain);
        let name = &name[..name.rfind(':').unwrap_or(name.len())];
        !matches!(name, "" | "[]")
    };
    (0..random.below(4)).map(|_| host(random)).filter(named).collect()
}

fn fbclid(random: &mut Random) -> Vec<String> {
    let one = |random: &mut Random| {
        let mut id = random.pick(CLICKS).to_owned();
        if random.chance(20) {
            letters::mutate(&mut id, random);
        }
        id
    };
    match random.below(20) {
        0..=8 => Vec::new(),
        9 => vec![String::new()],
        10 => vec![one(random), one(random)],
        11 => vec![String::new(), one(random)],
        12 => vec![letters::random(random, 12)],
        _ => vec![one(random)],
    }
}

/// The package's own tests let the click id carry such parameters. Without a value there is none,
/// which is what `capi` is told.
fn more(random: &mut Random) -> Vec<(String, String, String)> {
    let mut more = Vec::new();
    for (query, prefix) in [("test", "test"), ("reference", "ref"), ("x", "")] {
        if random.chance(8) {
            let value = random.pick(&["1", "abc", "_ref_", "a.b", "ü", " "]);
            more.push((query.to_owned(), prefix.to_owned(), value.to_owned()));
        }
    }
    more
}

fn cookie(random: &mut Random) -> String {
    let prefix = random.pick(&["fb", "fb", "fb", "fb", "fb", "fb", "fb", "fb", "FB", "fc", "", " fb"]);
    let index = random.pick(&["1", "1", "0", "2", "12", "", "x", "-1", "٣", "1 "]);
    let time =
        random.pick(&["1554763741205", "1700000000000", "0", "99999999999999999999", "1e3", "", "17 "]);
    let payload = match random.below(6) {
        0 => letters::random(random, 8),
        1 | 2 => random.between(0, 2_147_483_646).to_string(),
        3 => String::new(),
        _ => random.pick(CLICKS).to_owned(),
    };
    // Half of them sound, so that what is behind is reached.
    let (prefix, index, time) =
        if random.chance(50) { ("fb", "1", "1554763741205") } else { (prefix, index, time) };
    let mut cookie = format!("{prefix}.{index}.{time}.{payload}");
    if random.chance(50) {
        cookie.push('.');
        cookie.push_str(random.pick(MARKS));
    }
    if random.chance(4) {
        cookie.push_str(".more");
    }
    match random.below(20) {
        0 => letters::mutate(&mut cookie, random),
        1 => return letters::random(random, 12),
        _ => {}
    }
    cookie
}

fn address(random: &mut Random) -> String {
    let mut address = match random.below(8) {
        0 => {
            let mut part = || random.between(0, 260).to_string();
            [part(), part(), part(), part()].join(".")
        }
        1 => {
            let groups = random.below(9);
            let mut address = String::new();
            for group in 0..groups {
                if group > 0 || random.chance(20) {
                    address.push(':');
                }
                let digits = random.below(5);
                address.push_str(&random.ascii("0123456789abcdefABCDEF", digits));
            }
            address
        }
        2 => {
            let length = random.below(16);
            random.ascii(SIGNS, length)
        }
        _ => random.pick(ADDRESSES).to_owned(),
    };
    if random.chance(8) {
        letters::mutate(&mut address, random);
    }
    address
}

fn marked_address(random: &mut Random) -> String {
    let mut address = address(random);
    if random.chance(60) {
        let mark = random.pick(MARKS);
        for _ in 0..=random.below(3) {
            address.push('.');
            address.push_str(mark);
        }
    }
    address
}

fn forwarded_for(random: &mut Random) -> String {
    let count = random.below(4);
    let joiner = random.pick(&[",", ", ", " ,\t", ";", " "]);
    let list: Vec<String> = (0..=count).map(|_| address(random)).collect();
    format!("{}{}{}", letters::blanks(random), list.join(joiner), letters::blanks(random))
}

fn referer(random: &mut Random) -> String {
    let mut url = format!("{}{}{}", random.pick(SCHEMES), random.pick(NAMES), random.pick(PATHS));
    if random.chance(85) {
        url.push('?');
        for place in 0..random.below(4) {
            if place > 0 {
                url.push_str(random.pick(&["&", "&", "&", "&", "&&", ";", "?"]));
            }
            let name = random.pick(&[
                "fbclid",
                "fbclid",
                "fbclid",
                "FBCLID",
                "f%62clid",
                "fbclid ",
                "a",
                "",
                "%66bclid%",
                "fb+clid",
            ]);
            let value = match random.below(8) {
                0 => letters::random(random, 6),
                1 => random
                    .pick(&[
                        "a+b",
                        "a%20b",
                        "%C3%A4",
                        "%c3%28",
                        "%ff%fe",
                        "%",
                        "%zz",
                        "%EF%BB%BFa",
                        "a=b",
                        "",
                        "%00",
                        "%26",
                    ])
                    .to_owned(),
                _ => random.pick(CLICKS).to_owned(),
            };
            url.push_str(name);
            if random.chance(95) {
                url.push('=');
                url.push_str(&value);
            }
        }
    }
    if random.chance(15) {
        url.push('#');
        url.push_str(random.pick(&["", "top", "?fbclid=hash", "a&fbclid=hash", "#"]));
    }
    if random.chance(10) {
        letters::mutate(&mut url, random);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_every_kind_are_drawn() {
        let mut random = Random::for_topic(1, "");
        let drawn: Vec<Request> = (0..2000).map(|_| draw(&mut random)).collect();
        let some = |holds: fn(&Request) -> bool| drawn.iter().filter(|request| holds(request)).count() > 50;
        assert!(some(|request| request.fbc.is_some() && request.fbclid.len() == 1));
        assert!(some(|request| request.fbclid.len() == 2));
        assert!(some(|request| request.domains.is_some()));
        assert!(some(|request| request.fbi.is_some() && request.forwarded_for.is_some()));
        assert!(some(|request| request.referer.is_some() && request.fbclid.is_empty()));
    }
}
