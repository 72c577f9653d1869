//! The checksum of FINGERPRINT: CRC-32 as in ISO 3309, by half bytes, since few packets carry one.

/// The remainders of the sixteen half bytes.
const TABLE: [u32; 16] = {
    let mut table = [0; 16];
    let mut half = 0;
    while half < 16 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 16")]
        let mut rest = half as u32;
        let mut bit = 0;
        while bit < 4 {
            rest = if rest & 1 == 1 {
                (rest >> 1) ^ 0xedb8_8320
            } else {
                rest >> 1
            };
            bit += 1;
        }
        table[half] = rest;
        half += 1;
    }
    table
};

/// The checksum of these parts, one after the other.
pub(super) fn crc32(parts: [&[u8]; 2]) -> u32 {
    let mut rest = u32::MAX;
    for byte in parts.into_iter().flatten() {
        rest ^= u32::from(*byte);
        for _ in 0..2 {
            rest = (rest >> 4) ^ TABLE[(rest & 15) as usize];
        }
    }
    !rest
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(super::crc32([b"1234", b"56789"]), 0xcbf4_3926);
    }
}
