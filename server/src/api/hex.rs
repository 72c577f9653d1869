//! Bytes as hexadecimal digits.

/// Two lower-case digits a byte.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_is_two_digits() {
        assert_eq!(super::of(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
    }
}
