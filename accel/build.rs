//! Chooses the kernels of the big-number arithmetic, of the hash functions, of AES and of GHASH by the target's name.
//!
//! Not by `target_feature`: the features that tell the instruction are hidden from stable code.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(umaal)");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv7em")) {
        println!("cargo::rustc-cfg=umaal");
    }
}
