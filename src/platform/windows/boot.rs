//! Which boot of the machine this is.

/// The second of the boot.
pub fn read_boot_id() -> String {
    sysinfo::System::boot_time().map(|seconds| seconds.to_string()).unwrap_or_default()
}
