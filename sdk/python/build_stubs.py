"""Generates the messages of ``undertone.v1`` into the wheel, from the repository's ``proto`` folder."""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StubsHook(BuildHookInterface[Any]):
    """Adds ``undertone/v1/*_pb2.py`` and ``.pyi``; nothing is written below the sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generates into a temporary folder and has the wheel take the files from there."""
        protos = find_protos(Path(self.root))
        self.generated = tempfile.TemporaryDirectory()
        out = Path(self.generated.name)
        sources = sorted(str(path) for path in (protos / "undertone" / "v1").glob("*.proto"))
        well_known = str(files("grpc_tools") / "_proto")
        arguments = ["protoc", f"-I{protos}", f"-I{well_known}", f"--python_out={out}", f"--mypy_out=quiet:{out}"]
        arguments.append(f"--plugin=protoc-gen-mypy={find_types_plugin()}")
        if protoc.main([*arguments, *sources]) != 0:
            raise RuntimeError("the messages cannot be generated; protoc says why above")
        package = out / "undertone" / "v1"
        (package / "__init__.py").write_text('"""Generated: the messages of ``undertone.v1``."""\n')
        for file in package.iterdir():
            build_data["force_include"][str(file)] = f"undertone/v1/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes what was generated."""
        self.generated.cleanup()


def find_types_plugin() -> str:
    """The program that writes the types; beside this interpreter, where it is not on the path."""
    found = shutil.which("protoc-gen-mypy") or shutil.which("protoc-gen-mypy", path=sysconfig.get_path("scripts"))
    if found is None:
        raise RuntimeError("protoc-gen-mypy is missing: pip install mypy-protobuf")
    return found


def find_protos(root: Path) -> Path:
    """The folder of the contract: beside the sources in a source archive, else the repository's."""
    for candidate in (root / "proto", root / ".." / ".." / "proto"):
        if (candidate / "undertone" / "v1" / "recognizer.proto").is_file():
            return candidate.resolve()
    raise RuntimeError(f"the folder proto/ of the repository is needed to build; it is not near {root}")
