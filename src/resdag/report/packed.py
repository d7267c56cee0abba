"""How do pictures and rows lie in one page without filling it?

Rows and specifications are compressed, since a script reads them; pictures stay as they are, so that the page shows
them without one.  Pictures and specifications lose digits that no screen has; rows keep all.
"""

import base64
import gzip
import re
from io import BytesIO

import polars as pl

_GEOMETRY = re.compile(r'\b(d|transform|x|y|x1|x2|y1|y2|width|height|cx|cy|r|points)="([^"]*)"')
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_NUMBERS = re.compile(r'("(?:[^"\\]|\\.)*")|-?\d+\.\d{6,}(?:[eE][+-]?\d+)?')
_IDS = re.compile(r'(\bid="|url\(#|xlink:href="#|\bhref="#)')


def packed(text: str) -> str:
    """Text as base64 of gzip, the same bytes for the same text."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def unpacked(text: str) -> str:
    """The text that was packed."""
    return gzip.decompress(base64.b64decode(text)).decode()


def parquet(rows: pl.DataFrame) -> str:
    """Rows as base64 of a Parquet file."""
    file = BytesIO()
    rows.write_parquet(file, compression="zstd", compression_level=19)
    return base64.b64encode(file.getvalue()).decode()


def slim(svg: str) -> str:
    """The picture with coordinates to a hundredth of a pixel."""
    return _GEOMETRY.sub(lambda found: f'{found[1]}="{_LONG.sub(_short, found[2])}"', svg)


def _short(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 2) + 0.0:.10g}"  # + 0.0: no minus before nothing


def brief(specification: str) -> str:
    """A specification with numbers to six digits, which no chart shows more of; what stands in quotes stays."""
    return _NUMBERS.sub(lambda found: found[1] or f"{float(found[0]):.6g}", specification)


def named_apart(svg: str, prefix: str) -> str:
    """The picture with names of its own for what it refers to inside itself: a page may hold each name once."""
    return _IDS.sub(lambda found: f"{found[1]}{prefix}", svg)
