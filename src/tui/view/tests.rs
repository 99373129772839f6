//! Views of built models: golden screens, and colours by cell.

use std::sync::Arc;
use std::time::Duration;

use ratatui::style::{Color, Modifier};

use crate::domain::snapshot::TreeProcess;
use crate::domain::spec::Program;
use crate::domain::{Cause, Event, Phase, PhaseWord, ProcessSpec, Snapshot, What};
use crate::tui::fixture::{self, failed, running, shop, stopping, with_zombie};
use crate::tui::glyph::GlyphSet;
use crate::tui::layout::Pane;
use crate::tui::message::Msg;
use crate::tui::model::Model;
use crate::tui::script::{Script, buffer, shown};
use crate::tui::theme::ThemeName;

fn at(size: (u16, u16), keys: &str) -> String {
    let mut script = Script::sized(size, shop());
    script.log("web", 1000).keys("j").keys(keys);
    script.screen()
}

#[test]
fn the_main_screen_at_every_designed_size() {
    for size in [(40, 7), (60, 16), (80, 24), (120, 36), (160, 48)] {
        insta::assert_snapshot!(format!("main_{}x{}", size.0, size.1), at(size, ""));
    }
}

#[test]
fn a_tree_lists_its_zombies_with_their_parent() {
    insta::assert_snapshot!("tree_120x24", at((120, 24), "t"));
}

#[test]
fn the_lines_of_a_tree_lead_to_what_they_belong_to() {
    let mut row = with_zombie("web", 100);
    let child = |pid, depth, name: &str| TreeProcess { pid, depth, name: name.into(), ..row.tree[1].clone() };
    let more = [child(110, 2, "worker"), child(111, 1, "sh"), child(112, 2, "sleep")];
    row.tree = row.tree.iter().cloned().chain(more).collect();
    let screen = Script::sized((80, 24), vec![row]).keys("t").screen();
    let branches = screen.lines().skip(4).take(5).map(|line| line.chars().skip(3).take(4).collect::<String>());
    assert_eq!(branches.collect::<Vec<_>>(), ["├─ n", "│ ├─", "│ └─", "└─ s", "  └─"], "{screen}");
}

#[test]
fn details_say_everything() {
    insta::assert_snapshot!("details_100x36", at((100, 36), "d"));
}

#[test]
fn questions_menus_help_and_palette() {
    insta::assert_snapshot!("kill_80x24", at((80, 24), "X"));
    insta::assert_snapshot!("quit_40x7", at((40, 7), "q"));
    insta::assert_snapshot!("signals_60x16", at((60, 16), "ctrl-x"));
    insta::assert_snapshot!("help_80x24", at((80, 24), "?"));
    insta::assert_snapshot!("palette_80x24", at((80, 24), ": s t"));
}

#[test]
fn a_log_in_full_size_with_times() {
    insta::assert_snapshot!("log_80x24", at((80, 24), "enter T k k"));
}

#[test]
fn a_line_being_typed_stands_in_the_footer() {
    insta::assert_snapshot!("filter_80x24", at((80, 24), "/ w o"));
    insta::assert_snapshot!("input_60x16", at((60, 16), "i y e s"));
}

#[test]
fn stopping_everything_names_who_holds_it_up() {
    let mut script = Script::sized((100, 16), vec![stopping("web", 10), running("api", 20), failed("mailer", 30)]);
    script.keys("q s");
    insta::assert_snapshot!("leaving_100x16", script.screen());
}

#[test]
fn an_empty_project_says_how_to_fill_it() {
    let script = Script::sized((80, 16), vec![]);
    insta::assert_snapshot!("empty_80x16", script.screen());
    let screen = Script::sized((40, 7), vec![]).screen();
    let cut = screen.lines().filter(|line| line.contains("shell") || line.contains("from a")).all(|l| l.ends_with('…'));
    assert!(cut && screen.contains('…'), "{screen}");
}

