"""Words about a picture as Exif and as XMP, the two forms that every tool reads in JPEG and WebP."""

import re
import struct
from xml.sax.saxutils import escape

SOFTWARE = b"Venice Gallery\0"
# What XML 1.0 cannot hold.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmp:CreatorTool="Venice Gallery">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_SHORT, _LONG, _ASCII, _ANY = 3, 4, 2, 7


def exif(words: str, turn: int = 1) -> bytes:
    """A TIFF block with the turn and, where there are any, the words as UserComment; largest byte first.

    Readers of UserComment disagree on the order of its bytes unless the whole block has the same.
    """
    rows = [(0x0112, _SHORT, 1, struct.pack(">Hxx", turn))]
    if not words:
        return _tiff(rows, b"")
    comment = _comment(words)
    entries = 3
    after = 8 + 2 + 12 * entries + 4
    inner = after + len(SOFTWARE) + len(SOFTWARE) % 2
    rows.append((0x0131, _ASCII, len(SOFTWARE), struct.pack(">I", after)))
    rows.append((0x8769, _LONG, 1, struct.pack(">I", inner)))
    start = inner + 2 + 12 + 4
    comments = struct.pack(">HHHIII", 1, 0x9286, _ANY, len(comment), start, 0) + comment
    return _tiff(rows, SOFTWARE + b"\0" * (len(SOFTWARE) % 2) + comments)


def _tiff(rows: list[tuple[int, int, int, bytes]], rest: bytes) -> bytes:
    table = b"".join(struct.pack(">HHI", tag, kind, count) + value for tag, kind, count, value in rows)
    return b"MM\0*" + struct.pack(">IH", 8, len(rows)) + table + struct.pack(">I", 0) + rest


def _comment(words: str) -> bytes:
    if words.isascii():
        return b"ASCII\0\0\0" + words.encode()
    return b"UNICODE\0" + words.encode("utf-16-be", "replace")


def xmp(words: str) -> bytes:
    """A packet that describes the picture with these words."""
    return _XMP.format(words=escape(_NO_XML.sub("", words))).encode(errors="replace")
