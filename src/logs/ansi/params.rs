//! The numbers of a control sequence, without taking memory: a hostile one may hold a megabyte of them.

/// Numbers of one parameter that are kept; `38:2:SPACE:R:G:B` has six.
const PARTS: usize = 6;

/// One parameter: a number, and those joined to it by colons.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Param {
    parts: [u16; PARTS],
    last: usize,
}

impl Param {
    /// The first number; absent is 0.
    pub(super) const fn code(&self) -> u16 {
        self.parts[0]
    }

    /// What follows the first number after colons.
    pub(super) fn details(&self) -> &[u16] {
        &self.parts[1..=self.last]
    }
}

/// The parameters in a text of digits, `;` and `:`. An empty text is one parameter.
pub(super) struct Params<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { rest: Some(text.as_bytes()) }
    }

    /// The next parameter's first number; 0 when there is none.
    pub(super) fn next_code(&mut self) -> u16 {
        self.next().map_or(0, |param| param.code())
    }
}

impl Iterator for Params<'_> {
    type Item = Param;

    fn next(&mut self) -> Option<Param> {
        let rest = self.rest.take()?;
        let (mut param, mut part) = (Param::default(), 0);
        for (i, byte) in rest.iter().enumerate() {
            match byte {
                b';' => {
                    self.rest = Some(&rest[i + 1..]);
                    break;
                }
                b':' => {
                    part += 1;
                    param.last = part.min(PARTS - 1);
                }
                digit => {
                    if let Some(number) = param.parts.get_mut(part) {
                        *number = number.saturating_mul(10).saturating_add(u16::from(digit.wrapping_sub(b'0')));
                    }
                }
            }
        }
        Some(param)
    }
}
