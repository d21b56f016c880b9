//! Hash slots of Redis Cluster: keys of one command have to lie in one.

const SLOTS: u16 = 16_384;
const POLYNOMIAL: u16 = 0x1021;

/// The slot of `key`: that of what stands between the first `{` and the next `}`, unless that is nothing.
pub fn slot(key: &[u8]) -> u16 {
    let tag = key.iter().position(|&byte| byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|&byte| byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// Whether a cluster would take a command with these keys.
pub fn one_slot<'a>(keys: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut slots = keys.into_iter().map(slot);
    match slots.next() {
        None => true,
        Some(first) => slots.all(|slot| slot == first),
    }
}

/// CRC16, XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ POLYNOMIAL,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // Redis Cluster's specification and documentation.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot(b"somekey"), 11058);
        assert_eq!(slot(b"foo{hash_tag}"), 2515);
        assert_eq!(slot(b"{user1000}.following"), slot(b"{user1000}.followers"));
        assert_eq!(slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
    }

    #[test]
    fn keys_with_one_tag_lie_in_one_slot_and_others_seldom_do() {
        assert!(one_slot([&b"ns:{a}:floor"[..], b"ns:{a}:document"]));
        assert!(!one_slot([&b"ns:{a}:floor"[..], b"ns:{b}:floor"]));
        assert!(one_slot([]));
    }
}
