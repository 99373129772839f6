//! The typed refusal for what a system cannot do yet. Whoever shows it to a person need not know why.

use std::io;

/// The system `pm` was built for, as people write it.
pub const OS: &str = if cfg!(target_os = "linux") {
    "Linux"
} else if cfg!(target_os = "macos") {
    "macOS"
} else if cfg!(windows) {
    "Windows"
} else {
    "this system"
};

/// This system cannot do it (yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not available on {OS} yet; {instead}")]
pub struct Unsupported {
    /// What was asked for, as the beginning of a sentence: `stopping a process by its pid`.
    pub what: &'static str,
    /// What to do instead, as the end of that sentence.
    pub instead: &'static str,
}

impl From<Unsupported> for io::Error {
    fn from(refusal: Unsupported) -> Self {
        Self::new(io::ErrorKind::Unsupported, refusal)
    }
}

impl Unsupported {
    /// The refusal inside an error of the system, if it is one.
    pub fn within(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_names_the_system_and_a_way_out() {
        let error = io::Error::from(Unsupported { what: "a terminal for a process", instead: "use pipes" });
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(error.to_string(), format!("a terminal for a process is not available on {OS} yet; use pipes"));
        assert_eq!(Unsupported::within(&error).map(|refusal| refusal.instead), Some("use pipes"));
        assert_eq!(Unsupported::within(&io::ErrorKind::Unsupported.into()), None);
    }
}
