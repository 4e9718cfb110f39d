"""What a diagnosis found, as plain data, and as the document of schema/diagnosis.schema.json. Renders nothing."""

import dataclasses
import json
import os
from dataclasses import dataclass, field

import engine
from cause import Cause

SCHEMA = "pqcheck.diagnosis/1"

# The outcomes of a step and of a question. What was not tried is never counted as right.
OK, WRONG, NOT_TRIED = "ok", "wrong", "not-tried"


@dataclass
class Step:
    """One thing that was done with an image or a stack."""

    name: str
    outcome: str
    note: str = ""
    seconds: float = 0.0
    log: str | None = None
    cause: Cause | None = None


@dataclass
class Layer:
    """A layer: its digest (of the uncompressed tar), its size in bytes, and the instruction that made it."""

    digest: str
    bytes: int
    instruction: str
    pqcheck: bool


@dataclass
class Crypto:
    """How the cases of an operation came out in one library of an image."""

    backend: str
    path: str
    algorithm: str
    operation: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    errors: int = 0


@dataclass
class Difference:
    """A layer that two builds of the same did not make equal, and files in it that tell."""

    instruction: str
    pqcheck: bool
    files: int
    examples: list = field(default_factory=list)


@dataclass
class Image:
    service: str
    platform: str
    emulated: bool
    name: str
    requires: list = field(default_factory=list)
    id: str | None = None
    base: str | None = None
    bytes: int = 0
    layers: list = field(default_factory=list)
    crypto: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    differs: list = field(default_factory=list)

    def step(self, name):
        return next((step for step in self.steps if step.name == name), None)

    def good(self, name):
        step = self.step(name)
        return bool(step) and step.outcome == OK


@dataclass
class Claim:
    """A line of an end-to-end check."""

    text: str
    holds: bool


@dataclass
class Running:
    """The stack on one platform."""

    platform: str
    emulated: bool
    services: list
    healthy_after: float | None = None
    claims: list = field(default_factory=list)
    steps: list = field(default_factory=list)


@dataclass
class Question:
    """One line of the list of success."""

    id: str
    asks: str
    outcome: str
    note: str


@dataclass
class Diagnosis:
    version: str
    engine: str
    compose: str
    began: str
    cpus: int
    seconds: float = 0.0
    images: list = field(default_factory=list)
    stacks: list = field(default_factory=list)
    questions: list = field(default_factory=list)
    worse: list = field(default_factory=list)

    @property
    def wrong(self):
        return any(question.outcome == WRONG for question in self.questions) or any(
            step.outcome == WRONG for each in [*self.images, *self.stacks] for step in each.steps
        )


def document(diagnosis):
    said = dataclasses.asdict(diagnosis)
    return {"schema": SCHEMA, "verdict": WRONG if diagnosis.wrong else OK, **without_nothing(said)}


def without_nothing(value):
    """What is not known is not in the document."""
    if isinstance(value, dict):
        return {key: without_nothing(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nothing(each) for each in value]
    return round(value, 1) if isinstance(value, float) else value


def read(path):
    """An earlier document, as far as a comparison needs it."""
    try:
        said = json.loads(path.read_text())
    except OSError as error:
        raise engine.Refusal(f"{path}: {error.strerror}; --baseline takes a report.json that an earlier diagnosis wrote") from None
    except ValueError as error:
        raise engine.Refusal(f"{path}: not JSON ({error}); --baseline takes a report.json that an earlier diagnosis wrote") from None
    if not isinstance(said, dict) or said.get("schema") != SCHEMA:
        raise engine.Refusal(f"{path}: not a document of {SCHEMA}; --baseline takes a report.json that an earlier diagnosis wrote")
    return said


def write(path, data):
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise engine.Refusal(f"{path}: {error.strerror}") from None
