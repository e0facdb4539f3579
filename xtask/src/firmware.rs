//! `cargo xtask firmware`: the firmware for the NUCLEO-F439ZI, how large it is, and what it is made of.
//!
//! Code is charged to the line of source that each instruction was compiled from, so that a function that was inlined, as
//! nearly everything is in an asynchronous program, still counts where it was written; code of `core` counts where it was
//! called from. Constants and statics are charged by their symbols; what constants have no symbol, such as short texts and the
//! tables of trait objects, is shared out by the code, which is the best that can be said of it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{
    install::{self, Need},
    mcu::Route,
    process,
    progress::Progress,
    root, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Builds the firmware for the NUCLEO-F439ZI, prints its size and what it is made of, and fails beyond 512 KB of flash (a quarter of what the
chip has), 128 KB of RAM, or 96 KB of flash for the menu: its server, its pages with their texts, and what writes them.

Usage: cargo xtask firmware

Takes the first Rust for thumbv7em that is there: an installed thumbv7em-none-eabihf, one that rustup can add, an installed
thumbv7em-none-eabi, or Debian's rustc-web with its sources, which it installs when run as root. To flash it, run
`cargo run --release` in firmware/boards/nucleo-f439zi with a board at hand; its README says how.
";

/// The most flash that the firmware may take, in bytes.
const MAX_FLASH: u64 = 512 * 1024;
/// The most flash that the menu may take, in bytes.
const MAX_MENU: u64 = 96 * 1024;
/// The modules of the crate `firmware` that are the menu: requests and pages, and what both are made with.
const MENU: [&str; 6] = ["web", "json", "template", "texts", "failure", "window"];
/// The most RAM that the firmware may take, in bytes; the stack has a memory of its own.
const MAX_RAM: u64 = 128 * 1024;
/// How many rows a table has at most; what is left is summed up.
const MAX_ROWS: usize = 16;

const BINUTILS: Need = Need { what: "arm-none-eabi-addr2line", package: "binutils-arm-none-eabi" };

/// Runs the command.
///
/// # Errors
/// When the firmware does not build, or is too large.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(format!("cargo xtask firmware: unknown arguments {}", arguments.join(" ")));
    }
    let progress = Progress::default();
    let elf = build(&progress)?;
    let content = Content::of(&elf, &progress)?;
    print!("{content}");
    content.check(&progress)?;
    println!("{}", elf.display());
    Ok(())
}

/// Builds the firmware; the path of the ELF file.
///
/// # Errors
/// When it does not build, or what would have to be installed.
pub fn build(progress: &Progress) -> Result<PathBuf, String> {
    let route = Route::choose(progress)?;
    progress.say(&format!("building the firmware for {} ({route:?})", route.target()));
    let mut fetch = route.cargo();
    process::run(fetch.current_dir(folder()).arg("fetch"))?;
    let mut command = route.build_with("release", shorter_paths());
    command.current_dir(folder()).env("CARGO_TARGET_DIR", target().join("firmware"));
    process::run(&mut command)?;
    Ok(target().join("firmware").join(route.target()).join("release/nucleo-f439zi"))
}

/// Flags that cut what only this machine has off the paths that stand in panics: less flash, and the same program everywhere.
fn shorter_paths() -> Vec<String> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = cargo.and_then(|cargo| fs::read_dir(cargo.join("registry/src")).ok());
    let folders = sources.into_iter().flatten().flatten().map(|entry| entry.path());
    let folders = folders.chain([root().to_path_buf()]).map(|folder| (folder, ""));
    // What a build script has written lies where cargo builds, which may be anywhere.
    let folders = folders.chain([(target(), "/target")]);
    let folders =
        folders.map(|(folder, to)| format!("--remap-path-prefix={}={to}", folder.to_string_lossy()));
    // Flags are separated by spaces.
    folders.filter(|flag| !flag.contains(' ')).collect()
}

/// Checks the firmware's size.
///
/// # Errors
/// When it takes too much flash or RAM, or its menu does.
pub fn check(elf: &Path, progress: &Progress) -> Result<(), String> {
    Content::of(elf, progress)?.check(progress)
}

