//! Levels of lines as people type them.

use std::str::FromStr;

use crate::logs::level;

/// How grave a line is, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub level::Level);

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let meant = text.to_lowercase();
        let found = level::Level::ALL.into_iter().find(|level| meant.starts_with(level.word()));
        found.map(Self).ok_or_else(|| "the levels are error, warn, info, debug and trace".to_owned())
    }
}
