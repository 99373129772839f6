//! Everything the operating systems do differently: processes, signals, trees, sockets, directories.

pub mod pread;
