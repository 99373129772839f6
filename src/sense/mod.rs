//! Looks at the system once a second, for everybody: one pass over the trees, and the machine's own figures.
