//! Confluent wire format: a zero byte, the schema id as four bytes big endian, then the Avro datum.

const MAGIC: u8 = 0;
const HEADER_BYTES: usize = 5;

/// Why a record value is not in the wire format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Shorter than the five header bytes.
    #[error("value of {bytes} bytes is shorter than the 5-byte schema header")]
    Short {
        /// Length of the value.
        bytes: usize,
    },
    /// The first byte is not zero.
    #[error("value starts with byte {found:#04x} instead of the magic byte 0x00")]
    Magic {
        /// The byte found.
        found: u8,
    },
}

/// Puts the header for `schema_id` before `datum`.
pub fn frame(schema_id: u32, datum: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEADER_BYTES + datum.len());
    value.push(MAGIC);
    value.extend_from_slice(&schema_id.to_be_bytes());
    value.extend_from_slice(datum);
    value
}

/// Splits a record value into schema id and Avro datum.
///
/// # Errors
/// [`WireError`] when the header is cut off or not ours.
pub fn split(value: &[u8]) -> Result<(u32, &[u8]), WireError> {
    match value {
        [MAGIC, a, b, c, d, datum @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), datum)),
        [MAGIC, ..] | [] => Err(WireError::Short { bytes: value.len() }),
        [found, ..] => Err(WireError::Magic { found: *found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_header_is_zero_then_the_id_big_endian() {
        assert_eq!(frame(0x0102_0304, &[9]), [0, 1, 2, 3, 4, 9]);
    }

    #[test]
    fn cut_off_and_foreign_values_are_named() {
        assert_eq!(split(&[]), Err(WireError::Short { bytes: 0 }));
        assert_eq!(split(&[0, 1, 2]), Err(WireError::Short { bytes: 3 }));
        assert_eq!(split(b"{\"a\":1}"), Err(WireError::Magic { found: b'{' }));
    }

    proptest! {
        #[test]
        fn what_was_framed_splits_into_the_same_parts(id: u32, datum: Vec<u8>) {
            let value = frame(id, &datum);
            prop_assert_eq!(split(&value), Ok((id, datum.as_slice())));
        }

        #[test]
        fn no_value_makes_split_panic(value: Vec<u8>) {
            if let Ok((id, datum)) = split(&value) {
                prop_assert_eq!(frame(id, datum), value);
            }
        }
    }
}
