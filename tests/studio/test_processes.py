"""The processes that answer questions: each question once, and none of them stops the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from loadcase.studio.errors import StudioError
from loadcase.studio.helper import answer
from loadcase.studio.limits import Limits
from loadcase.studio.processes import Helpers

SHOP = """\
loadcase: 1
name: shop
components: {web: {kind: service}}
flows: {buy: {arrive: {rate: 0.1 /s}, steps: [web.handle]}}
"""


def test_a_question_is_answered_whatever_it_is() -> None:
    assert answer({"ask": "analyse", "with": {"text": SHOP, "case": None, "variant": None}})["answer"]["blueprint"]
    for question in (
        {"ask": "analyse", "with": {}},
        {"ask": "nothing", "with": {}},
        {"ask": "throw", "with": {"text": "a: [", "case": "x", "fault": {"crash": {}}}},
        {"ask": "helper:main", "with": {}},
        {"ask": "export", "with": {"text": SHOP, "format": "passwd"}},
    ):
        found = answer(question)
        assert found["status"] in (422, 500)
        assert set(found["error"]) == {"code", "message", "hint", "line", "column"}
        assert "Traceback" not in found["error"]["message"]


@pytest.mark.parametrize("format", ["mermaid", "svg", "structurizr", "prometheus"])
def test_a_design_leaves_the_studio_as_files(format: str) -> None:
    text = SHOP + "operate: {slos: [buy.p95 < 1 s over 28 day]}\n"
    text = text.replace("flows:", "requirements: {contract: [buy.p95 < 1 s]}\nflows:")
    found = answer({"ask": "export", "with": {"text": text, "format": format}})["answer"]
    assert found["files"]
    for file in found["files"]:
        assert "/" not in file["name"]
        assert "buy" in file["text"]


def test_a_question_that_many_ask_is_asked_once_and_kept() -> None:
    async def asking() -> None:
        helpers = Helpers(Limits(helpers=1))

        async def stays() -> bool:
            return False

        async def leaves() -> bool:
            return True

        async def one(gone: object = None) -> dict[str, object]:
            return await helpers.ask("analyse", gone, text=SHOP, case=None, variant=None)  # type: ignore[arg-type]

        try:
            found = await asyncio.gather(one(leaves), one(stays), one(), one())
            assert all(one == found[0] for one in found)
            assert len(helpers.kept) == 1
            with pytest.raises(StudioError) as error:
                await helpers.ask("analyse", leaves, text=SHOP + "#", case=None, variant=None)
            assert error.value.status == 499
            with pytest.raises(StudioError) as error:
                await helpers.ask("analyse", text=1, case=None, variant=None)
            assert error.value.status == 500
        finally:
            await helpers.close()

    asyncio.run(asking())


def test_a_question_that_takes_too_long_is_given_up_and_the_next_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asking() -> None:
        helpers = Helpers(Limits(helpers=1, answer_s=60.0))
        try:
            await helpers.warm()
            (helper,) = helpers.all
            first = helper.process
            helpers.limits = Limits(helpers=1, answer_s=0.0)
            with pytest.raises(StudioError) as error:
                await helpers.ask("analyse", text=SHOP, case=None, variant=None)
            assert (error.value.status, error.value.code) == (503, "LC707")
            assert first is not None
            assert first.returncode is not None
            helpers.limits = Limits(helpers=1, answer_s=60.0)
            assert (await helpers.ask("analyse", text=SHOP, case=None, variant=None))["blueprint"]
        finally:
            await helpers.close()

    asyncio.run(asking())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_memory_is_bounded() -> None:
    code = "from loadcase.studio.limits import bound_memory; bound_memory(300 << 20); bytearray(1 << 30)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "MemoryError" in ended.stderr
