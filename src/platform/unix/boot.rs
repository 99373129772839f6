//! Which boot of the machine this is.

/// Linux says it in `/proc`; 36 characters.
#[cfg(target_os = "linux")]
pub fn read_boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// macOS says it in `kern.bootsessionuuid`; 36 characters.
#[cfg(target_os = "macos")]
#[allow(unsafe_code, reason = "sysctl has no safe wrapper among our dependencies")]
pub fn read_boot_id() -> String {
    let mut text = [0_u8; 64];
    let mut len = text.len();
    // SAFETY: the name is a C string, `text` has room for `len` bytes, and nothing is set.
    let failed = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            text.as_mut_ptr().cast(),
            &raw mut len,
            std::ptr::null_mut(),
            0,
        )
    };
    if failed != 0 {
        return String::new();
    }
    let text = text.get(..len).unwrap_or_default();
    String::from_utf8_lossy(text).trim_end_matches('\0').to_owned()
}

/// Elsewhere the second of the boot has to do.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn read_boot_id() -> String {
    sysinfo::System::boot_time().map(|seconds| seconds.to_string()).unwrap_or_default()
}
