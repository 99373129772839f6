//! Typed reading of TOML values that keeps their place: every wrong type becomes a diagnostic, never an early return.
//!
//! Must not know what a key means. Used by `process`, `policy` and `program`, which do.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::diagnostic::Diagnostic;
use super::keys::{self, Key, Section};
use crate::domain::ProcessName;

/// A value and its place.
pub(super) type Value<'d> = Spanned<DeValue<'d>>;

/// What has been found so far, and about whom.
#[derive(Debug, Default)]
pub(super) struct Findings {
    items: Vec<Diagnostic>,
    subject: Option<(String, Option<ProcessName>)>,
}

impl Findings {
    /// From here on, findings are about the process typed as `typed`.
    pub(super) fn begin(&mut self, typed: &str, name: Option<ProcessName>) {
        self.subject = Some((typed.to_owned(), name));
    }

    /// From here on, findings are about no process.
    pub(super) fn end(&mut self) {
        self.subject = None;
    }

    pub(super) fn push(&mut self, mut item: Diagnostic) {
        if let Some((typed, name)) = &self.subject {
            item.message = format!("process {typed:?}: {}", item.message);
            item.process.clone_from(name);
        }
        self.items.push(item);
    }

    pub(super) fn into_items(self) -> Vec<Diagnostic> {
        self.items
    }
}

/// A known key with what was typed for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'t, 'd> {
    pub(super) key: &'static Key,
    pub(super) key_span: (usize, usize),
    pub(super) value: &'t Value<'d>,
}

/// The known keys of one table.
#[derive(Debug)]
pub(super) struct Fields<'t, 'd>(BTreeMap<&'static str, Field<'t, 'd>>);

impl<'t, 'd> Fields<'t, 'd> {
    pub(super) fn get(&self, name: &str) -> Option<Field<'t, 'd>> {
        self.0.get(name).copied()
    }
}

/// The entries of a table in the order of the file; the parser sorts them by name.
pub(super) fn in_file_order<'t, 'd>(table: &'t DeTable<'d>) -> Vec<(&'t Spanned<DeString<'d>>, &'t Value<'d>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Sorts the entries of `table` into the known keys of `section` and a finding for each unknown one.
pub(super) fn fields<'t, 'd>(table: &'t DeTable<'d>, section: Section, findings: &mut Findings) -> Fields<'t, 'd> {
    let mut known = BTreeMap::new();
    for (typed, value) in in_file_order(table) {
        let Range { start, end } = typed.span();
        match keys::key(section, typed.get_ref()) {
            Some(key) => drop(known.insert(key.name, Field { key, key_span: (start, end), value })),
            None => findings.push(unknown(section, typed, value)),
        }
    }
    Fields(known)
}

fn unknown(section: Section, typed: &Spanned<DeString<'_>>, value: &Value<'_>) -> Diagnostic {
    let name = typed.get_ref();
    let looks_like_process =
        value.get_ref().as_table().is_some_and(|table| table.contains_key("command") || table.contains_key("shell"));
    let hint = if section == Section::Top && looks_like_process {
        format!("did you mean [process.{name}]?")
    } else {
        keys::suggest(section, name)
    };
    let label = format!("not a key of {}", section.title());
    Diagnostic::fault(typed.span(), format!("unknown key {name:?}")).because(label).hint(hint)
}

impl<'t, 'd> Field<'t, 'd> {
    /// Where the value stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Where the key stands.
    pub(super) fn name_span(&self) -> Range<usize> {
        self.key_span.0..self.key_span.1
    }

    /// The finding that this value is of no type the key takes.
    pub(super) fn wrong_type(&self) -> Diagnostic {
        self.wrong_type_at(self.value)
    }

    /// The finding that `part` of this value is of no type the key takes.
    pub(super) fn wrong_type_at(&self, part: &Value<'_>) -> Diagnostic {
        Diagnostic::fault(part.span(), format!("\"{}\" takes {}", self.key.name, self.key.types))
            .because(format!("this is {}", type_words(part.get_ref())))
            .hint(format!("write it like {}", self.key.example))
    }

    pub(super) fn text(&self, findings: &mut Findings) -> Option<&'t str> {
        let text = self.value.get_ref().as_str();
        if text.is_none() {
            findings.push(self.wrong_type());
        }
        text
    }

    /// A text that some system call will take, which no NUL may enter.
    pub(super) fn text_without_nul(&self, findings: &mut Findings) -> Option<&'t str> {
        let text = self.text(findings)?;
        match nul_in(text, self.span()) {
            None => Some(text),
            Some(fault) => {
                findings.push(fault);
                None
            }
        }
    }

    pub(super) fn truth(&self, findings: &mut Findings) -> Option<bool> {
        let truth = self.value.get_ref().as_bool();
        if truth.is_none() {
            let mut fault = self.wrong_type();
            let name = self.key.name;
            match self.value.get_ref().as_str() {
                Some("true" | "yes" | "on") => fault = fault.hint(format!("write {name} = true, without quotes")),
                Some("false" | "no" | "off") => fault = fault.hint(format!("write {name} = false, without quotes")),
                Some(_) | None => {}
            }
            findings.push(fault);
        }
        truth
    }

    pub(super) fn table(&self, findings: &mut Findings) -> Option<&'t DeTable<'d>> {
        let table = self.value.get_ref().as_table();
        if table.is_none() {
            findings.push(self.wrong_type());
        }
        table
    }

    /// A whole number from `least` to `u32::MAX`.
    pub(super) fn number(&self, least: u32, findings: &mut Findings) -> Option<u32> {
        let Some(typed) = self.value.get_ref().as_integer() else {
            findings.push(self.wrong_type());
            return None;
        };
        let number = u32::from_str_radix(typed.as_str(), typed.radix()).ok().filter(|number| *number >= least);
        if number.is_none() {
            let message = format!("\"{}\" cannot be {typed}", self.key.name);
            let label = format!("must be from {least} to {}", u32::MAX);
            let hint = format!("write it like {}", self.key.example);
            findings.push(Diagnostic::fault(self.span(), message).because(label).hint(hint));
        }
        number
    }
}

/// The fault of a text that no system call would take.
pub(super) fn nul_in(text: &str, span: Range<usize>) -> Option<Diagnostic> {
    text.contains('\0').then(|| {
        let fault = Diagnostic::fault(span, "a NUL character (\\u0000) cannot be handed to a program");
        fault.because("contains NUL").hint("remove it; for binary data let the program read a file")
    })
}

/// The type of a value, in words that follow "this is".
pub(super) fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
