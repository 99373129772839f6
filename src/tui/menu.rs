//! Small questions on top of the screen: menus and confirmations are one thing.
//!
//! What a choice does is bound when the question is opened, to names and never to rows, so nothing that happens while a
//! person reads can change what the answer means.

use crate::domain::Command;
use crate::platform::identity::Identity;

use super::page::{SaveRequest, Source};

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// Stands in the frame.
    pub title: String,
    /// What will happen, to whom.
    pub body: Vec<String>,
    /// The answers; the focused one is taken by enter.
    pub choices: Vec<Choice>,
    /// The focused answer.
    pub focused: usize,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Takes it at once.
    pub key: Option<char>,
    /// What it does.
    pub label: String,
    /// Its meaning.
    pub outcome: Outcome,
}

/// What an answer leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing at all.
    Stay,
    /// A command, with the word for the mark of its rows.
    Command(Command, &'static str),
    /// Leave; everything runs on.
    LeaveRunning,
    /// Stop everything, then leave.
    StopAllAndQuit,
    /// Everybody who is being stopped enters the next stage.
    Hurry,
    /// Leave although not everything has stopped.
    LeaveNow,
    /// Write text of a log to a file that is there already.
    Save(Box<SaveRequest>),
    /// Remove the log of this process, as far as it is not being written.
    Clear(Box<Source>),
    /// Text for the clipboard, and what it is.
    Copy(String, &'static str),
    /// Stop this process and everything below it; by force or not.
    Sweep(Identity, bool),
}

impl Menu {
    /// A menu whose first answer is focused.
    pub fn new(title: impl Into<String>, body: Vec<String>, choices: Vec<Choice>) -> Self {
        Self { title: title.into(), body, choices, focused: 0 }
    }

    /// A yes-or-no question; *no* is focused.
    pub fn confirm(title: impl Into<String>, body: Vec<String>, yes: impl Into<String>, outcome: Outcome) -> Self {
        let choices = vec![Choice::new('n', "no", Outcome::Stay), Choice::new('y', yes, outcome)];
        Self::new(title, body, choices)
    }

    /// Moves the focus by `step`, round the ends.
    pub fn step(&mut self, step: isize) {
        let count = self.choices.len().max(1) as isize;
        self.focused = (self.focused as isize + step).rem_euclid(count) as usize;
    }
}

impl Choice {
    /// An answer with a key.
    pub fn new(key: char, label: impl Into<String>, outcome: Outcome) -> Self {
        Self { key: Some(key), label: label.into(), outcome }
    }

    /// An answer that is only reached by moving to it.
    pub fn plain(label: impl Into<String>, outcome: Outcome) -> Self {
        Self { key: None, label: label.into(), outcome }
    }
}
