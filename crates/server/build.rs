//! How the program lies in memory. None of it changes what it does.

use std::process::Command;

/// The first release of the GNU C library that reads packed relocations.
const PACKED_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=layout.ld");
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let linux = of("CARGO_CFG_TARGET_OS") == "linux" && of("CARGO_CFG_TARGET_ENV") == "gnu";
    if !linux || of("PROFILE") != "release" {
        return;
    }
    // What a start runs lies together, so that little more than that is resident afterwards.
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{}/layout.ld", of("CARGO_MANIFEST_DIR"));
    // Sixty thousand addresses in tables and in what `dyn` looks up: one bit each instead of 24 bytes that every
    // start reads. A program that is built for another machine may meet an older library there.
    if of("HOST") == of("TARGET") && library() >= Some(PACKED_SINCE) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The release of this machine's C library, if it is the GNU C library.
fn library() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
