//! One run being shown: where in its log we are, what its terminal looks like, and what follows from both.
//!
//! Called by the thread around it, which waits; nothing waits here.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::emulator::survey::Survey;
use crate::emulator::{Emulator, Size};
use crate::logs::reader::LogReader;
use crate::supervisor::seat::Seat;

use super::{BETWEEN_PICTURES, CLOSE_LOOK, CLOSE_LOOK_FOR, LOOK, LOOK_FOR, News, Order, Watched};

/// At most so much of a log is played again when it comes into view, in bytes.
const REPLAY: u64 = 1 << 20;
/// Further behind than this nothing is played any more: on to the end.
const TOO_FAR_BEHIND: u64 = 4 << 20;
/// Of what is not played, so much before its end is searched for modes that were set, in bytes; and so much at its beginning,
/// where programs set most of theirs.
const SURVEY_END: u64 = 64 << 20;
const SURVEY_START: u64 = 64 << 10;
/// Played at a time, before the next order is looked for, in bytes.
const PIECE: usize = 16 << 10;
/// A program is given so long to notice a size before it gets the next one.
const NOTICE: Duration = Duration::from_millis(60);
/// A size that was given is shown by a snapshot within this.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
/// However often it has to be asked to draw anew, no more often than this.
const BETWEEN_REDRAWS: Duration = Duration::from_secs(1);
/// The size a terminal is born with.
const BORN: Size = Size { rows: 24, cols: 80 };

/// One run being shown.
pub struct Show {
    watched: Watched,
    reader: LogReader,
    emulator: Emulator,
    /// Played up to here, in bytes since the start of the run.
    at: u64,
    /// The end of the log as last seen.
    end: u64,
    /// The replay is over: from now on what is played is new.
    is_settled: bool,
    /// Something was left out, so that what a program drew may be incomplete.
    is_cut: bool,
    /// The picture has changed since the last one given.
    is_changed: bool,
    /// The last one given was drawn.
    is_drawn: bool,
    last_picture: Option<Instant>,
    /// A key was pressed, or something came while the keyboard is attached.
    stirred: Option<Instant>,
    keyboard: bool,
    seat: Option<Seat>,
    /// Questions before this offset were asked before we sat here.
    answers_from: u64,
    /// The size to give after the one before was noticed, and when.
    second_size: Option<(Instant, Size)>,
    last_redraw: Option<Instant>,
    /// The size given last, and when, until a snapshot shows it.
    given: Option<(Instant, Size)>,
    news: Vec<News>,
    buffer: Vec<u8>,
}

impl Show {
    /// Brings a run into view; its log is played by and by.
    pub fn open(watched: Watched) -> io::Result<Self> {
        let reader = LogReader::open(&watched.dir)?;
        let emulator = Emulator::new(watched.size.unwrap_or(BORN));
        let end = reader.end();
        let mut show = Self {
            at: reader.start(),
            end,
            watched,
            reader,
            emulator,
            is_settled: false,
            is_cut: false,
            is_changed: true,
            is_drawn: true,
            last_picture: None,
            stirred: None,
            keyboard: false,
            seat: None,
            answers_from: 0,
            second_size: None,
            last_redraw: None,
            given: None,
            news: Vec::new(),
            buffer: vec![0; PIECE],
        };
        if end - show.at > REPLAY {
            show.skip_ahead()?;
        }
        Ok(show)
    }

    /// Which one it is.
    pub const fn number(&self) -> u64 {
        self.watched.number
    }

