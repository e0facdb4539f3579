//! `cargo xtask examples`: builds every example of `examples/`, measures it, and writes the table of `examples/README.md`.
//!
//! Each example is a workspace of its own, as a user's project would be; all of them build into one folder here. Lines are
//! counted as they are, flash and RAM are the sections of the ELF file. The table is checked by `cargo xtask test` and, for the chips whose
//! drivers take minutes to compile, by `cargo xtask proof examples`: both measure again.

mod elf;
mod run;
mod table;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use self::run::World;
use crate::{
    install::{self, Need},
    mcu::{self, Route},
    process,
    progress::Progress,
    root, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Builds every example of examples/ for its target, counts its lines, measures its flash and RAM, and writes the table of
examples/README.md. What cannot be built on this machine keeps its figures, and is named.

Usage: cargo xtask examples [--check]

  --check   write nothing: do what `cargo xtask test` does with them; `cargo xtask proof examples` does it with all
";

/// A folder of `examples/`: a project that a user would copy.
pub struct Example {
    /// The folder's name.
    pub name: &'static str,
    /// The target that it is built for; none for the PC's own.
    pub target: Option<&'static str>,
    /// Its programs.
    pub programs: &'static [Program],
    /// `cargo xtask test` builds it; otherwise `cargo xtask proof examples` alone, as the drivers of its chip take minutes.
    pub is_quick: bool,
}

/// A program of an example.
pub struct Program {
    /// The name of its binary.
    pub name: &'static str,
    /// The file or folder of its sources.
    pub sources: &'static str,
    /// What it does, for the table.
    pub what: &'static str,
}

/// The target of the NUCLEO-F439ZI.
const NUCLEO: &str = "thumbv7em-none-eabihf";

/// All of them.
pub const EXAMPLES: &[Example] = &[
    Example {
        name: "std",
        target: None,
        programs: &[
            Program {
                name: "ten_lines",
                sources: "src/bin/ten_lines.rs",
                what: "a message to a broker and back, in ten lines",
            },
            Program {
                name: "come_back",
                sources: "src/bin/come_back.rs",
                what: "publishes, subscribes, and comes back after the broker's restart",
            },
            Program {
                name: "gateway",
                sources: "src/bin/gateway.rs",
                what: "a hundred connections in one thread, over sockets that never wait (`mio`)",
            },
        ],
        is_quick: true,
    },
    Example {
        name: "unix-socket",
        target: None,
        programs: &[Program {
            name: "unix-socket",
            sources: "src",
            what: "our MQTT over another transport: a UNIX socket",
        }],
        is_quick: true,
    },
    Example {
        name: "smoltcp-nb",
        target: None,
        programs: &[Program {
            name: "smoltcp-on-a-pc",
            sources: "src",
            what: "smoltcp without an executor and without a heap (`nb`), and a loop around it over Ethernet in a UNIX socket",
        }],
        is_quick: true,
    },
    Example {
        name: "minimq",
        target: None,
        programs: &[Program {
            name: "minimq-over-tls12",
            sources: "src",
            what: "our TLS under another MQTT client: `minimq`, which speaks MQTT 5",
        }],
        is_quick: true,
    },
    Example {
        name: "lwip-sockets",
        target: Some(NUCLEO),
        programs: &[Program {
            name: "liblwip_sockets.a",
            sources: "src",
            what: "a task of FreeRTOS over the blocking sockets of lwIP: a library for a C program",
        }],
        is_quick: true,
    },
    Example {
        name: "nucleo-f439zi",
        target: Some(NUCLEO),
        programs: &[Program {
            name: "nucleo-f439zi-example",
            sources: "src",
            what: "embassy on an STM32F439 with its Ethernet: publishes, subscribes, comes back",
        }],
        is_quick: true,
    },
    Example {
        name: "rp2040-w5500",
        target: Some("thumbv6m-none-eabi"),
        programs: &[Program {
            name: "rp2040-w5500",
            sources: "src",
            what: "the same on an RP2040 with a W5500 (Ethernet over SPI)",
        }],
        is_quick: false,
    },
    Example {
        name: "rp2350-w5500",
        target: Some("thumbv8m.main-none-eabihf"),
        programs: &[Program {
            name: "rp2350-w5500",
            sources: "src",
            what: "the same on an RP2350 with a W5500",
        }],
        is_quick: false,
    },
    Example {
        name: "esp32c3-wifi",
        target: Some("riscv32imc-unknown-none-elf"),
        programs: &[Program {
            name: "esp32c3-wifi",
            sources: "src",
            what: "the same on an ESP32-C3 over Wi-Fi",
        }],
        is_quick: false,
    },
];

/// Runs the command.
///
/// # Errors
/// What did not build, or how many examples were left out.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let progress = Progress::default();
    match arguments {
        [] => {}
        ["--check"] => return test(&progress),
        _ => return Err(format!("cargo xtask examples: unknown arguments {}", arguments.join(" "))),
    }
    let mut measured = Vec::new();
    for example in EXAMPLES {
        measured.extend(example.measure(&progress, &[])?);
    }
    table::write(&measured)
}

