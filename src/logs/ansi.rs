//! Escape sequences made harmless.
