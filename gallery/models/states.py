"""The words that rows are in: what state, what came of a call, why one waits. Codes are keys, labels are for people."""

from django.db import models


class State(models.TextChoices):
    """The state of a generation. Each step is a compare-and-set on id, state and token: see lifecycle.py."""

    QUEUED = "queued"
    SENDING = "sending"
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


ACTIVE_STATES = (State.QUEUED, State.SENDING, State.RECEIVED)
FINAL_STATES = (State.DONE, State.FAILED, State.INTERRUPTED, State.CANCELLED)
# What has ended without all that was asked for, and may be asked for again.
RUNNABLE_STATES = (State.FAILED, State.INTERRUPTED, State.CANCELLED)


class Outcome(models.TextChoices):
    """What became of a POST, as far as it is known.

    Nothing yet; not a byte left; an error of Venice's, which counts as free; pictures are stored; nobody knows, so
    that it may have been charged.
    """

    PENDING = "pending"
    UNSENT = "unsent"
    REFUSED = "refused"
    OK = "ok"
    UNKNOWN = "unknown"


# What such calls cost counts as spent: nobody can say of the unknown ones that they were free.
CHARGED_OUTCOMES = (Outcome.OK, Outcome.UNKNOWN)


class Hold(models.TextChoices):
    """Why a queued generation waits, or has waited: a label reads behind "held by". Gates have their own codes."""

    RATE_LIMIT = "rate-limit", "the rate limit"
    MEMBER = "member", "refusals of this member’s other requests"
    UNSENT = "unsent", "a connection that failed"
    REFUSED = "refused", "Venice’s refusal"
    KEY = "key", "a key that Venice refuses"
    BALANCE = "balance", "a lack of credits at Venice"
    DISK = "disk", "the server’s disk"
    PAUSE = "pause", "staff"
    BATCH = "batch", "a pause of its click"
    BREAKER = "breaker", "too many failures"
    BUSY = "busy", "a busy model"
    OTHER = "other", "something else"


# What a call leaves that goes back to the queue; its own words stand in its line of the ledger too.
HOLDS_OF_CALLS = (Hold.UNSENT, Hold.REFUSED)
