//! What is selected of a live terminal screen. The screen is held as it was when the selection began, so that nothing moves
//! under it; the program runs on, and is shown again when the selection is over.

use std::sync::Arc;

use crate::emulator::Picture;
use crate::emulator::excerpt::{Region, Spot};

use super::log::selection::Shape;

/// A selection.
#[derive(Clone, Debug)]
pub struct Picked {
    /// What is shown meanwhile.
    pub picture: Arc<Picture>,
    /// The first row and column of it that are shown.
    pub origin: Spot,
    /// Rows, a block or running text.
    pub shape: Shape,
    anchor: Spot,
    /// The end that moves.
    pub head: Spot,
}

impl Picked {
    /// From one cell to another.
    pub const fn new(picture: Arc<Picture>, origin: Spot, shape: Shape, anchor: Spot, head: Spot) -> Self {
        Self { picture, origin, shape, anchor, head }
    }

    /// Its cells.
    pub fn region(&self) -> Region {
        match self.shape {
            Shape::Lines => Region::Rows(self.anchor.0.min(self.head.0), self.anchor.0.max(self.head.0)),
            Shape::Block => Region::Block(self.anchor, self.head),
            Shape::Text => Region::text(self.anchor, self.head),
        }
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.picture.excerpt(self.region())
    }

    /// Moves the end, which stays in view of a pane of this many rows and columns.
    pub fn move_head(&mut self, (rows, columns): (isize, isize), pane: (u16, u16)) {
        let size = self.picture.size;
        let moved = |at: u16, by: isize, size: u16| {
            usize::from(at).saturating_add_signed(by).min(usize::from(size.saturating_sub(1))) as u16
        };
        self.head = (moved(self.head.0, rows, size.rows), moved(self.head.1, columns, size.cols));
        let seen = |first: u16, at: u16, room: u16| first.clamp((at + 1).saturating_sub(room.max(1)), at);
        self.origin = (seen(self.origin.0, self.head.0, pane.0), seen(self.origin.1, self.head.1, pane.1));
        if columns != 0 && self.shape == Shape::Lines {
            self.shape = Shape::Block;
        }
    }

    /// The other end moves from now on.
    pub const fn swap_ends(&mut self) {
        std::mem::swap(&mut self.anchor, &mut self.head);
    }
}
