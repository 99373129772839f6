//! What the mouse did, for a child that wants to know: from the events of the terminal we are at.
//!
//! Called by the loop while such a child has the keyboard.

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEventKind};

use crate::emulator::pointer::{Act, Button, Pointer};

/// The event of the mouse in `input`, if it is one; columns and rows are those of the screen.
pub fn of(input: &Event) -> Option<Pointer> {
    let Event::Mouse(mouse) = input else { return None };
    let what = match mouse.kind {
        MouseEventKind::Down(which) => Act::Press(button(which)),
        MouseEventKind::Up(which) => Act::Release(button(which)),
        MouseEventKind::Drag(which) => Act::Move(Some(button(which))),
        MouseEventKind::Moved => Act::Move(None),
        MouseEventKind::ScrollUp => Act::WheelUp,
        MouseEventKind::ScrollDown => Act::WheelDown,
        MouseEventKind::ScrollLeft | MouseEventKind::ScrollRight => return None,
    };
    let held = |key| mouse.modifiers.contains(key);
    let held = (held(KeyModifiers::SHIFT), held(KeyModifiers::ALT), held(KeyModifiers::CONTROL));
    Some(Pointer { what, column: mouse.column, row: mouse.row, held })
}

const fn button(which: MouseButton) -> Button {
    match which {
        MouseButton::Left => Button::Left,
        MouseButton::Middle => Button::Middle,
        MouseButton::Right => Button::Right,
    }
}
