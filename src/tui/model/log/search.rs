//! What is looked for in a log, what is found of it, and where one came from.

use std::sync::Arc;

use crate::logs::level::Level;
use crate::logs::pattern::{Case, Pattern, PatternError};
use crate::logs::search::Direction;
use crate::tui::model::wrap::spots;
use crate::tui::page::{Aim, CountRequest, Counted, FindRequest, Job, Place, Target, Wanted};

use super::{Jump, LogPane};

/// Texts remembered for another search.
const REMEMBERED: usize = 50;

/// A search: its matches are marked wherever they are in view.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is looked for.
    pub wanted: Wanted,
    /// Made from it; `None` while it is empty or wrong.
    pub pattern: Option<Arc<Pattern>>,
    /// No line matches, as far as it was searched last.
    pub has_none: bool,
    /// What is wrong with it.
    pub fault: Option<PatternError>,
    /// The match one is at.
    pub current: Option<Place>,
    /// What was counted so far.
    pub counted: Option<Counted>,
    /// Different for each text that is searched.
    id: u64,
    /// A count is on its way.
    is_counting: bool,
    /// The end that was known when the last count was asked for, and the match it was asked about.
    asked: Option<(Place, Option<Place>)>,
}

/// A find on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    ticket: u64,
    /// What is looked for.
    pub aim: Aim,
    /// Hundredths that are searched.
    pub percent: u8,
    from: Place,
    direction: Direction,
    skip: u64,
}

/// Where one was when a search was begun.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    follow: bool,
    top: Place,
    left: usize,
    cursor: Option<Place>,
    search: Option<Box<Search>>,
}

/// Searches: the one that goes on, and the texts of those before.
#[derive(Debug, Default)]
pub struct Searches {
    /// The search whose matches are marked.
    pub now: Option<Search>,
    /// A find on its way.
    pub finding: Option<Finding>,
    /// Before the one being typed.
    origin: Option<Origin>,
    /// Texts of earlier searches, oldest first.
    history: Vec<Wanted>,
    recalled: Option<usize>,
    last_id: u64,
    /// Jobs to be sent.
    jobs: Vec<Job>,
}

impl Finding {
    /// Which find it is.
    pub const fn ticket(&self) -> u64 {
        self.ticket
    }
}

impl Search {
    fn new(wanted: Wanted, id: u64) -> Self {
        let (pattern, fault) = match wanted.compile() {
            Ok(_) if wanted.text.is_empty() => (None, None),
            Ok(pattern) => (Some(Arc::new(pattern)), None),
            Err(fault) => (None, Some(fault)),
        };
        Self {
            wanted,
            pattern,
            has_none: false,
            fault,
            current: None,
            counted: None,
            id,
            is_counting: false,
            asked: None,
        }
    }

    /// Which match one is at, where that is known.
    pub fn ordinal(&self) -> Option<u64> {
        let (place, ordinal) = self.counted.as_ref()?.ordinal?;
        (self.current == Some(place)).then_some(ordinal)
    }
}

impl Searches {
    /// There is something to be told of a search.
    pub const fn is_shown(&self) -> bool {
        self.now.is_some() || self.origin.is_some()
    }

