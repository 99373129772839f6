//! Signals by number for the calls of rustix, which likes them named.

use std::io;

use rustix::process::Signal;

/// The signal of this number; real-time signals have no name there.
#[allow(unsafe_code, reason = "rustix takes real-time signals on trust")]
pub fn signal(number: i32) -> io::Result<Signal> {
    match Signal::from_named_raw(number) {
        Some(named) => Ok(named),
        // SAFETY: it is only sent, never caught, and the range leaves out what no process can be sent.
        None if (1..=64).contains(&number) => Ok(unsafe { Signal::from_raw_unchecked(number) }),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{number} is no signal"))),
    }
}

/// Sends to the pid itself. Where there are no pidfds, whoever calls has just looked who it is.
#[cfg(not(target_os = "linux"))]
pub fn send(pid: u32, number: i32) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
    Ok(rustix::process::kill_process(pid, signal(number)?)?)
}
