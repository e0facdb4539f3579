//! Packs the style sheet and the script of the menu, which the device hands out as they are: every browser unpacks gzip (RFC 1952).

use std::{env, fs, io::Write, path::PathBuf};

use flate2::{Compression, GzBuilder};

fn main() -> std::io::Result<()> {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["style.css", "live.js"] {
        let source = PathBuf::from("src/menu").join(name);
        println!("cargo::rerun-if-changed={}", source.display());
        let packed = fs::File::create(out.join(format!("{name}.gz")))?;
        // Without a name and a time, so that the same source is the same program.
        let mut packed = GzBuilder::new().write(packed, Compression::best());
        packed.write_all(&fs::read(source)?)?;
        packed.finish()?;
    }
    Ok(())
}
