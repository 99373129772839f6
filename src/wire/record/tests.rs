//! Laws of the record: it comes back as it was, and a damaged one is an error.

use proptest::prelude::*;

use super::*;

fn exit() -> impl Strategy<Value = RecordedExit> {
    let status = prop_oneof![
        any::<i32>().prop_map(ExitStatus::Code),
        proptest::sample::select(Signal::NAMED).prop_map(ExitStatus::Signal),
        (1..=64).prop_map(|number| ExitStatus::Signal(Signal::Number(number))),
        Just(ExitStatus::Unknown),
    ];
    let by = prop_oneof![Just(ExitBy::Itself), any::<u8>().prop_map(ExitBy::StopStage), Just(ExitBy::Kill)];
    (status, by, any::<u64>()).prop_map(|(status, by, at)| RecordedExit { status, by, at })
}

fn record() -> impl Strategy<Value = Record> {
    let failure = (proptest::sample::select(&STEPS[..]), any::<i32>(), ".{0,20}")
        .prop_map(|((step, _), errno, message)| SpawnFailure { step, errno, message });
    let state = prop_oneof![
        Just(RecordState::Launching),
        Just(RecordState::Running),
        exit().prop_map(RecordState::Exited),
        (exit(), any::<u32>(), any::<u64>()).prop_map(|(exit, killed, at)| RecordState::Emptied { exit, killed, at }),
        failure.prop_map(RecordState::Failed),
    ];
    let texts = ("(?s).{0,20}", "(?s).{0,20}", "(?s).{0,40}", "(?s).{0,40}");
    (texts, any::<(u32, u32, u64, u32, u64, u64)>(), state).prop_map(|(texts, numbers, state)| Record {
        version: VERSION,
        project: texts.0,
        name: texts.1,
        no: RunNo(numbers.0),
        id: RunId::derive(numbers.2, 1),
        keeper_pid: numbers.1,
        keeper_start: numbers.2,
        boot_id: "0a1b".into(),
        pid: numbers.3,
        pid_start: numbers.4,
        started_at: numbers.5,
        command: texts.2,
        cwd: texts.3,
        state,
    })
}

proptest! {
    #[test]
    fn a_record_comes_back(record in record()) {
        prop_assert_eq!(Record::parse(&record.render()), Ok(record));
    }

    #[test]
    fn a_record_cut_anywhere_is_damaged(record in record()) {
        let whole = record.render();
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            prop_assert_eq!(Record::parse(&whole[..at]), Err(RecordError::Damaged));
        }
    }

    #[test]
    fn a_version_torn_within_a_character_takes_none_with_it(mut first in record(), cut in 1usize..3) {
        first.command = "echo €".into();
        let text = first.render();
        let at = text.find('€').unwrap() + cut;
        let torn = [text.as_bytes(), &text.as_bytes()[..at]].concat();
        prop_assert!(std::str::from_utf8(&torn).is_err());
        prop_assert_eq!(Record::read(&torn).unwrap(), first);
    }

    #[test]
    fn of_several_versions_the_last_whole_one_counts(versions in proptest::collection::vec(record(), 1..=VERSIONS), cut in any::<usize>()) {
        let texts: Vec<String> = versions.iter().map(Record::render).collect();
        let whole = texts.concat();
        prop_assert_eq!(Record::parse(&whole), Ok(versions[versions.len() - 1].clone()));
        let at = (0..=cut % (whole.len() + 1)).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        let ends = texts.iter().scan(0, |end, text| { *end += text.len(); Some(*end) });
        let complete = ends.filter(|end| *end <= at).count();
        let expected = complete.checked_sub(1).map_or(Err(RecordError::Damaged), |last| Ok(versions[last].clone()));
        prop_assert_eq!(Record::parse(&whole[..at]), expected);
    }

    #[test]
    fn a_flipped_bit_is_never_a_panic_and_never_passes(record in record(), at in any::<usize>(), bit in 0u8..8) {
        let mut bytes = record.render().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            // A letter of the checksum may change its case; it is the same number then.
            prop_assert!(Record::parse(&text).is_err() || Record::parse(&text).as_ref() == Ok(&record));
        }
    }

    #[test]
    fn any_text_is_an_error_and_never_a_panic(text in "(?s).{0,300}") {
        prop_assert!(Record::parse(&text).is_err());
    }

    #[test]
    fn no_record_is_longer_than_its_room(mut record in record(), long in "(?s).{0,3000}") {
        record.project.clone_from(&long);
        record.name.clone_from(&long);
        record.command.clone_from(&long);
        record.cwd.clone_from(&long);
        record.state = RecordState::Failed(SpawnFailure { step: SpawnStep::Cwd, errno: 2, message: long });
        prop_assert!(record.render().len() <= MAX_BYTES);
        prop_assert!(Record::parse(&record.render()).is_ok());
    }
}

#[test]
fn unknown_keys_are_ignored_and_room_behind_the_sum_does_not_count() {
    let body = "version=9\nproject=p\nname=n\nno=3\nid=0123456789ab\nkeeper_pid=1\nkeeper_start=2\nboot_id=\npid=4\npid_start=5\n\
                started_at=6\ncommand=sleep 1\ncwd=/\nstate=exited\nexit_signal=TERM\nby=stop stage 2\nexited_at=7\nmood=fine\n";
    let text = format!("{body}sum={:016x}\n\0\0\0", checksum(body.as_bytes()));
    let record = Record::parse(&text).unwrap();
    let exit = RecordedExit { status: ExitStatus::Signal(Signal::Term), by: ExitBy::StopStage(2), at: 7 };
    assert_eq!((record.version, record.state), (9, RecordState::Exited(exit)));
}