    /// A number for something that a later one of its kind calls off.
    pub fn next_ticket(&mut self) -> u64 {
        self.next_id()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The same search begins anew, because another log is shown.
    pub(super) fn restart(&mut self) {
        self.stop_find();
        if let Some(wanted) = self.now.take().map(|search| search.wanted) {
            let id = self.next_id();
            self.now = Some(Search::new(wanted, id));
        }
        self.origin = None;
    }

    /// What was counted holds no longer.
    pub(super) fn restart_count(&mut self) {
        let id = self.next_id();
        if let Some(search) = &mut self.now {
            *search = Search { current: search.current, ..Search::new(search.wanted.clone(), id) };
        }
    }

    /// Calls a find off. True when there was one.
    pub fn stop_find(&mut self) -> bool {
        let was = self.finding.take().is_some();
        if was {
            self.jobs.push(Job::StopFind);
        }
        was
    }

    /// A text used before: the one before (-1) or after (1) that recalled last.
    pub fn recall(&mut self, step: isize) -> Option<Wanted> {
        let count = self.history.len();
        let at = self.recalled.unwrap_or(count).checked_add_signed(step).filter(|at| *at < count)?;
        self.recalled = Some(at);
        self.history.get(at).cloned()
    }

    fn remember(&mut self, wanted: &Wanted) {
        self.history.retain(|old| old != wanted);
        if self.history.len() == REMEMBERED {
            self.history.remove(0);
        }
        self.history.push(wanted.clone());
        self.recalled = None;
    }
}

impl LogPane {
    /// A search is about to be typed: remembers where one is.
    pub fn begin_search(&mut self) -> Wanted {
        let before = self.searches.now.as_ref().map(|search| search.wanted.clone()).unwrap_or_default();
        self.searches.origin = Some(Origin {
            follow: self.follow,
            top: self.top_place(),
            left: self.left,
            cursor: self.cursor,
            search: self.searches.now.take().map(Box::new),
        });
        Wanted { text: String::new(), ..before }
    }

    /// This was typed so far: its nearest match is gone to.
    pub fn search_for(&mut self, wanted: Wanted) {
        if self.searches.now.as_ref().is_some_and(|search| search.wanted == wanted) {
            return;
        }
        self.searches.stop_find();
        let id = self.searches.next_id();
        let search = Search::new(wanted, id);
        let can_be_found = search.pattern.is_some();
        let is_empty = search.wanted.text.is_empty();
        self.searches.now = Some(search);
        if can_be_found {
            self.find_from_origin();
        } else if is_empty {
            self.back_to_origin();
        }
    }

    /// From the end backwards for who follows, else from the first line in view on.
    fn find_from_origin(&mut self) {
        let Some(origin) = &self.searches.origin else { return };
        let (from, direction) =
            if origin.follow { (self.seen, Direction::Backward) } else { (origin.top, Direction::Forward) };
        let aim = self.aim(None);
        self.find(aim, from, direction, 0);
    }

    fn back_to_origin(&mut self) {
        let Some(origin) = self.searches.origin.clone() else { return };
        self.cursor = origin.cursor;
        self.left = origin.left;
        if origin.follow {
            self.follow_now();
        } else {
            self.go_to(Target::Place(origin.top), 0);
        }
        self.cursor = origin.cursor;
    }

    /// The search that was typed stays; an empty one leaves the one before.
    pub fn accept_search(&mut self) {
        let origin = self.searches.origin.take();
        self.searches.recalled = None;
        match &self.searches.now {
            Some(search) if !search.wanted.text.is_empty() => {
                let wanted = search.wanted.clone();
                self.searches.remember(&wanted);
            }
            Some(_) | None => self.searches.now = origin.and_then(|origin| origin.search).map(|search| *search),
        }
    }

    /// Back to where one was, and to what was searched before.
    pub fn cancel_search(&mut self) {
        self.searches.stop_find();
        self.back_to_origin();
        let origin = self.searches.origin.take();
        self.searches.now = origin.and_then(|origin| origin.search).map(|search| *search);
        self.searches.recalled = None;
        self.forget_count();
    }

    /// The search of somebody who found a line elsewhere: it is shown, and the search goes on from there.
    pub fn adopt_search(&mut self, wanted: Wanted, place: Place) {
        self.searches.stop_find();
        let id = self.searches.next_id();
        self.searches.remember(&wanted);
        self.searches.now = Some(Search::new(wanted.clone(), id));
        self.look.filter = None;
        self.show_found(&Aim::Match(wanted), place);
    }

