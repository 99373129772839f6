//! How the cells of a row of the log are shared out: mark, name, number, time, text.

/// A row narrower than this is all text.
const NARROW: u16 = 20;
/// Cells of a time and the blank after it.
const TIME_WIDTH: u16 = 13;
/// A name is cut to so many cells, and to a quarter of the row.
const NAME_WIDTH: u16 = 20;

/// How the time of a line is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// Not at all.
    #[default]
    Off,
    /// As the time of day.
    Clock,
    /// Counted from the beginning of the run.
    SinceStart,
}

impl Times {
    /// The next one in the circle that one key goes round.
    pub const fn next(self) -> Self {
        match self {
            Self::Off => Self::Clock,
            Self::Clock => Self::SinceStart,
            Self::SinceStart => Self::Off,
        }
    }
}

/// Widths in cells, from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The mark of standard error.
    pub mark: u16,
    /// The name of the process, with a blank after it.
    pub name: u16,
    /// The number, with a blank after it.
    pub number: u16,
    /// The time, with a blank after it.
    pub time: u16,
    /// The text.
    pub text: u16,
    /// Where matches lie in the whole log.
    pub map: u16,
}

impl Columns {
    /// The columns of a row of `width` cells; `name` are the cells of the longest name and `widest` is the largest number to be
    /// shown, where names or numbers are. A map of the matches is only there where there is room.
    pub fn of(width: u16, times: Times, name: Option<usize>, widest: Option<u64>, with_map: bool) -> Self {
        let name = name.map_or(0, |cells| (cells.min(usize::from(NAME_WIDTH.min(width / 4))) as u16) + 1);
        if width < NARROW {
            return Self { text: width, ..Self::default() };
        }
        let number = widest.map_or(0, |widest| widest.max(999).ilog10() as u16 + 2);
        let time = if times == Times::Off { 0 } else { TIME_WIDTH };
        let map = u16::from(with_map && width >= 2 * NARROW);
        let text = width.saturating_sub(1 + name + number + time + map);
        if text < NARROW / 2 {
            // Text matters more than what stands before it.
            return Self { mark: 1, name, text: width - 1 - name - map, map, ..Self::default() };
        }
        Self { mark: 1, name, number, time, text, map }
    }

    /// Cells before the text.
    pub const fn before_text(&self) -> u16 {
        self.mark + self.name + self.number + self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_never_vanishes_behind_what_stands_before_it() {
        for width in 0..240 {
            for times in [Times::Off, Times::Clock, Times::SinceStart] {
                for widest in [None, Some(0), Some(12_345_678_901)] {
                    for (with_map, name) in [(false, None), (true, None), (true, Some(3)), (false, Some(90))] {
                        let columns = Columns::of(width, times, name, widest, with_map);
                        assert_eq!(columns.before_text() + columns.text + columns.map, width, "{columns:?}");
                        assert!(columns.text >= width.min(10), "{columns:?} at {width}");
                    }
                }
            }
        }
        assert_eq!(
            Columns::of(80, Times::Clock, None, Some(12_345), true),
            Columns { mark: 1, name: 0, number: 6, time: 13, text: 59, map: 1 }
        );
    }
}
