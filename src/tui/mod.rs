//! The dashboard: a model, a pure update, pure views, and the terminal around them.
//!
//! Everything comes in as a [`message::Msg`], goes through [`update::update`] and leaves as [`message::Effect`]s; views read
//! the model and touch nothing. Only [`mod@run`] and [`terminal`] know the real world. The command line calls [`run()`];
//! this room knows processes only through `supervisor::Handle` and the log files through `logs`.

pub mod message;
pub mod model;
pub mod update;
pub mod view;

pub mod action;
pub mod clipboard;
pub mod columns;
pub mod filter;
pub mod goto;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod menu;
pub mod order;
pub mod page;
pub mod tree;

pub mod glyph;
pub mod theme;

pub mod feed;
pub mod keyboard;
pub mod options;
pub mod pacing;
pub mod pages;
pub mod pointer;
pub mod run;
pub mod screen;
pub mod terminal;
pub mod viewer;
pub mod waiting;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod script;

pub use options::{Leave, Options, TuiError};
pub use run::run;
