//! The linker script of cortex-m-rt; embassy-stm32 brings the memory map.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
