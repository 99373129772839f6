//! Lines being typed, help and palette.

use crate::domain::spec::Program;
use crate::domain::{Accepted, Command};
use crate::tui::fixture::{backoff, name, running, shop, stopped};
use crate::tui::message::{Mouse, Msg};
use crate::tui::script::Script;

fn added(script: &mut Script) -> (String, Program) {
    match script.sent().as_slice() {
        [Command::Add(spec)] => (spec.name.to_string(), spec.program.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_of_input_goes_to_the_process_it_was_opened_for() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20)]);
    script.keys("i").types("yes please").rows(vec![running("b", 20), running("a", 10)]).keys("enter");
    assert_eq!(script.sent(), [Command::Input { name: name("a"), bytes: b"yes please\n".to_vec() }]);
}

#[test]
fn nobody_reads_the_input_of_a_stopped_process() {
    let mut script = Script::new(vec![stopped("a")]);
    script.keys("i");
    assert!(script.model.entry.is_none());
    assert_eq!(script.toast(), "a is stopped, so nobody would read the line; s starts it");
    script.rows(vec![backoff("a", 10)]).keys("i");
    assert_eq!(script.toast(), "a is waiting to be started again, so nobody would read the line; s starts it");
}

#[test]
fn n_adds_a_process_named_by_its_first_word() {
    let mut script = Script::new(vec![running("npm", 10)]);
    script.keys("n").types("/usr/bin/htop -d 5 | cat").keys("enter");
    assert_eq!(added(&mut script), ("htop".into(), Program::Shell("/usr/bin/htop -d 5 | cat".into())));
    script.keys("n").types("npm run dev").keys("enter");
    assert_eq!(added(&mut script), ("npm-2".into(), Program::Shell("npm run dev".into())));
    script.keys("n").types("web=PORT=80 npm run dev").keys("enter");
    assert_eq!(added(&mut script), ("web".into(), Program::Shell("PORT=80 npm run dev".into())));
    script.keys("n").types("PORT=80 node x.js").keys("enter");
    assert_eq!(added(&mut script), ("node".into(), Program::Shell("PORT=80 node x.js".into())));
    script.keys("n").types("   ").keys("enter");
    assert_eq!(script.sent(), []);
}

#[test]
fn a_time_limit_may_stand_before_the_command() {
    let mut script = Script::new(vec![running("a", 10)]);
    for (line, seconds) in [
        ("-t 30s make", Some(30)),
        ("--timeout 1m30s make", Some(90)),
        ("--timeout=2s make", Some(2)),
        ("make -t 30s", None),
    ] {
        script.keys("n").types(line).keys("enter");
        let sent = script.sent();
        let [Command::Add(spec)] = sent.as_slice() else { panic!("{line}") };
        assert_eq!((spec.name.as_str(), spec.time_limit.map(|limit| limit.as_secs())), ("make", seconds), "{line}");
    }
    let faults = [
        ("-t soon make", "\"soon\" is no time limit"),
        ("-t 0s make", "\"0s\" is no time limit"),
        ("-t -3s make", "\"-3s\" is no time limit"),
        ("-t make", "\"make\" is no time limit"),
        ("-t 30s  ", "a command is missing"),
    ];
    for (line, fault) in faults {
        script.keys("n").types(line).keys("enter");
        let told = script.model.entry.as_ref().and_then(|entry| entry.fault.clone()).unwrap_or_default();
        assert!(told.starts_with(fault), "{line}: {told}");
        assert_eq!(script.sent(), []);
        script.keys("esc");
    }
}

#[test]
fn a_process_added_here_is_selected_when_it_appears() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys("n").types("top").keys("enter");
    let affected = vec![name("top")];
    script.msg(Msg::Reply(1, Ok(Accepted { revision: 2, affected, unchanged: vec![] })));
    assert_eq!(script.selected(), "a");
    assert_eq!(script.rows(vec![running("a", 10), running("top", 20)]).selected(), "top");
}

#[test]
fn what_changes_no_row_is_told_once_it_is_accepted() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20)]);
    let accepted = |names: &[&str]| {
        let affected = names.iter().map(|text| name(text)).collect();
        Ok(Accepted { revision: 2, affected, unchanged: vec![] })
    };
    script.keys("i").types("hello").keys("enter");
    assert_eq!(script.toast(), "");
    assert_eq!(script.msg(Msg::Reply(1, accepted(&["a"]))).toast(), "the line went to a");
    script.keys("ctrl-x h").msg(Msg::Reply(2, accepted(&["a"])));
    assert_eq!(script.toast(), "SIGHUP went to a");
    script.keys("space space ctrl-x h").msg(Msg::Reply(3, accepted(&["a", "b"])));
    assert_eq!(script.toast(), "SIGHUP went to 2 processes");
}

#[test]
fn pasted_text_is_typed_but_never_run() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.msg(Msg::Paste("qQxX\n".into()));
    assert_eq!(script.sent(), []);
    script.keys("n").msg(Msg::Paste("rm -rf /\nenter".into()));
    assert_eq!(script.sent(), []);
    assert_eq!(script.model.entry.as_ref().unwrap().input.value(), "rm -rf /");
    // A terminal sends the end of a line as the key does.
    script.keys("ctrl-u").msg(Msg::Paste("echo\ta\recho b\r".into()));
    assert_eq!(script.model.entry.as_ref().unwrap().input.value(), "echo a");
    assert_eq!(script.toast(), "only the first line was pasted, 1 line left out: this is one line");
    script.keys("esc");
    assert!(script.model.entry.is_none());
}

#[test]
fn the_palette_finds_by_letters_and_does_what_it_says() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys(":").types("resta");
    assert!(script.screen().contains("restart; start if stopped"), "{}", script.screen());
    assert_eq!(script.keys("enter").sent(), [Command::Restart(crate::domain::Target::one(name("a")))]);
    script.keys("ctrl-p").types("bymem").keys("enter");
    assert_eq!(script.model.table.sort, crate::tui::order::SortBy::Memory);
}

#[test]
fn the_help_lists_the_keys_of_the_pane_first_and_closes_by_its_own_key() {
    let mut script = Script::sized((100, 40), vec![running("a", 10)]);
    let help = script.keys("?").screen();
    let (processes, everywhere) = (help.find("PROCESSES").unwrap(), help.find("EVERYWHERE").unwrap());
    assert!(processes < everywhere);
    assert!(script.keys("?").model.finder.is_none());
    script.keys("tab ?");
    assert!(script.screen().contains("LOG"));
    script.types("wrap").keys("enter");
    assert!(script.model.log.wrap);
}

#[test]
fn a_key_can_be_looked_up_by_its_name() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys("?").types("ctrl-z");
    assert!(script.screen().contains("suspend pm"), "{}", script.screen());
}

#[test]
fn a_click_focuses_a_line_of_the_help_and_a_second_one_does_what_it_says() {
    let mut script = Script::sized((100, 40), shop());
    script.keys("?");
    let screen = script.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains("wrap long lines")).unwrap();
    let x = crate::tui::view::pen::text_width(line.split("wrap long lines").next().unwrap());
    let click = || Msg::Mouse(Mouse::Press, x, y as u16);
    script.msg(click());
    assert!(script.model.finder.is_some());
    let wraps = script.model.log.wrap;
    script.msg(click());
    assert!(script.model.finder.is_none());
    assert_ne!(script.model.log.wrap, wraps);
}
