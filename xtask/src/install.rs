//! Debian packages: installed by root, asked for in one line otherwise.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{process, progress::Progress, root, target};

/// A program or file and the Debian package that brings it.
pub struct Need {
    /// The program's name, or a file's whole path.
    pub what: &'static str,
    /// The package.
    pub package: &'static str,
}

impl Need {
    /// Whether it is there.
    pub fn is_met(&self) -> bool {
        if self.what.starts_with('/') {
            Path::new(self.what).exists()
        } else {
            process::find(self.what).is_some()
        }
    }
}

/// The broker.
pub const MOSQUITTO: Need = Need { what: "mosquitto", package: "mosquitto" };
/// What `mqtts` is compared with.
pub const MOSQUITTO_CLIENTS: Need = Need { what: "mosquitto_sub", package: "mosquitto-clients" };
/// Certificates, and `s_server`.
pub const OPENSSL: Need = Need { what: "openssl", package: "openssl" };
/// `gnutls-serv`.
pub const GNUTLS: Need = Need { what: "gnutls-serv", package: "gnutls-bin" };
/// The browser that the menu is tested in.
pub const CHROMIUM: Need = Need { what: "chromium", package: "chromium" };
/// What drives it.
pub const CHROMEDRIVER: Need = Need { what: "chromedriver", package: "chromium-driver" };
/// The shell whose completion is tested beside bash's.
pub const ZSH: Need = Need { what: "zsh", package: "zsh" };
/// What formats manual pages.
pub const GROFF: Need = Need { what: "groff", package: "groff-base" };
/// What watches that no branch and no address depends on a secret.
pub const VALGRIND: Need = Need { what: "valgrind", package: "valgrind" };
/// The library whose codes and texts are matched.
pub const MBEDTLS: Need = Need { what: "/usr/include/mbedtls/version.h", package: "libmbedtls-dev" };

/// A peer of the interoperability matrix.
pub const NODE: Need = Need { what: "node", package: "nodejs" };
/// What installs tlslite-ng, a peer of the matrix.
pub const PIP: Need = Need { what: "pip3", package: "python3-pip" };
/// A peer of the matrix; it compiles its one file itself.
pub const JAVA: Need = Need { what: "javac", package: "openjdk-17-jdk-headless" };
/// A peer of the matrix.
pub const GO: Need = Need { what: "go", package: "golang-go" };
/// A peer of the matrix.
pub const BOTAN: Need = Need { what: "botan", package: "botan" };
/// A peer of the matrix: `selfserv`.
pub const NSS: Need = Need { what: "selfserv", package: "libnss3-tools" };
/// A peer of the matrix.
pub const BOUNCY_CASTLE: Need = Need { what: "/usr/share/java/bctls.jar", package: "libbctls-java" };
/// What BoringSSL's test runner imports.
pub const GO_CRYPTO: Need = Need {
    what: "/usr/share/gocode/src/golang.org/x/crypto/hkdf/hkdf.go",
    package: "golang-golang-x-crypto-dev",
};
/// What unpacks Debian's source packages.
pub const XZ: Need = Need { what: "xz", package: "xz-utils" };
/// A peer of the matrix.
pub const ERLANG: Need = Need { what: "/usr/share/doc/erlang-ssl", package: "erlang-ssl" };

/// A broker of the table.
pub const RABBITMQ: Need = Need { what: "/usr/lib/rabbitmq/bin/rabbitmq-server", package: "rabbitmq-server" };
/// What installs aedes, a broker of the table.
pub const NPM: Need = Need { what: "npm", package: "npm" };

/// Where programs are installed that are no Debian packages: Cargo's in `bin`, Python's in `python`, Node's in `node_modules`. Only
/// tlslite-ng and cargo-fuzz go to the user's own folders.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// Where a program of a crate of this name is, built and installed if need be.
///
/// # Errors
/// What Cargo said.
pub fn crate_program(name: &str, progress: &Progress) -> Result<PathBuf, String> {
    let built = tools().join("bin").join(name);
    if built.is_file() {
        return Ok(built);
    }
    if let Some(found) = process::find(name) {
        return Ok(found);
    }
    let install = |locked: &[&str]| {
        let mut install = Command::new("cargo");
        install.current_dir(root()).args(["install", "--root"]).arg(tools()).args(locked).arg(name);
        process::output(&mut install)
    };
    // What a crate was released with may no longer build; newer dependencies may.
    progress
        .during(&format!("installing {name}"), || install(&["--locked"]).or_else(|_| install(&[])))
        .map(|_| built)
}

/// Installs the packages of what is missing.
///
/// # Errors
/// One line that says what to install, when this is not root's process; or what apt-get said.
pub fn install(needs: &[Need], progress: &Progress) -> Result<(), String> {
    let missing: Vec<&str> = needs.iter().filter(|need| !need.is_met()).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !is_root() || process::find("apt-get").is_none() {
        return Err(format!("please install: {packages} (on Debian: sudo apt-get install {packages})"));
    }
    progress.during(&format!("installing {packages}"), || {
        // An old list may name versions that are gone; a failed update still leaves a list that may serve.
        let _ = process::output(Command::new("apt-get").args(["update", "-q"]));
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing);
        process::output(&mut command)
    })?;
    match needs.iter().find(|need| !need.is_met()) {
        None => Ok(()),
        Some(need) => Err(format!("{} was installed, but {} is not there", need.package, need.what)),
    }
}

/// Whether this process may install packages.
fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
