//! Who is forgotten: processes that are over and that no config defines, and names that only the disk still knows.
//!
//! The supervisor's task asks who is meant, frees the disk of them, and then has them forgotten here.

use super::Fleet;
use crate::domain::command::{Accepted, Refusal, Reply, Target};
use crate::domain::effect::{Outcome, Step};
use crate::domain::event::{Cause, Event, What};
use crate::domain::machine::Machine;
use crate::domain::name::ProcessName;
use crate::domain::time::Timestamp;

impl Fleet {
    /// It is a process of the project now.
    pub fn has(&self, name: &ProcessName) -> bool {
        self.by_name.contains_key(name)
    }

    /// `Command::Remove` would forget it; a name that no process has is in nobody's way.
    pub fn is_removable(&self, name: &ProcessName) -> bool {
        self.by_name.get(name).is_none_or(|index| self.machines[*index].check_removable().is_ok())
    }

    /// The event that tells of a removal refused before it came to be a command.
    pub fn refuse_removal(&mut self, now: Timestamp, refusal: &Refusal) -> Event {
        let what = What::Refused { command: "remove".to_owned(), why: refusal.to_string() };
        Event { cause: Cause::User, ..self.announce(now, what) }
    }

    /// Forgets `target`. Of a name that is past already it is told, and its numbers are still not given twice.
    pub(super) fn remove(&mut self, now: Timestamp, outcome: &mut Outcome, target: &Target) -> Reply {
        let (past, target) = self.parted(target);
        let indices = self.resolve(&target)?;
        for name in &past {
            Step { now, cause: Cause::User, outcome, ids: &mut self.ids }.event(
                Some(name.clone()),
                None,
                What::Removed,
            );
        }
        let accepted = Accepted { affected: past, ..Accepted::default() };
        let accepted = self.each_of(now, outcome, indices, accepted, Machine::remove)?;
        self.forget(&accepted.affected);
        Ok(Accepted { revision: self.revision, ..accepted })
    }

    /// The names that are past, and the rest of `target`.
    fn parted(&self, target: &Target) -> (Vec<ProcessName>, Target) {
        match target {
            Target::Names(names) => {
                let (past, rest) = names.iter().cloned().partition(|name| self.past.contains_key(name));
                (past, Target::Names(rest))
            }
            Target::Patterns(_) => (Vec::new(), target.clone()),
        }
    }

    /// Takes processes out, of whose runs nothing is alive.
    fn forget(&mut self, names: &[ProcessName]) {
        for name in names {
            let Some(index) = self.by_name.remove(name) else { continue };
            let machine = self.machines.remove(index);
            if let Some(run) = &machine.run {
                self.by_run.remove(&run.id);
            }
            self.past.insert(name.clone(), machine.last_no);
            self.deadlines.remove(index);
            self.figures.remove(index);
            self.rows.remove(index);
            for behind in self.by_name.values_mut().chain(self.by_run.values_mut()).filter(|place| **place > index) {
                *behind -= 1;
            }
            self.touch();
        }
    }
}
