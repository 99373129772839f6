//! Windows has no signals.

use crate::domain::Signal;

/// Never a number.
pub const fn number(_signal: Signal) -> Option<i32> {
    None
}