#[test]
fn on_a_terminal_of_ascii_we_write_nothing_else() {
    let mut rows = shop();
    let mut spec = ProcessSpec::clone(&rows[1].spec);
    spec.program = Program::Shell("one\ntwo".into());
    spec.env.insert("API_KEY".into(), "x".into());
    rows[1].spec = Arc::new(spec);
    let mut script = Script::sized((120, 36), rows);
    script.model.look = fixture::look(ThemeName::Terminal, GlyphSet::Ascii);
    let what = What::Changed { from: PhaseWord::Starting, to: PhaseWord::Running, why: None };
    let event = Event { seq: 1, at: fixture::NOW, process: None, run: None, cause: Cause::Itself, what };
    script.msg(Msg::Event(event.into())).log("web", 100).keys("j t P");
    let on_top = ["", "X", "esc ?", "esc :", "esc q", "esc ctrl-x", "esc R", "esc y", "esc n", "esc i"];
    let screens = ["esc d", "G", "d L", "L / c p u >", "enter", "esc A", "A space space x", "esc"];
    let log = ["tab & 7", "enter +", "/ 9", "enter m v", "esc esc esc k", "ctrl-f 9 enter", "esc C", "esc T T w"];
    for keys in on_top.iter().chain(&screens).chain(&log) {
        let screen = script.keys(keys).screen();
        assert!(screen.is_ascii(), "{keys}: {:?}\n{screen}", screen.chars().find(|c| !c.is_ascii()));
    }
}

fn themed(theme: ThemeName) -> Model {
    let mut model = fixture::model((120, 30), shop());
    model.look = fixture::look(theme, GlyphSet::Unicode);
    model
}

#[test]
fn states_have_their_colours() {
    let model = themed(ThemeName::Terminal);
    let (buffer, table) = (buffer(&model), model.areas().table);
    let glyph = |line: u16| (buffer[(1, table.y + line)].symbol().to_owned(), buffer[(1, table.y + line)].fg);
    assert_eq!(glyph(1), ("●".to_owned(), Color::Green));
    assert_eq!(glyph(2), ("■".to_owned(), Color::Blue));
    assert_eq!(glyph(3), ("◐".to_owned(), Color::Yellow));
    assert_eq!(glyph(4), ("✗".to_owned(), Color::Red));
}

