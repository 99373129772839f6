//! The newest lines that match in the logs of several processes, all kept runs of each.

use std::io;
use std::sync::Arc;

use crate::logs::ansi;
use crate::logs::lines::StreamFilter;
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Search, Step};
use crate::tui::page::{Find, Place, Source, SurveyRequest, Surveyed};

use super::history::History;
use super::progress::Reports;

/// Lines kept of each process: what is further back is found by searching its log.
const OF_EACH: usize = 200;
/// Characters kept of each line.
const TEXT_MAX: usize = 300;

/// A survey on its way.
pub(super) struct Survey<'a> {
    request: &'a SurveyRequest,
    pattern: Arc<Pattern>,
    found: Surveyed,
    reports: Reports,
}

impl<'a> Survey<'a> {
    pub(super) fn new(request: &'a SurveyRequest, pattern: Pattern) -> Self {
        let found = Surveyed { ticket: request.ticket, done: (0, request.sources.len()), ..Surveyed::default() };
        Self { request, pattern: Arc::new(pattern), found, reports: Reports::start() }
    }

    /// Looks through all logs; a log that cannot be read is passed over. `None` when it was called off.
    pub(super) fn run(mut self, is_over: &dyn Fn() -> bool, report: &mut dyn FnMut(Surveyed)) -> Option<Surveyed> {
        for source in &self.request.sources {
            match self.search(source, is_over, report) {
                Ok(true) => return None,
                // What of it was found so far is kept.
                Ok(false) | Err(_) => self.found.done.0 += 1,
            }
        }
        self.sort();
        Some(self.found)
    }

    /// True when it was called off.
    fn search(
        &mut self,
        source: &Source,
        is_over: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Surveyed),
    ) -> io::Result<bool> {
        let mut left = OF_EACH;
        for run in History::open(source)?.dirs().into_iter().rev() {
            let mut lines = LogReader::open(&run.dir)?;
            let reader = LogReader::open(&run.dir)?;
            let end = reader.end();
            let mut search = Search::new(reader, self.pattern.clone(), end, Direction::Backward, StreamFilter::All);
            loop {
                if is_over() {
                    return Ok(true);
                }
                match search.step()? {
                    Step::Hits(hits) => {
                        self.found.has_more |= hits.len() > left;
                        for hit in hits.iter().take(left) {
                            let Some(line) = lines.line_at(hit.offset, hit.bytes)? else { continue };
                            let text = ansi::plain(&line.bytes).chars().take(TEXT_MAX).collect();
                            let at = Place::new(run.no, hit.offset);
                            self.found.finds.push(Find { name: source.name.clone(), at, time: line.time, text });
                        }
                        left = left.saturating_sub(hits.len());
                        if left == 0 {
                            self.found.has_more = true;
                            return Ok(false);
                        }
                    }
                    Step::Nothing => {}
                    Step::Done => break,
                }
                if self.reports.is_due() {
                    self.sort();
                    report(self.found.clone());
                }
            }
        }
        Ok(false)
    }

    /// Newest first over all processes.
    fn sort(&mut self) {
        self.found.finds.sort_by_key(|find| std::cmp::Reverse(find.time));
    }
}
