//! Links the binary as a plain (non-PIE) executable on Linux.
//!
//! A keeper is this binary re-executed, once per supervised process. As a position independent executable each keeper would
//! write some 300 KiB of relocations into memory of its own; linked at a fixed address it shares those pages with all others.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target_os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let target_env = std::env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default();
    if target_os == "linux" && target_env == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
