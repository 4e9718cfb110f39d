//! A Python module is not installed.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

/// Modules whose package has another name.
const PACKAGES: &[(&str, &str)] = &[
    ("oqs", "liboqs-python"),
    ("yaml", "pyyaml"),
    ("cv2", "opencv-python-headless"),
    ("PIL", "pillow"),
    ("sklearn", "scikit-learn"),
    ("bs4", "beautifulsoup4"),
    ("dotenv", "python-dotenv"),
    ("jwt", "pyjwt"),
    ("dateutil", "python-dateutil"),
    ("Crypto", "pycryptodome"),
    ("MySQLdb", "mysqlclient"),
    ("psycopg2", "psycopg2-binary"),
    ("attr", "attrs"),
    ("serial", "pyserial"),
    ("magic", "python-magic"),
    ("pkg_resources", "'setuptools<81'"),
    ("distutils", "setuptools"),
    ("google.protobuf", "protobuf"),
    ("skimage", "scikit-image"),
    ("git", "gitpython"),
];

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "python-module-missing",
        finds: "Python did not find a module in any directory of sys.path.",
        why: "The package was installed for another interpreter or in another stage, the requirements do not \
              list it, or the program's own directory is not on the path.",
        fix: &[
            "Add the package to the requirements and install it with the interpreter that runs the program: python -m pip install NAME.",
            "If it is your own module: COPY it into the image, and set PYTHONPATH or WORKDIR to its directory.",
            "If it is in a virtual environment, run that environment's python, or put its bin first in PATH.",
        ],
    },
    signs: &[
        proof("No module named", r"(?:^|[\s(:])No module named '?(?<name>[\w.-]+)'?").unless(&[
            "warning",
            "failed to import ",
            "info:",
            "optional",
        ]),
        likely("Could not import module", r"Could not import module \x22(?<name>[\w.]+)\x22"),
        likely("Could not import '", r"Error: Could not import '(?<name>[\w.]+)'"),
        likely("PackageNotFoundError", r"No package metadata was found for (?<name>[\w.-]+)"),
        likely("DistributionNotFound", r"The '(?<name>[^']+)' distribution was not found"),
    ],
    brings: &[],
    counts: always,
    words: |found| {
        let module = found.or("name", "the module");
        let top = module.split('.').next().unwrap_or(module);
        let package = PACKAGES
            .iter()
            .find(|(name, _)| *name == module || *name == top)
            .map_or(top, |(_, package)| package);
        found.because(format!("No directory that this Python searches has {}.", found.list("name", "the module"))).replace_first(format!(
            "python -m pip install {package}, with the interpreter that runs the program, or add it to the requirements."
        ))
    },
};
