"""Only licences a company may take without asking a lawyer."""

from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tools.check_licences import closure, licences, refused


def package(folder: Path, *lines: str) -> PathDistribution:
    (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", "Name: a", "Version: 1", *lines, ""]))
    return PathDistribution(folder)


def test_everything_that_comes_with_trivet_has_an_allowed_licence() -> None:
    assert refused(closure("trivet"), extra=False) == []


def test_postgresql_extra_may_be_lgpl_and_the_plain_install_may_not() -> None:
    full = closure("trivet", ("postgres",))
    assert {"psycopg", "psycopg-binary"} <= set(full) - set(closure("trivet"))
    assert refused(full, extra=True) == []
    assert [line.split(":")[0] for line in refused(full, extra=False)] == ["psycopg", "psycopg-binary"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("License-Expression: MIT OR GPL-3.0-only",), ("mit",)),
        (("License-Expression: BSD-3-Clause AND Zlib",), ("bsd-3-clause", "zlib")),
        (("Classifier: License :: OSI Approved :: Apache Software License",), ("apache-2.0",)),
        (("License: BSD 3-Clause License",), ("bsd",)),
        (("License: GNU Affero General Public License",), ("agpl",)),
        (("License: All rights reserved",), ("unknown (All rights reserved)",)),
        ((), ()),
    ],
)
def test_licence_is_read_from(tmp_path: Path, lines: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert licences(package(tmp_path, *lines)) == expected


@pytest.mark.parametrize("line", ["License-Expression: GPL-3.0-only", "License: Proprietary", "Summary: none stated"])
def test_licence_is_refused(tmp_path: Path, line: str) -> None:
    assert len(refused({"a": package(tmp_path, line)}, extra=False)) == 1


def test_licence_text_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
