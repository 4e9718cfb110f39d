"""The stack of docker/compose.yaml: bring it up, take it down, and say of every image what is right and what is wrong.

    python3 lab/stack up [--keep]        build, start, wait for all healthy, print the state
    python3 lab/stack down               containers, networks, volumes and secrets go; images stay
    python3 lab/stack diagnose …         docker/run-diagnostics.sh

Exit code 0 fine, 1 something is wrong, 2 the work could not be done. COMPOSE_PROJECT_NAME and what the head of
docker/compose.yaml names are respected. Knows the order of things; what each thing is stands in its own file.
"""

import argparse
import signal
import sys
from pathlib import Path

import diagnose
import engine
import lifecycle
import services


def main():
    arguments = parse()
    # What was started is taken away also when somebody asks to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments.command == "up":
            code = lifecycle.up(arguments)
        elif arguments.command == "down":
            code = lifecycle.down()
        else:
            code = diagnose.run(arguments)
    except engine.Refusal as refusal:
        say(refusal)
        code = 2
    except OSError as error:
        say(f"{error.filename or 'this machine'}: {error.strerror or error}")
        code = 2
    except KeyboardInterrupt:
        say("interrupted")
        code = 130
    sys.exit(code)


def parse():
    parser = argparse.ArgumentParser(prog="lab/stack", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="build, start, wait for all healthy, print the state")
    up.add_argument("--keep", action="store_true", help="leave what does not become healthy, to look at it")
    up.add_argument("--no-build", action="store_true", help="take the images that are there")
    up.add_argument("--deadline", type=seconds, default=120, metavar="SECONDS", help="for becoming healthy [120]")
    commands.add_parser("down", help="take everything away but the images")
    look = commands.add_parser("diagnose", help="say of every image what is right and what is wrong")
    look.add_argument("--platform", type=platforms, default=None, metavar="OS/ARCH,…", help="[linux/amd64,linux/arm64]")
    look.add_argument("--service", action="append", choices=services.NAMES, metavar="NAME", help="one of " + ", ".join(services.NAMES) + " (repeatable) [all]")
    look.add_argument("--baseline", type=Path, metavar="REPORT.json", help="an earlier report; what got worse since then is wrong")
    look.add_argument("--output", type=Path, default=services.ROOT / "target/diagnosis", metavar="DIR", help="where the reports go [target/diagnosis]")
    look.add_argument("--once", action="store_true", help="do not build a second time to compare")
    look.add_argument("--deadline", type=seconds, default=None, metavar="SECONDS", help="for becoming healthy [120; 900 emulated]")
    return parser.parse_args()


def seconds(text):
    value = int(text)
    if not 1 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text}: a number of seconds is wanted")
    return value


def platforms(text):
    known = {"linux/amd64": "amd64", "linux/arm64": "arm64"}
    wanted = list(dict.fromkeys(text.split(",")))
    for each in wanted:
        if each not in known:
            raise argparse.ArgumentTypeError(f"`{each}` is not known; known are {', '.join(known)}")
    return [known[each] for each in wanted]


def say(what):
    print(f"lab/stack: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
