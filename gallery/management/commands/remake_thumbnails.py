"""`manage.py remake_thumbnails`: after a release that makes them in another way."""

from typing import Any

from django.core.management.base import BaseCommand

from gallery.media.decoder import Decoder
from gallery.media.storage import StorageAway
from gallery.media.thumbnails import UnusablePicture
from gallery.pipeline.thumbnail_upgrade import outdated, remake

# How often it tells how far it is.
_STEP = 100


class Command(BaseCommand):
    help = (
        "Remake thumbnails, sizes and colours that an older release made; exit 1 when some could not be. "
        "It may be stopped at any time, and goes on where it was. Originals are left alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        made, failed, decoder = 0, 0, Decoder()
        try:
            for row in outdated():
                try:
                    remake(row, decoder)
                    made += 1
                except StorageAway as error:
                    self.stderr.write(f"Stopped: {made} remade. {error.strerror}. Run it again to go on.")
                    raise SystemExit(1) from None
                except (OSError, UnusablePicture) as error:
                    failed += 1
                    self.stderr.write(f"{row.called.capitalize()} {_words(error)}")
                if made and made % _STEP == 0:
                    self.stdout.write(f"{made} remade …")
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped: {made} remade. Run it again to go on.")
            raise SystemExit(130) from None
        finally:
            decoder.close()
        self.stdout.write(f"{made} remade, {failed} could not be.")
        if failed:
            raise SystemExit(1)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, UnusablePicture) else f"cannot be read: {error}"