#[test]
fn the_selection_is_reversed_and_has_a_bar_with_and_without_colour() {
    for theme in [ThemeName::Terminal, ThemeName::Mono, ThemeName::HighContrast] {
        let model = themed(theme);
        let (buffer, table) = (buffer(&model), model.areas().table);
        assert_eq!(buffer[(0, table.y)].symbol(), "▌");
        for x in 1..table.right() {
            assert!(buffer[(x, table.y)].modifier.contains(Modifier::REVERSED), "{theme:?} column {x}");
        }
        assert!(!buffer[(5, table.y + 1)].modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn without_the_keys_the_selection_is_bold_only() {
    let mut model = themed(ThemeName::Terminal);
    model.pane = Pane::Log;
    let (buffer, table) = (buffer(&model), model.areas().table);
    let cell = &buffer[(5, table.y)];
    assert!(cell.modifier.contains(Modifier::BOLD) && !cell.modifier.contains(Modifier::REVERSED));
}

#[test]
fn mono_has_no_colour_anywhere_and_no_theme_paints_a_background() {
    for theme in [ThemeName::Terminal, ThemeName::Mono, ThemeName::HighContrast] {
        for cell in buffer(&themed(theme)).content() {
            assert_eq!(cell.bg, Color::Reset, "{theme:?}");
            assert!(theme == ThemeName::Terminal || cell.fg == Color::Reset, "{theme:?} {}", cell.symbol());
        }
    }
}

#[test]
fn the_cursor_stands_on_the_selected_row_and_in_the_line_being_typed() {
    let mut script = Script::new(shop());
    let cursor = |script: &Script| shown(&script.model, (80, 24)).get_cursor_position().unwrap();
    let table = script.model.areas().table;
    script.keys("j j");
    assert_eq!(cursor(&script), (0, table.y + 2).into());
    script.keys("/").types("日本");
    assert_eq!(cursor(&script), (6, 23).into());
}

#[test]
fn the_footer_names_only_what_makes_sense_now() {
    let footer = |rows| Script::sized((140, 30), rows).screen().lines().last().unwrap_or_default().to_owned();
    let running = footer(vec![running("a", 10)]);
    assert!(running.contains("x stop") && running.contains("r restart") && !running.contains("s start"), "{running}");
    let stopped = footer(vec![fixture::stopped("a")]);
    assert!(stopped.contains("s start") && !stopped.contains("x stop") && !stopped.contains("i input"), "{stopped}");
    let stopping = footer(vec![stopping("a", 10)]);
    assert!(stopping.contains("x next stage") && stopping.contains("c hold"), "{stopping}");
    // What is marked is what they act on, whatever is selected.
    let mut script = Script::sized((140, 30), vec![fixture::running("a", 10), fixture::stopped("b")]);
    script.keys("space");
    let marked = script.screen().lines().last().unwrap_or_default().to_owned();
    assert_eq!(script.selected(), "b");
    assert!(marked.contains("x stop") && marked.contains("r restart") && !marked.contains("s start"), "{marked}");
}

#[test]
fn a_countdown_ticks_ten_times_a_second_only_while_it_is_in_view() {
    let mut script = Script::new(vec![running("a", 10)]);
    assert_eq!(script.model.next_wake(), None, "nothing moves by itself");
    script.rows(vec![running("a", 10), stopping("web", 20)]);
    assert!(script.screen().contains("5.1s"), "{}", script.screen());
    script.model.take_dirty(script.now);
    assert_eq!(script.model.next_wake().map(|wake| wake.0 - script.now.0), Some(100));
    script.wait(1000).msg(Msg::Tick);
    assert!(script.screen().contains("4.1s"), "{}", script.screen());
    script.keys("enter");
    assert_eq!(script.model.next_wake(), None, "the log in full size has no countdown");
}

#[test]
fn nothing_counts_down_once_the_supervisor_is_gone() {
    let mut script = Script::sized((120, 30), vec![stopping("web", 20)]);
    script.msg(Msg::SupervisorGone);
    assert_eq!(script.model.next_wake(), None);
    script.wait(3000).keys("j");
    assert!(script.screen().contains("5.1s"), "{}", script.screen());
}

#[test]
fn a_script_is_shown_with_its_lines() {
    let mut row = running("web", 10);
    let spec = ProcessSpec { program: Program::Shell("one\n  two\nthree\n".into()), ..ProcessSpec::clone(&row.spec) };
    row.spec = Arc::new(spec);
    let mut script = Script::sized((100, 30), vec![row]);
    let screen = script.keys("d").screen();
    let at = screen.lines().position(|line| line.contains("one")).unwrap();
    let shown: Vec<_> = screen.lines().skip(at).take(4).map(|line| line.trim().to_owned()).collect();
    assert_eq!(shown[..3], ["shell      one", "two", "three"]);
    assert!(shown[3].starts_with("folder"), "{screen}");
    assert!(script.keys("d y").screen().contains("one ⏎   two ⏎ three"), "{}", script.screen());
}

#[test]
fn a_clock_that_was_set_does_not_change_what_is_left() {
    let mut script = Script::new(vec![]);
    let mut later = Snapshot::clone(&fixture::snapshot_at(2, vec![stopping("web", 20)]));
    script.now.0 += 7_200_000;
    later.at = fixture::NOW;
    script.msg(Msg::Snapshot(Arc::new(later)));
    assert!(script.screen().contains("5.1s"), "{}", script.screen());
}

#[test]
fn child_output_keeps_its_colours_but_not_in_mono() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.log("web", 3);
    for line in &mut script.model.log.lines {
        line.spans[0].style = ratatui::style::Style::new().fg(Color::Indexed(2)).add_modifier(Modifier::BOLD);
    }
    let cell = |model: &Model| buffer(model)[(1, model.areas().log.y)].clone();
    assert_eq!(cell(&script.model).fg, Color::Indexed(2));
    script.model.look = fixture::look(ThemeName::Mono, GlyphSet::Unicode);
    assert_eq!(cell(&script.model).fg, Color::Reset);
    assert!(cell(&script.model).modifier.contains(Modifier::BOLD));
}

#[test]
fn wide_characters_in_a_log_do_not_shift_what_follows() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.log("web", 1);
    "日本⚠\u{fe0f}e\u{301}|".clone_into(&mut script.model.log.lines[0].spans[0].text);
    let (buffer, log) = (buffer(&script.model), script.model.areas().log);
    let symbols: Vec<&str> = (1..8).map(|x| buffer[(x, log.y)].symbol()).collect();
    assert_eq!(symbols, ["日", " ", "本", " ", "⚠", "e\u{301}", "|"]);
    script.model.log.left = 1;
    let buffer = crate::tui::script::buffer(&script.model);
    assert_eq!(buffer[(1, log.y)].symbol(), " ", "half of a character is a blank");
    assert_eq!(buffer[(2, log.y)].symbol(), "本");
}

#[test]
fn a_zombie_is_counted_and_explained() {
    let mut script = Script::sized((120, 30), vec![with_zombie("web", 41180)]);
    assert!(script.screen().contains("Z 1 zombie"));
    let details = script.keys("d").screen();
    assert!(details.contains("Z     41189 esbuild: zombie: parent node (41188) has not reaped it"), "{details}");
}

#[test]
fn whom_keys_act_on_is_in_view_as_long_as_there_is_a_second_line() {
    for size in [(29, 20), (80, 5), (20, 3), (12, 2)] {
        let mut script = Script::sized(size, shop());
        for _ in 0..8 {
            let selected = script.selected().to_owned();
            let screen = script.screen();
            let row = screen.lines().find(|line| line.contains(&selected[..selected.len().min(3)]));
            assert!(row.is_some(), "{size:?}: {selected} in\n{screen}");
            script.keys("j");
        }
    }
}

#[test]
fn a_stop_says_which_stage_runs_and_cuts_no_word_without_a_mark() {
    let at_stage = |number: u8, held: bool| {
        let mut row = stopping("web", 20);
        let Phase::Stopping(stopping) = &mut row.phase else { return row };
        stopping.held = held;
        if let Some(stage) = &mut stopping.stage {
            (stage.number, stage.until) = (number, fixture::NOW + Duration::from_millis(8700));
        }
        row
    };
    for width in [60, 80, 100, 120, 160, 200] {
        for number in [1, 2] {
            let screen = Script::sized((width, 24), vec![at_stage(number, false)]).screen();
            let stage = format!("TERM {number}/3 ");
            assert!(screen.contains(&stage) && screen.contains("8.7s"), "{width}: {screen}");
        }
        let screen = Script::sized((width, 24), vec![at_stage(2, true)]).screen();
        let line = screen.lines().find(|line| line.contains("TERM 2/3 held")).unwrap_or_default();
        assert!(!line.contains("(x") || line.contains("(x next)") || line.contains("X kill)"), "{width}: {screen}");
        assert!(!line.is_empty(), "{width}: {screen}");
    }
}

#[test]
fn the_footer_shows_the_keys_of_what_lies_on_top() {
    let mut script = Script::sized((120, 50), shop());
    script.log("web", 10);
    for (keys, expected) in
        [("X", "choose"), ("?", "enter run"), (":", "enter run"), ("ctrl-f 0 0 enter", "enter show")]
    {
        let screen = script.keys(keys).screen();
        let footer = screen.lines().last().unwrap();
        assert!(footer.contains(expected) && footer.contains("esc close"), "{keys}: {footer}");
        assert!(!footer.contains("restart") && !footer.contains("? help"), "{keys}: {footer}");
        assert!(screen.matches("esc").count() > 1, "it says so itself: {screen}");
        assert!(script.keys("esc").screen().lines().last().unwrap().contains("? help"));
    }
}
