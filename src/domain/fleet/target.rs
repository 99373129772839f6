//! Which processes a command means.

use globset::Glob;

use super::Fleet;
use crate::domain::command::{Refusal, Target};

impl Fleet {
    /// The processes of `target`, in order of definition and each once.
    pub(super) fn resolve(&self, target: &Target) -> Result<Vec<usize>, Refusal> {
        let mut chosen = vec![false; self.machines.len()];
        match target {
            Target::Names(names) => {
                for name in names {
                    let index = self.by_name.get(name).ok_or_else(|| self.no_such(name.as_str()))?;
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
        if pattern == "all" {
            chosen.fill(true);
            return Ok(());
        }
        if let Some(&index) = self.by_name.get(pattern) {
            chosen[index] = true;
            return Ok(());
        }
        let glob = Glob::new(pattern).map_err(|_| self.no_such(pattern))?.compile_matcher();
        let mut found = false;
        for (index, machine) in self.machines.iter().enumerate() {
            if glob.is_match(machine.spec.name.as_str()) {
                chosen[index] = true;
                found = true;
            }
        }
        if found { Ok(()) } else { Err(self.no_such(pattern)) }
    }

    fn no_such(&self, pattern: &str) -> Refusal {
        let distance = |name: &str| strsim::damerau_levenshtein(name, pattern);
        let names = self.machines.iter().map(|machine| machine.spec.name.as_str());
        let nearest = names.min_by_key(|name| distance(name)).filter(|name| distance(name) <= 2);
        Refusal::NoSuchProcess { pattern: pattern.to_owned(), suggestion: nearest.map(str::to_owned) }
    }
}
