//! What an image starts: the programs in its ENTRYPOINT or CMD and in its HEALTHCHECK. Looks at no file.

use super::root::Config;

/// A program that an image starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its path, or a name to be found in PATH.
    pub program: String,
    /// The instruction that starts it: `ENTRYPOINT`, `CMD` or `HEALTHCHECK`.
    pub by: &'static str,
}

/// Programs that start what follows their options, and care for it as the first process.
const INITS: [&str; 5] = ["tini", "tini-static", "dumb-init", "docker-init", "catatonit"];

/// Shells, which take a line after `-c`.
const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

/// The programs that an image starts, in the order in which they start.
pub fn started(config: &Config) -> Vec<Started> {
    let of = |(by, words)| programs(words).into_iter().map(move |program| Started { program, by });
    commands(config).into_iter().flat_map(of).collect()
}

/// The commands of an image, each with the instruction that gives it.
fn commands(config: &Config) -> [(&'static str, Vec<String>); 2] {
    let process = match config.entrypoint.is_empty() {
        true => ("CMD", config.cmd.clone()),
        false => ("ENTRYPOINT", config.entrypoint.clone()),
    };
    let check = match config.healthcheck.split_first() {
        Some((form, words)) if form == "CMD" => words.to_vec(),
        Some((form, words)) if form == "CMD-SHELL" => [&["/bin/sh", "-c"].map(str::to_owned), words].concat(),
        _ => Vec::new(),
    };
    [process, ("HEALTHCHECK", check)]
}

/// The programs in a command: the first word, and what that is asked to start in turn.
fn programs(mut words: Vec<String>) -> Vec<String> {
    let mut programs = Vec::new();
    while let Some((program, rest)) = words.split_first().filter(|(program, _)| !program.is_empty()) {
        programs.push(program.clone());
        words = handed_on(program, rest);
    }
    programs
}

/// The command that a program is asked to start; empty where it starts none that is known.
fn handed_on(program: &str, arguments: &[String]) -> Vec<String> {
    let name = program.rsplit('/').next().unwrap_or(program);
    if INITS.contains(&name) {
        arguments.iter().skip_while(|word| word.starts_with('-')).cloned().collect()
    } else if SHELLS.contains(&name) {
        let mut words = arguments.iter().skip_while(|word| !(word.starts_with('-') && word.ends_with('c')));
        words.nth(1).and_then(|line| first_program(line)).into_iter().collect()
    } else {
        Vec::new()
    }
}

/// The program that a shell's line starts first, where it is a plain path: any other word may be the shell's own.
fn first_program(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("exec ").trim_start();
    let word = line.split([' ', ';', '&', '|', '\n', '<', '>']).next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    (word.starts_with('/') && word.chars().all(is_plain)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        // A line of a shell is in quotes.
        let (words, line) = text.split_once(" '").unwrap_or((text, ""));
        let line = line.strip_suffix('\'').map(str::to_owned);
        words.split_whitespace().map(str::to_owned).chain(line).collect()
    }

    /// One command a row, and the programs in it.
    #[test]
    fn every_form_of_a_command_leads_to_its_programs() {
        for (command, programs) in [
            ("", ""),
            ("/app", "/app"),
            ("/app --flag /other", "/app"),
            ("app --flag", "app"),
            ("./app", "./app"),
            // Inits.
            ("tini -- /app -x", "tini /app"),
            ("/sbin/tini -g -v -- app", "/sbin/tini app"),
            ("/usr/bin/dumb-init /app", "/usr/bin/dumb-init /app"),
            ("catatonit -- tini-static docker-init /app", "catatonit tini-static docker-init /app"),
            ("tini", "tini"),
            // Shells.
            ("/bin/sh -c '/app'", "/bin/sh /app"),
            ("/bin/sh -c '/app --flag'", "/bin/sh /app"),
            ("/bin/sh -c '  exec /app --flag'", "/bin/sh /app"),
            ("/bin/bash -ec '/a/b_c-d+1.2; /other'", "/bin/bash /a/b_c-d+1.2"),
            ("ash -c '/app&&/other'", "ash /app"),
            ("dash -c '/app>/dev/null'", "dash /app"),
            ("sh -c '/app|/other'", "sh /app"),
            ("sh -c 'app'", "sh"),
            ("sh -c 'cd /srv && /app'", "sh"),
            ("sh -c '$APP'", "sh"),
            ("sh -c '/app$X'", "sh"),
            ("sh -c", "sh"),
            ("sh /start.sh", "sh"),
            // One in another.
            ("tini -- /bin/sh -c 'exec /app'", "tini /bin/sh /app"),
            ("/bin/sh -c '/bin/bash'", "/bin/sh /bin/bash"),
            // Not known to start anything.
            ("env X=1 /app", "env"),
            ("/entrypoint.sh /app", "/entrypoint.sh"),
        ] {
            assert_eq!(super::programs(words(command)), words(programs), "{command}");
        }
    }

    /// One configuration a row: ENTRYPOINT, CMD, HEALTHCHECK, and what each starts.
    #[test]
    fn every_instruction_is_read_as_engines_do() {
        for (entrypoint, cmd, healthcheck, expected) in [
            ("", "", "", ""),
            ("", "/app", "", "CMD /app"),
            ("/run", "", "", "ENTRYPOINT /run"),
            ("/run", "/app", "", "ENTRYPOINT /run"),
            ("", "/app", "CMD /check -x", "CMD /app HEALTHCHECK /check"),
            ("", "", "CMD-SHELL '/check || exit 1'", "HEALTHCHECK /bin/sh HEALTHCHECK /check"),
            ("", "", "CMD-SHELL 'curl localhost'", "HEALTHCHECK /bin/sh"),
            ("", "/app", "NONE", "CMD /app"),
            ("", "/app", "CMD", "CMD /app"),
            ("tini -- /run", "", "CMD /check", "ENTRYPOINT tini ENTRYPOINT /run HEALTHCHECK /check"),
        ] {
            let config = Config {
                entrypoint: words(entrypoint),
                cmd: words(cmd),
                healthcheck: words(healthcheck),
                ..Config::default()
            };
            let started = started(&config);
            let found: Vec<_> =
                started.iter().flat_map(|started| [started.by, started.program.as_str()]).collect();
            assert_eq!(found.join(" "), expected, "{entrypoint} | {cmd} | {healthcheck}");
        }
    }

    #[test]
    fn an_empty_word_starts_nothing() {
        assert_eq!(programs(vec![String::new(), "/app".to_owned()]), [""; 0]);
    }
}
