//! What a terminal sends for the mouse: only what the child asked for, in the form it asked for.

use super::picture::{Modes, Pointing};

/// What the mouse did in a cell of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// What.
    pub what: Act,
    /// The column, from 0.
    pub column: u16,
    /// The row, from 0.
    pub row: u16,
    /// With shift, alt, control.
    pub held: (bool, bool, bool),
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A button went down.
    Press(Button),
    /// It went up.
    Release(Button),
    /// It moved, with this button down, if any.
    Move(Option<Button>),
    /// The wheel.
    WheelUp,
    /// The wheel, the other way.
    WheelDown,
}

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Button {
    Left,
    Middle,
    Right,
}

/// Beyond this column or row the old form has no byte.
const OLD_LIMIT: u16 = 222;

impl Pointer {
    /// The bytes for it; none where the child does not want to know.
    pub fn encode(self, modes: Modes) -> Vec<u8> {
        let wanted = match self.what {
            Act::Press(_) | Act::Release(_) | Act::WheelUp | Act::WheelDown => modes.pointing >= Pointing::Clicks,
            Act::Move(Some(_)) => modes.pointing >= Pointing::Drag,
            Act::Move(None) => modes.pointing == Pointing::Motion,
        };
        if !wanted {
            return Vec::new();
        }
        let is_release = matches!(self.what, Act::Release(_));
        if modes.sgr_pointer {
            let (code, column, row) = (self.code(), self.column + 1, self.row + 1);
            return format!("\x1b[<{code};{column};{row}{}", if is_release { 'm' } else { 'M' }).into_bytes();
        }
        if self.column > OLD_LIMIT || self.row > OLD_LIMIT {
            return Vec::new();
        }
        // The old form does not say which button went up.
        let code = if is_release { 3 + self.modifiers() } else { self.code() };
        vec![0x1b, b'[', b'M', 32 + code, 33 + self.column as u8, 33 + self.row as u8]
    }

    fn code(self) -> u8 {
        let button = |button| match button {
            Button::Left => 0,
            Button::Middle => 1,
            Button::Right => 2,
        };
        let what = match self.what {
            Act::Press(which) | Act::Release(which) => button(which),
            Act::Move(Some(which)) => 32 + button(which),
            Act::Move(None) => 32 + 3,
            Act::WheelUp => 64,
            Act::WheelDown => 65,
        };
        what + self.modifiers()
    }

    const fn modifiers(self) -> u8 {
        let (shift, alt, ctrl) = self.held;
        4 * shift as u8 + 8 * alt as u8 + 16 * ctrl as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(what: Act, pointing: Pointing, sgr_pointer: bool) -> String {
        let modes = Modes { pointing, sgr_pointer, ..Modes::default() };
        let pointer = Pointer { what, column: 4, row: 9, held: (false, false, true) };
        String::from_utf8(pointer.encode(modes)).unwrap()
    }

    #[test]
    fn a_child_hears_what_it_asked_for_in_the_form_it_asked_for() {
        use Act::{Move, Press, Release, WheelUp};
        use Pointing::{Clicks, Drag, Motion, Nothing};
        assert_eq!(sent(Press(Button::Left), Nothing, true), "");
        assert_eq!(sent(Press(Button::Left), Clicks, true), "\x1b[<16;5;10M");
        assert_eq!(sent(Release(Button::Right), Clicks, true), "\x1b[<18;5;10m");
        assert_eq!(sent(WheelUp, Clicks, true), "\x1b[<80;5;10M");
        assert_eq!(sent(Move(Some(Button::Left)), Clicks, true), "");
        assert_eq!(sent(Move(Some(Button::Left)), Drag, true), "\x1b[<48;5;10M");
        assert_eq!(sent(Move(None), Drag, true), "");
        assert_eq!(sent(Move(None), Motion, true), "\x1b[<51;5;10M");
        assert_eq!(sent(Press(Button::Left), Clicks, false), "\x1b[M0%*");
        assert_eq!(sent(Release(Button::Left), Clicks, false), "\x1b[M3%*");
        let far = Pointer { what: WheelUp, column: 300, row: 1, held: (false, false, false) };
        assert_eq!(far.encode(Modes { pointing: Clicks, ..Modes::default() }), b"");
    }
}
