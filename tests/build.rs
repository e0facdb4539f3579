//! Builds the bridge to the real Mbed TLS 2.28, which the differential tests hold this project against.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=src/oracle.c");
    println!("cargo::rerun-if-changed=src/oracle_tls.c");
    println!("cargo::rerun-if-changed=build.rs");
    // The static libraries: the bridge puts its own clock under them.
    let libraries = ["mbedtls", "mbedx509", "mbedcrypto"];
    for library in libraries {
        let Some(folder) = folder_of(&format!("lib{library}.a")) else {
            println!(
                "cargo::error=Mbed TLS 2.28 is missing: `cargo xtask test` installs it (Debian: apt-get install libmbedtls-dev)"
            );
            return;
        };
        println!("cargo::rustc-link-search=native={}", folder.display());
    }
    let sources = ["src/oracle.c", "src/oracle_tls.c"];
    cc::Build::new().files(sources).warnings_into_errors(true).compile("oracle");
    for library in libraries {
        println!("cargo::rustc-link-lib=static={library}");
    }
}

/// Where the C compiler finds a library.
fn folder_of(file: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={file}")).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    let folder = Path::new(path.trim()).parent()?;
    folder.is_absolute().then(|| folder.to_owned())
}