    /// What is to be told since the last time.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// How long nothing has to be done here; `None`: until somebody says something.
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        if self.at < self.end || !self.is_settled {
            return Some(Duration::ZERO);
        }
        let picture = self.is_changed && self.is_drawn;
        let picture = picture.then(|| self.last_picture.map_or(now, |last| last + BETWEEN_PICTURES));
        let look = self.stirred.and_then(|stirred| match now.duration_since(stirred) {
            passed if passed < CLOSE_LOOK_FOR => Some(now + CLOSE_LOOK),
            passed if passed < LOOK_FOR => Some(now + LOOK),
            _long_ago => None,
        });
        let size = self.second_size.map(|(at, _)| at);
        let waits = [picture, look, size, self.emulator.held_until()];
        waits.into_iter().flatten().min().map(|at| at.saturating_duration_since(now))
    }

    /// Does as it is told. Reading and playing is left to [`Self::go_on`].
    pub fn obey(&mut self, order: &Order) {
        match *order {
            // A run is brought into view around us; growth is seen by looking.
            Order::Watch(_) | Order::Grown => {}
            Order::Fit(pane) => {
                self.watched.pane = pane;
                self.fit();
            }
            // A snapshot that was on its way shows the size before the one we have just given.
            Order::Resized(size) if self.is_stale(size) => {}
            Order::Resized(size) => {
                self.watched.size = Some(size);
                // While two sizes are given in a row, the first is not meant to be seen.
                if self.second_size.is_none() && self.is_settled {
                    self.resize(size);
                }
            }
            Order::Typed => {
                self.stirred = Some(Instant::now());
                if self.seat.is_none() {
                    self.sit_down();
                }
            }
            Order::Keyboard(attached) => {
                self.keyboard = attached;
                if attached {
                    self.sit_down();
                } else {
                    self.seat = None;
                }
            }
            Order::Drawn => self.is_drawn = true,
        }
    }

    /// Reads what is new, plays some of it, and gives a picture when it is time for one.
    pub fn go_on(&mut self, now: Instant) -> io::Result<()> {
        if self.at >= self.end {
            self.look(now)?;
        }
        if self.emulator.held_until().is_some_and(|until| until <= now) {
            self.emulator.release();
            self.is_changed = true;
        }
        self.play()?;
        if self.at >= self.end && !self.is_settled {
            self.settle(now);
        }
        if let Some((_, size)) = self.second_size.take_if(|(at, _)| *at <= now) {
            self.news.push(News::Resize(size));
        }
        let is_due = self.last_picture.is_none_or(|last| now >= last + BETWEEN_PICTURES);
        if self.is_settled && self.is_changed && self.is_drawn && is_due {
            self.news.push(News::Picture(Arc::new(self.emulator.picture())));
            (self.is_changed, self.is_drawn, self.last_picture) = (false, false, Some(now));
        }
        Ok(())
    }

    fn look(&mut self, now: Instant) -> io::Result<()> {
        self.reader.refresh()?;
        let end = self.reader.end();
        if end > self.end && self.keyboard {
            self.stirred = Some(now);
        }
        self.end = end;
        if end.saturating_sub(self.at) > TOO_FAR_BEHIND || self.at < self.reader.start() {
            self.skip_ahead()?;
            if self.is_settled {
                self.redraw(now);
            }
        }
        Ok(())
    }

    /// Goes to where the last part of the log begins, in the modes that what lies between has set.
    fn skip_ahead(&mut self) -> io::Result<()> {
        let to = self.reader.line_within_last(REPLAY)?.max(self.at);
        let from = self.at.max(self.reader.start());
        let mut survey = Survey::default();
        if to - from > SURVEY_START + SURVEY_END {
            self.survey(&mut survey, from, from + SURVEY_START)?;
            self.survey(&mut survey, to - SURVEY_END, to)?;
        } else {
            self.survey(&mut survey, from, to)?;
        }
        // CAN ends whatever sequence was being read.
        self.emulator.feed(b"\x18\x1b[m");
        self.emulator.feed(&survey.preamble());
        self.emulator.take_answers();
        (self.at, self.is_cut) = (to, true);
        self.is_changed = true;
        Ok(())
    }

    fn survey(&mut self, survey: &mut Survey, from: u64, to: u64) -> io::Result<()> {
        let mut buffer = vec![0; 256 << 10];
        let mut at = from;
        while at < to {
            let wanted = (to - at).min(buffer.len() as u64) as usize;
            let read = self.reader.bytes(at, &mut buffer[..wanted])?;
            if read == 0 {
                break;
            }
            survey.look(&buffer[..read]);
            at += read as u64;
        }
        Ok(())
    }

    fn play(&mut self) -> io::Result<()> {
        if self.at >= self.end {
            return Ok(());
        }
        let wanted = (self.end - self.at).min(PIECE as u64) as usize;
        let read = self.reader.bytes(self.at, &mut self.buffer[..wanted])?;
        if read == 0 {
            // What was there is no longer kept; the next look knows more.
            self.end = self.at;
            return Ok(());
        }
        self.emulator.feed(&self.buffer[..read]);
        let asked_at = self.at;
        self.at += read as u64;
        self.is_changed = true;
        let answer = self.emulator.take_answers();
        if self.seat.is_some() && asked_at >= self.answers_from && !answer.is_empty() {
            self.news.push(News::Answer(answer));
        }
        Ok(())
    }

    /// Everything there was has been played.
    fn settle(&mut self, now: Instant) {
        self.is_settled = true;
        self.is_changed = true;
        // Looking alone changes nothing for the program, unless nobody has given it a size yet.
        if self.keyboard || self.watched.size.is_none() {
            self.fit();
        }
        if self.is_cut {
            self.redraw(now);
        }
        if self.keyboard {
            self.news.push(News::Seated(self.seat.is_some()));
        }
    }

    /// The terminal gets the size of the pane, unless somebody else sits at its keyboard.
    fn fit(&mut self) {
        if !self.is_settled || !self.watched.is_live {
            return;
        }
        let pane = self.watched.pane.at_least_smallest();
        let is_ours = self.seat.is_some() || !Seat::is_taken(&self.watched.dir);
        if is_ours && self.watched.size != Some(pane) {
            self.resize(pane);
            self.give(pane);
        } else if let Some(size) = self.watched.size {
            self.resize(size);
        }
    }

    fn give(&mut self, size: Size) {
        self.watched.size = Some(size);
        self.given = Some((Instant::now(), size));
        self.second_size = None;
        self.news.push(News::Resize(size));
    }

    fn is_stale(&mut self, size: Size) -> bool {
        let is_awaited = |(at, given): &(Instant, Size)| *given != size && at.elapsed() < SHOWN_WITHIN;
        self.given = self.given.filter(is_awaited);
        self.given.is_some()
    }

    fn resize(&mut self, size: Size) {
        if self.emulator.size() != size.at_least_smallest() {
            self.emulator.resize(size);
            self.is_changed = true;
        }
    }

    /// A program that draws on the whole screen draws it anew when its terminal changes its size, and only then: what was
    /// played may be only the changes to something that was not.
    fn redraw(&mut self, now: Instant) {
        let is_ours = self.seat.is_some() || !Seat::is_taken(&self.watched.dir);
        let was_just_asked = self.last_redraw.is_some_and(|last| now < last + BETWEEN_REDRAWS);
        if !self.emulator.modes().alternate_screen || !self.watched.is_live || !is_ours || was_just_asked {
            return;
        }
        self.last_redraw = Some(now);
        let size = self.emulator.size();
        let other = Size { rows: if size.rows > 1 { size.rows - 1 } else { 2 }, ..size };
        self.news.push(News::Resize(other));
        self.second_size = Some((now + NOTICE, size));
    }

    /// Takes the seat, if it is free: from now on questions are answered, and our size is that of the terminal.
    fn sit_down(&mut self) {
        if self.seat.is_some() || !self.keyboard {
            return;
        }
        self.seat = Seat::take(&self.watched.dir);
        if self.seat.is_some() {
            // A failure shows at the next look.
            let _ = self.reader.refresh();
            self.answers_from = self.reader.end();
        }
        if self.is_settled {
            if self.seat.is_some() {
                self.fit();
            }
            self.news.push(News::Seated(self.seat.is_some()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_of_the_size_before_does_not_undo_the_one_just_given() {
        let dir = tempfile::tempdir().unwrap();
        let of = |rows| Size { rows, cols: 80 };
        let watched = Watched { number: 1, dir: dir.path().into(), is_live: true, size: None, pane: of(21) };
        let mut show = Show::open(watched).unwrap();
        show.go_on(Instant::now()).unwrap();
        show.obey(&Order::Fit(of(27)));
        // Both were given; the snapshots that show them come later.
        for (shown, rows) in [(21, 27), (27, 27), (24, 24)] {
            show.obey(&Order::Resized(of(shown)));
            assert_eq!(show.emulator.size(), of(rows), "{shown} was shown");
        }
    }
}