    /// The search that is kept is another one now: it goes on from where one is.
    pub fn search_anew(&mut self, wanted: Wanted) {
        let (from, direction) = match self.searches.now.as_ref().and_then(|search| search.current) {
            Some(place) => (place, Direction::Forward),
            None if self.follow => (self.seen, Direction::Backward),
            None => (self.top_place(), Direction::Forward),
        };
        let id = self.searches.next_id();
        self.searches.remember(&wanted);
        self.searches.now = Some(Search::new(wanted, id));
        let aim = self.aim(None);
        self.find(aim, from, direction, 0);
    }

    /// Ends the search: nothing is marked any more.
    pub fn clear_search(&mut self) {
        self.searches.stop_find();
        self.searches.now = None;
        self.forget_count();
    }

    fn forget_count(&mut self) {
        self.searches.jobs.push(Job::StopCount);
        if let Some(search) = &mut self.searches.now {
            (search.is_counting, search.asked) = (false, None);
        }
    }

    /// The next match in this direction.
    pub fn find_next(&mut self, direction: Direction) {
        self.find_on(None, direction);
    }

    /// The next line of this level or a graver one.
    pub fn find_level(&mut self, level: Level, direction: Direction) {
        // Behind the end that is followed there is no line yet; the newest is meant and not, round the end, the oldest.
        let is_at_end = self.follow && self.selection.is_none();
        if is_at_end {
            self.cursor = None;
        }
        self.find_on(Some(level), if is_at_end { Direction::Backward } else { direction });
    }

    /// Keys pressed faster than lines are found add up.
    fn find_on(&mut self, level: Option<Level>, direction: Direction) {
        let aim = self.aim(level);
        let same = |finding: &&Finding| Some(&finding.aim) == aim.as_ref() && finding.direction == direction;
        if let Some(finding) = self.searches.finding.as_ref().filter(same) {
            let (from, skip) = (finding.from, finding.skip + 1);
            self.find(aim, from, direction, skip);
        } else {
            let (from, skip) = self.edge(direction);
            self.find(aim, from, direction, skip);
        }
    }

    fn aim(&self, level: Option<Level>) -> Option<Aim> {
        match (level, &self.searches.now) {
            (Some(level), _) => Some(Aim::Level(level)),
            (None, Some(search)) if search.pattern.is_some() => Some(Aim::Match(search.wanted.clone())),
            (None, _) => None,
        }
    }

    /// Where a find begins: behind or before the line last gone to when that is in view, else at the edge of the view; and
    /// how many lines it passes over.
    fn edge(&self, direction: Direction) -> (Place, u64) {
        if let Some(Jump { target: Target::Place(place), lead: 1.. }) = self.jump {
            // On its way there: where that line ends is not known yet.
            return (place, u64::from(direction == Direction::Forward));
        }
        (self.edge_in_view(direction), 0)
    }

    fn edge_in_view(&self, direction: Direction) -> Place {
        let in_view = self.in_view();
        let cursor = self.cursor.map(|place| self.index_of(place)).filter(|index| in_view.contains(index));
        let cursor = cursor.and_then(|index| self.lines.get(index));
        match (cursor, direction) {
            (Some(line), Direction::Forward) => line.end(),
            (Some(line), Direction::Backward) => line.at,
            (None, _) if self.follow => self.seen,
            (None, Direction::Forward) => self.top_place(),
            (None, Direction::Backward) => {
                let below = self.lines.get(in_view.end);
                below.map_or(self.seen, |line| line.at)
            }
        }
    }

    fn find(&mut self, aim: Option<Aim>, from: Place, direction: Direction, skip: u64) {
        let (Some(aim), Some(subject)) = (aim, self.subject.clone()) else { return };
        self.searches.stop_find();
        let ticket = self.searches.next_id();
        self.searches.finding = Some(Finding { ticket, aim: aim.clone(), percent: 0, from, direction, skip });
        let look = self.look.clone();
        self.searches.jobs.push(Job::Find(FindRequest { ticket, subject, aim, look, from, direction, skip }));
    }

