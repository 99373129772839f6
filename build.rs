//! Links the binary on Linux so that a keeper is small and quick to start.
//!
//! A keeper is this binary executed again, once per supervised process. As a position independent executable each keeper
//! would write some 300 KiB of relocations into memory of its own; linked at a fixed address it shares those pages with all
//! others. Each shared library costs a keeper another 8 KiB and 0.1 ms, so the unwinder is taken from its archive where the C
//! compiler has it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name| std::env::var(name).unwrap_or_default();
    if var("CARGO_CFG_TARGET_OS") != "linux" || var("CARGO_CFG_TARGET_ENV") != "gnu" {
        return;
    }
    println!("cargo:rustc-link-arg-bins=-no-pie");
    if var("HOST") != var("TARGET") {
        // The host's compiler knows nothing of the target's archives.
        return;
    }
    let dir = PathBuf::from(var("OUT_DIR"));
    if link_archive(&dir.join("libgcc_s.so"), "libgcc_eh.a") {
        println!("cargo:rustc-link-arg-bins=-L{}", dir.display());
    }
}

/// Puts a linker script in the place of a shared library that names the archive instead. Without the archive nothing is
/// changed, and the shared library is linked as ever.
fn link_archive(library: &Path, archive: &str) -> bool {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let asked = Command::new(compiler).arg(format!("-print-file-name={archive}")).output();
    let found = asked.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let Some(path) = found.map(|path| path.trim().to_owned()) else { return false };
    // A compiler that does not have it answers with the bare name.
    Path::new(&path).is_absolute() && std::fs::write(library, format!("INPUT({path})\n")).is_ok()
}
