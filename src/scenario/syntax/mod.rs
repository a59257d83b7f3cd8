//! The syntax of scenario files: RON, read into a tree whose every value knows its place, with all syntax errors of a file
//! found at once. The work is bounded: by the size of the file, by a depth, and by a number of values.

pub mod ast;
mod lexer;
mod literal;
mod parser;

pub use parser::{parse, parse_into};

/// Files larger than this are refused.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Values nested deeper than this are refused.
pub const DEPTH_MAX: usize = 64;
/// A scenario of more values than this is refused.
pub const VALUES_MAX: usize = 250_000;
/// After so many mistakes, looking for more stops.
pub const MISTAKES_MAX: usize = 100;
