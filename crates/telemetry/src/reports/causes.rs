//! An error and what caused it, as types and texts.

use std::error::Error;
use std::fmt;

use tracing::field::{Field, Visit};

/// More causes than these are of no use to anybody, and an error may be its own source.
const MOST: usize = 16;

/// One error of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Its type, a word of few values.
    pub(crate) class: String,
    /// What it said.
    pub(crate) message: String,
}

impl Cause {
    /// An error and its sources, outermost first.
    pub(crate) fn chain(error: &dyn Error) -> Vec<Self> {
        let (mut chain, mut next) = (vec![Self::of(error)], error.source());
        while let Some(error) = next.filter(|_| chain.len() < MOST) {
            chain.push(Self::of(error));
            next = error.source();
        }
        chain
    }

    fn of(error: &dyn Error) -> Self {
        Self { class: class(error), message: error.to_string() }
    }
}

/// The name of an error's type. A `dyn Error` does not know it, but derived `Debug` output begins with it.
fn class(error: &dyn Error) -> String {
    let mut begin = Begin(String::new());
    // It ends with an error as soon as enough is known.
    let _ = fmt::write(&mut begin, format_args!("{error:?}"));
    let begin = begin.0;
    let end = begin.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(begin.len());
    let name = begin[..end].trim_matches(':');
    if name.starts_with(|c: char| c.is_uppercase()) { name.to_owned() } else { "Error".to_owned() }
}

/// The first bytes of what is written; `Debug` output may be long.
struct Begin(String);

impl fmt::Write for Begin {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const ENOUGH: usize = 80;
        self.0.push_str(text);
        if self.0.len() < ENOUGH { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Reads the first field of an event that holds an error.
#[derive(Default)]
pub(super) struct Causes(pub(super) Vec<Cause>);

impl Visit for Causes {
    fn record_error(&mut self, _: &Field, error: &(dyn Error + 'static)) {
        if self.0.is_empty() {
            self.0 = Cause::chain(error);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("failed to load `londo`")]
    struct LoadError(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    enum Inner {
        #[error("the disk is on fire")]
        Disk { heat: u32 },
    }

    #[test]
    fn a_chain_is_told_from_the_outermost_on() {
        let chain = Cause::chain(&LoadError(Inner::Disk { heat: 1 }));

        let cause = |class: &str, message: &str| Cause { class: class.into(), message: message.into() };
        assert_eq!(
            chain,
            [cause("LoadError", "failed to load `londo`"), cause("Disk", "the disk is on fire")]
        );
    }

    #[test]
    fn an_error_that_does_not_tell_its_type_is_an_error() {
        for (error, class) in [
            (std::io::Error::other("x").into(), "Custom"),
            (Box::<dyn Error>::from("just a text"), "Error"),
            ("1".parse::<bool>().unwrap_err().into(), "ParseBoolError"),
        ] {
            assert_eq!(self::class(&*error), class, "{error:?}");
        }
    }

    #[test]
    fn an_endless_chain_ends() {
        #[derive(Debug, thiserror::Error)]
        #[error("again")]
        struct Endless;
        #[derive(Debug)]
        struct Again;
        impl fmt::Display for Again {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("again")
            }
        }
        impl Error for Again {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Again)
            }
        }

        assert_eq!(Cause::chain(&Again).len(), MOST);
        assert_eq!(Cause::chain(&Endless).len(), 1);
    }
}
