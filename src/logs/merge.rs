//! Several sequences as one, in the order of their keys: the lines of several logs by time, forward or backward, or what a search
//! finds in them.
//!
//! A sequence need not know its next item to take part: it says what that cannot come before, and looks on only when that
//! is the least of all. So nothing is read that is not wanted, and whoever asks can stop in between. Of items with the same key
//! those of the sequence that stands first come first. Knows no log and no clock. Used by `pm logs` for what was
//! printed and for what is followed, and by the dashboard for pages and searches.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is known of the next item of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head<K> {
    /// It is there, with this key.
    Item(K),
    /// It has to be looked for, and its key is not less than this.
    Bound(K),
    /// There is none.
    End,
}

/// Items whose keys never go back.
pub trait Sequence {
    /// What they are ordered by.
    type Key: Ord + Copy;
    /// What they are.
    type Item;
    /// Why one cannot be looked for.
    type Fault;

    /// What is known of the next item.
    fn head(&self) -> Head<Self::Key>;

    /// Takes the next item, which is there.
    fn take(&mut self) -> Option<Self::Item>;

    /// Looks for the next item, some way at least: the head is another one afterwards.
    ///
    /// # Errors
    /// Why it cannot be looked for.
    fn look(&mut self) -> Result<(), Self::Fault>;
}

/// What comes next of several sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<K, T> {
    /// This item of the sequence of this number.
    Item(usize, T),
    /// It would have to be looked for, and has no lesser key than this; but there is no more time.
    Bound(K),
    /// There is none.
    End,
}

/// The order of sequences that are merged. They are changed by this alone.
#[derive(Debug)]
pub struct Merge<K> {
    heads: BinaryHeap<Reverse<(K, usize)>>,
}

impl<K: Ord + Copy> Merge<K> {
    /// The order of these.
    pub fn new<S: Sequence<Key = K>>(sequences: &[S]) -> Self {
        let heads = sequences.iter().enumerate().filter_map(|(at, sequence)| entry(sequence, at)).collect();
        Self { heads }
    }

    /// The next item of all. Where one has to be looked for, `may_look` is asked before.
    ///
    /// # Errors
    /// Why one cannot be looked for.
    pub fn next<S: Sequence<Key = K>>(
        &mut self,
        sequences: &mut [S],
        may_look: &mut dyn FnMut() -> bool,
    ) -> Result<Next<K, S::Item>, S::Fault> {
        while let Some(Reverse((_, at))) = self.heads.pop() {
            let Some(sequence) = sequences.get_mut(at) else { continue };
            let mut item = None;
            match sequence.head() {
                Head::Item(_) => item = sequence.take(),
                Head::Bound(key) if !may_look() => {
                    self.heads.push(Reverse((key, at)));
                    return Ok(Next::Bound(key));
                }
                Head::Bound(_) => sequence.look()?,
                Head::End => {}
            }
            self.heads.extend(entry(sequence, at));
            if let Some(item) = item {
                return Ok(Next::Item(at, item));
            }
        }
        Ok(Next::End)
    }
}

fn entry<S: Sequence>(sequence: &S, at: usize) -> Option<Reverse<(S::Key, usize)>> {
    match sequence.head() {
        Head::Item(key) | Head::Bound(key) => Some(Reverse((key, at))),
        Head::End => None,
    }
}

#[cfg(test)]
mod tests;
