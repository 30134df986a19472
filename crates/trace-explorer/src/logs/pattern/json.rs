//! `{ $.trace_id = "…" && ($.status >= 500 || $.level = "ERR*") }`: conditions on the fields of a JSON message.
//!
//! What a message does not have fulfils no comparison, not even `!=`.

use serde_json::Value;

use super::PatternError;
use super::scan::Scanner;

/// Parentheses within parentheses.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// One of them holds.
    Any(Vec<Condition>),
    /// Each of them holds.
    All(Vec<Condition>),
    Field(Selector, Test),
}

/// The way to a value, by names and numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// What must be true of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// A text, with `*` for any characters; true when it must not be so.
    Text(Vec<String>, bool),
    Number(Operator, f64),
    Is(Value),
    NotExists,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

// === impl Condition ===

impl Condition {
    /// The recursion is as deep as what was read: [`MAX_DEPTH`].
    pub(super) fn holds(&self, message: &Value) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(message)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(message)),
            Self::Field(selector, test) => test.holds(selector.find(message)),
        }
    }
}

// === impl Selector ===

impl Selector {
    fn find<'a>(&self, message: &'a Value) -> Option<&'a Value> {
        let nested = self.0.iter().try_fold(message, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        });
        // Loggers write fields flat, with dots in their names.
        nested.or_else(|| message.get(self.flat()?))
    }

    fn flat(&self) -> Option<String> {
        let names = self.0.iter().map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) => None,
        });
        Some(names.collect::<Option<Vec<_>>>()?.join("."))
    }
}

// === impl Test ===

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::NotExists, value) => value.is_none(),
            (_, None) => false,
            (Self::Is(expected), Some(value)) => value == expected,
            (Self::Text(parts, negated), Some(value)) => {
                text_of(value).is_some_and(|text| fits(parts, &text) != *negated)
            }
            (Self::Number(operator, number), Some(value)) => {
                value.as_f64().is_some_and(|value| operator.holds(value, *number))
            }
        }
    }
}

/// A value as a pattern compares it with a text; lists, objects and null are none.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `text` is the parts, in their order, with anything between them. The first and the last stand at its ends.
fn fits(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else { return parts.first().is_some_and(|only| only == text) };
    let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    // The earliest place leaves the most room for those that follow.
    middle.iter().all(|part| rest.split_once(part.as_str()).map(|(_, behind)| rest = behind).is_some())
}

impl Operator {
    #[expect(clippy::float_cmp, reason = "that is what the pattern asks for")]
    fn holds(self, value: f64, number: f64) -> bool {
        match self {
            Self::Equal => value == number,
            Self::NotEqual => value != number,
            Self::Less => value < number,
            Self::AtMost => value <= number,
            Self::Greater => value > number,
            Self::AtLeast => value >= number,
        }
    }
}

// === reading ===

pub(super) fn parse(text: &str) -> Result<Condition, PatternError> {
    let mut scanner = Scanner { rest: text };
    scanner.eat("{");
    let condition = any(&mut scanner, 0)?;
    if !scanner.eat("}") {
        return Err(PatternError::new(format!("`}}`, `&&` or `||` is missing at `{}`", scanner.rest)));
    }
    scanner.skip_spaces();
    if scanner.rest.is_empty() {
        Ok(condition)
    } else {
        Err(PatternError::new(format!("nothing may follow `}}`; there is `{}`", scanner.rest)))
    }
}

/// `&&` binds before `||`.
fn any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![all(scanner, depth)?];
    while scanner.eat("||") {
        conditions.push(all(scanner, depth)?);
    }
    Ok(single_or(conditions, Condition::Any))
}

fn all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![one(scanner, depth)?];
    while scanner.eat("&&") {
        conditions.push(one(scanner, depth)?);
    }
    Ok(single_or(conditions, Condition::All))
}

fn single_or(mut conditions: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        last => {
            conditions.extend(last);
            many(conditions)
        }
    }
}

fn one(scanner: &mut Scanner<'_>, depth: usize) -> Result<Condition, PatternError> {
    scanner.skip_spaces();
    let condition = if scanner.eat("(") {
        if depth == MAX_DEPTH {
            return Err(PatternError::new(format!("parentheses are nested deeper than {MAX_DEPTH} levels")));
        }
        let inner = any(scanner, depth + 1)?;
        if !scanner.eat(")") {
            return Err(PatternError::new("a parenthesis does not end"));
        }
        inner
    } else {
        let selector = selector(scanner)?;
        scanner.skip_spaces();
        Condition::Field(selector, test(scanner)?)
    };
    scanner.skip_spaces();
    Ok(condition)
}

