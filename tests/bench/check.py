#!/usr/bin/env python3
"""check.py CASE: `dragoman bench` on a few kernels in quick mode: its reports say the same, are well
formed and load nothing from elsewhere; mistakes give one clear line."""
import html.parser
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import ENGINES, ON_X86  # noqa: E402

DRAGOMAN = ENGINES["jit"][0]
KERNELS = ["sieve", "exceptions", "hello"]


def bench(*arguments):
    return subprocess.run([DRAGOMAN, "bench", *map(str, arguments)], capture_output=True, text=True)


def measured(folder, *arguments):
    """Runs the kernels; the report as JSON, Markdown and HTML."""
    files = [folder / name for name in ("r.json", "r.md", "r.html")]
    run = bench("--quick", "--rounds", 2, "--vs", f"again={DRAGOMAN}", "--json", files[0],
                "--markdown", files[1], "--html", files[2], *arguments, *KERNELS)
    assert run.returncode == 0, run.stderr
    assert len(run.stderr.splitlines()) == len(KERNELS), run.stderr  # a line for each
    return [json.loads(files[0].read_text())] + [f.read_text() for f in files[1:]]


class Page(html.parser.HTMLParser):
    """Counts elements and checks that they nest."""
    VOID = ("meta", "line", "rect", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        for name, value in attrs:
            assert name not in ("src", "href") and "://" not in (value or ""), (tag, name, value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("rect", "line"):
            if self.open and self.open[-1] == tag:
                self.open.pop()
            return
        assert self.open and self.open.pop() == tag, tag

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()


def case_reports(folder):
    data, markdown, page = measured(folder)
    names = [e["name"] for e in data["engines"]]
    assert names == (["native"] if ON_X86 else []) + ["dragoman", "again"], names
    assert [k["name"] for k in data["kernels"]] == KERNELS and data["quick"] is True
    for kernel in data["kernels"]:
        for name in names:
            cell = kernel["results"][name]
            assert len(cell["seconds"]) == 2 and cell["peak_kb"] > 0, cell
            assert min(cell["seconds"]) <= cell["median"] <= max(cell["seconds"]), cell
            assert f"{cell['median']:.3f}" in markdown and f"{cell['median']:.3f}" in page
        stats = kernel["results"]["dragoman"]["stats"]
        run = stats["run"]
        assert run["guest_insns"] + run["interpreted_insns"] > 10000
        assert 0.5 < run["host_insns"] / run["guest_insns"] < 10, run
        # hello has little that runs often enough to be translated
        assert run["cold_runs"] + stats["translation"]["translations"] > 10
        assert stats["translation"]["translations"] > 0 and stats["exits"]["services"] > 5
        assert stats["memory"]["code_bytes"] > 1000
        assert re.search(rf"^\| {kernel['name']} \|", markdown, re.M)
    seen = Page(page).seen
    assert seen["svg"] == 2 and "script" not in seen and "link" not in seen, seen
    assert seen["rect"] >= 3 * (len(names) - 1)


def case_compare(folder):
    (folder / "old.json").write_text(json.dumps(measured(folder)[0]))
    _, markdown, page = measured(folder, "--compare", folder / "old.json")
    rows = re.findall(r"^\| (\w+) \|(?: [\d.]+ \| [\d.]+ \| [\d.]+(?: slower| faster)? \|)+$",
                      markdown, re.M)
    assert rows == KERNELS, markdown
    assert "Compared with the report of" in markdown and "Compared with the report of" in page


def case_arguments(folder):
    (folder / "list.json").write_text("[1]")
    (folder / "broken.json").write_text('{"dragoman_bench": 1,\n')
    (folder / "empty.json").write_text('{"dragoman_bench": 1}')
    (folder / "kernel.json").write_text(
        '{"dragoman_bench": 1, "date": "", "processor": "", "processors": 1, "rounds": 1, '
        '"quick": true, "engines": [], "kernels": [1]}')
    for arguments, word in [
            (["--frobnicate"], "--frobnicate"), (["nosuch"], "nosuch"), (["--rounds"], "--rounds"),
            (["--rounds", "0"], "--rounds"), (["--rounds", "x"], "'x'"), (["--limit=-3"], "-3"),
            (["--quick=1"], "--quick"), (["--vs", "name"], "NAME=COMMAND"),
            (["--guest", "vax"], "'vax'"), (["--vs", "a=/nonexistent"], "/nonexistent"), (["--engines", "qemu"], "qemu"),
            (["--engines", ","], "names none"),
            (["--vs", f"dragoman={DRAGOMAN}"], "two engines"),
            (["--json", "/nonexistent/x", "hello"], "/nonexistent/x"),
            (["--compare", "/nonexistent"], "/nonexistent"),
            (["--compare", folder / "list.json"], "list.json"),
            (["--compare", folder / "broken.json"], "line 2"),
            (["--compare", folder / "empty.json"], "empty.json"),
            (["--compare", folder / "kernel.json"], "kernel")]:
        run = bench(*arguments)
        lines = run.stderr.splitlines()
        assert run.returncode == 2 and len(lines) == 1 and word in lines[0], (arguments, run)
        assert lines[0].startswith("dragoman: ") and not run.stdout, run
    run = bench("--quick", "--kernels", folder, "hello")
    assert run.returncode == 1 and "is not built" in run.stdout, run  # nothing was measured
    run = bench("--quick", "--vs", "false=/bin/false", "hello")
    assert run.returncode == 1 and "exit status 1" in run.stdout, run
    assert bench("--help").stdout.startswith("usage: dragoman bench")
    assert "sieve" in bench("--list").stdout


def case_tunables(folder):
    """The guest, seen through the tunables or not, and a native program see the same features."""
    text = bench("--tunables").stdout
    assert re.fullmatch(r"glibc\.cpu\.hwcaps=-\w+(,-\w+)*\n", text), text
    flags = subprocess.run([DRAGOMAN, "/bin/cat", "/proc/cpuinfo"], capture_output=True,
                           text=True).stdout
    flags = re.search(r"^flags\s*: (.*)$", flags, re.M)
    assert flags
    both = {f"-{flag}" for flag in flags[1].upper().split()} & set(text.strip().split("=")[1].split(","))
    assert not both, both


def main():
    with tempfile.TemporaryDirectory() as folder:
        globals()["case_" + sys.argv[1]](Path(folder))


main()
