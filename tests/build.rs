//! Builds the bridge to the real Mbed TLS 2.28, which the differential tests hold this project against.

use std::{path::Path, process::Command};

const MISSING: &str = "libmbedx509 2.28 is not installed: `cargo xtask test` installs it (Debian: apt-get install libmbedtls-dev)";

fn main() {
    println!("cargo:rerun-if-changed=src/oracle.c");
    println!("cargo:rerun-if-changed=build.rs");
    // The static libraries: the bridge puts its own clock under them.
    for library in ["mbedx509", "mbedcrypto"] {
        let folder = folder_of(&format!("lib{library}.a"));
        println!("cargo:rustc-link-search=native={folder}");
    }
    cc::Build::new().file("src/oracle.c").warnings_into_errors(true).compile("oracle");
    for library in ["mbedx509", "mbedcrypto"] {
        println!("cargo:rustc-link-lib=static={library}");
    }
}

/// Where the C compiler finds a library.
fn folder_of(file: &str) -> String {
    let output = Command::new("cc").arg(format!("-print-file-name={file}")).output();
    let path = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let folder = Path::new(&path).parent().filter(|folder| folder.is_absolute());
    folder.unwrap_or_else(|| panic!("{MISSING}")).display().to_string()
}
