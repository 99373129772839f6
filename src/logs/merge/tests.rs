//! What a merge promises: every item once, in the order of keys, and nothing looked for that is not wanted yet.

use std::collections::VecDeque;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// Keys that have to be looked for, some at a time.
struct Hidden {
    known: VecDeque<u32>,
    rest: VecDeque<u32>,
    at_once: usize,
    last: u32,
    looks: usize,
}

impl Hidden {
    fn new(mut keys: Vec<u32>, at_once: usize) -> Self {
        keys.sort_unstable();
        Self { known: VecDeque::new(), rest: keys.into(), at_once, last: 0, looks: 0 }
    }
}

impl Sequence for Hidden {
    type Key = u32;
    type Item = u32;
    type Fault = Infallible;

    fn head(&self) -> Head<u32> {
        match (self.known.front(), self.rest.is_empty()) {
            (Some(key), _) => Head::Item(*key),
            (None, false) => Head::Bound(self.last),
            (None, true) => Head::End,
        }
    }

    fn take(&mut self) -> Option<u32> {
        let taken = self.known.pop_front();
        self.last = taken.unwrap_or(self.last);
        taken
    }

    fn look(&mut self) -> Result<(), Infallible> {
        self.looks += 1;
        let found = self.at_once.min(self.rest.len());
        self.known.extend(self.rest.drain(..found));
        Ok(())
    }
}

fn all(sequences: &mut [Hidden]) -> Vec<(u32, usize)> {
    let mut merge = Merge::new(sequences);
    let next = |merge: &mut Merge<u32>, sequences: &mut [Hidden]| merge.next(sequences, &mut || true).unwrap();
    let mut all = Vec::new();
    while let Next::Item(at, key) = next(&mut merge, sequences) {
        all.push((key, at));
    }
    all
}

#[test]
fn a_sequence_is_looked_into_when_its_turn_comes() {
    let mut sequences = [Hidden::new(vec![1, 2, 3], 9), Hidden::new(vec![10, 11], 1)];
    sequences[1].last = 10;
    let mut merge = Merge::new(&sequences);
    for key in 1..=3 {
        assert_eq!(merge.next(&mut sequences, &mut || true).unwrap(), Next::Item(0, key));
    }
    assert_eq!(sequences[1].looks, 0);
    assert_eq!(merge.next(&mut sequences, &mut || false).unwrap(), Next::Bound(10));
    assert_eq!(merge.next(&mut sequences, &mut || true).unwrap(), Next::Item(1, 10));
}

proptest! {
    #[test]
    fn a_merge_is_a_stable_sort(
        given in prop::collection::vec((prop::collection::vec(0u32..30, 0..40), 1usize..5), 0..6),
    ) {
        let mut expected: Vec<(u32, usize)> =
            given.iter().enumerate().flat_map(|(at, (keys, _))| keys.iter().map(move |key| (*key, at))).collect();
        expected.sort_unstable();
        let mut sequences: Vec<Hidden> = given.into_iter().map(|(keys, at_once)| Hidden::new(keys, at_once)).collect();
        prop_assert_eq!(all(&mut sequences), expected);
    }
}
