//! The parent of one run: holds its output, walks its stop ladder, reaps it and records its end. Outlives everybody.
