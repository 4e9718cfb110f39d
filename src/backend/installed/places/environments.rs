//! Where Python's environments and other prefixes with a `bin` and a `lib` are. Reads folders and no library.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::Look;

/// The most folders of a working directory that are asked whether they are an environment.
const MOST_NEAR: usize = 64;

impl Look<'_> {
    /// What people and installers have in a home.
    pub(super) fn home(&mut self, home: &Path) {
        if !self.is_folder(home) {
            return;
        }
        self.libraries(&home.join("_oqs"));
        self.environment(&home.join(".local"));
        for many in [
            ".cache/pypoetry/virtualenvs",
            ".local/share/virtualenvs",
            ".local/share/pipx/venvs",
            ".local/pipx/venvs",
            ".local/share/uv/tools",
            ".virtualenvs",
            ".pyenv/versions",
        ] {
            self.each_environment(&home.join(many));
        }
        for conda in ["miniconda3", "miniforge3", "anaconda3", "mambaforge", "micromamba"] {
            self.environment(&home.join(conda));
            self.each_environment(&home.join(conda).join("envs"));
        }
        self.brew(&home.join(".linuxbrew"));
    }

    /// Python's environments, and others with a `bin` and a `lib`.
    pub(super) fn environments(&mut self) {
        for name in ["VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONUSERBASE", "UV_PROJECT_ENVIRONMENT"] {
            self.values(name).iter().for_each(|folder| self.environment(folder));
        }
        for name in ["POETRY_VIRTUALENVS_PATH", "UV_TOOL_DIR", "WORKON_HOME", "CONDA_ENVS_PATH"] {
            self.values(name).iter().for_each(|folder| self.each_environment(folder));
        }
        for (name, below) in
            [("PIPX_HOME", "venvs"), ("MAMBA_ROOT_PREFIX", "envs"), ("POETRY_CACHE_DIR", "virtualenvs")]
        {
            self.values(name).iter().for_each(|folder| self.each_environment(&folder.join(below)));
        }
        self.each_environment(Path::new("/opt/pipx/venvs"));
        for program in self.lists("PATH") {
            // The loader knows those of the system.
            let prefix = program.parent().filter(|_| program.ends_with("bin"));
            let is_system =
                |it: &&Path| ["/", "/usr", "/usr/local"].iter().any(|system| *it == Path::new(system));
            if let Some(prefix) = prefix.filter(|it| !is_system(it)) {
                self.environment(prefix);
            }
        }
        let entry = self.root.config.entrypoint.first().map(PathBuf::from).filter(|it| it.is_absolute());
        let entry = entry.as_deref().and_then(Path::parent).map(Path::to_owned);
        let starts = [Some(self.root.config.start()), self.first.folder.clone(), entry];
        for start in starts.into_iter().flatten() {
            self.near(&start);
        }
    }

    /// The virtual environments that are, are in or are beside a folder.
    fn near(&mut self, folder: &Path) {
        const USUAL: [&str; 4] = [".venv", "venv", "env", ".env"];
        let inside = self.folders_in(folder).into_iter().take(MOST_NEAR).map(|name| folder.join(name));
        let above = folder
            .parent()
            .into_iter()
            .flat_map(|parent| USUAL.iter().map(|name| parent.join(name)).chain([parent.to_owned()]));
        let candidates: Vec<PathBuf> = inside.chain(above).chain([folder.to_owned()]).collect();
        for candidate in candidates {
            if self.root.file(&candidate.join("pyvenv.cfg")).is_some() {
                self.environment(&candidate);
            }
        }
    }

    fn each_environment(&mut self, folder: &Path) {
        for name in self.folders_in(folder) {
            self.environment(&folder.join(name));
        }
    }

    /// `lib` of a prefix, and the packages of its Python.
    pub(super) fn environment(&mut self, prefix: &Path) {
        self.libraries(prefix);
        for lib in ["lib", "lib64"].map(|lib| prefix.join(lib)) {
            for python in self.folders_in(&lib).iter().filter(|name| name.as_bytes().starts_with(b"python")) {
                self.packages(&lib.join(python).join("site-packages"));
            }
        }
    }

    /// The folders that wheels bring their libraries in.
    pub(super) fn packages(&mut self, folder: &Path) {
        let is_wanted = |name: &[u8]| name.ends_with(b".libs") || name == b"oqs" || name == b"liboqs";
        for name in self.folders_in(folder).iter().filter(|name| is_wanted(name.as_bytes())) {
            self.folder(&folder.join(name));
        }
    }
}
