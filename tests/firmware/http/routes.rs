//! What there is to ask for: `firmware/src/http/routes.rs`.

use firmware::{
    certificates::File,
    http::routes::{Method, Page, Route, Verb},
};

const METHODS: [(&str, Method); 5] = [
    ("GET", Method::Get),
    ("HEAD", Method::Head),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("DELETE", Method::Delete),
];

const PATHS: [(&str, &str); 23] = [
    ("/", "GET, HEAD"),
    ("/network", "GET, HEAD"),
    ("/mqtt", "GET, HEAD"),
    ("/time", "GET, HEAD"),
    ("/ports", "GET, HEAD"),
    ("/system", "GET, HEAD"),
    ("/live", "GET, HEAD"),
    ("/live/ports", "GET, HEAD"),
    ("/style.css", "GET, HEAD"),
    ("/live.js", "GET, HEAD"),
    ("/status.json", "GET, HEAD"),
    ("/settings.json", "GET, HEAD, POST"),
    ("/settings", "GET, HEAD, POST"),
    ("/login", "GET, HEAD, POST"),
    ("/password", "GET, HEAD, POST"),
    ("/logout", "POST"),
    ("/outputs", "POST"),
    ("/factory-reset", "POST"),
    ("/configuration", "GET, HEAD, POST, PUT"),
    ("/certificates/ca", "POST, PUT, DELETE"),
    ("/certificates/client/check", "POST, PUT"),
    ("/certificates/key/delete", "POST"),
    ("/certificates/key", "POST, PUT, DELETE"),
];

#[test]
fn every_path_has_the_methods_that_it_says() {
    for (path, allowed) in PATHS {
        let route = Route::from_path(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(route.allowed(), allowed, "{path}");
        for (name, method) in METHODS {
            assert_eq!(Method::from_name(name), method);
            assert_eq!(route.has(method), allowed.split(", ").any(|one| one == name), "{name} {path}");
        }
        assert!(!route.has(Method::from_name("PATCH")) && !route.has(Method::from_name("get")));
    }
    assert!(Page::ALL.iter().all(|page| Route::from_path(page.path()) == Some(Route::Page(*page))));
    assert_eq!(
        Route::from_path("/certificates/key/check"),
        Some(Route::Certificate(File::PrivateKey, Verb::Check))
    );
}

/// Nothing reads a certificate or a key.
#[test]
fn nothing_else_is_there() {
    for path in [
        "",
        "//",
        "/x",
        "/mqtt/",
        "/live/",
        "/live/mqtt",
        "/certificates",
        "/certificates/",
        "/certificates/x",
        "/certificates/key/",
        "/certificates/key/get",
        "/certificates/ca/check/x",
        "/../",
        "/Login",
    ] {
        assert_eq!(Route::from_path(path), None, "{path}");
    }
    for (path, _) in PATHS.iter().filter(|(path, _)| path.starts_with("/certificates/")) {
        assert!(!Route::from_path(path).unwrap().has(Method::Get), "{path}");
    }
}
