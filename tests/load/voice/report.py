"""The report of a bench as one page that needs nothing from outside: tables, and plots as inline SVG."""

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT, MARGIN = 560, 240, 44
COLOURS = ("#1b6f5c", "#b4533c", "#3b5fa8", "#8a6d1d", "#6b4c9a", "#4d5b57")
# Of a step: what it is called, its unit, and where it stands.
PLOTS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("CPU, % of a core for each conversation", ("cpu_percent_per_session",)),
    ("Lateness of audio, p99, ms", ("lateness_ms", "p99")),
    ("Voice to voice, p95, ms", ("voice_to_voice_ms", "p95")),
    ("From the first voiced frame to the assistant's silence, p95, ms", ("barge_in_ms", "p95")),
    ("Memory, MB for each conversation", ("rss_mb_per_session",)),
)
COLUMNS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("offered", ("offered",)),
    ("talking", ("talking",)),
    ("CPU % each", ("cpu_percent_per_session",)),
    ("MB each", ("rss_mb_per_session",)),
    ("late p50", ("lateness_ms", "p50")),
    ("late p99", ("lateness_ms", "p99")),
    ("frames", ("frames",)),
    ("missed", ("frames_missed",)),
    ("answers", ("voice_to_voice_ms", "n")),
    ("v2v p50", ("voice_to_voice_ms", "p50")),
    ("v2v p95", ("voice_to_voice_ms", "p95")),
    ("v2v p99", ("voice_to_voice_ms", "p99")),
    ("endpoint p50", ("stages_ms", "endpoint", "p50")),
    ("transcript p50", ("stages_ms", "transcript", "p50")),
    ("first token p50", ("stages_ms", "first_token", "p50")),
    ("first audio p50", ("stages_ms", "first_audio", "p50")),
    ("on the wire p50", ("stages_ms", "on_wire", "p50")),
    ("barge-in p95", ("barge_in_ms", "p95")),
    ("start p95", ("start_ms", "p95")),
    ("refused", ("refused",)),
    ("errors", ("errors",)),
)
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1d2523 }
table { border-collapse: collapse; font-size: 12px; display: block; overflow-x: auto }
td, th { padding: .25rem .5rem; border-bottom: 1px solid #d6dedb; text-align: right; white-space: nowrap }
figure { display: inline-block; margin: 1rem 1.5rem 0 0 } figcaption { font-size: 13px }
svg text { font: 11px system-ui, sans-serif; fill: #55615d } code { background: #eef3f1; padding: .1rem .3rem }
"""


def page(report: dict[str, Any]) -> str:
    """Return the HTML of a report as `bench.main` makes it."""
    runs = report["runs"].values()
    figures = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in report["figures"].items())
    plots = "".join(_plot(title, path, list(runs)) for title, path in PLOTS)
    tables = "".join(f"<h2>{escape(run['name'])}</h2>{_table(run['steps'])}" for run in runs)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Storeline bench</title><style>{STYLE}</style>"
        f"<h1>Storeline bench</h1><p>{report['measured_at']}, {report['cores']} cores, "
        f"<code>{escape(report['command'])}</code>. Figures are medians, tables the last "
        f"run's. Times in ms; stages count from the end of speech as the server hears it.</p>"
        f"<table>{figures}</table>{plots}{tables}</html>\n"
    )


def _at(step: dict[str, Any], path: Sequence[str]) -> Any:  # noqa: ANN401 - whatever a step holds
    value: Any = step
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _table(steps: Sequence[dict[str, Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name, _ in COLUMNS)
    rows = "".join("<tr>" + "".join(_cell(_at(step, path)) for _, path in COLUMNS) + "</tr>" for step in steps)
    return f"<table><tr>{head}</tr>{rows}</table>"


def _cell(value: object) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {count}" for name, count in value.items()) or 0
    return f"<td>{'-' if value is None else escape(str(value))}</td>"


def _plot(title: str, path: Sequence[str], runs: Sequence[dict[str, Any]]) -> str:
    lines = [
        [(step["talking"], value) for step in run["steps"] if (value := _at(step, path)) is not None] for run in runs
    ]
    points = [point for line in lines for point in line]
    if not points:
        return ""
    most, highest = max(x for x, _ in points) or 1, max(y for _, y in points) or 1

    def where(x: float, y: float) -> tuple[float, float]:
        return MARGIN + x / most * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y / highest * (HEIGHT - 2 * MARGIN)

    drawn = []
    for run, line, colour in zip(runs, lines, COLOURS, strict=False):
        placed = [where(x, y) for x, y in line]
        route = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        drawn.append(f"<polyline points='{route}' fill=none stroke='{colour}' stroke-width=2 />")
        drawn += [
            f"<circle cx={x:.1f} cy={y:.1f} r=3 fill='{colour}'><title>{escape(run['name'])}: {value} at {number}"
            "</title></circle>"
            for (x, y), (number, value) in zip(placed, line, strict=True)
        ]
    bottom = HEIGHT - MARGIN
    axes = (
        f"<path d='M{MARGIN} {MARGIN}V{bottom}H{WIDTH - MARGIN}' fill=none stroke='#9aa8a3' />"
        f"<text x={MARGIN - 6} y={MARGIN + 4} text-anchor=end>{highest:g}</text>"
        f"<text x={MARGIN - 6} y={bottom} text-anchor=end>0</text>"
        f"<text x={WIDTH - MARGIN} y={bottom + 16} text-anchor=end>{most} conversations</text>"
    )
    legend = "".join(
        f"<text x={MARGIN + 8} y={16 + 13 * number} style='fill:{colour}'>{escape(run['name'])}</text>"
        for number, (run, colour) in enumerate(zip(runs, COLOURS, strict=False))
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption><svg width={WIDTH} height={HEIGHT} role=img "
        f"aria-label='{escape(title)}'>{axes}{''.join(drawn)}{legend}</svg></figure>"
    )
