//! The tag of a site.

use super::*;

const SITE: &str = r#"[[workspace]]
name = "acme"
consent = "required"
[[workspace.dataset]]
id = "1234567890"
token = "t"
routes = ["website"]
[[workspace.source]]
kind = "pixel"
key = "web"
sites = ["shop.example.com"]
"#;

#[test]
fn a_tag_has_sites_and_one_place_for_its_events() {
    assert_eq!(problems(SITE), [""; 0]);
    let config = Config::read("kopru.toml", SITE, &|_| None).ok().unwrap();
    let said: Vec<&str> = config.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(said, [""; 0], "a key that everybody reads may be short");
    let addresses: Vec<_> = config.hook_addresses().into_iter().map(|(_, _, address)| address).collect();
    assert_eq!(addresses, ["http://127.0.0.1:8480/kopru.js?key=web"]);

    let second = "token = \"t\"\nroutes = [\"website\"]\n[[workspace.dataset]]\nid = \"2\"\n";
    for (place, instead, said) in [
        (
            "sites = [\"shop.example.com\"]\n",
            "",
            "kopru.toml:8: the pixel source needs a \"sites\": the hosts",
        ),
        ("key = \"web\"\n", "", "kopru.toml:8: the pixel source needs a \"key\", which the page names"),
        ("[\"shop.example.com\"]", "\"shop.example.com\"", "kopru.toml:11: sites is a list of hosts; write"),
        ("[\"shop.example.com\"]", "[]", "kopru.toml:11: sites is a list of hosts; write"),
        (
            "[\"shop.example.com\"]",
            "[\"https://shop.example.com/\"]",
            "kopru.toml:11: sites: \"https://shop.example.com/\" is not the name of a host; write",
        ),
        ("[\"shop.example.com\"]", "[7]", "kopru.toml:11: sites: 7 is not the name of a host"),
        ("routes = [\"website\"]", "", "kopru.toml:8: the pixel source has no dataset to which"),
        (
            "token = \"t\"\n",
            second,
            "kopru.toml:12: the pixel source needs a \"dataset\", because several have the route \"website\": 1234567890, 2",
        ),
        (
            "key = \"web\"",
            "key = \"web\"\ndataset = \"9\"",
            "kopru.toml:8: dataset = \"9\" is no dataset of this workspace with the route \"website\"; those are: 1234567890",
        ),
    ] {
        let second_token = if instead == second { "token = \"t\"\n" } else { "" };
        let text = SITE.replacen(place, &[instead, second_token].concat(), 1);
        let found = problems(&text);
        assert!(found.iter().any(|problem| problem.starts_with(said)), "{said}\n{found:#?}");
    }
}
