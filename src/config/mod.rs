//! `pm.toml` as it was typed, made valid by construction, or every fault in it shown at once.
