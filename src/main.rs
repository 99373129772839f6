//! The binary: a keeper when it was asked to be one, the command line otherwise.

fn main() {}
