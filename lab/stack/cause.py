"""The cause in a log, as `pqcheck explain` names it. Knows nothing of where the log is from."""

import json
import subprocess
from dataclasses import dataclass, field

import engine
import services


@dataclass
class Cause:
    """A cause that was recognised: its stable name, why, what to do, and the lines that prove it."""

    id: str
    why: str
    fix: list = field(default_factory=list)
    evidence: list = field(default_factory=list)

    def lines(self):
        yield f"cause:   {self.id}: {self.why}"
        for fix in self.fix[:1]:
            yield f"to do:   {fix}"


def explain(text):
    """The likeliest cause, or the first line that says that something failed, or nothing."""
    if not text.strip():
        return None
    try:
        done = subprocess.run([services.binary(), "explain", "--format", "json", "-"], input=text, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise engine.Refusal(f"{services.binary()}: not there; `make dist` builds it") from None
    except subprocess.TimeoutExpired:
        return None
    try:
        said = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    if said["causes"]:
        first = said["causes"][0]
        return Cause(first["id"], first["why"], first["fix"], [line["text"] for line in first["evidence"]])
    if "failure" in said:
        return Cause("not-recognised", f"the first line that says that something failed is: {said['failure']['text'].strip()[:300]}")
    return None
