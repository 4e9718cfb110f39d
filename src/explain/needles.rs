//! Finds many words in one pass, in whatever case: the automaton of Aho and Corasick with every transition in a table.
//! Small, because it has to do nothing else; knows no log.

use std::collections::VecDeque;

/// The words, ready to be looked for.
pub(super) struct Needles {
    /// The column of each byte in the table; bytes that no word has share one.
    columns: [u8; 256],
    /// How many columns there are.
    width: usize,
    /// The next state for each state and column.
    table: Vec<u16>,
    /// States from this one on are at the end of a word.
    first_end: u16,
    /// Which words end there.
    ends: Vec<Vec<u16>>,
}

/// No state yet.
const NONE: u16 = u16::MAX;

impl Needles {
    /// The automaton of `words`, which are numbered as they come. They are ASCII, and few enough for a table.
    pub(super) fn new(words: &[&str]) -> Self {
        let (columns, width) = columns(words);
        // The tree of the words: children by column, and the words that end in a node.
        let mut tree = vec![NONE; width];
        let mut ends: Vec<Vec<u16>> = vec![Vec::new()];
        for (number, word) in words.iter().enumerate() {
            let mut node = 0;
            for byte in word.bytes() {
                let place = node * width + usize::from(columns[usize::from(byte)]);
                if tree[place] == NONE {
                    tree[place] = ends.len() as u16;
                    tree.resize(tree.len() + width, NONE);
                    ends.push(Vec::new());
                }
                node = usize::from(tree[place]);
            }
            ends[node].push(number as u16);
        }
        assert!(
            ends.len() < usize::from(NONE) && words.len() < usize::from(NONE),
            "the words fit into the table"
        );
        fill(&mut tree, width, &mut ends);
        sorted_by_end(Self { columns, width, table: tree, first_end: 0, ends })
    }

    /// Where in `text`, from `at` on, the first word that ends there ends.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut state = 0;
        for (place, byte) in text.iter().enumerate().skip(at) {
            state = self.step(state, *byte);
            if state >= self.first_end {
                return Some(place + 1);
            }
        }
        None
    }

    /// Calls `found` with the number of every word in `text`, as often as it is there.
    pub(super) fn all(&self, text: &[u8], mut found: impl FnMut(usize)) {
        let mut state = 0;
        for byte in text {
            state = self.step(state, *byte);
            if state >= self.first_end {
                for word in &self.ends[usize::from(state - self.first_end)] {
                    found(usize::from(*word));
                }
            }
        }
    }

    fn step(&self, state: u16, byte: u8) -> u16 {
        self.table[usize::from(state) * self.width + usize::from(self.columns[usize::from(byte)])]
    }
}

/// A column for every byte that a word has, the same for both cases; 0 for all others.
fn columns(words: &[&str]) -> ([u8; 256], usize) {
    let mut columns = [0; 256];
    let mut width = 1;
    for byte in words.iter().flat_map(|word| word.bytes()) {
        let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
        if columns[usize::from(lower)] == 0 {
            columns[usize::from(lower)] = width;
            columns[usize::from(upper)] = width;
            width += 1;
        }
    }
    (columns, usize::from(width))
}

/// Makes the tree a table: where a node has no child, the transition is that of its longest proper suffix.
fn fill(tree: &mut [u16], width: usize, ends: &mut [Vec<u16>]) {
    let mut suffix = vec![0u16; ends.len()];
    let mut queue = VecDeque::new();
    for child in &mut tree[..width] {
        match *child {
            NONE => *child = 0,
            node => queue.push_back(node),
        }
    }
    while let Some(node) = queue.pop_front() {
        let shorter = usize::from(suffix[usize::from(node)]);
        let more = ends[shorter].clone();
        ends[usize::from(node)].extend(more);
        for column in 0..width {
            let place = usize::from(node) * width + column;
            let other = tree[shorter * width + column];
            match tree[place] {
                NONE => tree[place] = other,
                child => {
                    suffix[usize::from(child)] = other;
                    queue.push_back(child);
                }
            }
        }
    }
}

/// Numbers the states anew, those at the end of a word last, so that one comparison tells them.
fn sorted_by_end(found: Needles) -> Needles {
    let (ending, other): (Vec<usize>, Vec<usize>) =
        (0..found.ends.len()).partition(|state| !found.ends[*state].is_empty());
    let mut number = vec![0u16; found.ends.len()];
    for (new, old) in other.iter().chain(&ending).enumerate() {
        number[*old] = new as u16;
    }
    let rows =
        other.iter().chain(&ending).flat_map(|old| &found.table[old * found.width..(old + 1) * found.width]);
    let table = rows.map(|state| number[usize::from(*state)]).collect();
    let ends = ending.iter().map(|old| found.ends[*old].clone()).collect();
    Needles { table, ends, first_end: other.len() as u16, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search word by word finds.
    fn slowly(words: &[&str], text: &str) -> Vec<usize> {
        let text = text.to_ascii_lowercase();
        let mut found = Vec::new();
        for end in 0..=text.len() {
            let ends = |word: &&str| text.as_bytes()[..end].ends_with(word.to_ascii_lowercase().as_bytes());
            let mut here: Vec<usize> = (0..words.len()).filter(|number| ends(&words[*number])).collect();
            found.append(&mut here);
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn finds_what_a_search_word_by_word_finds() {
        let words = ["he", "She", "his", "hers", "error: ", "r: x", "aaa", "aa", "he"];
        let needles = Needles::new(&words);
        for text in ["ushers", "SHE HIS", "aaaaa", "error: x", "", "h", "nothing", "hhhe errorr: x \u{e9}"] {
            let mut found = Vec::new();
            needles.all(text.as_bytes(), |word| found.push(word));
            found.sort_unstable();
            assert_eq!(found, slowly(&words, text), "{text}");
            assert_eq!(needles.next(text.as_bytes(), 0).is_some(), !found.is_empty(), "{text}");
        }
        assert_eq!(needles.next(b"ushers", 0), Some(4));
        assert_eq!(needles.next(b"ushers", 3), None);
        assert_eq!(Needles::new(&[]).next(b"x", 0), None);
    }
}
