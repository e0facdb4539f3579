//! Servers of other families, every suite at each. The test writes `docs/interop.md`.
//!
//! What Debian has as a program is installed. Three libraries are built from packages with their sources, since Debian has them without
//! their servers, without the suites of RSA key exchange, or older: BearSSL, wolfSSL and Mbed TLS 3. They are run and never linked to
//! anything of this repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::report::{self, Outcome};
use crate::{
    debian,
    install::{
        self, BOTAN, BOUNCY_CASTLE, ERLANG, GNUTLS, GO, JAVA, MBEDTLS, MOSQUITTO, NODE, NSS, OPENSSL, PIP, XZ,
    },
    process,
    progress::Progress,
    root, target,
};

/// A machine without one of the peers is no failure: the table's row says that it was not run.
pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    let needs =
        [OPENSSL, MOSQUITTO, NODE, GNUTLS, MBEDTLS, PIP, JAVA, BOUNCY_CASTLE, GO, ERLANG, BOTAN, NSS, XZ];
    for need in needs {
        if let Err(text) = install::install(&[need], progress) {
            progress.say(&text);
        }
    }
    let tlslite = || process::output(Command::new("python3").args(["-c", "import tlslite"]));
    if tlslite().is_err() {
        let installed = progress.during("installing tlslite-ng", || {
            process::output(Command::new("python3").args(["-m", "pip", "install", "--user", "tlslite-ng"]))
        });
        if let Err(text) = installed {
            progress.say(&text);
        }
    }
    let folder = target().join("proof/peers");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, build) in [("mbedtls3", mbedtls3 as Build), ("wolfssl", wolfssl), ("bearssl", bearssl)] {
        if folder.join(name).is_file() {
            continue;
        }
        let built = progress.during(&format!("building {name}"), || {
            let place = folder.join(format!("{name}-sources"));
            process::fresh_folder(&place)?;
            let (program, version) = build(&place)?;
            fs::copy(program, folder.join(name)).map_err(|error| error.to_string())?;
            fs::write(folder.join(format!("{name}.version")), version).map_err(|error| error.to_string())?;
            fs::remove_dir_all(place).map_err(|error| error.to_string())
        });
        if let Err(text) = built {
            progress.say(&format!("{name}: {text}"));
        }
    }
    let mut test = Command::new("cargo");
    test.current_dir(root())
        .env("INTEROP_TABLE", root().join("docs/interop.md"))
        .env("INTEROP_PEERS", &folder);
    test.args(["test", "--package", "tests", "--test", "peers", "--", "--ignored", "--nocapture"]);
    report::test(test.arg("every_suite_at_every_family"))
}

/// Fetches and builds a server below a folder: the program, and the library's version.
type Build = fn(&Path) -> Result<(PathBuf, String), String>;

/// The files with our servers' sources.
fn source(name: &str) -> PathBuf {
    root().join("tests/peers/servers").join(name)
}

/// Mbed TLS's sources as they are in a crate with bindings to a part of them.
fn mbedtls3(place: &Path) -> Result<(PathBuf, String), String> {
    let library = super::vendored(place, &["psa-crypto-sys = \"=0.13.0\""])?.join("psa-crypto-sys/vendor");
    let include = format!("-I{}", library.join("include").display());
    let third = library.join("3rdparty");
    let includes = [
        include.clone(),
        format!("-I{}", library.join("library").display()),
        format!("-I{}", third.join("everest/include").display()),
        format!("-I{}", third.join("everest/include/everest").display()),
        format!("-I{}", third.join("everest/include/everest/kremlib").display()),
        format!("-I{}", third.join("p256-m/p256-m/include").display()),
        format!("-I{}", third.join("p256-m").display()),
    ];
    archive(place, &[library.join("library")], &includes)?;
    let program = place.join("server");
    link(&program, &source("echo.c"), place, &[include])?;
    Ok((program, defined(&library.join("include/mbedtls/build_info.h"), "MBEDTLS_VERSION_STRING")?))
}

fn wolfssl(place: &Path) -> Result<(PathBuf, String), String> {
    let library = super::vendored(place, &["wolfssl-sys = \"=5.3.0\""])?.join("wolfssl-sys/wolfssl-src");
    let settings = place.join("user_settings.h");
    fs::copy(source("wolfssl.h"), &settings).map_err(|error| error.to_string())?;
    let options = [
        "-w".to_owned(),
        "-DWOLFSSL_USER_SETTINGS".to_owned(),
        format!("-I{}", place.display()),
        format!("-I{}", library.display()),
    ];
    archive(place, &[library.join("src"), library.join("wolfcrypt/src")], &options)?;
    let program = place.join("server");
    link(&program, &source("wolfssl.c"), place, &options)?;
    Ok((program, defined(&library.join("wolfssl/version.h"), "LIBWOLFSSL_VERSION_STRING")?))
}

/// Its own tool is a server; Debian has the library only.
fn bearssl(place: &Path) -> Result<(PathBuf, String), String> {
    debian::source(place, debian::RELEASE, "bearssl")?;
    let entries = fs::read_dir(place).map_err(|error| error.to_string())?;
    let library =
        entries.flatten().map(|entry| entry.path()).find(|path| path.join("tools/brssl.c").is_file());
    let library = library.ok_or("the package has no tools")?;
    process::output(Command::new("make").current_dir(&library).arg("tools"))?;
    let version = library.file_name().unwrap_or_default().to_string_lossy().replace("bearssl-", "");
    Ok((library.join("build/brssl"), version))
}

/// Compiles all C files of some folders into `library.a`.
fn archive(place: &Path, folders: &[PathBuf], options: &[String]) -> Result<(), String> {
    let objects = place.join("objects");
    process::fresh_folder(&objects)?;
    let mut compiler = Command::new("cc");
    compiler.current_dir(&objects).args(["-O1", "-c"]).args(options);
    for folder in folders {
        let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let files = entries.flatten().map(|entry| entry.path());
        compiler.args(files.filter(|file| file.extension().is_some_and(|ending| ending == "c")));
    }
    process::output(&mut compiler)?;
    let entries = fs::read_dir(&objects).map_err(|error| error.to_string())?;
    let mut archiver = Command::new("ar");
    archiver.arg("rcs").arg(place.join("library.a")).args(entries.flatten().map(|entry| entry.path()));
    process::output(&mut archiver).map(drop)
}

fn link(program: &Path, source: &Path, place: &Path, options: &[String]) -> Result<(), String> {
    let mut compiler = Command::new("cc");
    compiler.arg("-O1").args(options).arg("-o").arg(program).arg(source).arg(place.join("library.a"));
    process::output(compiler.args(["-lm", "-lpthread"])).map(drop)
}

/// What a header defines as a string.
fn defined(header: &Path, name: &str) -> Result<String, String> {
    let text = fs::read_to_string(header).map_err(|error| format!("{}: {error}", header.display()))?;
    let line = text.lines().find(|line| line.starts_with("#define") && line.contains(name));
    let value = line.and_then(|line| line.split('"').nth(1));
    value.map(str::to_owned).ok_or_else(|| format!("{}: no {name}", header.display()))
}