/// Formats the board's sources, or complains of them, and lints them where the toolchain at hand can.
///
/// # Errors
/// What is not formatted or not clean.
pub fn lint(progress: &Progress) -> Result<(), String> {
    process::run(Command::new("cargo").current_dir(folder()).args(["fmt", "--check"]))?;
    if let Route::Installed(name) = Route::choose(progress)? {
        let mut command = Command::new("cargo");
        command.current_dir(folder()).env("CARGO_TARGET_DIR", target().join("firmware"));
        command.args(["clippy", "--quiet", "--release", "--target", name, "--", "-D", "warnings"]);
        process::run(&mut command)?;
    }
    Ok(())
}

/// The board's folder: a workspace of its own.
fn folder() -> PathBuf {
    root().join("firmware/boards/nucleo-f439zi")
}

/// What a firmware takes, in bytes.
struct Size {
    /// Vectors, code, constants, and the initial values of `data`.
    flash: u64,
    /// `data`, `bss`, and what no start clears; without the stack, which has a memory of its own.
    ram: u64,
    /// What of the flash is constants.
    constants: u64,
}

impl Size {
    fn of(elf: &Path, progress: &Progress) -> Result<Self, String> {
        install::install(&[BINUTILS], progress)?;
        let printed = process::output(Command::new("arm-none-eabi-size").arg("-A").arg(elf))?;
        Ok(Self::from_sections(&printed))
    }

    /// Reads what `size -A` prints: name, size and address of each section.
    fn from_sections(printed: &str) -> Self {
        let mut size = Self { flash: 0, ram: 0, constants: 0 };
        for line in printed.lines() {
            let mut words = line.split_whitespace();
            let (Some(name), Some(Ok(length)), Some(Ok(address))) =
                (words.next(), words.next().map(str::parse::<u64>), words.next().map(str::parse::<u64>))
            else {
                continue;
            };
            let in_ram = RAM.contains(&address);
            if FLASH.contains(&address) || name == ".data" {
                size.flash = size.flash.saturating_add(length);
            }
            if name == ".rodata" {
                size.constants = length;
            }
            if in_ram {
                size.ram = size.ram.saturating_add(length);
            }
        }
        size
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { flash, ram, .. } = self;
        write!(f, "flash {flash} bytes of {MAX_FLASH}, RAM {ram} of {MAX_RAM}, and the stack's 64 KB of CCM")
    }
}

const FLASH: std::ops::Range<u64> = 0x0800_0000..0x0820_0000;
const RAM: std::ops::Range<u64> = 0x2000_0000..0x2003_0000;

/// What the firmware is made of, in bytes.
struct Content {
    size: Size,
    /// Code by crate.
    crates: BTreeMap<String, u64>,
    /// Code of the crate `firmware` by module.
    modules: BTreeMap<String, u64>,
    /// Constants by crate.
    constants: BTreeMap<String, u64>,
    /// Constants of the crate `firmware` by module.
    module_constants: BTreeMap<String, u64>,
    /// RAM by static.
    statics: BTreeMap<String, u64>,
}

impl Content {
    fn of(elf: &Path, progress: &Progress) -> Result<Self, String> {
        install::install(&[BINUTILS], progress)?;
        let printed = process::output(Command::new("arm-none-eabi-nm").args(["-S", "-C"]).arg(elf))?;
        let mut content = Self {
            size: Size::of(elf, progress)?,
            crates: BTreeMap::new(),
            modules: BTreeMap::new(),
            constants: BTreeMap::new(),
            module_constants: BTreeMap::new(),
            statics: BTreeMap::new(),
        };
        for (place, bytes) in code(elf, &printed)? {
            let (package, module) = charge(&place);
            if package == "firmware" {
                add(&mut content.modules, module, bytes);
            }
            add(&mut content.crates, package, bytes);
        }
        for symbol in symbols(&printed) {
            match symbol.kind {
                'r' | 'R' => content.add_constant(symbol.name, symbol.length),
                'b' | 'B' | 'd' | 'D' => add(&mut content.statics, symbol.name.to_owned(), symbol.length),
                _ => {}
            }
        }
        let known: u64 = content.constants.values().sum();
        add(&mut content.constants, NO_NAME.to_owned(), content.size.constants.saturating_sub(known));
        Ok(content)
    }

