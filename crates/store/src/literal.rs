//! Values written into a statement's text, for statements that travel several at a time: prepared
//! ones travel alone. Everything but numbers goes in hexadecimal, which nothing can break out of.

/// Bytes as a literal.
pub(crate) fn bytes(value: &[u8]) -> String {
    format!("x'{}'", hex::encode(value))
}

/// Text of an ASCII column as a literal. The introducer makes it comparable through an index.
pub(crate) fn text(value: &str) -> String {
    format!("_ascii {}", bytes(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_literal() {
        assert_eq!(
            text("a' OR 1=1 -- \\"),
            "_ascii x'6127204f5220313d31202d2d205c'"
        );
        assert_eq!(bytes(&[0, 0x27, 0xff]), "x'0027ff'");
        assert_eq!(bytes(b""), "x''");
    }
}
