//! Made-up people.

use rand::{Rng, RngExt};

use super::words::{BIO_OPENINGS, BIO_SUBJECTS, FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, PLACES};

/// A person.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) age: u32,
    pub(super) place: (&'static str, &'static str, &'static str, f64, f64),
}

impl Person {
    pub(super) fn draw(rng: &mut (impl Rng + ?Sized)) -> Self {
        let (first, last) = (pick(rng, &FIRST_NAMES), pick(rng, &LAST_NAMES));
        let number: u32 = rng.random_range(1..10_000);
        let domain = pick(rng, &MAIL_DOMAINS);
        Self {
            name: format!("{first} {last}"),
            email: format!("{}.{}{number}@{domain}", ascii(first), ascii(last)),
            age: rng.random_range(18..=80),
            place: pick(rng, &PLACES),
        }
    }
}

/// One of `options`, which is never empty.
pub(super) fn pick<T: Copy, const N: usize>(rng: &mut (impl Rng + ?Sized), options: &[T; N]) -> T {
    options[rng.random_range(0..N)]
}

/// A few sentences about a person.
pub(super) fn bio(rng: &mut (impl Rng + ?Sized), sentences: usize) -> String {
    let sentences: Vec<_> = (0..sentences)
        .map(|_| format!("{} {}.", pick(rng, &BIO_OPENINGS), pick(rng, &BIO_SUBJECTS)))
        .collect();
    sentences.join(" ")
}

/// A random UUID (version 4).
pub(super) fn uuid(rng: &mut (impl Rng + ?Sized)) -> String {
    let mut octets = [0; 16];
    rng.fill_bytes(&mut octets);
    octets[6] = octets[6] & 0x0F | 0x40;
    octets[8] = octets[8] & 0x3F | 0x80;
    let digits = hex::encode(octets);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

/// The letters of `name` that an e-mail address can have without quoting.
fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}
