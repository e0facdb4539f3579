//! Whom a request is for, and from whose page it comes: `firmware/src/web/access/host.rs`.

use firmware::web::access::host::{OwnName, is_same_origin};

const KITCHEN: OwnName<'_> = OwnName { host: "kitchen", domain: "plant.example" };

#[test]
fn only_addresses_and_our_own_names_are_ours() {
    for host in [
        "10.0.2.15",
        "10.0.2.15:8080",
        "localhost",
        "LOCALHOST:1",
        "kitchen",
        "Kitchen.local",
        "kitchen.LOCAL:80",
        "kitchen.local.",
        "kitchen.lan",
        "KITCHEN.Home.Arpa:8080",
        "kitchen.fritz.box",
        "kitchen.internal",
        "kitchen.plant.example",
        "kitchen.PLANT.example.:80",
    ] {
        assert!(KITCHEN.is(host.as_bytes()), "{host}");
    }
    for host in [
        "",
        "evil.example",
        "kitchen.evil.example",
        "10.0.2.15.evil.example",
        "10.0.2",
        "localhost.evil",
        "kitchen.local.x",
        "kitchen.box",
        "kitchen.arpa",
        "other.lan",
        "lan",
        "fritz.box",
        "x.kitchen.lan",
        "kitchen.x.lan",
        "kitchen.evil.fritz.box",
        "plant.example",
        "kitchen.plant.example.evil",
        "kitchen.example",
    ] {
        assert!(!KITCHEN.is(host.as_bytes()), "{host}");
    }
    // Without a domain that is set an empty one is no domain of ours, nor is a dot.
    const NOBODY: OwnName<'_> = OwnName { host: "", domain: "" };
    let nameless = OwnName { domain: "", ..KITCHEN };
    for (host, is_ours) in
        [("kitchen", true), ("kitchen.lan", true), ("kitchen.plant.example", false), ("kitchen..", false)]
    {
        assert_eq!(nameless.is(host.as_bytes()), is_ours, "{host}");
    }
    // Without a host name of ours an empty Host is not ours either.
    assert!(!NOBODY.is(b""));
}

#[test]
fn a_page_of_another_origin_is_told_apart() {
    for (origin, is_same) in [
        ("http://10.0.2.15:8080", true),
        ("http://10.0.2.15", false),
        ("https://10.0.2.15:8080", false),
        ("http://evil.example", false),
        ("null", false),
        ("", false),
    ] {
        assert_eq!(is_same_origin(Some(origin.as_bytes()), b"10.0.2.15:8080"), is_same, "{origin}");
    }
    assert!(is_same_origin(None, b"10.0.2.15") && !is_same_origin(Some(b"http://"), b""));
}
