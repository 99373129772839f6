//! Laws of the keeper protocol: what was said is heard, in whatever pieces it arrives; garbage is an error and never a panic.

use proptest::prelude::*;

use super::*;
use crate::domain::{ExitBy, ExitStatus, RunId, RunNo, Signal, SpawnFailure, SpawnStep};
use crate::wire::keeper::{Launch, Texts};

fn signal() -> impl Strategy<Value = Signal> {
    prop_oneof![proptest::sample::select(Signal::NAMED), (1..=64).prop_map(Signal::Number)]
}

fn stages() -> impl Strategy<Value = Vec<(Signal, u64)>> {
    proptest::collection::vec((signal(), any::<u64>()), 0..5)
}

fn run_id() -> impl Strategy<Value = RunId> {
    any::<(u64, u64)>().prop_map(|(seed, n)| RunId::derive(seed, n))
}

fn launch() -> impl Strategy<Value = Order> {
    let texts = || proptest::collection::vec(any::<String>(), 0..4);
    let place = (any::<String>(), any::<String>(), any::<u32>(), run_id(), any::<String>());
    let limits = (any::<u32>(), any::<u64>(), any::<Option<(u16, u16)>>(), stages());
    (place, texts(), texts(), limits).prop_map(
        |((project, name, no, id, dir), argv, env, (umask, open_files, tty, stop))| {
            Order::Launch(Box::new(Launch {
                version: 1,
                lock: dir.clone() + "/lock",
                socket: name.clone() + ".sock",
                cwd: dir.clone(),
                project,
                name,
                no: RunNo(no),
                id,
                dir,
                argv,
                env: env.iter().collect(),
                umask,
                open_files,
                tty,
                stop,
                segment_bytes: open_files / 2,
                segments: umask,
                limit_ms: open_files,
            }))
        },
    )
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        launch(),
        any::<u16>().prop_map(|version| Order::Attach { version }),
        stages().prop_map(Order::Stop),
        Just(Order::NextStage),
        Just(Order::Hold),
        Just(Order::Kill),
        signal().prop_map(Order::Signal),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Order::Input),
        any::<(u16, u16)>().prop_map(|(rows, cols)| Order::Resize(rows, cols)),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let status = prop_oneof![
        any::<i32>().prop_map(ExitStatus::Code),
        signal().prop_map(ExitStatus::Signal),
        Just(ExitStatus::Unknown)
    ];
    let by = prop_oneof![
        Just(ExitBy::Itself),
        any::<u8>().prop_map(ExitBy::StopStage),
        Just(ExitBy::Kill),
        Just(ExitBy::Limit),
        Just(ExitBy::Unknown)
    ];
    prop_oneof![
        (any::<(u16, u64, u32)>(), run_id()).prop_map(|((version, features, keeper_pid), id)| Report::Hello {
            version,
            features,
            keeper_pid,
            id
        }),
        any::<(u32, u64)>().prop_map(|(pid, at)| Report::Launched { pid, at }),
        (any::<i32>(), any::<String>()).prop_map(|(errno, message)| {
            Report::LaunchFailed(SpawnFailure { step: SpawnStep::Program, errno, message })
        }),
        (any::<(u8, u8, u64, u64)>(), signal()).prop_map(|((number, of, at, wait), signal)| Report::Stage {
            number,
            of,
            signal,
            at,
            wait
        }),
        Just(Report::Held),
        (status, by, any::<u64>()).prop_map(|(status, by, at)| Report::Exited { status, by, at }),
        proptest::collection::vec(any::<u32>(), 0..9).prop_map(Report::Stuck),
        any::<u32>().prop_map(|killed| Report::Emptied { killed }),
        any::<(u64, u64, u64)>().prop_map(|(end, lines, lost)| Report::Grew { end, lines, lost }),
        any::<String>().prop_map(Report::InputRefused),
    ]
}

proptest! {
    #[test]
    fn orders_come_back_in_whatever_pieces_they_arrive(orders in proptest::collection::vec(order(), 1..5), piece in 1usize..50) {
        let mut bytes = Vec::new();
        for order in &orders { order.encode(&mut bytes); }
        let mut frames = Frames::default();
        let mut heard = Vec::new();
        for part in bytes.chunks(piece) {
            frames.feed(part);
            while let Some(order) = frames.next_order().unwrap() {
                heard.push(order);
            }
        }
        prop_assert_eq!(heard, orders);
        prop_assert_eq!(frames.pending_bytes(), 0);
    }

    #[test]
    fn reports_come_back(reports in proptest::collection::vec(report(), 1..8), piece in 1usize..50) {
        let mut bytes = Vec::new();
        for report in &reports { report.encode(&mut bytes); }
        let mut frames = Frames::default();
        let mut heard = Vec::new();
        for part in bytes.chunks(piece) {
            frames.feed(part);
            while let Some(report) = frames.next_report().unwrap() {
                heard.push(report);
            }
        }
        prop_assert_eq!(heard, reports);
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), limit in 0usize..200) {
        let mut frames = Frames::new(limit);
        for part in bytes.chunks(7) {
            frames.feed(part);
            loop {
                match frames.next_order() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => return Ok(()),
                }
            }
            prop_assert!(frames.pending_bytes() <= limit + 4 + 7);
        }
    }

    #[test]
    fn damaged_frames_are_an_error_or_another_message_and_never_a_panic(order in order(), at in any::<usize>(), bit in 0u8..8) {
        let mut bytes = order.to_frame();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let mut frames = Frames::default();
        frames.feed(&bytes);
        while let Ok(Some(_)) = frames.next_order() {}
        let _ = decode_report(&bytes[4..]);
    }
}

#[test]
fn kinds_of_a_later_version_are_skipped() {
    let mut frames = Frames::default();
    frames.feed(&[3, 0, 0, 0, 200, 1, 2]);
    frames.feed(&[0, 0, 0, 0]);
    frames.feed(&Order::Kill.to_frame());
    assert_eq!(frames.next_order(), Ok(Some(Order::Kill)));
    assert_eq!(frames.next_order(), Ok(None));
}

#[test]
fn a_frame_too_long_is_refused_before_it_is_read() {
    let mut frames = Frames::new(100);
    frames.feed(&101u32.to_le_bytes());
    assert_eq!(frames.next_order(), Err(WireError::TooLong { length: 101, limit: 100 }));
}

#[test]
fn a_launch_of_an_earlier_supervisor_has_no_limit() {
    let texts = || String::from("x");
    let mut launch = Launch {
        version: 1,
        project: texts(),
        name: texts(),
        no: RunNo(1),
        id: RunId::derive(1, 1),
        dir: texts(),
        lock: texts(),
        socket: texts(),
        argv: vec![texts()],
        cwd: texts(),
        env: Texts::default(),
        umask: 0,
        open_files: 0,
        tty: None,
        stop: Vec::new(),
        segment_bytes: 1,
        segments: 1,
        limit_ms: 30_000,
    };
    let frame = Order::Launch(Box::new(launch.clone())).to_frame();
    assert_eq!(decode_order(&frame[4..]), Ok(Some(Order::Launch(Box::new(launch.clone())))));
    launch.limit_ms = 0;
    assert_eq!(decode_order(&frame[4..frame.len() - 8]), Ok(Some(Order::Launch(Box::new(launch)))));
}

#[test]
fn the_bytes_of_an_order_are_frozen() {
    let bytes = Order::Stop(vec![(Signal::Term, 258)]).to_frame();
    let expected = [&[21, 0, 0, 0, 3, 1, 0, 0, 0, 4, 0, 0, 0][..], b"TERM", &[2, 1, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!(bytes, expected);
}
