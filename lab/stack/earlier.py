"""What is worse in a report than in an earlier one: both are documents. What is new, or is no longer asked for, is not
worse. Knows nothing of how a report is made."""

import engine
import report
from report import OK, WRONG

# An image may grow by this much with the packages of the distribution.
GROWTH = 1.10


def read(path):
    """An earlier document, which has all that a comparison needs; else a Refusal, before anything is built."""
    said = report.read(path)
    try:
        worse(said, said)
        said["began"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise engine.Refusal(f"{path}: damaged: {what}; --baseline takes a report.json that an earlier diagnosis wrote") from None
    return said


def worse(before, now):
    found = []
    old = {(image["service"], image["platform"]): image for image in before["images"]}
    for image in now["images"]:
        name = f"{image['service']} {image['platform']}"
        then = old.get((image["service"], image["platform"]))
        if then is None:
            continue
        found += [f"{name}: {step} was ok" for step in lost(then["steps"], image["steps"])]
        found += crypto(name, then, image)
        if then["bytes"] and image["bytes"] > then["bytes"] * GROWTH:
            found.append(f"{name}: {then['bytes'] / 1e6:.0f} MB became {image['bytes'] / 1e6:.0f} MB")
    runs = {running["platform"]: running for running in before["stacks"]}
    for running in now["stacks"]:
        then = runs.get(running["platform"])
        if then is None:
            continue
        found += [f"stack {running['platform']}: {step} was ok" for step in lost(then["steps"], running["steps"])]
        fails = {claim["text"] for claim in running["claims"] if not claim["holds"]}
        found += [f"held before: {claim['text']}" for claim in then["claims"] if claim["holds"] and claim["text"] in fails]
    return found


def lost(then, now):
    """Steps that were right and are wrong."""
    right = {step["name"] for step in then if step["outcome"] == OK}
    return [step["name"] for step in now if step["outcome"] == WRONG and step["name"] in right]


def crypto(name, then, image):
    """Operations that were there and right, and are not. A library of another version may lie at another path."""
    have = sums(image)
    if image["layers"] == []:
        # It does not build; that is said already.
        return
    if any(passed for passed, _ in sums(then).values()) and not any(passed for passed, _ in have.values()):
        yield f"{name}: all crypto functions are gone"
        return
    for key, (passed, bad) in sorted(sums(then).items()):
        now_passed, now_bad = have.get(key, (0, 0))
        what = f"{name}: {' '.join(key)}"
        if passed and not now_passed:
            yield f"{what} is gone"
        elif now_bad > bad:
            yield f"{what}: {now_bad} cases fail, before {bad}"
        elif now_passed < passed:
            yield f"{what}: {now_passed} cases pass, before {passed}"


def sums(image):
    found = {}
    for row in image["crypto"]:
        key = (row["backend"], row["algorithm"], row["operation"])
        passed, bad = found.get(key, (0, 0))
        found[key] = (passed + row["passed"], bad + row["failed"] + row["errors"])
    return found
