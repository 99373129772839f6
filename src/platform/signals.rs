//! Signals by number, which differ between systems. `domain` knows their names only.

use crate::domain::Signal;

#[cfg(unix)]
use super::unix::signals as system;
#[cfg(windows)]
use super::windows::signals as system;

/// The number of a signal on this system; `None` where the system has no such signal.
pub const fn number(signal: Signal) -> Option<i32> {
    system::number(signal)
}

/// The signal of a number: a named one where there is one.
pub fn from_number(number: i32) -> Signal {
    let named = Signal::NAMED.iter().copied().find(|signal| system::number(*signal) == Some(number));
    named.unwrap_or(Signal::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn every_signal_survives_its_number() {
        for signal in Signal::NAMED {
            assert_eq!(number(*signal).map(from_number), Some(*signal));
        }
        assert_eq!(from_number(9), Signal::Kill);
        assert_eq!(from_number(15), Signal::Term);
        assert_eq!(from_number(40), Signal::Number(40));
    }

    #[test]
    fn a_number_of_no_name_stays_a_number() {
        assert_eq!(from_number(63), Signal::Number(63));
    }
}
