//! The `name |` in front of a line of output.

use unicode_width::UnicodeWidthStr;

use super::{Paint, Tone};
use crate::domain::ProcessName;

/// Names are filled up to at most this many cells, so that one long name does not push everything to the right.
const MAX_WIDTH: usize = 20;

/// Prefixes of a set of processes, each with a colour of its own and all of one width.
#[derive(Clone, Debug)]
pub struct Prefixes {
    paint: Paint,
    width: usize,
    known: Vec<ProcessName>,
}

impl Prefixes {
    /// Prefixes for these processes; later ones get the next colour.
    pub fn new(paint: Paint, names: impl IntoIterator<Item = ProcessName>) -> Self {
        let known: Vec<_> = names.into_iter().collect();
        let width = known.iter().map(|name| name.as_str().width()).max().unwrap_or(0).min(MAX_WIDTH);
        Self { paint, width, known }
    }

    /// `api    | `, coloured.
    pub fn of(&mut self, name: &ProcessName) -> String {
        let index = self.known.iter().position(|known| known == name).unwrap_or_else(|| {
            self.known.push(name.clone());
            self.known.len() - 1
        });
        let fill = " ".repeat(self.width.saturating_sub(name.as_str().width()));
        format!("{} ", self.paint.text(Tone::Name(index), format_args!("{name}{fill} |")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_line_up_and_newcomers_get_one_too() {
        let name = |text: &str| ProcessName::new(text).unwrap();
        let mut prefixes = Prefixes::new(Paint::new(false), [name("api"), name("größe")]);
        assert_eq!(prefixes.of(&name("api")), "api   | ");
        assert_eq!(prefixes.of(&name("größe")), "größe | ");
        assert_eq!(prefixes.of(&name("a-new-one")), "a-new-one | ");
    }
}
