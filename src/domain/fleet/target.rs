//! Which processes a command means.

use super::Fleet;
use crate::domain::command::{Refusal, Target};
use crate::domain::name::ProcessName;
use crate::domain::pattern;

impl Fleet {
    /// The processes of `target`, in order of definition and each once.
    pub(super) fn resolve(&self, target: &Target) -> Result<Vec<usize>, Refusal> {
        let mut chosen = vec![false; self.machines.len()];
        match target {
            Target::Names(names) => {
                for name in names {
                    let index = self.by_name.get(name).ok_or_else(|| pattern::no_such(&self.names(), name.as_str()))?;
                    chosen[*index] = true;
                }
            }
            Target::Patterns(patterns) => {
                for pattern in patterns {
                    self.choose(pattern, &mut chosen)?;
                }
            }
        }
        Ok((0..chosen.len()).filter(|index| chosen[*index]).collect())
    }

    fn choose(&self, pattern: &str, chosen: &mut [bool]) -> Result<(), Refusal> {
        match self.by_name.get(pattern) {
            Some(index) => chosen[*index] = true,
            None => pattern::places(&self.names(), pattern)?.into_iter().for_each(|place| chosen[place] = true),
        }
        Ok(())
    }

    pub(super) fn names(&self) -> Vec<&ProcessName> {
        self.machines.iter().map(|machine| &machine.spec.name).collect()
    }
}
