//! Children that print what a terminal would obey: nothing of it reaches the person's terminal, and memory stays bounded.

use std::time::Duration;

use super::sequences::foreign;
use super::{attached, says, script};
use crate::support::{Screen, isolated, pause, wait_within};

/// One of each kind of thing that a terminal obeys and a child behind `pm` must not say to it.
const CORPUS: &str = r#"
    p() { printf "$@"; }
    p '\e]0;HOSTILE TITLE\a'
    p '\e]2;HOSTILE \e[31m\a'
    p '\e]52;c;aG9zdGlsZQ==\a'
    p '\e]52;p;?\e\\'
    p '\e]8;;http://hostile.example/\e\\link\e]8;;\e\\'
    p '\e]9;notify\a\e]777;notify;a;b\a\e]99;;x\e\\'
    p '\e]4;1;#123456\a\e]10;#000000\a\e]11;?\a\e]104\a'
    p '\e]1337;File=inline=1:AAAA\a\e]50;font\a'
    p '\ePq#0;2;0;0;0#0~~@@vv\e\\'
    p '\eP+q544e\e\\\eP$qm\e\\'
    p '\e_Ga=T,f=100;AAAA\e\\'
    p '\e^private\e\\\eXstart of string\e\\'
    p '\e[?1000h\e[?1002h\e[?1003h\e[?1006h\e[?1015h\e[?1005h'
    p '\e[?1004h\e[?2004h\e[?9h\e[?1001h\e[?47h\e[?1047h'
    p '\e[>1u\e[=5;1u\e[?u\e[>4;2m'
    p '\e[c\e[>c\e[=c\e[5n\e[6n\e[?6n\e[18t\e[14t\e[21t\e[x\e[?996n'
    p '\e[8;10;10t\e[3;0;0t\e[2t\e[9;1t\e[22;2t\e[23;2t'
    p '\e[5i\e[4i\e[?5i'
    p '\e#8\ec\e[!p\e[61"p\e[2*x'
    p '\e[?1049hon the other screen\e[?1049l'
    p '\e[3;10r\e[?6h\e[?5h\e[?7l\e[20h\e[4h'
    p '\e[6 q\e[?12h\e]12;red\a'
    p '\e(0qqq\e(B\016xx\017'
    p '\x9b31m\x9d0;eight bits\x9c\x90q\x9c\xc2\x9b31m\xc2\x9d0;title\x07'
    p '\a\a\x05\x7f\x00\x1a\x18'
    p '\xe2\x80\xae reversed \xe2\x81\xa6 isolated'
    p 'a%.0s\xcc\x81' $(seq 500)
    p '\e[999999999999;99999999H\e[99999@\e[99999L\e[99999P\e[65535b'
    p '\e[2026h\e[?2026h held back for ever'
    p '\e['
"#;

fn corpus_and(then: &str) -> String {
    format!("{CORPUS}\n    p 'x\\e[m\\e[?2026l'; {then}")
}

fn assert_clean(screen: &Screen) {
    let found = foreign(&screen.raw());
    assert!(found.is_empty(), "not pm's own: {found:#?}");
}

#[test]
fn no_sequence_of_a_child_reaches_the_terminal() {
    isolated(|| {
        let project = script(&corpus_and("printf '\\ec\\e[HEVERYTHING SAID'; sleep 1000"));
        project.up();
        let mut screen = attached(&project, "it");
        screen.wait_text("EVERYTHING SAID");
        screen.keys("typed\x1b[A\x1b[<0;5;5M\x1b[5;2~");
        pause(Duration::from_millis(300));
        screen.keys("\x1b[24~");
        screen.wait_no_text("attached to");
        // Its log, as lines.
        screen.keys("KKKK");
        pause(Duration::from_millis(300));
        screen.keys("f");
        screen.keys("d");
        screen.wait_text("command");
        screen.keys("d");
        super::detach(&mut screen);
        assert_clean(&screen);
        let mut alone = Screen::open(&project, &["attach", "it"], 24, 80);
        alone.wait_text("EVERYTHING SAID");
        alone.keys("\x1b[24~");
        alone.wait_exit();
        alone.wait_restored();
        assert_clean(&alone);
        project.down();
    });
}

#[test]
fn a_child_that_ends_on_the_alternate_screen_leaves_ours_alone() {
    isolated(|| {
        let project = script(&corpus_and("printf '\\e[?1049h\\e[?1003h\\e[?25l\\e[HGONE'; sleep 0.5; kill -9 $$"));
        project.up();
        let mut alone = Screen::open(&project, &["attach", "it"], 24, 80);
        assert_eq!(alone.wait_exit().code(), Some(1));
        alone.wait_restored();
        says(&alone, "it has ended: ");
        assert_clean(&alone);
        project.down();
    });
}

#[test]
fn a_string_without_end_takes_no_memory() {
    isolated(|| {
        let script_text = "stty raw; printf 'before\\e]52;c;'; head -c 300000000 /dev/zero | tr '\\0' A; \
                           printf '\\a\\e[HAFTER IT ALL'; sleep 1000";
        let project = script(script_text);
        project.up();
        let screen = attached(&project, "it");
        let memory = || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", screen.pid())).unwrap();
            let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
        };
        let before = memory();
        // How long so much takes through a terminal is the machine's affair; it is the memory that has a bound.
        wait_within(Duration::from_mins(2), "all of it was printed", || {
            let shown = screen.contents();
            if shown.contains("AFTER IT ALL") { Ok(()) } else { Err(shown) }
        });
        let grown = memory().saturating_sub(before);
        assert!(grown < 24, "{grown} MiB more at the peak");
        assert_clean(&screen);
        drop(screen);
        project.down();
    });
}
