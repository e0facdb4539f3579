//! What there is to ask for: `firmware/src/web/requests/table.rs`.

use std::{fs, path::Path};

use firmware::{
    certificates::File,
    web::{
        protocol::head::Method,
        requests::table::{LISTED, Page, Route, Row, TABLE, Verb},
    },
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

/// A row's methods as `Allow` lists them.
fn allowed(row: &Row) -> String {
    row.methods.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_path_has_the_methods_that_it_says() {
    for (path, expected) in PATHS {
        let row = Row::from_path(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(allowed(row), expected, "{path}");
        for (name, method) in METHODS {
            assert_eq!((Method::from_name(name), method.name()), (method, name));
            assert_eq!(row.has(method), expected.split(", ").any(|one| one == name), "{name} {path}");
        }
        assert!(!row.has(Method::from_name("PATCH")) && !row.has(Method::from_name("get")));
    }
    for page in Page::ALL {
        let row = Row::from_path(page.path()).unwrap();
        assert_eq!((row.route, row.page), (Route::Page(page), Some(page)));
    }
    let check = Row::from_path("/certificates/key/check").unwrap();
    assert_eq!(check.route, Route::Certificate(File::PrivateKey, Verb::Check));
}

/// A path is there once, and where GET is, HEAD is (RFC 9110 §9.3.2).
#[test]
fn a_path_is_there_once() {
    for (index, row) in TABLE.iter().enumerate() {
        assert!(TABLE[..index].iter().all(|other| other.path != row.path), "{}", row.path);
        assert_eq!(row.has(Method::Get), row.has(Method::Head), "{}", row.path);
    }
}

/// `docs/http.md` has the table, rows that differ only in their path in one line.
#[test]
fn the_document_has_the_table() {
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for (row, (path, body, answer)) in TABLE.iter().zip(LISTED) {
        assert_eq!(row.path, *path);
        let rest = format!("| {} | {body} | {answer} |", allowed(row));
        match lines.last_mut() {
            Some((paths, same)) if *same == rest => paths.push(path),
            _ => lines.push((vec![path], rest)),
        }
    }
    let expected: Vec<_> = lines
        .iter()
        .map(|(paths, rest)| {
            let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
            format!("| {} {rest}", paths.join(", "))
        })
        .collect();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/http.md");
    let document = fs::read_to_string(document).unwrap();
    let found: Vec<_> = document.lines().filter(|line| line.starts_with("| `/")).collect();
    assert_eq!(found, expected, "the table in docs/http.md is to be\n{}", expected.join("\n"));
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
        assert!(Row::from_path(path).is_none(), "{path}");
    }
    let files = TABLE.iter().filter(|row| row.path.starts_with("/certificates/"));
    assert_eq!(files.clone().count(), 9);
    for row in files {
        assert!(!row.has(Method::Get) && !row.has(Method::Head), "{}", row.path);
    }
}
