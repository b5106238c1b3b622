"""The few words that the judges' scripts use to say what must be so."""


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} is not {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(f"not so: {what}")


def refused(kind, action, what):
    """The action raises `kind`, or one of several; anything else it raises is not caught."""
    try:
        action()
    except kind:
        return
    raise AssertionError(f"not refused: {what}")
