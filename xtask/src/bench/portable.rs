//! `cargo xtask bench --portable`: what the Rust code takes where there is no assembly.

use std::{process::Command, time::Duration};

use super::{build_for, emulate, read};
use crate::{
    install::{self, Need},
    process,
    progress::Progress,
};

const QEMU_RISCV: Need = Need { what: "qemu-system-riscv32", package: "qemu-system-misc" };

/// A processor without a multiplication to 64 bits, and one of another family. The machine of the comparison has all of the first one's instructions.
const ARM: &str = "thumbv6m-none-eabi";
const RISCV: &str = "riscv32imc-unknown-none-elf";

/// Prints the rows of the primitives on both.
///
/// # Errors
/// What could not be installed, built or run.
pub(super) fn run() -> Result<(), String> {
    let progress = Progress::default();
    install::install(&[super::QEMU, QEMU_RISCV], &progress)?;
    let mut sides = Vec::new();
    for target in [ARM, RISCV] {
        if !crate::mcu::has_target(target, &progress) {
            return Err(format!("run `rustup target add {target}`"));
        }
        progress.say(target);
        let elf = build_for(target, "primitives")?;
        sides.push(read(&if target == ARM { emulate(&elf)? } else { emulate_riscv(&elf)? }));
    }
    println!("| fast | {ARM} | {RISCV} |\n|---|--:|--:|");
    for (name, arm) in sides.first().into_iter().flatten() {
        let riscv = sides.last().into_iter().flatten().find(|(found, _)| found == name);
        println!("| {name} | {arm} | {} |", riscv.map_or_else(String::new, |(_, value)| value.to_string()));
    }
    Ok(())
}

fn emulate_riscv(elf: &std::path::Path) -> Result<String, String> {
    let mut command = Command::new("qemu-system-riscv32");
    command.args(["-M", "virt", "-bios", "none", "-nographic", "-icount", "shift=0", "-kernel"]).arg(elf);
    let finished = process::finish(&command, Duration::from_secs(600))?;
    if finished.success {
        Ok(finished.output)
    } else {
        Err(format!("{} failed:\n{}", elf.display(), finished.output))
    }
}
