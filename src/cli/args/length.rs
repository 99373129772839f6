//! Lengths of time as people type them.

use std::str::FromStr;
use std::time::Duration;

use crate::config::LONGEST_DURATION;

/// A length of time such as `500ms`, `30s`, `1m30s`, `2h`; a bare number means seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no length of time; write 500ms, 30s, 1m30s or 2h");
        let length = if let Ok(secs) = text.parse::<f64>() {
            Duration::try_from_secs_f64(secs).map_err(|_| wrong())?
        } else {
            let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            Duration::try_from(signed).map_err(|_| wrong())?
        };
        if length > LONGEST_DURATION {
            return Err(format!("{text:?} is longer than a year"));
        }
        Ok(Self(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let millis = |text: &str| text.parse::<Length>().unwrap().0.as_millis();
        assert_eq!(millis("500ms"), 500);
        assert_eq!(millis("30s"), 30_000);
        assert_eq!(millis("1m30s"), 90_000);
        assert_eq!(millis("1m 30s"), 90_000);
        assert_eq!(millis("2h"), 7_200_000);
        assert_eq!(millis("5"), 5_000);
        assert_eq!(millis("0.5"), 500);
        for wrong in ["", "soon", "-5", "-5s", "1 parsec", "inf", "nan", "1e10", "1e19", "9000h"] {
            assert!(wrong.parse::<Length>().is_err(), "{wrong}");
        }
    }
}
