//! The command line: arguments, one function per verb, human and JSON output.
