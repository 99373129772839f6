//! A short, stable digest that keeps two projects of one name apart.
//!
//! Must not know what it digests. The standard library's hashers promise nothing across versions, and this one names a
//! directory that has to be found again by every later version; hence FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>,
//! RFC 9923), whose constants never change.

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a, 64 bit.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Eight hexadecimal digits for `bytes`: the 64 bit hash folded in half, as its authors recommend.
pub(super) fn short(bytes: &[u8]) -> String {
    let hash = fnv1a(bytes);
    format!("{:08x}", (hash >> 32) as u32 ^ hash as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_vectors_hold() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
