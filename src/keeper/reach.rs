//! Sends the signals the machine decided on, to whom it meant. Called by `post`.

use crate::domain::Signal;
use crate::platform::cradle;
use crate::platform::reap;

/// To the group of the main process, which is not reaped yet.
pub fn signal_group(main: u32, signal: Signal) {
    reap::signal_group(main, signal);
}

/// To every descendant, or to those that are not in `but_group`.
pub fn signal_tree(but_group: Option<u32>, signal: Signal) {
    for relative in reap::descendants() {
        if but_group != Some(relative.group) {
            reap::signal_relative(&relative, signal);
        }
    }
    // The look at the whole system needed memory once; idle keepers keep none.
    cradle::trim_heap();
}

/// KILL to the main process, not reaped yet, and its group.
pub fn kill_main(main: u32) {
    reap::signal_group(main, Signal::Kill);
    reap::signal_child(main, Signal::Kill);
}

/// KILL to each direct child and the group it leads. Their children come to us as they die and are met in the next pass.
pub fn kill_children() {
    reap::each_child(|pid| {
        reap::signal_group(pid, Signal::Kill);
        reap::signal_child(pid, Signal::Kill);
    });
}
