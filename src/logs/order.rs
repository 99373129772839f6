//! The time of a line as far as its place among the lines of other logs is concerned.
//!
//! Lines of one log never change places, so these times never go back where lines go on, whatever the clock did. They are those
//! of the index wherever it goes forward. Where a clock was set back, lines before take the time that came after them, over the
//! edge of a block of records, and lines after the highest time before them, within one: so the order of a line can be told from
//! what is near it and from the first record of each later block, and it only changes when a clock is set back between two
//! blocks. Used by whoever merges logs page by page.

use std::io;

use super::reader::LogReader;
use super::records::{BLOCK, Records};
use crate::domain::Timestamp;

impl LogReader {
    /// The order of the line that begins at `offset`; `None` where no index tells any time.
    ///
    /// # Errors
    /// What the system answers.
    pub fn order_at(&mut self, offset: u64) -> io::Result<Option<Timestamp>> {
        self.retrying(|reader| {
            let holder = reader.extents.iter().rposition(|extent| extent.base <= offset).unwrap_or(0);
            for at in (0..=holder.min(reader.extents.len().wrapping_sub(1))).rev() {
                let Some(records) = reader.extents.get_mut(at).and_then(|extent| extent.records.as_mut()) else {
                    continue;
                };
                let Some(i) = records.begun_at(offset)? else { continue };
                let highest = records.highest(i)?;
                let low = reader.lowest_behind(at, i / BLOCK)?;
                return Ok(Some(Timestamp(low.map_or(highest, |low| low.min(highest)))));
            }
            // Nothing before it has a time: it stands with the first line that has one.
            Ok(reader.lowest_from(0)?.map(Timestamp))
        })
    }

    /// The offset from which on the order of lines is `time` or later. A line may lie across it, which comes before.
    ///
    /// # Errors
    /// What the system answers.
    pub fn first_ordered(&mut self, time: Timestamp) -> io::Result<u64> {
        self.retrying(|reader| {
            let (mut found, mut low) = (reader.end(), u64::MAX);
            let (start, end) = (reader.start(), reader.end());
            for extent in reader.extents.iter_mut().rev() {
                let Some(records) = &mut extent.records else { continue };
                for block in (0..records.blocks()).rev() {
                    let Some(first) = records.first_of(block)? else { continue };
                    low = low.min(first.time_ms);
                    if low < time.0 {
                        let within = records.first_highest(block, time.0)?;
                        return Ok(within.unwrap_or(found).clamp(start, end));
                    }
                    found = first.offset;
                }
            }
            Ok(start)
        })
    }

    /// The order of the first line; `None` where no index tells any time.
    ///
    /// # Errors
    /// What the system answers.
    pub fn first_order(&mut self) -> io::Result<Option<Timestamp>> {
        self.retrying(|reader| Ok(reader.lowest_from(0)?.map(Timestamp)))
    }

    /// The lowest first time of the blocks behind this one.
    fn lowest_behind(&mut self, extent: usize, block: u64) -> io::Result<Option<u64>> {
        let own = match self.extents.get_mut(extent).and_then(|extent| extent.records.as_mut()) {
            Some(records) => lowest(records, block + 1)?,
            None => None,
        };
        let later = self.lowest_from(extent + 1)?;
        Ok(own.into_iter().chain(later).min())
    }

    /// The same of all blocks of this segment and of those behind it.
    fn lowest_from(&mut self, extent: usize) -> io::Result<Option<u64>> {
        let mut low: Option<u64> = None;
        for records in self.extents.iter_mut().skip(extent).filter_map(|extent| extent.records.as_mut()) {
            low = low.into_iter().chain(lowest(records, 0)?).min();
        }
        Ok(low)
    }
}

fn lowest(records: &mut Records, from: u64) -> io::Result<Option<u64>> {
    let mut low = None;
    for block in from..records.blocks() {
        let first = records.first_of(block)?.map(|record| record.time_ms);
        low = low.into_iter().chain(first).min();
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::lines::{Stream, StreamFilter};
    use crate::logs::scribe::Scribe;

    /// The orders of all lines, and where they begin.
    fn orders(reader: &mut LogReader) -> Vec<(u64, Timestamp)> {
        let all = reader.page_forward(0, usize::MAX, StreamFilter::All).unwrap().lines;
        all.iter().map(|line| (line.offset, reader.order_at(line.offset).unwrap().unwrap())).collect()
    }

    #[test]
    fn where_the_clock_goes_forward_the_order_is_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut scribe = Scribe::new(dir.path());
        for time in [10, 20, 20, 35] {
            scribe.time = time;
            scribe.write(Stream::Stdout, b"a\nb\n");
            if time == 20 {
                scribe.rotate();
            }
        }
        let mut reader = LogReader::open(dir.path()).unwrap();
        let times: Vec<u64> = orders(&mut reader).into_iter().map(|(_, time)| time.0).collect();
        assert_eq!(times, [10, 10, 20, 20, 20, 20, 35, 35]);
        for (time, offset) in [(0, 0), (10, 0), (11, 4), (20, 4), (21, 12), (35, 12), (36, 16)] {
            assert_eq!(reader.first_ordered(Timestamp(time)).unwrap(), offset, "{time}");
        }
        assert_eq!(reader.first_order().unwrap(), Some(Timestamp(10)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_order_never_goes_back_and_is_found_again(steps in prop::collection::vec((-40i64..60, 0u8..40, 1usize..300), 1..60)) {
            let dir = tempfile::tempdir().unwrap();
            let mut scribe = Scribe::new(dir.path());
            let mut time = 5000i64;
            for (step, rotates, lines) in steps {
                // Far back now and then.
                time = (time + if step == -40 { -3000 } else { step }).max(1);
                for _ in 0..lines {
                    scribe.time = time as u64;
                    scribe.write(Stream::Stdout, b"x\n");
                }
                if rotates == 0 {
                    scribe.rotate();
                }
            }
            let mut reader = LogReader::open(dir.path()).unwrap();
            let orders = orders(&mut reader);
            prop_assert!(orders.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            for time in orders.iter().step_by(17).flat_map(|(_, time)| [time.0 - 1, time.0, time.0 + 1]) {
                let expected = orders.iter().find(|(_, order)| order.0 >= time).map_or(reader.end(), |(offset, _)| *offset);
                prop_assert_eq!(reader.first_ordered(Timestamp(time)).unwrap(), expected, "{}", time);
            }
        }
    }
}
