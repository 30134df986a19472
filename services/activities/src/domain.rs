//! What may be written and searched for.

mod message;
mod search_term;
mod ttl;

pub(crate) use message::Message;
pub(crate) use search_term::SearchTerm;
pub(crate) use ttl::Ttl;

/// Which rule an input breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    #[error("the message is blank")]
    MessageBlank,
    #[error("the message is too long")]
    MessageTooLong,
    #[error("the message holds the character NUL")]
    MessageHoldsNul,
    #[error("there is no such time to live")]
    TtlUnknown,
    #[error("there is no such user")]
    AuthorUnknown,
    #[error("there is no activity to reply to")]
    ParentUnknown,
    #[error("the search term is blank")]
    SearchTermBlank,
}
