//! Sizes.

/// `412 B`, `48.2 MiB`, `1.10 GiB`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let size = bytes as f64;
    if size < KIB {
        format!("{bytes} B")
    } else if size < KIB * KIB {
        format!("{:.1} KiB", size / KIB)
    } else if size < KIB * KIB * KIB {
        format!("{:.1} MiB", size / (KIB * KIB))
    } else {
        format!("{:.2} GiB", size / (KIB * KIB * KIB))
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_take_the_unit_that_fits() {
        let shown = [0, 1023, 1024, 50 << 20, 3 << 29].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "50.0 MiB", "1.50 GiB"]);
    }
}
