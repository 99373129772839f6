//! Output is kept as it came: every byte, in order, whatever it is.

use std::time::{Duration, Instant};

use pm::domain::ExitStatus;
use pm::logs::index::{Entry, Header, RECORD_BYTES, Stream};
use pm::wire::keeper::{Order, Report};

#[cfg(target_os = "linux")]
use crate::driver::until;
use crate::driver::{Home, Keeper};

fn entries(keeper: &Keeper) -> Vec<Entry> {
    let bytes = std::fs::read(keeper.dir.join("out.idx")).unwrap();
    bytes.chunks_exact(RECORD_BYTES).skip(1).map(|bytes| Entry::from_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn both_streams_are_kept_apart_and_growth_is_told_before_the_end() {
    let home = Home::new();
    let mut keeper = home.shell("echo out; echo err >&2; printf last");
    keeper.link().wait_emptied();
    let said = &keeper.link().heard;
    let last_growth = said.iter().rposition(|report| matches!(report, Report::Grew { end: 12, lines: 2, lost: 0 }));
    let exit = said.iter().position(|report| matches!(report, Report::Exited { .. }));
    assert!(last_growth.unwrap() < exit.unwrap(), "{said:?}");
    let log = keeper.log();
    for (stream, expected) in [(Stream::Stdout, "out\nlast"), (Stream::Stderr, "err\n")] {
        let text: String = entries(&keeper)
            .iter()
            .filter(|entry| entry.stream == stream)
            .map(|entry| &log[entry.offset as usize..entry.offset as usize + entry.length as usize])
            .collect();
        assert_eq!(text, expected);
    }
}

#[test]
fn any_bytes_come_through() {
    let home = Home::new();
    let mut keeper =
        home.shell("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero | tr '\\0' x; printf '\\377\\033[2J\\r'");
    keeper.link().wait_emptied();
    let log = std::fs::read(keeper.dir.join("out.log")).unwrap();
    assert_eq!(log.len(), 2_000_006);
    assert!(
        log[..1_000_000].iter().all(|byte| *byte == 0) && log[1_000_000..2_000_000].iter().all(|byte| *byte == b'x')
    );
    assert_eq!(&log[2_000_000..], b"\xff\x1b[2J\r");
    assert_eq!(entries(&keeper).iter().map(|entry| u64::from(entry.length)).sum::<u64>(), 2_000_006);
}

/// What the standard output of a process holds before it has to wait, in bytes.
#[cfg(target_os = "linux")]
fn pipe_size(pid: u32) -> usize {
    let output = std::fs::File::open(format!("/proc/{pid}/fd/1")).unwrap();
    rustix::pipe::fcntl_getpipe_size(output).unwrap()
}

/// What pipes may hold is counted per user: only who floods has more of it than others, and only meanwhile.
#[cfg(target_os = "linux")]
fn is_wide_while_it_floods(afterwards: &str) {
    let (own, _) = rustix::pipe::pipe().unwrap();
    if rustix::pipe::fcntl_getpipe_size(&own).unwrap() >= 256 << 10
        || rustix::pipe::fcntl_setpipe_size(&own, 256 << 10).is_err()
    {
        // Pages so large, or so many pipes of this user, that none can be wider than it is.
        return;
    }
    drop(own);
    let home = Home::new();
    let mut keeper = home.shell(&format!("read flood; yes & read end; kill $!; {afterwards}"));
    let pid = keeper.link().wait_launched();
    let regular = pipe_size(pid);
    keeper.link().say(&Order::Input(b"\n".to_vec()));
    until("a wide pipe", || (pipe_size(pid) == 256 << 10).then_some(()));
    keeper.link().say(&Order::Input(b"\n".to_vec()));
    until("a pipe as before", || (pipe_size(pid) == regular).then_some(()));
    keeper.link().say(&Order::Kill);
    keeper.link().wait_emptied();
    // What was read in wide gulps is described without a gap.
    let kept = std::fs::metadata(keeper.dir.join("out.log")).unwrap().len();
    let entries = entries(&keeper);
    assert!(entries.windows(2).all(|pair| pair[0].end() == pair[1].offset));
    assert_eq!(entries.last().unwrap().end(), kept + entries[0].offset);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_wide_while_it_floods_and_not_in_silence() {
    is_wide_while_it_floods("exec sleep 1000");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_wide_while_it_floods_and_not_for_single_lines() {
    is_wide_while_it_floods("while :; do echo line; sleep 0.1; done");
}

/// Case D2: a grandchild holds the pipe for an hour.
#[test]
fn an_exit_is_noticed_though_a_grandchild_holds_the_pipe() {
    let home = Home::new();
    let mut keeper = home.shell("sleep 3600 & echo last line; exit 3");
    keeper.link().wait_launched();
    let start = Instant::now();
    assert_eq!(keeper.link().wait_exited().0, ExitStatus::Code(3));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(keeper.log(), "last line\n");
    assert!(matches!(keeper.record().state, pm::wire::record::RecordState::Exited(_)));
    keeper.link().say(&Order::Kill);
    assert_eq!(keeper.link().wait_emptied(), 1);
}

/// Case D14: rotation during a burst.
#[test]
fn rotation_loses_no_line() {
    let home = Home::new();
    let mut launch = home.launch(&["/bin/sh", "-c", "seq 1 200000"]);
    (launch.segment_bytes, launch.segments) = (20_000, 1000);
    let mut keeper = Keeper::start(launch);
    keeper.link().wait_emptied();
    let mut segments: Vec<(u64, Vec<u8>)> = std::fs::read_dir(&keeper.dir)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_prefix("out.log")?.to_owned()))
        .map(|suffix| {
            let index = std::fs::read(keeper.dir.join(format!("out.idx{suffix}"))).unwrap();
            let header = Header::from_bytes(index[..RECORD_BYTES].try_into().unwrap()).unwrap();
            (header.segment, std::fs::read(keeper.dir.join(format!("out.log{suffix}"))).unwrap())
        })
        .collect();
    segments.sort();
    assert!(segments.len() > 50, "{}", segments.len());
    let expected = (1..=200_000).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    assert!(segments.concat_text() == expected);
}

trait ConcatText {
    fn concat_text(&self) -> String;
}

impl ConcatText for Vec<(u64, Vec<u8>)> {
    fn concat_text(&self) -> String {
        self.iter().map(|(_, log)| std::str::from_utf8(log).unwrap()).collect()
    }
}