/// `$.a.b`, `$.list[0]`, `$['a.b']`.
fn selector(scanner: &mut Scanner<'_>) -> Result<Selector, PatternError> {
    if !scanner.eat("$") {
        return Err(PatternError::new(format!(
            "a selector such as `$.level` is missing at `{}`",
            scanner.rest
        )));
    }
    let mut steps = Vec::new();
    loop {
        let dot = scanner.eat(".");
        if scanner.eat("[") {
            steps.push(bracket(scanner)?);
            continue;
        }
        if !dot {
            break;
        }
        let name = scanner.take_while(|c| c.is_alphanumeric() || "_-@:/".contains(c));
        if name.is_empty() {
            return Err(PatternError::new("a selector has an empty name"));
        }
        steps.push(Step::Name(name.to_owned()));
    }
    if steps.is_empty() { Err(PatternError::new("a selector names no field")) } else { Ok(Selector(steps)) }
}

fn bracket(scanner: &mut Scanner<'_>) -> Result<Step, PatternError> {
    let step = if scanner.eat("'") {
        Step::Name(scanner.quoted('\'')?)
    } else if scanner.eat("\"") {
        Step::Name(scanner.quoted('"')?)
    } else {
        let digits = scanner.take_while(|c| c.is_ascii_digit());
        Step::Index(digits.parse().map_err(|_| PatternError::new("`[…]` holds neither a number nor a name"))?)
    };
    if scanner.eat("]") { Ok(step) } else { Err(PatternError::new("a `[` of a selector does not end")) }
}

fn test(scanner: &mut Scanner<'_>) -> Result<Test, PatternError> {
    if scanner.eat_word("is") {
        scanner.skip_spaces();
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        let found = words.into_iter().find(|(word, _)| scanner.eat_word(word));
        return found
            .map(|(_, value)| Test::Is(value))
            .ok_or_else(|| PatternError::new("`IS` must be followed by NULL, TRUE or FALSE"));
    }
    if scanner.eat_word("not") {
        scanner.skip_spaces();
        let exists = scanner.eat_word("exists");
        return exists
            .then_some(Test::NotExists)
            .ok_or_else(|| PatternError::new("`NOT` must be followed by EXISTS"));
    }
    let operator = operator(scanner)?;
    scanner.skip_spaces();
    let (text, quoted) = value(scanner)?;
    match (text.parse::<f64>().ok().filter(|number| number.is_finite() && !quoted), operator) {
        (Some(number), operator) => Ok(Test::Number(operator, number)),
        (None, Operator::Equal | Operator::NotEqual) => {
            Ok(Test::Text(text.split('*').map(str::to_owned).collect(), operator == Operator::NotEqual))
        }
        (None, _) => {
            Err(PatternError::new(format!("`{text}` is no number, and only numbers are less or greater")))
        }
    }
}

fn operator(scanner: &mut Scanner<'_>) -> Result<Operator, PatternError> {
    // The longer ones first: `<` is the beginning of `<=`.
    let operators = [
        ("!=", Operator::NotEqual),
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("<", Operator::Less),
        (">", Operator::Greater),
        ("=", Operator::Equal),
    ];
    let found = operators.into_iter().find(|(token, _)| scanner.eat(token));
    found.map(|(_, operator)| operator).ok_or_else(|| {
        PatternError::new(format!(
            "one of =, !=, <, <=, >, >=, IS, NOT EXISTS is missing at `{}`",
            scanner.rest
        ))
    })
}

/// A value, and whether it stood in quotes.
fn value(scanner: &mut Scanner<'_>) -> Result<(String, bool), PatternError> {
    if scanner.eat("\"") {
        return Ok((scanner.quoted('"')?, true));
    }
    if scanner.rest.starts_with('%') {
        return Err(PatternError::new("regular expressions, `%…%`, are not supported here"));
    }
    let text = scanner.take_while(|c| !c.is_whitespace() && !"(){}&|\"".contains(c));
    if text.is_empty() { Err(PatternError::new("a value is missing")) } else { Ok((text.to_owned(), false)) }
}
