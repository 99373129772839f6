//! The local socket through which a second `pm` reaches the supervisor.
