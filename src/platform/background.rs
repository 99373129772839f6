//! Work that must take nothing from anybody else: a thread that gives way.
//!
//! Called by the supervisor's thread that packs logs.

/// Puts the calling thread, and no other, behind all that want the processor or the disk; it cannot come back from there. Where
/// the system knows no such thing, nothing happens.
pub fn give_way() {
    system::give_way();
}

#[cfg(target_os = "linux")]
mod system {
    /// For Linux a thread is a process here. Who schedules the disk goes by this too.
    pub fn give_way() {
        // Refused, it works as everybody does.
        let _ = rustix::process::setpriority_process(None, 19);
    }
}

#[cfg(target_os = "macos")]
mod system {
    #[allow(unsafe_code, reason = "rustix has no priority of threads")]
    pub fn give_way() {
        // SAFETY: takes numbers only; 0 is the calling thread.
        unsafe { libc::setpriority(libc::PRIO_DARWIN_THREAD, 0, libc::PRIO_DARWIN_BG) };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    pub const fn give_way() {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn one_thread_gives_way_and_no_other() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        std::thread::spawn(move || {
            give_way();
            assert_eq!(nice(), 19);
        })
        .join()
        .unwrap();
        assert_eq!(nice(), before);
    }
}