    fn add_constant(&mut self, name: &str, bytes: u64) {
        let package = owner(name);
        if let Some(path) = name.trim_start_matches('<').strip_prefix("firmware::") {
            let mut names = path.split("::");
            let module = names.next().unwrap_or(path).to_owned();
            // Its rooms each for itself.
            let module = if module == "web" { format!("web/{}", names.next().unwrap_or("")) } else { module };
            add(&mut self.module_constants, module, bytes);
        }
        add(&mut self.constants, package, bytes);
    }

    /// What the menu takes: its code, its constants, and its share of those without a name.
    fn menu(&self) -> (u64, u64, u64) {
        let sum = |modules: &BTreeMap<String, u64>| {
            let is_menu = |module: &str| MENU.contains(&module.split('/').next().unwrap_or(module));
            modules.iter().filter(|(module, _)| is_menu(module)).map(|(_, bytes)| bytes).sum::<u64>()
        };
        let (code, constants) = (sum(&self.modules), sum(&self.module_constants));
        let no_name = self.constants.get(NO_NAME).copied().unwrap_or(0);
        let all: u64 = self.crates.values().sum();
        (code, constants, no_name.saturating_mul(code).checked_div(all).unwrap_or(0))
    }

    fn check(&self, progress: &Progress) -> Result<(), String> {
        progress.say(&self.size.to_string());
        let (code, constants, share) = self.menu();
        let menu = code.saturating_add(constants).saturating_add(share);
        progress.say(&format!(
            "menu {menu} bytes of {MAX_MENU}: code {code}, constants {constants}, share of constants without a name {share}"
        ));
        for (what, bytes, most) in [
            ("flash", self.size.flash, MAX_FLASH),
            ("RAM", self.size.ram, MAX_RAM),
            ("flash for the menu", menu, MAX_MENU),
        ] {
            if bytes > most {
                return Err(format!("{bytes} bytes of {what} are more than {most}"));
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (title, sums) in [
            ("Code by crate", &self.crates),
            ("Code of the crate firmware by module", &self.modules),
            ("Constants by crate", &self.constants),
            ("Constants of the crate firmware by module", &self.module_constants),
            ("RAM by static", &self.statics),
        ] {
            f.write_str(&table(title, sums))?;
        }
        Ok(())
    }
}

/// What is said of constants without a symbol.
const NO_NAME: &str = "no name";

/// A row of `nm`.
struct Symbol<'a> {
    address: u64,
    length: u64,
    kind: char,
    name: &'a str,
}

/// The symbols that have a length.
fn symbols(printed: &str) -> impl Iterator<Item = Symbol<'_>> {
    printed.lines().filter_map(|line| {
        let (address, rest) = line.split_once(' ')?;
        let (length, rest) = rest.split_once(' ')?;
        let (kind, name) = rest.split_once(' ')?;
        Some(Symbol {
            address: u64::from_str_radix(address, 16).ok()?,
            length: u64::from_str_radix(length, 16).ok()?,
            kind: kind.chars().next()?,
            name,
        })
    })
}

/// Every two bytes of code with the line that they were compiled from, summed up by file.
fn code(elf: &Path, printed: &str) -> Result<BTreeMap<String, u64>, String> {
    let mut addresses = String::new();
    for symbol in symbols(printed).filter(|symbol| matches!(symbol.kind, 't' | 'T')) {
        // The lowest bit of a function's symbol says Thumb.
        let start = symbol.address & !1;
        for address in (start..start.saturating_add(symbol.length)).step_by(2) {
            let _ = writeln!(addresses, "{address:#x}");
        }
    }
    let mut files = BTreeMap::new();
    let text = lines(elf, addresses)?;
    for frames in text.split("0x").filter(|frames| !frames.is_empty()) {
        let mut frames =
            frames.lines().skip(1).map(|frame| frame.rsplit_once(':').map_or(frame, |(file, _)| file));
        let first = frames.next().unwrap_or("?");
        let written = std::iter::once(first).chain(frames).find(|file| !file.contains("/library/"));
        add(&mut files, written.unwrap_or(first).to_owned(), 2);
    }
    Ok(files)
}

