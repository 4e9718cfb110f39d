//! The cases of a report by code path, in report order. Knows no format.

use std::collections::HashMap;

use crate::report::{CaseResult, PathInfo, Report};

/// A code path with its cases.
pub(super) struct Group<'a> {
    /// The backend's id.
    pub(super) backend: &'a str,
    /// The code path's id.
    pub(super) path: &'a str,
    /// What the report says of the path; nothing, if its `paths` do not name it.
    pub(super) info: Option<&'a PathInfo>,
    /// Its cases, in report order.
    pub(super) cases: Vec<&'a CaseResult>,
}

impl Group<'_> {
    /// `liboqs/native`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.backend, self.path)
    }
}

/// Every path of the report, and every case in one of them.
pub(super) fn by_path(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index: HashMap<(&str, &str), usize> = HashMap::new();
    for info in &report.paths {
        index.entry((&info.backend, &info.path)).or_insert_with(|| {
            groups.push(Group {
                backend: &info.backend,
                path: &info.path,
                info: Some(info),
                cases: Vec::new(),
            });
            groups.len() - 1
        });
    }
    for case in &report.cases {
        let at = *index.entry((&case.backend, &case.path)).or_insert_with(|| {
            groups.push(Group { backend: &case.backend, path: &case.path, info: None, cases: Vec::new() });
            groups.len() - 1
        });
        groups[at].cases.push(case);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn no_case_is_lost_even_where_the_paths_do_not_name_its_own() {
        let mut report = sample::report();
        report.paths.remove(0);
        let groups = by_path(&report);
        let names: Vec<_> = groups.iter().map(Group::name).collect();
        assert_eq!(names, ["liboqs/portable", "pqclean/aarch64", "rustcrypto/portable", "liboqs/native"]);
        assert!(groups[3].info.is_none());
        assert_eq!(groups.iter().map(|group| group.cases.len()).sum::<usize>(), report.cases.len());
    }

    #[test]
    fn a_path_without_cases_is_shown_all_the_same() {
        let mut report = sample::report();
        report.cases.clear();
        assert_eq!(by_path(&report).len(), 4);
    }
}
