"""Types lines into a program that runs in a terminal, as a person would: ``python terminal.py LINES PROGRAM…``.

Each line is typed when the program asks for it, with ``you`` at the beginning of a line; then the terminal is closed with
Ctrl-D. What the terminal shows goes to stdout, without colours.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

PROMPT = "you "
END_OF_INPUT = b"\x04"


def main() -> int:
    """Run the program; its exit code."""
    lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    program = subprocess.Popen(
        sys.argv[2:], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "dumb"}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # on Linux, how a terminal ends that nobody holds any more
            break
        if not more:
            break
        shown += more
        if shown.decode("utf-8", "replace").replace("\r", "").endswith(f"\n{PROMPT}"):
            os.write(ours, f"{lines.pop(0)}\n".encode() if lines else END_OF_INPUT)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode("utf-8", "replace")).replace("\r\n", "\n")
    sys.stdout.write(text.removesuffix(f"\n{PROMPT}\n").rstrip() + "\n")
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