/// What addr2line says of addresses: each one, followed by its frames from the inside out.
fn lines(elf: &Path, addresses: String) -> Result<String, String> {
    let mut child = Command::new("arm-none-eabi-addr2line")
        .args(["-a", "-i", "-e"])
        .arg(elf)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("arm-none-eabi-addr2line: {error}"))?;
    let input = child.stdin.take();
    // In a thread of its own, since both pipes are shorter than what goes through them.
    let writer = thread::spawn(move || input.map(|mut input| input.write_all(addresses.as_bytes())));
    let output = child.wait_with_output().map_err(|error| format!("arm-none-eabi-addr2line: {error}"))?;
    let _ = writer.join();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The crate and the module that a source file belongs to: the folder that holds `src`, and what is first in it.
fn charge(file: &str) -> (String, String) {
    if file.contains("/library/") {
        return ("core".to_owned(), String::new());
    }
    let Some((package, path)) = file.rsplit_once("/src/") else {
        return ("no line".to_owned(), String::new());
    };
    let package = package.rsplit('/').next().unwrap_or(package);
    let name = match package.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => package,
    };
    // The folder, or the file where there is none.
    let module = path.rsplit_once('/').map_or(path.trim_end_matches(".rs"), |(folder, _)| folder);
    (name.to_owned(), module.to_owned())
}

/// The crate of a constant, by its symbol.
fn owner(name: &str) -> String {
    let name = name.trim_start_matches(['<', '&', '(', '[']);
    match name.split_once("::") {
        Some((package, _)) if !package.starts_with('.') => package.to_owned(),
        _ => NO_NAME.to_owned(),
    }
}

fn add(sums: &mut BTreeMap<String, u64>, key: String, bytes: u64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(bytes);
}

/// The largest rows, and the sum of the rest.
fn table(title: &str, sums: &BTreeMap<String, u64>) -> String {
    let total: u64 = sums.values().sum();
    let mut rows: Vec<(&str, u64)> = sums.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    let rest: u64 = rows.iter().skip(MAX_ROWS).map(|row| row.1).sum();
    rows.truncate(MAX_ROWS);
    let mut text = format!("{title}: {total} bytes\n");
    for (name, bytes) in rows.into_iter().chain((rest > 0).then_some(("all others", rest))) {
        let _ = writeln!(text, "  {bytes:>7}  {name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_summed_by_where_they_are() {
        let printed = "x  :\nsection  size  addr\n.text  100  134218156\n.data  8  536870912\n.bss  50  536870920\n\
                       .debug_line  999  0\nTotal  1157\n";
        let size = Size::from_sections(printed);
        assert_eq!((size.flash, size.ram), (108, 58));
    }

    #[test]
    fn code_is_charged_to_its_crate() {
        let charge = |file| {
            let (package, module) = charge(file);
            format!("{package} {module}")
        };
        assert_eq!(charge("/home/x/.cargo/registry/src/index-1949cf/md-5-0.11.0/src/lib.rs"), "md-5 lib");
        assert_eq!(
            charge("firmware/boards/nucleo-f439zi/firmware/src/web/pages/time.rs"),
            "firmware web/pages"
        );
        assert_eq!(charge("firmware/boards/nucleo-f439zi/src/pins.rs"), "nucleo-f439zi pins");
        assert_eq!(charge("/rustc/5980/library/core/src/result.rs"), "core ");
        assert_eq!(charge("??"), "no line ");
    }

    #[test]
    fn the_menu_is_its_modules_and_their_share_of_what_has_no_name() {
        let sums =
            |rows: &[(&str, u64)]| rows.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
        let mut content = Content {
            size: Size { flash: 0, ram: 0, constants: 0 },
            crates: sums(&[("firmware", 300), ("core", 700)]),
            modules: sums(&[("web", 150), ("web/pages", 50), ("clock", 100)]),
            constants: sums(&[(NO_NAME, 400)]),
            module_constants: BTreeMap::new(),
            statics: BTreeMap::new(),
        };
        content.add_constant("firmware::web::pages::state::live::TEXT", 20);
        content.add_constant("<firmware::texts::field as x>::TEXT", 3);
        content.add_constant("firmware::clock::TEXT", 7);
        content.add_constant("status::texts::TEXT", 9);
        assert_eq!(content.menu(), (200, 23, 80));
    }

    #[test]
    fn constants_are_charged_to_their_crate() {
        assert_eq!(owner("core::unicode::TABLE"), "core");
        assert_eq!(owner("<smoltcp::wire::Repr as core::fmt::Debug>::TEXT"), "smoltcp");
        assert_eq!(owner(".Lanon.b45246.3"), "no name");
    }
}
