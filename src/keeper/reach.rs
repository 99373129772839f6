//! Sends the signals the machine decided on, to whom it meant. Called by `post`.

use crate::domain::Signal;
use crate::platform::cradle;
use crate::platform::reap::{self, Relative};

/// To the group of the main process, which is not reaped yet.
pub fn signal_group(main: u32, signal: Signal) {
    reap::signal_group(main, signal);
}

/// To everything below us, and to what another parent took over of the tree of the main process.
pub fn signal_tree(main: u32, signal: Signal) {
    signal_each(reap::descendants().into_iter().chain(reap::adrift(main)), signal);
}

/// To the descendants that are not in the group of the main process.
pub fn signal_stragglers(main: u32, signal: Signal) {
    signal_each(reap::descendants().into_iter().filter(|relative| relative.group != main), signal);
}

fn signal_each(relatives: impl Iterator<Item = Relative>, signal: Signal) {
    for relative in relatives {
        reap::signal_relative(&relative, signal);
    }
    // The look at the whole system needed memory once; idle keepers keep none.
    cradle::trim_heap();
}

/// KILL to the main process, not reaped yet, and its group.
pub fn kill_main(main: u32) {
    reap::signal_group(main, Signal::Kill);
    reap::signal_child(main, Signal::Kill);
}

/// KILL to each direct child and the group it leads. Their children come to us as they die and are met in the next pass; where
/// another parent gets them, they are adrift.
pub fn kill_children(main: u32) {
    reap::each_child(|pid| {
        reap::signal_group(pid, Signal::Kill);
        reap::signal_child(pid, Signal::Kill);
    });
    for relative in reap::adrift(main) {
        reap::signal_relative(&relative, Signal::Kill);
    }
}
