"""The arguments of `python -m server phone`; what it does is loaded only when it is used."""

import argparse
from pathlib import Path

# A number that nobody has. https://nationalnanpa.com/number_resource_info/555_numbers.html
CALLER = "+12025550199"


def parser() -> argparse.ArgumentParser:
    """Return the command's arguments; `parents=[parser()]` makes it a sub-command."""
    parser = argparse.ArgumentParser(add_help=False)
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("numbers", help="list the numbers and their stores").set_defaults(action="numbers")
    assign = actions.add_parser("assign", help="give a number to a store, and have its carrier ask us about its calls")
    assign.add_argument("number", metavar="+1…")
    assign.add_argument("store", metavar="STORE-SLUG")
    assign.add_argument("--provider", choices=["twilio", "daily"], help="whose number it is, if both are set")
    assign.add_argument("--here-only", action="store_true", help="leave the carrier alone: for simulated calls")
    assign.set_defaults(action="assign")
    release = actions.add_parser("release", help="take a number from its store")
    release.add_argument("number", metavar="+1…")
    release.set_defaults(action="release")
    simulate = actions.add_parser("simulate", help="ring a running server as Twilio does, with recordings")
    simulate.add_argument("files", nargs="+", type=Path, metavar="FILE.wav", help="what the caller says, in order")
    simulate.add_argument("--number", required=True, metavar="+1…", help="the number to call")
    simulate.add_argument("--caller", default=CALLER, metavar="+1…", help="who calls; default: %(default)s")
    simulate.add_argument("--calls", type=int, default=1, help="how many at once, each from a number of its own")
    simulate.add_argument("--server", help="where the server listens; default: PORT on this machine")
    simulate.set_defaults(action="simulate")
    return parser
