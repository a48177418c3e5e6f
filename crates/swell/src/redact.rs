//! The second line of defence: what looks like a secret is masked before it is shown or logged.
//!
//! The first line is that keys and URLs wear types that do not show them.

use std::borrow::Cow;

use swell_core::journey::without_signatures;
use swell_core::target::SafeUrl;

/// What stands for a run of hexadecimal digits as long as a key.
const HEX_MASK: &str = "(hex masked)";

/// A key has 64 hexadecimal digits; longer runs may contain one.
const KEY_DIGITS: usize = 64;

/// Masks runs of 64 or more hexadecimal digits, of every URL all but scheme and host, and what signs a
/// URL that lacks them.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    // URLs first: a mask within one would end it too early.
    then(then(mask_urls(text), without_signatures), mask_hex)
}

fn then(text: Cow<'_, str>, mask: impl Fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => mask(text),
        Cow::Owned(text) => Cow::Owned(mask(&text).into_owned()),
    }
}

fn mask_hex(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut kept = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits >= KEY_DIGITS {
            masked.push_str(&text[kept..at]);
            masked.push_str(HEX_MASK);
            kept = at + digits;
        }
        at += digits.max(1);
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[kept..]);
    Cow::Owned(masked)
}

fn mask_urls(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(mark) = rest.find("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let start = rest[..mark]
            .rfind(|c| !is_scheme(c))
            .map_or(0, |before| before + rest[before..].chars().next().map_or(1, char::len_utf8));
        let ends_url =
            |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '|');
        let length = rest[mark..].find(ends_url).unwrap_or(rest.len() - mark);
        masked.push_str(&rest[..start]);
        masked.push_str(&SafeUrl::new(&rest[start..mark + length]).to_string());
        rest = &rest[mark + length..];
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_and_addresses_are_not() {
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        assert_eq!(redact(&format!("key 0x{key}.")), "key 0x(hex masked).");
        assert_eq!(redact(&format!("{key}00 é")), "(hex masked) é");
        let address = "from 0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF";
        assert_eq!(redact(address), address);
    }

    #[test]
    fn urls_keep_scheme_and_host_only() {
        for (text, shown) in [
            ("GET https://me:pw@rpc.example/v2/KEY failed", "GET https://rpc.example/… failed"),
            (
                "\"http://127.0.0.1:8545\" or ws://a/b?k=1, x",
                "\"http://127.0.0.1:8545\" or ws://a/… x",
            ),
            ("é://x/secret", "é://x/…"),
            ("/b/x?Signature=SECRET&a=1", "/b/x?Signature=…&a=1"),
            ("no url here", "no url here"),
        ] {
            assert_eq!(redact(text), shown);
        }
    }
}
