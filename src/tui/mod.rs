//! The dashboard: a model, a pure update, pure views, and the terminal around them.
