use axum::http::HeaderValue;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_client_is_the_last_one_whom_no_trusted_proxy_is() {
    let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()]);
    let many = "10.0.0.1,".repeat(40);
    for (peer, lines, client) in [
        ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1, 10.0.0.9,10.1.1.1"], "198.51.100.1"),
        ("10.0.0.1", &["203.0.113.5", "198.51.100.1 , 10.0.0.9"], "198.51.100.1"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", &["\"[2001:db8::7]:4711\""], "2001:db8::7"),
        ("10.0.0.1", &["198.51.100.1, 2001:db8:1::9"], "198.51.100.1"),
        ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1, , ,"], "198.51.100.1"),
        // What a proxy wrote and is no address: nobody further back is believed.
        ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &["198.51.100.1, 10.0.0.2:99999"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, [10.0.0.2"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1, é"], "10.0.0.1"),
        ("10.0.0.1", &["", " ,"], "10.0.0.1"),
        ("10.0.0.1", &[&many], "10.0.0.1"),
    ] {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        assert_eq!(proxies.client(Peer(ip(peer)), &headers), ip(client), "{peer} {lines:?}");
    }
}

#[test]
fn an_ipv6_subscriber_is_one_client() {
    assert_eq!(Client::of(ip("2001:db8::1")), Client::of(ip("2001:db8::ffff:1")));
    assert_ne!(Client::of(ip("2001:db8::1")), Client::of(ip("2001:db8:0:1::1")));
    assert_ne!(Client::of(ip("192.0.2.1")), Client::of(ip("192.0.2.2")));
    assert_eq!(Client::of(ip("::ffff:192.0.2.1")), Client::of(ip("192.0.2.1")));
}

#[test]
fn a_client_has_so_many_requests_under_way_and_others_theirs() {
    let requests = Requests::default();
    let mut held: Vec<_> =
        (0..REQUESTS_PER_CLIENT_MAX).map(|_| requests.begin(ip("192.0.2.1")).unwrap()).collect();
    assert!(requests.begin(ip("192.0.2.1")).is_none());
    assert!(requests.begin(ip("192.0.2.2")).is_some());
    held.pop();
    assert!(requests.begin(ip("192.0.2.1")).is_some());
    drop(held);
    assert!(requests.0.lock().unwrap().is_empty());
}
