//! How code for a Cortex-M4F is built here, and the five cores built so.
//!
//! The first route that is there is taken: the `thumbv7em-none-eabihf` standard library that rustup has or can fetch; the
//! soft-float one that is installed; or Debian's own Rust with its sources, which builds `core` and nothing else: no `alloc`
//! exists in such a build, so that a core with a heap does not compile. Debian's compiler is told to take the option that
//! this needs by `RUSTC_BOOTSTRAP`; that it hides no unstable feature in our code is what [`crate::rules`] is for.

use std::{path::PathBuf, process::Command};

use crate::{
    install::{self, Need},
    packages::LIBRARIES,
    process,
    progress::Progress,
    root, target,
};

/// The crates that must run on a microcontroller.
pub const CORES: [&str; 5] = ["status", "accel", "x509", "tls12", "mqtt"];

/// The optimizer's levels that a firmware is shipped with.
pub const LEVELS: [&str; 3] = ["z", "s", "3"];

const HARD_FLOAT: &str = "thumbv7em-none-eabihf";
const SOFT_FLOAT: &str = "thumbv7em-none-eabi";

const DEBIAN: [Need; 4] = [
    Need { what: "/usr/share/doc/rustc-web", package: "rustc-web" },
    Need { what: "/usr/share/doc/cargo-web", package: "cargo-web" },
    Need { what: "/usr/lib/rustlib/src/rust/library/core/Cargo.toml", package: "rust-web-src" },
    Need { what: "arm-none-eabi-ld", package: "binutils-arm-none-eabi" },
];

/// A way to build for the microcontroller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// The toolchain at hand has the target's standard library.
    Installed(&'static str),
    /// Debian's Rust builds `core` from source.
    Debian,
}

impl Route {
    /// Finds the first route that is there, installing it if need be.
    ///
    /// # Errors
    /// What would have to be installed.
    pub fn choose(progress: &Progress) -> Result<Self, String> {
        if has_target(HARD_FLOAT, progress) {
            return Ok(Self::Installed(HARD_FLOAT));
        }
        if is_installed(SOFT_FLOAT) {
            return Ok(Self::Installed(SOFT_FLOAT));
        }
        install::install(&DEBIAN, progress)
            .map_err(|error| format!("{error}, or run `rustup target add {HARD_FLOAT}`"))?;
        Ok(Self::Debian)
    }

    /// The name of the target.
    pub const fn target(self) -> &'static str {
        match self {
            Self::Installed(target) => target,
            Self::Debian => HARD_FLOAT,
        }
    }

    /// This route's cargo.
    pub fn cargo(self) -> Command {
        match self {
            Self::Installed(_) => Command::new("cargo"),
            Self::Debian => Command::new("/usr/bin/cargo"),
        }
    }

    /// `cargo build` for the target with a profile, into a folder of its own.
    pub fn build(self, profile: &str) -> Command {
        self.build_with(profile, Vec::new())
    }

    /// [`Route::build`] in the profile `release`, at one of [`LEVELS`].
    pub fn build_at(self, level: &str) -> Command {
        let mut command = self.build("release");
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        command
    }

    /// [`Route::build`] with any further flags of the compiler.
    pub fn build_with(self, profile: &str, flags: Vec<String>) -> Command {
        let mut command = self.command("build", flags);
        command.args(["--profile", profile]);
        command
    }

    /// `cargo check` for the target.
    pub fn check(self) -> Command {
        self.command("check", Vec::new())
    }

    /// A command of cargo for the target.
    fn command(self, name: &str, mut flags: Vec<String>) -> Command {
        let mut command = self.cargo();
        command.current_dir(root()).env("CARGO_TARGET_DIR", folder());
        command.args([name, "--target", self.target()]);
        if self == Self::Debian {
            command.arg("-Zbuild-std=core");
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTDOC", "/usr/bin/rustdoc");
            command.env("CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER", "arm-none-eabi-ld");
            // The bootstrap compiler shows target features that the stable one hides, and `crypto-bigint` would choose its
            // word size by them: every route builds the same code.
            flags.push("--cfg cpubits=\"32\"".to_owned());
        }
        let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", self.target().to_uppercase().replace('-', "_"));
        command.env(variable, flags.join(" "));
        command
    }
}

/// Builds the five cores with their default features, and the client that joins them with its asynchronous loop and what `defmt` logs of a failure.
///
/// # Errors
/// When one of them does not compile.
pub fn build(route: Route) -> Result<(), String> {
    let mut command = route.build("release");
    for (_, package) in LIBRARIES {
        command.args(["-p", package]);
    }
    command.args(["--features", "mqtts/embedded-io-async,mqtts/defmt"]);
    process::run(&mut command)
}

/// Where code for the microcontroller is built.
pub fn folder() -> PathBuf {
    target().join("mcu")
}

/// Whether the toolchain at hand has a target's `core`, or rustup can add it.
#[must_use]
pub fn has_target(target: &str, progress: &Progress) -> bool {
    if !is_installed(target) && process::find("rustup").is_some() {
        let what = format!("rustup target add {target} (goes on without where there is no network)");
        let mut command = Command::new("rustup");
        command.args(["target", "add", target]);
        let _ = progress.during(&what, || process::output(&mut command));
    }
    is_installed(target)
}

/// Whether the toolchain at hand has a target's `core`.
fn is_installed(target: &str) -> bool {
    let asked = process::output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    asked.is_ok_and(|folder| {
        std::fs::read_dir(folder.trim()).is_ok_and(|files| {
            files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
        })
    })
}
