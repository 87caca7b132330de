"""What is held now, for banner, cards and queue: asked at most once a request, and only where it is shown."""

from functools import cached_property

from django.http import HttpRequest

from gallery.models import Gate, Worker

_ATTRIBUTE = "gallery_holds"


class Holds:
    """The closed gates, as they were when first asked for."""

    @cached_property
    def closed(self) -> list[Gate]:
        """All of them, those that hold everything first."""
        closed = list(Gate.objects.closed().order_by("model", "closed_at"))
        hosts = [gate.host for gate in closed if gate.host]
        # What holds some hosts holds nobody up while another one works.
        if hosts and Worker.objects.alive().exclude(host__in=hosts).exists():
            return [gate for gate in closed if not gate.host]
        return closed

    @property
    def everything(self) -> list[Gate]:
        """Those that hold every generation."""
        return [gate for gate in self.closed if not gate.model]

    @property
    def models(self) -> list[Gate]:
        """Those that hold one model each."""
        return [gate for gate in self.closed if gate.model]

    def of_model(self, model: str) -> Gate | None:
        """What holds a generation of `model`: a gate for all before its own; None when it may go."""
        return next((gate for gate in self.closed if gate.model in ("", model)), None)


def of(request: HttpRequest) -> Holds:
    """The same for all who ask while one request is answered."""
    known: Holds | None = getattr(request, _ATTRIBUTE, None)
    if known is None:
        known = Holds()
        setattr(request, _ATTRIBUTE, known)
    return known
