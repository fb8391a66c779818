"""The language model's own process: llama.cpp behind an HTTP server on loopback.

Run by llama.py as a file of its own. The first line on stdin says what to serve (`Served` as JSON); the server's
address is printed on stdout once the model is loaded. The end of stdin, closed by the parent or by the parent's
death, ends this process. What llama.cpp has to complain about goes to stderr.
"""

import json
import os
import sys
from dataclasses import dataclass
from typing import Protocol

# How many tokens of a new prompt are read before those who are being answered get their next word: 128 hold them up
# for at most 1.7 s, llama.cpp's 512 for 3.6 s.
BATCH_TOKENS = 128
ERRORS_ONLY = 1
# Hearing and speaking go first: what they take of the processor is little, and late audio is heard at once.
NICENESS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A GGUF file, the secret that every request must bear, and how much is served at once.

    slots: conversations answered at the same time; slot_tokens: prompt and answer of one together;
    state_dir: where the state of a slot is saved and restored from.
    """

    model: str
    secret: str
    threads: int
    slots: int
    slot_tokens: int
    state_dir: str


class Server(Protocol):
    """What is used of xllamacpp.Server; it serves until it is garbage."""

    listening_address: str


def serve(served: Served) -> Server:
    """Load the model and serve it on a free port, from native threads."""
    # Without it OpenMP's idle threads spin, which costs up to three quarters of the speed when a core is shared.
    # It is read when the library is loaded. https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
    os.environ["GOMP_SPINCOUNT"] = "10000"
    import xllamacpp  # noqa: PLC0415 - not before the line above, and not in the parent that imports Served

    params = xllamacpp.CommonParams()
    params.model.path = served.model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [served.secret]
    params.ui = False
    params.verbosity = ERRORS_ONLY
    params.slot_save_path = f"{served.state_dir}/"

    params.n_parallel = served.slots
    params.n_ctx = served.slots * served.slot_tokens
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    # Who gets which slot is decided by llama.py; llama.cpp would keep 8 GB of what slots have lost.
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = served.threads
    # It would load the model twice to see what fits on a graphics card.
    params.fit_params = False
    # Nobody waits on the telephone while a model thinks.
    params.enable_reasoning = 0
    server: Server = xllamacpp.Server(params)
    return server


def main() -> None:
    """Serve until stdin ends."""
    served = Served(**json.loads(sys.stdin.buffer.readline()))
    os.nice(NICENESS)
    # Only the address may reach the parent; whatever native code prints joins the complaints.
    parent = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        server = serve(served)
    except RuntimeError as e:
        # llama.cpp has said why.
        sys.exit(str(e))
    print(server.listening_address, file=parent, flush=True)
    sys.stdin.buffer.read()
    # Native threads are in the middle of something; there is nothing to save.
    os._exit(0)


if __name__ == "__main__":
    main()
