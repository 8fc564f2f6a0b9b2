"""Settings: flag before environment before file before default, and each says where it came from."""

from pathlib import Path

import pytest

from trivet.core.errors import InvalidInput
from trivet.workspace.settings import DEFAULT_WORKSPACE, Settings, read_settings


def origin(settings: Settings, name: str) -> str:
    return next(setting.origin for setting in settings.all if setting.name == name)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WORKSPACE", "ACTOR", "WORKERS"):
        monkeypatch.delenv(f"TRIVET_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_anything_set_the_defaults_hold() -> None:
    settings = read_settings()
    assert settings.workspace == DEFAULT_WORKSPACE
    assert settings.workers >= 1
    assert {setting.origin for setting in settings.all} == {"default"}


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "trivet.toml").write_text('actor = "file"\nworkers = 3\n', "utf-8")
    settings = read_settings({"workspace": str(home)})
    assert (settings.actor, settings.workers) == ("file", 3)
    assert origin(settings, "actor") == "trivet.toml"
    monkeypatch.setenv("TRIVET_ACTOR", "environment")
    settings = read_settings({"workspace": str(home)})
    assert (settings.actor, origin(settings, "actor")) == ("environment", "TRIVET_ACTOR")
    settings = read_settings({"workspace": str(home), "actor": "flag"})
    assert (settings.actor, origin(settings, "actor")) == ("flag", "flag")


def test_the_environment_names_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_WORKSPACE", "elsewhere")
    assert read_settings().workspace == "elsewhere"
    assert read_settings({"workspace": "here"}).workspace == "here"


@pytest.mark.parametrize("value", ["0", "many", "-1"])
def test_a_number_of_workers_that_is_none_is_refused_with_its_origin(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TRIVET_WORKERS", value)
    with pytest.raises(InvalidInput, match=f"workers is '{value}' \\(TRIVET_WORKERS\\)"):
        read_settings()


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "trivet.toml").write_text("actor = ada\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"trivet\.toml is not valid TOML"):
        read_settings({"workspace": str(tmp_path / "home")})
