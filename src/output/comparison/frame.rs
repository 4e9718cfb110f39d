//! What every rendering of measurements says around its tables and charts: the conclusion, what was lost, what could not
//! be compared, and warnings.

use std::io::{self, Write};

use super::super::text::{self, Painted, Plain, counted, wrapped};
use super::super::{Style, markdown, page};
use super::grouped;
use crate::report::conclusion::{Conclusion, Loss};

/// What is said around the tables and charts.
pub(super) struct Frame<'a> {
    pub(super) conclusion: Conclusion,
    /// How many measurements there are, and how many of them could be compared.
    pub(super) all: usize,
    pub(super) compared: usize,
    /// How many measurements are slower.
    pub(super) slower: usize,
    pub(super) threshold: f64,
    /// Since when they are slower, if that is to be said.
    pub(super) since: &'static str,
    /// Everything counted, in words.
    pub(super) counts: String,
    pub(super) lost: &'a [Loss],
    /// What the sides are called, where a loss must say of which it is.
    pub(super) sides: Option<Vec<&'a str>>,
    /// The word for what could not be compared, and each: why, and its name.
    pub(super) unclear: (&'static str, Vec<(&'a str, String)>),
    pub(super) warnings: &'a [String],
}

impl Frame<'_> {
    /// The end of the text for people.
    pub(super) fn end(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let brief = |names: &[String], why: &str| {
            let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
            let why = if why.is_empty() { String::new() } else { format!(": {}", Plain(why)) };
            format!("{}{more}{why}", Plain(&names[0]))
        };
        for (why, names) in self.unclear() {
            wrapped(out, &format!("{}: ", self.unclear.0), &brief(&names, why), style)?;
        }
        for warning in self.warnings {
            wrapped(out, "warning: ", &Plain(warning).to_string(), style)?;
        }
        for ((how, why), names) in self.lost() {
            wrapped(out, &format!("{}: ", Plain(&how)), &brief(&names, why), style)?;
        }
        let color = match self.conclusion {
            Conclusion::Worse => text::FAIL,
            Conclusion::NothingCompared | Conclusion::TooLittleCompared => text::ERROR,
            Conclusion::NotWorse => text::GOOD,
        };
        writeln!(out, "{}: {}", self.counts(), Painted(self.words(), color, style))
    }

    /// The heading of a comment on a pull request, and what was lost.
    pub(super) fn markdown_begin(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### pqcheck bench: {}\n\n{}.\n", self.words(), self.counts())?;
        let lost = self.lost();
        for ((how, why), names) in &lost {
            let line = [&names.join(", "), *why].join(if why.is_empty() { "" } else { ": " });
            writeln!(out, "* **{}**: {}", markdown::escaped(how), markdown::escaped(&line))?;
        }
        if lost.is_empty() { Ok(()) } else { writeln!(out) }
    }

    /// The end of it.
    pub(super) fn markdown_end(&self, out: &mut dyn Write) -> io::Result<()> {
        let unclear = self.unclear();
        if !unclear.is_empty() {
            markdown::fold(out, &format!("{}: {}", self.unclear.0, self.unclear.1.len()), |out| {
                for (why, names) in unclear {
                    writeln!(out, "* {}: {}", markdown::escaped(why), markdown::escaped(&names.join(", ")))?;
                }
                writeln!(out)
            })?;
        }
        for warning in self.warnings {
            writeln!(out, "* **warning**: {}", markdown::escaped(warning))?;
        }
        out.flush()
    }

    /// The beginning of a page; `note` says how to read its charts.
    pub(super) fn page_begin(&self, subject: &str, note: &str, out: &mut dyn Write) -> io::Result<()> {
        page::begin(out, "pqcheck compare", subject)?;
        let class = if self.conclusion == Conclusion::NotWorse { "good" } else { "bad" };
        writeln!(out, "<p class=\"{class}\">{}</p><p>{}.</p>", self.words(), self.counts())?;
        for ((how, why), names) in self.lost() {
            let line = [&names.join(", "), why].join(if why.is_empty() { "" } else { ": " });
            let (how, line) = (page::escaped(&how), page::escaped(&line));
            writeln!(out, "<p><span class=\"bad\">{how}</span>: {line}</p>")?;
        }
        writeln!(out, "<p class=\"note\">{note}</p>")?;
        for warning in self.warnings {
            writeln!(out, "<p><strong>Warning:</strong> {}</p>", page::escaped(warning))?;
        }
        for (why, names) in self.unclear() {
            let (why, names) = (page::escaped(why), page::escaped(&names.join(", ")));
            writeln!(out, "<details><summary>{}: {why}</summary><p>{names}</p></details>", self.unclear.0)?;
        }
        Ok(())
    }

    /// `5 of 8 measurements`: how many could be compared.
    fn share(&self) -> String {
        let all = counted(self.all as u64, "measurement");
        if self.compared == self.all { all } else { format!("{} of {all}", self.compared) }
    }

    fn counts(&self) -> String {
        format!("{}, lost {}", self.counts, self.lost.len())
    }

    fn words(&self) -> String {
        let (percent, since) = (self.threshold * 100.0, self.since);
        let slower =
            (self.slower > 0).then(|| format!("{} slower by more than {percent:.1} %{since}", self.slower));
        let lost = (!self.lost.is_empty())
            .then(|| format!("{} lost", counted(self.lost.len() as u64, "measurement")));
        match self.conclusion {
            Conclusion::Worse => [slower, lost].into_iter().flatten().collect::<Vec<_>>().join(", "),
            Conclusion::NothingCompared => "nothing could be compared".to_owned(),
            Conclusion::TooLittleCompared => {
                format!("too little could be compared: {}; --allow-partial takes that", self.share())
            }
            Conclusion::NotWorse => {
                format!("nothing is slower by more than {percent:.1} %{since}: {} compared", self.share())
            }
        }
    }

    /// What was lost: how, and why if that is known; the measurements.
    fn lost(&self) -> Vec<((String, &str), Vec<String>)> {
        grouped(self.lost.iter().map(|loss| {
            let side =
                self.sides.as_ref().map(|sides| format!(" ({})", sides[loss.side])).unwrap_or_default();
            let why = loss.why.as_deref().unwrap_or_default();
            let name = format!("{}/{}/{}", loss.workload, loss.backend, loss.path);
            ((format!("{}{side}", loss.loss.words()), why), name)
        }))
    }

    /// What could not be compared: why, and the measurements.
    fn unclear(&self) -> Vec<(&str, Vec<String>)> {
        grouped(self.unclear.1.iter().map(|(why, name)| (*why, name.clone())))
    }
}