/// Builds those that take moments, compares the table, and runs those for a PC and the one for the virtual board against a real Mosquitto.
/// Of the others it is checked that their sources are formatted and their lock files whole.
///
/// # Errors
/// What does not build, does not do what it should, or is not what the table says.
pub fn test(progress: &Progress) -> Result<(), String> {
    for example in EXAMPLES {
        example.lint(progress)?;
    }
    let mut world = World::start(progress)?;
    let built = build_and_compare(progress, &world.variables(), true)?;
    progress.say(&format!("{built}; the others: `cargo xtask proof examples`"));
    world.on_a_pc(progress)?;
    world.on_the_virtual_board(progress)
}

/// [`test()`], and builds and measures the others: how many there are.
///
/// # Errors
/// As [`test()`].
pub fn prove(progress: &Progress) -> Result<String, String> {
    test(progress)?;
    let built = build_and_compare(progress, &[], false)?;
    Ok(format!("what `cargo xtask test` does with them, and for other chips {built}"))
}

/// Those that are quick, or those that are not: how many were built.
fn build_and_compare(
    progress: &Progress,
    variables: &[(&str, String)],
    is_quick: bool,
) -> Result<String, String> {
    let mut measured = Vec::new();
    for example in EXAMPLES.iter().filter(|example| example.is_quick == is_quick) {
        measured.extend(example.measure(progress, variables)?);
    }
    table::check(&measured)?;
    let (built, left_out): (Vec<_>, Vec<_>) =
        measured.iter().partition(|one| one.size.is_some() || one.is_for_pc);
    Ok(format!("{} programs built and measured, {} NOT RUN", built.len(), left_out.len()))
}

/// A program's figures.
pub struct Measured {
    /// The example's name and the program's.
    pub name: (&'static str, &'static str),
    /// Lines that are neither empty nor a comment.
    pub lines: u64,
    /// Flash and RAM in bytes; none on a PC, or where it could not be built.
    pub size: Option<elf::Size>,
    /// It runs on a PC.
    pub is_for_pc: bool,
}

impl Example {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        root().join("examples").join(self.name)
    }

    /// Its format, and that its lock file has all of its packages: a crate of ours may depend on a new one.
    fn lint(&self, progress: &Progress) -> Result<(), String> {
        progress.say(&format!("example {}: format and lock file", self.name));
        process::run(Command::new("cargo").current_dir(self.folder()).args(["fmt", "--check"]))?;
        let mut update = Command::new("cargo");
        update.current_dir(self.folder()).args(["update", "--workspace", "--locked"]);
        match process::output(&mut update) {
            Err(text) if text.contains("because --locked was passed") => Err(text),
            // There is no network.
            Err(text) => {
                progress.say(&format!("example {}: lock file NOT RUN: {text}", self.name));
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// Builds it: the folder with its programs; nothing where its target cannot be had on this machine.
    ///
    /// # Errors
    /// When it does not compile.
    fn build(&self, progress: &Progress, variables: &[(&str, String)]) -> Result<Option<PathBuf>, String> {
        progress.say(&format!("example {}: building for {}", self.name, self.target.unwrap_or("this PC")));
        let (mut command, into) = match self.target {
            None => (cargo(&[]), folder().join("release")),
            // As the virtual board's other firmwares, whose drivers are these: they are built once.
            Some(NUCLEO) => {
                let route = Route::choose(progress)?;
                (route.build("release"), mcu::folder().join(route.target()).join("release"))
            }
            Some(name) if mcu::has_target(name, progress) => {
                (cargo(&["--target", name]), folder().join(name).join("release"))
            }
            Some(name) => {
                progress.say(&format!("example {}: NOT RUN, as {name} cannot be had here", self.name));
                return Ok(None);
            }
        };
        command.current_dir(self.folder()).envs(variables.iter().map(|(name, value)| (name, value)));
        process::run(&mut command).map(|()| Some(into))
    }

    fn measure(&self, progress: &Progress, variables: &[(&str, String)]) -> Result<Vec<Measured>, String> {
        let built = self.build(progress, variables)?;
        let of = |program: &'static Program| {
            let size = match &built {
                Some(folder) if self.target.is_some() => {
                    let file = folder.join(program.name);
                    let is_library = program.name.ends_with(".a");
                    Some(elf::Size::of(&if is_library { linked(&file, progress)? } else { file })?)
                }
                _ => None,
            };
            let lines = table::lines(&self.folder().join(program.sources))?;
            Ok(Measured { name: (self.name, program.name), lines, size, is_for_pc: self.target.is_none() })
        };
        self.programs.iter().map(of).collect()
    }
}

/// A library as it is linked to a C program: with what its task reaches, and without the C program.
fn linked(library: &Path, progress: &Progress) -> Result<PathBuf, String> {
    install::install(&[LINKER], progress)?;
    let elf = library.with_extension("elf");
    let mut command = Command::new(LINKER.what);
    command.args(["-e", "mqtt_task", "--gc-sections", "--unresolved-symbols=ignore-all", "-o"]);
    process::output(command.arg(&elf).arg(library)).map(|_| elf)
}

const LINKER: Need = Need { what: "arm-none-eabi-ld", package: "binutils-arm-none-eabi" };

/// A release build into the examples' folder.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.env("CARGO_TARGET_DIR", folder()).args(["build", "--release"]).args(arguments);
    command
}

/// Where examples are built.
#[must_use]
pub fn folder() -> PathBuf {
    target().join("examples")
}
