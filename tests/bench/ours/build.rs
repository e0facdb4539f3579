//! Puts memory.x and device.x where the linker script of cortex-m-rt looks for them, and chooses the script.

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::copy("memory.x", format!("{out}/memory.x")).expect("memory.x can be copied");
    // A chip would name its interrupts here.
    std::fs::write(format!("{out}/device.x"), "").expect("device.x can be written");
    println!("cargo:rustc-link-search={out}");
    std::fs::copy("riscv32.x", format!("{out}/riscv32.x")).expect("riscv32.x can be copied");
    let target = std::env::var("TARGET").expect("cargo sets TARGET");
    println!("cargo:rustc-link-arg=-T{}", if target.starts_with("riscv32") { "riscv32.x" } else { "link.x" });
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=riscv32.x");
}
