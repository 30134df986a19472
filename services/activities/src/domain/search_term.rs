//! What is searched for.

use super::{Invalid, message};

/// A term that is not empty. Nothing is trimmed: a space is a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchTerm(String);

impl SearchTerm {
    pub(crate) fn parse(text: Option<String>) -> Result<Self, Invalid> {
        text.filter(|text| !text.is_empty()).map(Self).ok_or(Invalid::SearchTermBlank)
    }

    /// Whether any message can hold the term at all; otherwise the database need not be asked, which would refuse some
    /// of these terms.
    pub(crate) fn can_match(&self) -> bool {
        !self.0.contains('\0') && self.0.chars().count() <= message::LONGEST_CHARS
    }

    /// A pattern for `LIKE … ESCAPE '\'` on messages in lower case.
    pub(crate) fn like_pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.0.len() + 2);
        pattern.push('%');
        for character in self.0.to_lowercase().chars() {
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('%');
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> SearchTerm {
        SearchTerm::parse(Some(text.to_owned())).unwrap()
    }

    #[test]
    fn a_term_must_not_be_empty_and_is_not_trimmed() {
        assert_eq!(SearchTerm::parse(None), Err(Invalid::SearchTermBlank));
        assert_eq!(SearchTerm::parse(Some(String::new())), Err(Invalid::SearchTermBlank));
        assert_eq!(term(" ").like_pattern(), "% %");
    }

    #[test]
    fn wildcards_in_a_term_are_ordinary_characters() {
        assert_eq!(term(r"100%_\").like_pattern(), r"%100\%\_\\%");
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        assert_eq!(term("Öl ДОМ").like_pattern(), "%öl дом%");
    }

    #[test]
    fn what_no_message_can_hold_is_not_searched_for() {
        assert!(term(&"a".repeat(1024)).can_match());
        assert!(!term(&"a".repeat(1025)).can_match());
        assert!(!term("a\0").can_match());
    }
}
