"""The command line: `python -m server run | work | migrate | backup | restore | doctor | talk | eval | phone | …`.

Each command imports what it needs, so that `talk` starts at once and `migrate` loads no model.
"""

import argparse
import os
import sys

# Before any model's library is loaded: OpenMP threads that wait must not burn the core that audio needs.
# https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Pipecat greets on standard error when it is imported.
os.environ.setdefault("LOGURU_LEVEL", "WARNING")
# Pipecat would execute the files that this names.
os.environ.pop("PIPECAT_SETUP_FILES", None)


# What shells report for a command that Ctrl-C ended.
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status; what went wrong is one plain message on standard error."""
    try:
        return _command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def _command(arguments: list[str] | None) -> int:
    from server import phone_arguments, talk
    from server.errors import CannotStart

    parser = argparse.ArgumentParser(prog="python -m server", description="A self-hosted voice line for stores.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, about, parents in (
        ("run", _run, "start everything and serve until Ctrl-C", [_run_parser()]),
        ("work", _work, "do what is left after calls, until Ctrl-C", [_work_parser()]),
        ("migrate", _migrate, "bring the database up to date, and stop", []),
        ("backup", _backup, "write database, keys and recordings to a new folder", [_folder_parser()]),
        ("restore", _restore, "fill an empty database and DATA_DIR from such a folder", [_folder_parser()]),
        ("doctor", _doctor, "check what the settings need, for real, and say what to mend", []),
        ("talk", talk.talk, "call the assistant with recordings", [talk.parser()]),
        ("eval", _eval, "ask three stores' assistants what callers ask, and judge the answers", [_eval_parser()]),
        ("phone", _phone, "numbers, and a Twilio that rings this server", [phone_arguments.parser()]),
        ("openapi", _openapi, "print the OpenAPI document of one API", [_api_parser()]),
        ("keys", _keys, "sign access tokens with new keys from now on; nobody is logged out", [_keys_parser()]),
    ):
        commands.add_parser(name, help=about, description=about, parents=parents).set_defaults(command=command)
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    # What WEB_CONCURRENCY starts, and nobody else.
    parser.add_argument("--one-of-several", action="store_true", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> int:
    import signal

    from server import logs, run, settings, several

    # As Ctrl-C, which unwinds whatever was opened so far.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    read = settings.load()
    logs.configure(read.log_level)
    if read.web_concurrency > 1 and not options.one_of_several:
        several.run_several(read)
    else:
        run.run(read, one_of_several=options.one_of_several)
    return 0


def _work_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop when the parent process is gone")
    return parser


def _work(options: argparse.Namespace) -> int:
    from server import logs, settings, work

    read = settings.load()
    logs.configure(read.log_level)
    work.work(read, until_stdin_ends=options.until_stdin_ends)
    return 0


def _doctor(_options: argparse.Namespace) -> int:
    from server import settings
    from server.doctor import visit

    return visit.report(settings.load(), sys.stdout)


def _migrate(_options: argparse.Namespace) -> int:
    from server import database, settings

    with database.opened(settings.load()) as url:
        applied = database.migrate(url)
    sys.stdout.write(f"Applied: {', '.join(applied) or 'nothing; the database is up to date'}.\n")
    return 0


def _folder_parser() -> argparse.ArgumentParser:
    from pathlib import Path

    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("folder", type=Path)
    return parser


def _backup(options: argparse.Namespace) -> int:
    from server import backup, settings

    backup.back_up(settings.load(), options.folder)
    sys.stdout.write(f"Everything is in {options.folder}. Its keys open every account: keep it as you keep them.\n")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from server import backup, settings

    backup.restore(settings.load(), options.folder)
    sys.stdout.write(f"Restored from {options.folder}.\n")
    return 0


def _eval_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--store", choices=["demo", "bakery", "cycles"], help="ask one of the stores")
    parser.add_argument("--half", choices=["first", "second", "held_out"], help="ask one part of the questions")
    parser.add_argument("--section", help="ask one section of the questions")
    parser.add_argument("--verbose", action="store_true", help="print every answer, and not only the wrong ones")
    return parser


def _eval(options: argparse.Namespace) -> int:
    from server import evaluation

    return evaluation.evaluate(store=options.store, half=options.half, section=options.section, verbose=options.verbose)


def _phone(options: argparse.Namespace) -> int:
    from server import phone_command

    return phone_command.phone(options)


def _api_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("api", choices=["user", "store"])
    return parser


def _openapi(options: argparse.Namespace) -> int:
    import asyncio
    import json

    from server import run, settings

    document = asyncio.run(run.described(settings.load(), options.api))
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    return 0


def _keys_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("action", choices=["rotate"])
    return parser


def _keys(_options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from auth.principals import Kind
    from auth.tokens.keys import SIGNS_AFTER, rotate
    from server import settings

    directory = settings.load().data_dir / "keys"
    for kind in Kind:
        path = rotate(directory / kind, now=datetime.now(UTC))
        sys.stdout.write(f"{path} signs in {SIGNS_AFTER.total_seconds():.0f} s.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
