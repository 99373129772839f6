//! Many texts in one piece of memory, as they lie in a frame: an environment has a hundred of them, and each launch carries one.

use super::codec::{Fields, Malformed};

/// Texts one behind the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    count: u32,
    /// Of each its length (`u32`, little-endian), then its bytes, which are UTF-8.
    bytes: Vec<u8>,
}

impl Texts {
    /// Adds the text that these parts make.
    pub fn push(&mut self, parts: &[&str]) {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        self.bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        for part in parts {
            self.bytes.extend_from_slice(part.as_bytes());
        }
        self.count += 1;
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// None at all.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut fields = Fields(&self.bytes);
        // They were texts when they were put here, so all of them are.
        std::iter::from_fn(move || fields.str().ok())
    }

    /// As they lie in a frame: how many, then all of them.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.bytes);
    }

    /// Takes them from the front of `fields`, when all of them are there and are texts.
    pub(super) fn take(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        let count = fields.u32()?;
        let before = fields.0;
        for _ in 0..count {
            fields.str()?;
        }
        let bytes = &before[..before.len() - fields.0.len()];
        Ok(Self { count, bytes: bytes.to_vec() })
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.push(&[text.as_ref()]);
        }
        all
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_in_order() {
        let mut texts = Texts::default();
        assert!(texts.is_empty());
        texts.push(&["A", "=", "1"]);
        texts.push(&[]);
        texts.push(&["Ü=√"]);
        assert_eq!((texts.len(), texts.iter().collect::<Vec<_>>()), (3, vec!["A=1", "", "Ü=√"]));
        assert_eq!(texts, ["A=1", "", "Ü=√"].into_iter().collect());
        assert_eq!(format!("{texts:?}"), r#"["A=1", "", "Ü=√"]"#);
    }
}