    /// How far the find of this ticket is. True when that is shown.
    pub fn take_progress(&mut self, ticket: u64, percent: u8) -> bool {
        let finding = self.searches.finding.as_mut().filter(|finding| finding.ticket == ticket);
        finding.is_some_and(|finding| std::mem::replace(&mut finding.percent, percent) != percent)
    }

    /// The find of this ticket has ended; answers what it looked for, if it is still wanted.
    pub fn end_find(&mut self, ticket: u64) -> Option<Aim> {
        let finding = self.searches.finding.take_if(|finding| finding.ticket == ticket);
        finding.map(|finding| finding.aim)
    }

    /// Shows the line that was found.
    pub fn show_found(&mut self, aim: &Aim, place: Place) {
        if let (Aim::Match(_), Some(search)) = (aim, &mut self.searches.now) {
            (search.current, search.has_none) = (Some(place), false);
        }
        let lead = self.height() / 3;
        self.go_to(Target::Place(place), lead.max(1));
        self.show_match_aside();
    }

    /// Nothing was found.
    pub const fn show_none(&mut self, aim: &Aim) {
        if let (Aim::Match(_), Some(search)) = (aim, &mut self.searches.now) {
            search.has_none = true;
        }
    }

    /// Scrolls sideways to the match one is at, where that is not in view.
    pub(super) fn show_match_aside(&mut self) {
        let (Some(search), Some(cursor)) = (&self.searches.now, self.cursor) else { return };
        let (Some(pattern), Some(current)) = (&search.pattern, search.current) else { return };
        let Some(line) = self.lines.get(self.index_of(cursor)).filter(|line| line.at == current && !self.breaks(line))
        else {
            return;
        };
        let Some(range) = pattern.find(&line.text()).into_iter().next() else { return };
        let column = |byte| spots(line, None).find(|spot| spot.byte >= byte).map(|spot| spot.column);
        let start = column(range.start).unwrap_or(0);
        let end = column(range.end).unwrap_or(start + range.len());
        let width = usize::from(self.text_width());
        if start < self.left || end > self.left + width {
            self.left = if end <= width { 0 } else { start.saturating_sub(width / 3) };
        }
    }

    /// What was counted. True when that is shown.
    pub fn take_count(&mut self, counted: Counted) -> bool {
        let Some(search) = self.searches.now.as_mut().filter(|search| search.id == counted.id) else { return false };
        if counted.percent == 100 {
            search.is_counting = false;
        }
        let differs = search.counted.as_ref() != Some(&counted);
        search.counted = Some(counted);
        differs
    }

    /// The count of this search came to nothing.
    pub fn fail_count(&mut self, id: u64) {
        if let Some(search) = self.searches.now.as_mut().filter(|search| search.id == id) {
            search.is_counting = false;
        }
    }

    /// What has to be done away from the screen for searches.
    pub fn take_jobs(&mut self) -> Vec<Job> {
        if let Some(count) = self.next_count() {
            self.searches.jobs.push(Job::Count(count));
        }
        std::mem::take(&mut self.searches.jobs)
    }

    /// A count where there is none yet, the log has grown, or one has moved to another match.
    fn next_count(&mut self) -> Option<CountRequest> {
        // Those of several would take as long as all of them take, and nobody asked for a number.
        let source = self.one()?.clone();
        let search = self.searches.now.as_mut()?;
        let wanted = (self.known_end, search.current);
        if search.is_counting || search.pattern.is_none() || search.asked == Some(wanted) {
            return None;
        }
        (search.is_counting, search.asked) = (true, Some(wanted));
        Some(CountRequest {
            id: search.id,
            source,
            wanted: search.wanted.clone(),
            streams: self.look.streams,
            current: search.current,
        })
    }
}

/// The next way to treat upper and lower case in the circle one key goes round.
pub const fn next_case(case: Case) -> Case {
    match case {
        Case::Smart => Case::Sensitive,
        Case::Sensitive => Case::Insensitive,
        Case::Insensitive => Case::Smart,
    }
}
