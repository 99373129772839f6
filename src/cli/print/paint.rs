//! Colour by meaning. The only place of the command line that knows an escape sequence.

use std::fmt::{Display, Write as _};

use crate::domain::{Health, PhaseWord};
use crate::logs::ansi::{Colour, Style};

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// On its way.
    Changing,
    /// Wrong.
    Bad,
    /// In the background.
    Quiet,
    /// One of six colours to tell processes apart.
    Name(usize),
}

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    coloured: bool,
}

const NAMES: [&str; 6] = ["36", "33", "35", "34", "32", "96"];

impl Paint {
    /// Colours only when `coloured`.
    pub const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// Whether it colours.
    pub const fn is_coloured(self) -> bool {
        self.coloured
    }

    /// `text` in the colour of `tone`.
    pub fn text(self, tone: Tone, text: impl Display) -> String {
        let code = match tone {
            Tone::Plain => return text.to_string(),
            Tone::Heading => "1",
            Tone::Good => "32",
            Tone::Changing => "33",
            Tone::Bad => "31",
            Tone::Quiet => "2",
            Tone::Name(index) => NAMES[index % NAMES.len()],
        };
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// What puts a terminal from any style into this one.
pub fn sgr(style: Style) -> String {
    let mut code = "\x1b[0".to_owned();
    let flags = [
        (style.bold, ";1"),
        (style.dim, ";2"),
        (style.italic, ";3"),
        (style.underline, ";4"),
        (style.reverse, ";7"),
        (style.strike, ";9"),
    ];
    code.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, code)| code));
    for (colour, base) in [(style.fg, 30), (style.bg, 40)] {
        // Writing into a string cannot fail.
        let _ = match colour {
            None => Ok(()),
            Some(Colour::Palette(n @ 0..=7)) => write!(code, ";{}", base + u16::from(n)),
            Some(Colour::Palette(n @ 8..=15)) => write!(code, ";{}", base + 60 + u16::from(n) - 8),
            Some(Colour::Palette(n)) => write!(code, ";{};5;{n}", base + 8),
            Some(Colour::Rgb(r, g, b)) => write!(code, ";{};2;{r};{g};{b}", base + 8),
        };
    }
    code.push('m');
    code
}

impl From<PhaseWord> for Tone {
    fn from(word: PhaseWord) -> Self {
        match word {
            PhaseWord::Running => Self::Good,
            PhaseWord::Starting | PhaseWord::Stopping | PhaseWord::Backoff => Self::Changing,
            PhaseWord::Failed | PhaseWord::Unknown => Self::Bad,
            PhaseWord::Stopped | PhaseWord::Completed => Self::Quiet,
        }
    }
}

impl From<Health> for Tone {
    fn from(health: Health) -> Self {
        match health {
            Health::Healthy => Self::Good,
            Health::Zombie => Self::Changing,
            Health::Failed => Self::Bad,
            Health::Completed | Health::Unknown => Self::Quiet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        assert_eq!(Paint::new(false).text(Tone::Bad, "x"), "x");
        assert_eq!(Paint::new(true).text(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Paint::new(true).text(Tone::Plain, "x"), "x");
        assert_ne!(Paint::new(true).text(Tone::Name(0), "x"), Paint::new(true).text(Tone::Name(1), "x"));
    }
}
