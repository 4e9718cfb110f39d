//! A program that was looked at -> its entry in the report.

use crate::image::loader::Taken;
use crate::image::program::{Program, What};
use crate::report::finding;

use super::words::{shown, text};

pub(super) fn described(program: &Program) -> finding::Program {
    let binary = program.binary();
    let elf = binary.and_then(|binary| binary.elf());
    let kind = match &program.what {
        Some(What::Elf(_)) if elf.is_some_and(|elf| elf.is_static()) => "static-elf",
        Some(What::Elf(_)) => "elf",
        Some(What::Script(_)) => "script",
        _ => "other",
    };
    let interpreter = match &program.what {
        Some(What::Elf(_)) => elf.and_then(|elf| elf.interpreter.as_deref()).map(shown),
        Some(What::Script(script)) => Some(text(&script.shebang.interpreter)),
        _ => None,
    };
    let resolution = binary.and_then(|binary| binary.resolution.as_ref());
    let libraries = resolution.into_iter().flat_map(|resolution| {
        resolution.needs.iter().map(|need| finding::Library {
            name: text(&need.name),
            path: match need.taken {
                Taken::Object(at) => resolution.objects.get(at).map(|object| shown(&object.path)),
                Taken::Loader => binary.and_then(|binary| binary.loader()).map(|loader| shown(&loader.path)),
                Taken::Nothing => None,
            },
        })
    });
    finding::Program {
        path: shown(&program.path),
        kind: kind.to_owned(),
        asked: program.asked.to_string(),
        interpreter,
        machine: elf.map(|elf| elf.machine.platform().map_or_else(|| elf.machine.name(), str::to_owned)),
        stripped: elf.and_then(|elf| elf.is_stripped),
        libraries: libraries.collect(),
    }
}
