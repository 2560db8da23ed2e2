"""The report holds every number, nothing from elsewhere, and shows names as text."""

import copy
import html
import json
import re

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.report import Picture, image_grid, write_report, write_summary

PNG = image_grid([[np.full((8, 8, 3), 200, np.uint8)]])


@pytest.fixture
def report(summary, tmp_path):
    path = tmp_path / "report.html"
    pictures = [Picture("Domains", "The same seeds in every domain.", PNG)]
    write_report(path, title="A made-up run", summary=summary, pictures=pictures)
    return path.read_text()


def _visible(text):
    """What a person reads without opening the fold-out of all numbers, white space evened out."""
    body = re.sub(r"<details>.*</details>", "", text[text.index("<body>") :], flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def _interval(entry):
    return "{mean:.2f} [{low:.2f}, {high:.2f}]".format(**{k: entry[k] + 0.0 for k in ("mean", "low", "high")})


def test_the_table_of_scores_says_how_each_was_made(summary, tmp_path):
    row = {"name": "mig", "value": 0.4567, "low": 0.4, "high": 0.5, "null": 0.012, "how": "20 bins", "n": 900}
    other = row | {"name": "total_correlation", "null": None, "low": None, "high": None}
    rows = [row | {"lower_is_better": False}, other | {"lower_is_better": True}]
    how = {
        "interval": "from halves",
        "null": "median of 3",
        "seed": 4,
        "left_out": {"sap": "a single latent"},
    }
    changed = copy.deepcopy(summary)
    changed["encoder"]["table"] = {"rows": rows} | how
    path = tmp_path / "report.html"
    write_report(path, title="A made-up run", summary=changed)
    text = _visible(path.read_text())
    assert "mig 0.457 0.400 to 0.500 0.012 20 bins, 900" in text
    assert "total correlation lower is better 0.457 20 bins, 900" in text
    assert "Left out: sap (a single latent)" in text
    assert "Shuffled: median of 3; a score is worth its distance from there. Seed 4." in text


def test_every_number_can_be_read(report, summary):
    text = _visible(report)
    for domains in summary["agents"].values():
        for entry in domains.values():
            assert _interval(entry["success"]) in text
            assert f"n = {entry['success']['n']}" in text
            each = entry["success"]["by_seed"]
            assert f"trainings {min(each):.2f} to {max(each):.2f}" in text
            assert _interval(entry["return"]) in text
            assert "gap" not in entry or f"gap +{_interval(entry['gap'])}" in text
    for name, value in summary["encoder"].items():
        if isinstance(value, float):
            assert f"{value:.3f}" in text, name
    assert "DCI with gradient boosting on n = 1500 samples" in text
    for stage, seconds in summary["stages"].items():
        assert f"{stage} {seconds:.1f}" in text
    for fact in ("417 s of work", "commit 0123abc", "images 6000", "1000000 to 1000049", "numpy 2.4.6"):
        assert fact in text
    assert "space: tabletop" in text, "the configuration"


def test_all_numbers_fold_out_as_the_summary(report, summary, tmp_path):
    shown = re.search(r"summary\.json.*?<pre>(.*?)</pre>", report, re.S).group(1)
    assert json.loads(html.unescape(shown)) == summary
    write_summary(tmp_path / "summary.json", summary)
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_nothing_comes_from_elsewhere(report):
    assert "http" not in report
    assert "<script" not in report
    assert "<link" not in report
    assert "url(" not in report
    sources = re.findall(r'src="([^"]{0,30})', report)
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_each_level_is_named_and_explained(report):
    text = _visible(report)
    assert "lighting-ood1 ood1" in text
    assert "lighting-ood2 ood2" in text
    assert "outside the training support of both policy and encoder" in text
    assert "on the same 50 episode seeds" in text
    assert "2 trainings per agent show little" in text


def test_names_are_text_not_markup(summary, tmp_path):
    summary = copy.deepcopy(summary)
    summary["data"]["note"] = "<script>alert(1)</script>"
    summary["provenance"]["config"]["out"] = "a<b&c"
    path = tmp_path / "report.html"
    write_report(path, title="<b>bold</b>", summary=summary, pictures=[Picture("<i>", '"quoted"', PNG)])
    text = path.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert "a&lt;b&amp;c" in text
    assert "<script" not in text
    assert "<b>bold" not in text
    assert "<i>" not in text


def test_a_report_that_fails_leaves_the_old_one(summary, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, title="first", summary=summary)
    broken = copy.deepcopy(summary)
    broken["encoder"]["mig"] = float("nan")
    with pytest.raises(SimfactorError, match="not finite"):
        write_report(path, title="second", summary=broken)
    with pytest.raises(SimfactorError, match="lacks encoder; it needs seconds, stages, data, encoder"):
        write_report(path, title="third", summary={k: v for k, v in summary.items() if k != "encoder"})
    assert "<title>first</title>" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_one_training_outside_a_checkout(summary, tmp_path):
    """No commit, seeds as a list, nothing across trainings: the report says so and does not fail."""
    alone = copy.deepcopy(summary)
    alone["provenance"] |= {"commit": None, "seeds": [3]}
    for domains in alone["agents"].values():
        for entry in domains.values():
            del entry["success"]["across_seeds"]
            entry["success"]["seeds"] = 1
    write_report(tmp_path / "report.html", title="alone", summary=alone)
    text = _visible((tmp_path / "report.html").read_text())
    assert "commit unknown" in text
    assert "seeds 3" in text
    assert "One training per agent: the intervals cover episodes only" in text
    assert not re.search(r"trainings [01]\.", text)


def test_a_picture_is_a_png():
    with pytest.raises(SimfactorError, match="picture 'x' begins with b'GIF89a'"):
        Picture("x", "", b"GIF89a")
