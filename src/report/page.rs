//! What a rule or a cause is, in words: the page behind an id. Knows no rule.

/// The page of a doctor rule or of a cause in a log, shown by `pqcheck doctor --explain ID` and in the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Kebab-case, naming what was found and not the cure: `libc-mismatch`.
    pub id: &'static str,
    /// What it finds: one or two sentences.
    pub finds: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to fix it, the likeliest cure first, one line each.
    pub fix: &'static [&'static str],
}
