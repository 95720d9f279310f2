# The table and the plots of docs/quality.md, from what measure.py printed.
#
# report.py MEASURED.tsv FOLDER: writes FOLDER/quality.svg and puts the table between the marks of FOLDER/quality.md.
import sys
from collections import defaultdict
from pathlib import Path

WORDS = {
    "loss-00": "no loss",
    "loss-01": "1 % lost",
    "loss-05": "5 % lost",
    "loss-10": "10 % lost",
    "loss-20": "20 % lost",
    "burst-05": "5 % lost, in bursts of 3",
    "jitter-10": "jitter, exponential, mean 10 ms",
    "jitter-30": "jitter, exponential, mean 30 ms",
    "stall-200": "nothing for 200 ms, each 3 s",
    "overtaken-05": "5 % overtaken by two",
    "doubled-10": "10 % twice",
}
BEGIN, END = "<!-- measured -->", "<!-- end -->"
WIDTH, ROW, LEFT, BAR = 860, 34, 250, 470

measured, folder = Path(sys.argv[1]), Path(sys.argv[2])
figures = defaultdict(list)
for line in measured.read_text().splitlines():
    name, _, *values = line.split("\t")
    figures[name].append([float(value) for value in values])


def quantile(values, share):
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


rows = ["| network | PESQ-NB mean | lowest tenth | STOI mean | delay, ms |", "|---|---|---|---|---|"]
bars = []
for at, (name, words) in enumerate((n, w) for n, w in WORDS.items() if n in figures):
    quality, understood, behind = zip(*figures[name])
    mean, low, least = (sum(quality) / len(quality), quantile(quality, 0.1), min(quality))
    stoi = sum(understood) / len(understood)
    rows.append(f"| {words} | {mean:.2f} | {low:.2f} | {stoi:.3f} | {quantile(behind, 0.5):.0f} |")
    y, x = 50 + at * ROW, lambda mos: LEFT + (mos - 1.0) / 3.5 * BAR
    bars.append(
        f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{words}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{x(mean) - LEFT:.1f}" height="18" fill="#3a6ea5"/>'
        f'<line x1="{x(least):.1f}" x2="{x(max(quality)):.1f}" y1="{y + 9}" y2="{y + 9}" stroke="#c8553d" stroke-width="2"/>'
        f'<text x="{LEFT + BAR + 12}" y="{y + 14}">{mean:.2f} / {stoi:.3f}</text>'
    )
height = 60 + len(bars) * ROW
grid = "".join(
    f'<line x1="{LEFT + (mos - 1) / 3.5 * BAR:.1f}" x2="{LEFT + (mos - 1) / 3.5 * BAR:.1f}" y1="40" y2="{height - 10}" stroke="#ddd"/>'
    f'<text x="{LEFT + (mos - 1) / 3.5 * BAR:.1f}" y="34" text-anchor="middle" fill="#666">{mos}</text>'
    for mos in (1, 2, 3, 4)
)
(folder / "quality.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">'
    f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    f'<text x="{LEFT}" y="18">PESQ-NB (bar: mean, line: least to most), and STOI</text>{grid}{"".join(bars)}</svg>\n'
)
page = folder / "quality.md"
before, rest = page.read_text().split(BEGIN)
page.write_text(before + BEGIN + "\n" + "\n".join(rows) + "\n" + END + rest.split(END)[1])
