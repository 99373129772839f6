//! Env files: what becomes a variable as it stands, and what is refused by its line.

use proptest::prelude::*;

use crate::config::env_file::{Fault, Wrong, parse};

/// The variables of `text` as `KEY=value`, or its faults.
fn read(text: &str) -> Result<Vec<String>, Vec<Fault>> {
    let joined = |(key, value)| format!("{key}={value}");
    parse(text.as_bytes()).map(|variables| variables.into_iter().map(joined).collect())
}

#[track_caller]
fn gives(text: &str, expected: &[&str]) {
    assert_eq!(read(text), Ok(expected.iter().map(ToString::to_string).collect()), "{text:?}");
}

#[track_caller]
fn is_refused(text: &str, expected: &[(usize, &str, Wrong)]) {
    let key = |key: &str| Some(key.to_owned()).filter(|key| !key.is_empty());
    let fault = |(line, name, what): &(usize, &str, Wrong)| Fault { line: *line, key: key(name), what: *what };
    let expected: Vec<_> = expected.iter().map(fault).collect();
    assert_eq!(read(text), Err(expected), "{text:?}");
}

#[test]
fn a_value_without_quotes_is_what_stands_there() {
    for line in [
        "PW=pa$$word9",
        "HASH=$2y$10$abcdefgh",
        "J={\"a\":1}",
        "P=My App",
        "WIN=C:\\Users\\new",
        "MY-KEY=1",
        "a.b=1",
        "größe=5 µm",
        "URL=http://x/?a=b&c=#d",
        "COLOR=#ff0000",
        "Q=it's \"so\"",
        "CMD=`id` $(id) ${A:-b} ~ *",
        "EMPTY=",
        "TAB=a\tb",
    ] {
        gives(line, &[line]);
    }
    gives(
        "  A \t= \t b c \t\nexport B=1\nexport\t C = 2\nexport=3\nexported=4",
        &["A=b c", "B=1", "C=2", "export=3", "exported=4"],
    );
}

#[test]
fn comments_blank_lines_marks_and_line_ends_are_no_part_of_a_value() {
    gives("", &[]);
    gives("\n \t\n# A=1\n  # B=2\n", &[]);
    gives("A=1 # one\nB= # none\nC=a#b\t#c", &["A=1", "B=", "C=a#b"]);
    gives("\u{feff}A=1\r\n\r\n# x\r\nB=\"2\"\r\nC='3' # x\r\nD=4\r", &["A=1", "B=2", "C=3", "D=4"]);
    gives("A=1\nA=2", &["A=1", "A=2"]);
}

#[test]
fn quotes_are_taken_off_and_only_double_ones_have_escapes() {
    gives(r#"A="s3cr$t!""#, &["A=s3cr$t!"]);
    gives(r#"A=" $HOME # x ""#, &["A= $HOME # x "]);
    gives(r#"A="a\tb\r\"\\\$\n" # x"#, &["A=a\tb\r\"\\$\n"]);
    gives(r#"A="C:\Users\x" "#, &["A=C:\\Users\\x"]);
    gives(r"A='$HOME \n \' ", &["A=$HOME \\n \\"]);
    gives(r#"J='{"a":"it is"}'"#, &[r#"J={"a":"it is"}"#]);
    gives("A=''\nB=\"\"", &["A=", "B="]);
    gives("PEM=\"-----\r\na=b\r\n# c\n\"\r\nB='1\n2'\nC=3", &["PEM=-----\na=b\n# c\n", "B=1\n2", "C=3"]);
}

#[test]
fn every_line_that_is_no_variable_is_told_by_its_number() {
    is_refused("A=1\n\nhunter2\nB=2\nexport C", &[(3, "", Wrong::NoValue), (5, "", Wrong::NoValue)]);
    is_refused("=1\n\"A\"=1\nA B=1\nKEY: x=1\n", &[1, 2, 3, 4].map(|line| (line, "", Wrong::Name)));
    is_refused(
        "A='x'y\nB=\"a\"b\"\nC='1'#2\nD='1' 2",
        &[(1, "A", Wrong::Behind), (2, "B", Wrong::Behind), (3, "C", Wrong::Behind), (4, "D", Wrong::Behind)],
    );
    is_refused("A='1\n2'3\nB", &[(2, "A", Wrong::Behind), (3, "", Wrong::NoValue)]);
    is_refused("A=1\nPW=\"x\nB=1\nnothing", &[(2, "PW", Wrong::Unclosed)]);
    is_refused("A='", &[(1, "A", Wrong::Unclosed)]);
    is_refused("A=1\0\nB='\0'", &[(1, "A", Wrong::Nul), (2, "B", Wrong::Nul)]);
    is_refused(&format!("{}='", "k".repeat(61)), &[(1, "", Wrong::Unclosed)]);
    is_refused("a/b+c='", &[(1, "", Wrong::Unclosed)]);
    let utf16 = parse(b"\xff\xfeA\0=\x001\0").unwrap_err();
    assert_eq!(utf16, [Fault { line: 1, key: None, what: Wrong::Encoding }]);
    assert_eq!(parse(b"A=1\nB=gr\xfcn\n").unwrap_err()[0].line, 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_quoted_comes_out_again(value in "[^\0\r]*") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(read(&format!("A=\"{escaped}\"\nB=1")), Ok(vec![format!("A={value}"), "B=1".to_owned()]));
        let literal = value.replace('\'', "");
        prop_assert_eq!(read(&format!("A='{literal}'\nB=1")), Ok(vec![format!("A={literal}"), "B=1".to_owned()]));
    }

    #[test]
    fn whatever_is_read_lines_lie_inside_the_file(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "[A='\"# \\\\\r\n]*") {
        for bytes in [&bytes[..], text.as_bytes()] {
            let n_lines = bytes.split(|byte| *byte == b'\n').count();
            for fault in parse(bytes).err().unwrap_or_default() {
                prop_assert!((1..=n_lines).contains(&fault.line), "{fault:?}");
            }
        }
    }
}
