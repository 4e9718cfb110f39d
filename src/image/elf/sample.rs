//! Tiny ELF files, built on the spot for tests. Knows only what the tests need.

/// What an ELF file is to say.
#[derive(Clone, Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) machine: u16,
    pub(crate) kind: u16,
    pub(crate) interpreter: Option<&'a str>,
    pub(crate) needed: &'a [&'a str],
    pub(crate) soname: Option<&'a str>,
    pub(crate) rpath: Option<&'a str>,
    pub(crate) runpath: Option<&'a str>,
    pub(crate) version_needs: &'a [(&'a str, &'a [&'a str])],
    pub(crate) versions: &'a [&'a str],
    /// The bits of GNU_PROPERTY_X86_ISA_1_NEEDED.
    pub(crate) isa: u32,
    pub(crate) executable_stack: bool,
    /// Bytes at the end, for a loader's default folders.
    pub(crate) tail: &'a [u8],
}

/// A program or library for x86-64 that needs nothing.
pub(crate) const SAMPLE: Sample<'static> = Sample {
    machine: 62,
    kind: 3,
    interpreter: None,
    needed: &[],
    soname: None,
    rpath: None,
    runpath: None,
    version_needs: &[],
    versions: &[],
    isa: 0,
    executable_stack: false,
    tail: b"",
};

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const SEGMENTS: usize = 5;

impl Sample<'_> {
    /// The file. Addresses are offsets.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u32;
            strings.extend(text.bytes().chain([0]));
            at
        };
        let mut dynamic: Vec<(u64, u64)> =
            self.needed.iter().map(|name| (1, u64::from(string(name)))).collect();
        for (tag, text) in [(14, self.soname), (15, self.rpath), (29, self.runpath)] {
            dynamic.extend(text.map(|text| (tag, u64::from(string(text)))));
        }
        let needs = version_needs(self.version_needs, &mut string);
        let defines = versions(self.versions, &mut string);
        let mut body = Vec::new();
        let base = HEADER + SEGMENT * SEGMENTS;
        let mut put = |bytes: &[u8]| {
            while body.len() % 8 != 0 {
                body.push(0);
            }
            let at = (base + body.len()) as u64;
            body.extend_from_slice(bytes);
            (at, bytes.len() as u64)
        };
        let interpreter = self.interpreter.map(|path| put(&[path.as_bytes(), b"\0"].concat()));
        let note = put(&property(self.isa));
        let (at, size) = put(&strings);
        dynamic.extend([(5, at), (10, size)]);
        if !self.version_needs.is_empty() {
            dynamic.extend([(0x6fff_fffe, put(&needs).0), (0x6fff_ffff, self.version_needs.len() as u64)]);
        }
        if !self.versions.is_empty() {
            dynamic.extend([(0x6fff_fffc, put(&defines).0), (0x6fff_fffd, self.versions.len() as u64)]);
        }
        dynamic.push((0, 0));
        let table: Vec<u8> = dynamic
            .iter()
            .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
            .collect();
        let table = put(&table);
        put(self.tail);
        let whole = (base + body.len()) as u64;

        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        file.extend([self.kind.to_le_bytes(), self.machine.to_le_bytes()].concat());
        file.extend(1_u32.to_le_bytes());
        file.extend([0, HEADER as u64, 0].iter().flat_map(|number| number.to_le_bytes()));
        file.extend(0_u32.to_le_bytes());
        let counts = [HEADER as u16, SEGMENT as u16, SEGMENTS as u16, 64, 0, 0];
        file.extend(counts.iter().flat_map(|number| number.to_le_bytes()));
        let stack = 6 | u32::from(self.executable_stack);
        let segments = [
            (1, 5, Some((0, whole))),
            (3, 4, interpreter),
            (4, 4, Some(note).filter(|_| self.isa != 0)),
            (2, 6, Some(table)),
            (0x6474_e551, stack, Some((0, 0))),
        ];
        for (kind, flags, place) in segments {
            let (kind, (at, size)) = place.map_or((0_u32, (0, 0)), |place| (kind, place));
            file.extend([kind, flags].iter().flat_map(|number: &u32| number.to_le_bytes()));
            file.extend([at, at, at, size, size, 8_u64].iter().flat_map(|number| number.to_le_bytes()));
        }
        file.extend(body);
        file
    }
}

fn version_needs(files: &[(&str, &[&str])], string: &mut dyn FnMut(&str) -> u32) -> Vec<u8> {
    let mut table = Vec::new();
    for (index, (file, versions)) in files.iter().enumerate() {
        let next = if index + 1 == files.len() { 0 } else { 16 + 16 * versions.len() as u32 };
        table.extend([1_u16, versions.len() as u16].iter().flat_map(|number| number.to_le_bytes()));
        table.extend([string(file), 16, next].iter().flat_map(|number| number.to_le_bytes()));
        for (index, version) in versions.iter().enumerate() {
            let next = if index + 1 == versions.len() { 0 } else { 16 };
            table.extend([0, 0, string(version), next].iter().flat_map(|number: &u32| number.to_le_bytes()));
        }
    }
    table
}

fn versions(names: &[&str], string: &mut dyn FnMut(&str) -> u32) -> Vec<u8> {
    let mut table = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let next = if index + 1 == names.len() { 0 } else { 28 };
        table.extend([1_u16, 0, index as u16 + 1, 1].iter().flat_map(|number| number.to_le_bytes()));
        table.extend([0, 20, next, string(name), 0].iter().flat_map(|number: &u32| number.to_le_bytes()));
    }
    table
}

/// A note with GNU_PROPERTY_X86_ISA_1_NEEDED.
fn property(isa: u32) -> Vec<u8> {
    let numbers = [4, 16, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_8002, 4, isa, 0];
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
