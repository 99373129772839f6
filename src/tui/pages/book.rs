//! Whatever the pane reads: the log of one process, or those of several as one. The same questions to both.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::tui::page::{Anchor, Look, Place, Span, Subject, Target};

use super::filtered::filtered;
use super::history::{History, Stretch};
use super::merged::Merged;

/// What is read.
pub(super) enum Book {
    One(History),
    Several(Merged),
}

impl Book {
    pub(super) fn open(subject: &Subject) -> io::Result<Self> {
        Ok(match subject {
            Subject::One(source) => Self::One(History::open(source)?),
            Subject::Several(_) => Self::Several(Merged::new()),
        })
    }

    /// It is that of `subject`, be it of earlier runs.
    pub(super) fn is_of(&self, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::One(history), Subject::One(source)) => history.is_of(source),
            (Self::Several(merged), Subject::Several(several)) => merged.is_of(several),
            (Self::One(_) | Self::Several(_), _) => false,
        }
    }

    /// Sees what was written since.
    pub(super) fn refresh(&mut self, subject: &Subject) -> io::Result<()> {
        match (self, subject) {
            (Self::One(history), Subject::One(source)) => history.refresh(source)?,
            (Self::Several(merged), Subject::Several(several)) => merged.refresh(several),
            (Self::One(_) | Self::Several(_), _) => {}
        }
        Ok(())
    }

    /// The lines shown that end before a place.
    pub(super) fn back(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        match self {
            Self::One(history) => history.back(from, n, look, at_most),
            Self::Several(merged) => merged.back(from, n, look, at_most),
        }
    }

    /// The last lines shown.
    pub(super) fn last(&mut self, n: usize, look: &Look, at_most: Option<Duration>) -> io::Result<Stretch> {
        match self {
            Self::One(history) => {
                let end = history.end()?;
                let mut stretch = history.back(end, n, look, at_most)?;
                if let Some(filtered) = filtered(look, None) {
                    stretch.settled = Some(filtered.settled_end(history)?);
                }
                Ok(stretch)
            }
            Self::Several(merged) => merged.back(Place::MAX, n, look, at_most),
        }
    }

    /// The lines shown from a place on.
    pub(super) fn forward(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        match self {
            Self::One(history) => history.forward(from, n, look, at_most),
            Self::Several(merged) => merged.forward(from, n, look, at_most),
        }
    }

    /// From where it has to be read again behind these lines.
    pub(super) fn settled(&mut self, stretch: &Stretch) -> io::Result<Place> {
        match self {
            Self::One(history) => history.settled(stretch),
            Self::Several(merged) => Ok(merged.settled(stretch)),
        }
    }

    /// Where something lies.
    pub(super) fn resolve(&mut self, target: Target) -> io::Result<Place> {
        match self {
            Self::One(history) => history.resolve(target),
            Self::Several(merged) => merged.resolve(target),
        }
    }

    /// Where it begins and ends, as far as it shows when `stretch` was read.
    pub(super) fn extent(&mut self, anchor: Anchor, stretch: &Stretch) -> io::Result<(Place, Place)> {
        match self {
            Self::One(history) => Ok((history.start()?, history.end()?)),
            Self::Several(_) => Ok(match anchor {
                Anchor::End => (Place::default(), stretch.end),
                Anchor::From(_) | Anchor::Around(_) if stretch.is_through => (Place::default(), stretch.end),
                Anchor::Before(_) | Anchor::From(_) | Anchor::Around(_) => (Place::default(), Place::MAX),
            }),
        }
    }

    /// The runs, where it is the log of one process.
    pub(super) fn spans(&mut self) -> io::Result<Arc<[Span]>> {
        match self {
            Self::One(history) => history.spans(),
            Self::Several(_) => Ok(Arc::new([])),
        }
    }

    /// The log of the process of this number.
    pub(super) fn log(&mut self, number: u32) -> io::Result<&mut History> {
        match self {
            Self::One(history) => Ok(history),
            Self::Several(merged) => merged.log(number),
        }
    }
}
