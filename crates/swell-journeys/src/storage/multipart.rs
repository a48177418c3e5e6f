//! Bodies of several parts.

use swell_vana::crc32c::crc32c;

/// A line that `content` does not have in it, to keep parts apart. The same for the same content.
pub(super) fn boundary(content: &[u8]) -> String {
    let mut boundary = format!("swell-{:08x}", crc32c(content));
    while content.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
        boundary.push('x');
    }
    boundary
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn content_never_ends_its_own_part(content in any::<Vec<u8>>(), copies in 0..4_usize) {
            let mut content = content;
            for _ in 0..copies {
                content.extend(boundary(&content).into_bytes());
            }
            let boundary = boundary(&content);
            let found = content.windows(boundary.len()).any(|part| part == boundary.as_bytes());
            prop_assert!(!found);
        }
    }
}
