//! The linker scripts of cortex-m-rt and defmt; embassy-stm32 brings the memory map.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
}
