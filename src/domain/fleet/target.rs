//! Which processes a command means.

use std::collections::BTreeSet;

use super::Fleet;
use crate::domain::command::{Refusal, Target};
use crate::domain::name::ProcessName;
use crate::domain::pattern;

impl Fleet {
    /// The processes of `target`, in order of definition and each once.
    pub(super) fn resolve(&self, target: &Target) -> Result<Vec<usize>, Refusal> {
        Ok(self.places(target, &[])?.into_iter().collect())
    }

    /// Who is meant by `target` among the processes and `past`, names that no process has now; each once.
    ///
    /// # Errors
    /// A name or a pattern means nobody.
    pub fn meant(&self, target: &Target, past: &[ProcessName]) -> Result<Vec<ProcessName>, Refusal> {
        let known = self.names(past);
        Ok(self.places(target, past)?.into_iter().map(|place| known[place].clone()).collect())
    }

    /// The places of `target` among the processes and, behind them, `past`.
    fn places(&self, target: &Target, past: &[ProcessName]) -> Result<BTreeSet<usize>, Refusal> {
        let mut places = BTreeSet::new();
        match target {
            Target::Names(names) => {
                for name in names {
                    let is_past = || past.iter().position(|other| other == name);
                    let place = self.by_name.get(name).copied();
                    let place = place.or_else(|| is_past().map(|place| self.machines.len() + place));
                    places.insert(place.ok_or_else(|| pattern::no_such(&self.names(past), name.as_str()))?);
                }
            }
            Target::Patterns(patterns) => {
                for pattern in patterns {
                    match self.by_name.get(pattern.as_str()) {
                        Some(place) => _ = places.insert(*place),
                        None => places.extend(pattern::places(&self.names(past), pattern)?),
                    }
                }
            }
        }
        Ok(places)
    }

    fn names<'a>(&'a self, past: &'a [ProcessName]) -> Vec<&'a ProcessName> {
        self.machines.iter().map(|machine| &machine.spec.name).chain(past).collect()
    }
}
