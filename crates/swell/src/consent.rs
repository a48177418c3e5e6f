//! Consent to spend real money: an option, or the chain's id typed by a person.

use std::io::{BufRead, IsTerminal, Write};

use swell_core::units::Wei;

/// Why there is no consent. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Nobody can be asked.
    #[error(
        "chain {chain_id} may hold real money and nobody can be asked; expected --yes-real-money, \
         which consents to spend up to {limit} wei"
    )]
    NobodyToAsk {
        /// The chain.
        chain_id: u64,
        /// What may be spent.
        limit: Wei,
    },
    /// Something else was typed.
    #[error("the chain's id was not typed: nothing is spent")]
    Refused,
    /// The terminal failed.
    #[error("the terminal could not be read")]
    Terminal(#[source] std::io::Error),
}

/// Asks on the terminal whether up to `limit` of real money may be spent; not where the standard
/// input has another use.
///
/// # Errors
/// [`ConsentError`].
pub fn ask(chain_id: u64, limit: Wei, can_be_asked: bool) -> Result<(), ConsentError> {
    let stdin = std::io::stdin();
    if !can_be_asked || !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return Err(ConsentError::NobodyToAsk { chain_id, limit });
    }
    put(&mut std::io::stderr(), &mut stdin.lock(), chain_id, limit)
}

fn put(
    to: &mut impl Write,
    from: &mut impl BufRead,
    chain_id: u64,
    limit: Wei,
) -> Result<(), ConsentError> {
    write!(
        to,
        "Chain {chain_id} may hold real money. To spend up to {limit} wei ({} tokens) on it, type \
         its id: ",
        limit.as_tokens_f64()
    )
    .and_then(|()| to.flush())
    .map_err(ConsentError::Terminal)?;
    let mut line = String::new();
    from.read_line(&mut line).map_err(ConsentError::Terminal)?;
    if line.trim().parse() == Ok(chain_id) { Ok(()) } else { Err(ConsentError::Refused) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &str) -> Result<(), ConsentError> {
        let (mut shown, limit) = (Vec::new(), Wei::from_tokens(2));
        let answer = put(&mut shown, &mut words.as_bytes(), 1480, limit);
        assert!(String::from_utf8(shown).unwrap().contains("2000000000000000000 wei"));
        answer
    }

    #[test]
    fn only_the_chains_id_is_consent() {
        assert!(typed("1480\n").is_ok());
        for other in ["", "yes\n", "y\n", "14800\n"] {
            assert!(matches!(typed(other), Err(ConsentError::Refused)), "{other}");
        }
    }
}
