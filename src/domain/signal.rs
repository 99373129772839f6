//! Signals by name. Their numbers differ between systems and are known to `platform` alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! signals {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// A signal, by its POSIX name without `SIG`, or by number where it has no name here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Signal {
            $(#[doc = concat!("`SIG", $name, "`")] $variant,)+
            /// A signal without a name of its own, such as a real-time signal.
            Number(i32),
        }

        impl Signal {
            /// Every named signal, in the order of the table.
            pub const NAMED: &[Self] = &[$(Self::$variant),+];

            /// The name without `SIG`; `None` for a bare number.
            pub const fn name(self) -> Option<&'static str> {
                match self { $(Self::$variant => Some($name),)+ Self::Number(_) => None }
            }
        }
    };
}

signals! {
    Term = "TERM", Kill = "KILL", Int = "INT", Hup = "HUP", Quit = "QUIT", Usr1 = "USR1", Usr2 = "USR2",
    Cont = "CONT", Stop = "STOP", Tstp = "TSTP", Abrt = "ABRT", Alrm = "ALRM", Bus = "BUS", Fpe = "FPE",
    Ill = "ILL", Pipe = "PIPE", Segv = "SEGV", Sys = "SYS", Trap = "TRAP", Winch = "WINCH", Xcpu = "XCPU", Xfsz = "XFSZ",
}

/// A text that names no signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a signal; write a name such as \"TERM\", \"INT\", \"HUP\", \"USR1\" or a number from 1 to 64")]
pub struct UnknownSignal(pub String);

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Takes `TERM`, `SIGTERM`, `term` and numbers from 1 to 64.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.trim().to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(named) = Self::NAMED.iter().find(|signal| signal.name() == Some(bare)) {
            return Ok(*named);
        }
        match bare.parse::<i32>() {
            Ok(number @ 1..=64) => Ok(Self::Number(number)),
            _ => Err(UnknownSignal(text.to_owned())),
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self) {
            (Some(name), _) => f.pad(name),
            (None, Self::Number(number)) => write!(f, "signal {number}"),
            (None, _) => unreachable!("every variant but Number has a name"),
        }
    }
}

impl Serialize for Signal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.name(), self) {
            (None, Self::Number(number)) => serializer.collect_str(number),
            (_, named) => serializer.collect_str(named),
        }
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_in_every_spelling() {
        assert_eq!("SIGTERM".parse(), Ok(Signal::Term));
        assert_eq!("int".parse(), Ok(Signal::Int));
        assert_eq!("42".parse(), Ok(Signal::Number(42)));
        assert_eq!("0".parse::<Signal>(), Err(UnknownSignal("0".into())));
        assert_eq!("TREM".parse::<Signal>(), Err(UnknownSignal("TREM".into())));
    }

    #[test]
    fn every_signal_survives_json() {
        for signal in Signal::NAMED.iter().copied().chain([Signal::Number(40)]) {
            let json = serde_json::to_string(&signal).unwrap();
            assert_eq!(serde_json::from_str::<Signal>(&json).unwrap(), signal);
        }
    }
}
