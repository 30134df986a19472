//! What happened: an exception with its frames, a chain of them, or a message.

use serde::Serialize;
use serde_json::{Map, Value};

/// What happened; exactly one of them is in an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Body {
    /// One exception.
    Trace(Trace),
    /// An exception and its causes.
    TraceChain(TraceChain),
    /// A line without a stack.
    Message(Message),
}

impl From<Trace> for Body {
    fn from(trace: Trace) -> Self {
        Self::Trace(trace)
    }
}

impl From<TraceChain> for Body {
    fn from(chain: TraceChain) -> Self {
        Self::TraceChain(chain)
    }
}

impl From<Message> for Body {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

/// An exception and the stack that it came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Trace {
    /// The stack, **the most recent call last**. It may be empty.
    pub frames: Vec<Frame>,
    /// What was thrown, returned or panicked.
    pub exception: Exception,
}

impl Trace {
    /// An exception with its stack, the most recent call last.
    #[must_use]
    pub fn new(exception: Exception, frames: impl IntoIterator<Item = Frame>) -> Self {
        Self { frames: frames.into_iter().collect(), exception }
    }
}

/// An exception and its causes: the outermost first, the root cause last. It holds at least one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceChain(Vec<Trace>);

impl TraceChain {
    /// A chain of one so far.
    #[must_use]
    pub fn new(outermost: Trace) -> Self {
        Self(vec![outermost])
    }

    /// Adds what caused the last one.
    #[must_use]
    pub fn caused_by(mut self, cause: Trace) -> Self {
        self.0.push(cause);
        self
    }

    /// From the outermost to the root cause.
    #[must_use]
    pub fn traces(&self) -> &[Trace] {
        &self.0
    }

    pub(crate) fn traces_mut(&mut self) -> &mut [Trace] {
        &mut self.0
    }
}

/// What kind of failure it was, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exception {
    /// The kind, such as the name of the error's type. Rollbar groups by it.
    pub class: String,
    /// What it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The same in better words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Exception {
    /// An exception of a kind.
    #[must_use]
    pub fn new(class: impl Into<String>) -> Self {
        Self { class: class.into(), message: None, description: None }
    }

    /// Sets what it said.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets the same in better words.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// One call of a stack. Everything but the file may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Frame {
    /// The file with its path.
    pub filename: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineno: Option<u32>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colno: Option<u32>,
    /// The function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The type or module that the function belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// The line of code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The lines around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<CodeContext>,
    /// Values of positional arguments. They may be secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Value>,
    /// Values of named arguments. They may be secrets.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub kwargs: Map<String, Value>,
    /// Values of local variables. They may be secrets.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub locals: Map<String, Value>,
}

impl Frame {
    /// A call in a file.
    #[must_use]
    pub fn new(filename: impl Into<String>) -> Self {
        Self { filename: filename.into(), ..Self::default() }
    }

    /// Sets the line, from 1.
    #[must_use]
    pub fn line(mut self, lineno: u32) -> Self {
        self.lineno = Some(lineno);
        self
    }

    /// Sets the column.
    #[must_use]
    pub fn column(mut self, colno: u32) -> Self {
        self.colno = Some(colno);
        self
    }

    /// Sets the function.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Sets the type or module that the function belongs to.
    #[must_use]
    pub fn class_name(mut self, class_name: impl Into<String>) -> Self {
        self.class_name = Some(class_name.into());
        self
    }

    /// Sets the line of code and the lines around it.
    #[must_use]
    pub fn code(mut self, line: impl Into<String>, context: CodeContext) -> Self {
        self.code = Some(line.into());
        self.context = (context != CodeContext::default()).then_some(context);
        self
    }

    /// Adds a local variable.
    #[must_use]
    pub fn local(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.locals.insert(name.into(), value.into());
        self
    }
}

/// Lines of code around the one of a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CodeContext {
    /// The lines before.
    pub pre: Vec<String>,
    /// The lines after.
    pub post: Vec<String>,
}

/// A line without a stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// Anything that goes with it. It stands before the text, which replaces what is of the same name.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    /// The text. Rollbar groups by it: what varies belongs into `extra`.
    pub body: String,
}

impl Message {
    /// A line of text.
    #[must_use]
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), extra: Map::new() }
    }

    /// Adds something that goes with it, under any name but `body`, which is the text.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
