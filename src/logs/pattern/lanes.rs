//! Stepping through many lines in several places at once.
//!
//! An automaton waits for memory at each byte: the next state is looked up by the one before. Four that walk through four parts
//! of the same lines wait together. Knows nothing of files; made by `syntax` where an expression has no literals to leap between.

use regex_automata::Anchored;
use regex_automata::dfa::dense::{self, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_syntax::hir::Hir;

/// Parts that are walked through together. More do not fit into the processor's registers.
const LANES: usize = 4;
/// Memory of an automaton, in bytes; beyond it one that is made as it goes is better.
const SIZE_MAX: usize = 1 << 20;
/// Memory to make it in, in bytes, which also bounds the time that takes.
const MAKING_MAX: usize = 4 << 20;

/// An automaton that finds lines which match.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    dfa: DFA<Vec<u32>>,
    /// Where each line begins.
    start: StateID,
}

/// One part of the lines.
#[derive(Debug)]
struct Lane {
    at: usize,
    end: usize,
    state: StateID,
    found: Vec<usize>,
}

impl Lanes {
    /// `None` when it would become too large.
    pub(super) fn of(meaning: &Hir) -> Option<Self> {
        let config =
            thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(MAKING_MAX));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(meaning).ok()?;
        let config = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            .accelerate(false)
            .dfa_size_limit(Some(SIZE_MAX))
            .determinize_size_limit(Some(MAKING_MAX));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        let after_line = start::Config::new().look_behind(Some(b'\n')).anchored(Anchored::No);
        let start = dfa.start_state(&after_line).ok()?;
        Some(Self { dfa, start })
    }

    /// A place in each line that matches, in order. The last line ends with a line feed, too.
    pub(super) fn places(&self, text: &[u8]) -> Vec<usize> {
        let mut lanes = self.divide(text);
        while lanes.iter().all(|lane| lane.at < lane.end) {
            self.walk_together(text, &mut lanes);
        }
        let mut places = Vec::new();
        for mut lane in lanes {
            self.walk_alone(text, &mut lane);
            places.append(&mut lane.found);
        }
        places
    }

    /// Parts of about the same length, each of whole lines.
    fn divide(&self, text: &[u8]) -> [Lane; LANES] {
        let mut at = 0;
        std::array::from_fn(|i| {
            let wanted = (text.len() * (i + 1) / LANES).max(at);
            let end = memchr::memchr(b'\n', &text[wanted..]).map_or(text.len(), |newline| wanted + newline + 1);
            let lane = Lane { at, end, state: self.start, found: Vec::new() };
            at = end;
            lane
        })
    }

    /// Until one of them has to be looked at.
    fn walk_together(&self, text: &[u8], lanes: &mut [Lane; LANES]) {
        let steps = lanes.iter().map(|lane| lane.end - lane.at).min().unwrap_or(0);
        let parts: [&[u8]; LANES] = std::array::from_fn(|i| &text[lanes[i].at..lanes[i].at + steps]);
        let mut states: [StateID; LANES] = std::array::from_fn(|i| lanes[i].state);
        let mut walked = 0;
        let mut is_special = false;
        while walked < steps && !is_special {
            for (state, part) in states.iter_mut().zip(parts) {
                *state = self.dfa.next_state(*state, part[walked]);
            }
            is_special = states.iter().any(|state| self.dfa.is_special_state(*state));
            walked += 1;
        }
        for (lane, state) in lanes.iter_mut().zip(states) {
            (lane.at, lane.state) = (lane.at + walked, state);
            self.look(text, lane);
        }
    }

    fn walk_alone(&self, text: &[u8], lane: &mut Lane) {
        while lane.at < lane.end {
            lane.state = self.dfa.next_state(lane.state, text[lane.at]);
            lane.at += 1;
            self.look(text, lane);
        }
    }

    /// After a match the rest of the line is of no interest.
    fn look(&self, text: &[u8], lane: &mut Lane) {
        if !self.dfa.is_special_state(lane.state) {
            return;
        }
        if self.dfa.is_match_state(lane.state) {
            // A match is known one byte late.
            let place = lane.at - 1;
            lane.found.push(place);
            lane.at = memchr::memchr(b'\n', &text[place..]).map_or(lane.end, |newline| place + newline + 1);
            lane.state = self.start;
        } else if self.dfa.is_dead_state(lane.state) {
            lane.at = lane.end;
        }
    }
}
