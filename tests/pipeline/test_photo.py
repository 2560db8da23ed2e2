"""Domains that another renderer shows, or another camera takes, for agents that were trained without."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from simfactor.config import load_config
from simfactor.errors import SimfactorError
from simfactor.pipeline import Plan, make_plan
from simfactor.pipeline.policies import transfer_jobs

TINY = Path(__file__).parent / "tiny.yaml"
PHOTO = {"level": "ood2", "renderer": "tiny", "sensor": "webcam"}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return made(tmp_path, {"photo": PHOTO, "webcam": {"level": "ood2", "sensor": "webcam"}})


def made(folder: Path, shifts: dict) -> Plan:
    content = yaml.safe_load(TINY.read_text())
    content["transfer"]["shifts"] = shifts
    (folder / "photo.yaml").write_text(yaml.safe_dump({**content, "out": str(folder / "run")}))
    return make_plan(load_config(folder / "photo.yaml"))


def first_picture(plan: Plan, domain_name: str, begin: str | None = None) -> np.ndarray:
    """What an agent on images sees first in a domain, in worlds opened there or in another."""
    domains = {domain.name: domain for domain in plan.domains}
    domain = domains[domain_name]
    agent = plan.tested["pixels"]
    worlds = plan.make_vector(agent, renderer=domain.renderer)(domains[begin or domain_name].space, 1)
    seen, _ = worlds.reset(seed=[3], options={"space": domain.space})
    worlds.close()
    return np.asarray(seen)


def test_each_domain_is_shown_by_its_renderer_and_taken_by_its_sensor(plan: Plan) -> None:
    clean, photo, webcam = (first_picture(plan, name) for name in ("clean", "photo", "webcam"))
    assert clean.shape == photo.shape == webcam.shape
    assert np.abs(clean.astype(int) - webcam).mean() > 1
    assert np.abs(photo.astype(int) - webcam).mean() > 0.1
    np.testing.assert_array_equal(first_picture(plan, "webcam", begin="clean"), webcam)


def test_its_tests_are_jobs_like_others(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simfactor.pipeline.policies.version", lambda *_: "1")
    jobs = {job.domain.name: job for job in transfer_jobs(plan, "pixels")}
    assert jobs["photo"].make_vector.keywords["renderer"] == "tiny"
    assert jobs["photo"].make_env.keywords["renderer"] == "tiny"
    assert jobs["webcam"].make_env.keywords["renderer"] == "raster"
    assert len({job.fingerprint for job in jobs.values()}) == 3


def test_mistakes_are_found_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SimfactorError, match="'photo' is declared ood1 but is 'ood2'"):
        made(tmp_path, {"photo": {**PHOTO, "level": "ood1"}})
    with pytest.raises(SimfactorError, match="'photo' names no factor; give at least one"):
        made(tmp_path, {"photo": {"level": "ood2"}})
    with pytest.raises(SimfactorError, match="renderer"):
        made(tmp_path, {"photo": {**PHOTO, "renderer": "blender"}})
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(SimfactorError, match=r"needs Mitsuba 3.*pip install 'simfactor\[pathtrace\]'"):
        made(tmp_path, {"photo": {**PHOTO, "renderer": "pathtrace"}})
